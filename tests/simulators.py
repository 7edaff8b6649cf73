"""Simulators in processes of their own, for the tests that speak over the wire."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.forked import NOTHING, Forked

Simulated = tuple[Path, dict[str, Any]]
"""(directory with kubeconfig and config.yaml, the ready line)"""
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def simulate(directory: Path, *words: str) -> Iterator[Simulated]:
    """A simulator while the generator lives; its log is in the failure where it does not start."""
    log = directory / "sim.log"
    environment = {k: v for k, v in os.environ.items() if k.lower() not in PROXIES}
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    reading, writing = os.pipe()
    with log.open("w") as errors, NOTHING.open() as nothing:
        streams = nothing.fileno(), writing, errors.fileno()
        child = Forked(["sim", "--dir", str(directory / "fleet"), *words], streams, environment)
    os.close(writing)
    told = os.fdopen(reading)
    try:
        line = told.readline()

        assert line, f"the simulator said nothing: {log.read_text()[-2000:]}"
        yield directory / "fleet", json.loads(line)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        told.close()
