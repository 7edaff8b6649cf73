"""`make bench`: what the screen costs, measured on a real terminal (a pty) against the simulator, beside its budget.

    python tests/bench.py [--quick] [--json]

First words: from the start of the process to the Fleet's name and READ-ONLY, while the screen is still imported; then
to the screen's own first frame, whole, and to the frame with the routes in it.
Idle: bytes a second written to the terminal while nothing changes, probes off. One cell: a weight of a route that
nobody else looks at is patched; bytes of the answer on the terminal, and the time from the API server to them.
Sizes: see bench_size.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import bench_drain, bench_size  # noqa: E402 - a program, run by its path
from tests.bench_stage import Figure, Terminal, simulator  # noqa: E402

KEY = "alb.ingress.kubernetes.io/cluster-weight."
HEAVY = ("kubernetes", "alibabacloud_alb20200616", "alibabacloud_tea_openapi", "aiohttp", "requests", "urllib3", "yaml")


def without(directory: Path, *parts: str) -> Path:
    """The simulator's settings without some sources."""
    settings = yaml.safe_load((directory / "config.yaml").read_text())
    for part in parts:
        settings["fleets"][0].pop(part, None)
    path = directory / f"without-{'-'.join(parts)}.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def first_paint(config: Path, state: Path, columns: int, rows: int, runs: int) -> Iterator[Figure]:
    """Medians over several starts."""
    first: list[tuple[float, int]] = []
    pages: list[tuple[float, int]] = []
    routes: list[tuple[float, int]] = []
    for _ in range(runs + 1):
        terminal = Terminal(config, state, columns, rows)
        words, page, route = (terminal.until(word) for word in (b"READ-ONLY", b"quit", b"web-demo"))
        terminal.close()
        first.append(words)
        pages.append((page[0], words[1] + page[1]))
        routes.append((route[0], pages[-1][1] + route[1]))
    size = f"{columns}x{rows}"
    yield Figure(f"first words {size}", statistics.median(t for t, _ in first[1:]), "s", 0.5)
    yield Figure(f"first page {size}", statistics.median(t for t, _ in pages[1:]), "s", 0.5)
    yield Figure(f"first page {size}, written", statistics.median(b for _, b in pages[1:]), "B", 24_000)
    yield Figure(f"routes on the screen {size}", statistics.median(t for t, _ in routes[1:]), "s", None)
    yield Figure(f"routes on the screen {size}, written", statistics.median(b for _, b in routes[1:]), "B", None)


def idle(config: Path, state: Path, seconds: float) -> Figure:
    """Bytes a second at rest."""
    terminal = Terminal(config, state, 120, 40)
    terminal.until(b"web-demo")
    sum(len(data) for _, data in terminal.read(8.0))
    began = time.monotonic()
    count = 0
    while time.monotonic() - began < seconds:
        count += sum(len(data) for _, data in terminal.read(began + seconds - time.monotonic()))
    terminal.close()
    return Figure(f"idle 120x40, over {seconds:.0f} s", count / seconds, "B/s", 50)


def one_cell(directory: Path, config: Path, state: Path, changes: int) -> Iterator[Figure]:
    """A route with a single weight: a change of it is a change of one cell."""
    from console.kube.connect import Hub

    hub = Hub.open(str(directory / "kubeconfig"), None)
    member = next(iter(yaml.safe_load(config.read_text())["fleets"][0]["members"]))
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "bench", "annotations": {KEY + member: "50"}},
        "spec": {
            "ingressClassName": "nobody",
            "rules": [{"host": "bench", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        },
    }
    hub.call("POST", path, body=body)
    terminal = Terminal(config, state, 120, 40)
    terminal.until(b"bench")
    terminal.quiet(2.0)
    sizes: list[int] = []
    times: list[float] = []
    for number in range(changes):
        patch = {"metadata": {"annotations": {KEY + member: str(10 + number)}}}
        hub.call("PATCH", f"{path}/bench", body=patch, content_type="application/merge-patch+json")
        answered = time.monotonic()
        arrived = [(at, len(data)) for at, data in terminal.read(0.7)]
        times.append((arrived[0][0] - answered) * 1000 if arrived else 700.0)
        sizes.append(sum(size for _, size in arrived))
    terminal.close()
    hub.call("DELETE", f"{path}/bench")
    yield Figure("one changed cell, written, median", statistics.median(sizes), "B", 200)
    yield Figure("one changed cell, on the terminal, median", statistics.median(times), "ms", None)
    yield Figure("one changed cell, on the terminal, p95", sorted(times)[int(len(times) * 0.95)], "ms", 100)


def shift(config: Path, state: Path) -> Iterator[Figure]:
    """A shift from the command line at the simulator's natural pace, and what the first frame imports."""
    command = [sys.executable, "-m", "console", "--config", str(config), "--state-dir", str(state)]
    words = ["shift", "gateway-demo/web-demo", "--to", "ack=80,idc=20", "--reason", "bench", "--yes"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, *words], capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    yield Figure(f"shift --yes to the end, exit {done.returncode}", time.monotonic() - began, "s", 60)
    code = f"import sys, console.app, screens.dashboard; print(sum(m in sys.modules for m in {HEAVY!r}))"
    heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    yield Figure("heavy packages imported for the first frame", float(heavy.stdout), "", 0)


def measure(*, quick: bool) -> Iterator[Figure]:
    """All figures."""
    with tempfile.TemporaryDirectory() as place, simulator(Path(place) / "fleet", "--load", "0") as directory:
        state = Path(place) / "state"
        calm = without(directory, "probes")
        for columns, rows in ((120, 40), (80, 24)):
            yield from first_paint(calm, state, columns, rows, 3 if quick else 7)
        yield idle(calm, state, 15.0 if quick else 60.0)
        yield from one_cell(directory, without(directory, "probes", "cloud"), state, 20 if quick else 60)
        yield from shift(directory / "config.yaml", state)
    yield from bench_drain.measure()
    for size in bench_size.SIZES[:1] if quick else bench_size.SIZES:
        yield from bench_size.measure(size)


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    about: dict[str, Any] = {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    out = sys.stdout
    if not asked.json:
        out.write(f"{about['date']}  Python {about['python']}  {about['cores']} cores\n")
    found = []
    for figure in measure(quick=asked.quick):
        found.append(figure)
        if not asked.json:
            budget = "" if figure.budget is None else f"under {figure.budget:g}"
            out.write(f"{figure.name:46} {figure.value:10.2f} {figure.unit:4} {budget:12} {figure.verdict}\n")
            out.flush()
    if asked.json:
        figures = [{"name": f.name, "value": f.value, "unit": f.unit, "budget": f.budget} for f in found]
        out.write(json.dumps({**about, "figures": figures}) + "\n")


if __name__ == "__main__":
    main()
