"""One look at everything the console stands on, for `doctor`: the hub and the cloud side by side, this machine besides.

Writes nothing, anywhere; whatever fails, the rest is looked at.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from pathlib import Path

from console import settings as settings_file
from console import terminal
from console.cloud import checkup as cloud
from console.errors import SettingsError
from console.kube.checkup import HubCheckup
from console.kube.kinds import KINDS, cluster_secrets
from console.model.checkup import (
    Checkup,
    CloudCall,
    CloudFacts,
    Failure,
    ProbeCall,
    SettingsFacts,
    StateFacts,
    TerminalFacts,
)
from console.model.text import inert
from console.probe import checkup as probe
from console.prometheus import checkup as prometheus
from console.run import place
from console.settings import Settings

PATIENCE = 15.0
"""Seconds that the hub and the cloud may take together."""
_OTHERS_READ, _OTHERS_WRITE = 0o044, 0o022


def look(
    *,
    kubeconfig: str | None = None,
    context: str | None = None,
    config: Path | None = None,
    state_dir: Path | None = None,
    patience: float = PATIENCE,
) -> Checkup:
    """Look at everything; the options win over settings as everywhere. Blocks for `patience` seconds at most."""
    settings, file = _settings(config)
    fleet = settings.fleet
    kinds = (*KINDS, cluster_secrets(fleet.argocd.namespace)) if fleet.argocd.cluster_secrets else KINDS
    hub = HubCheckup(kubeconfig or fleet.kubeconfig, context or fleet.context, kinds)
    seen: list[CloudFacts] = []

    def ask_the_cloud() -> None:
        seen.append(cloud.look(fleet.cloud, tuple(fleet.members)))

    probed: list[tuple[ProbeCall, ...]] = []
    rates: list[CloudCall] = []
    asked = fleet.prometheus
    threads = [
        threading.Thread(target=hub.run, name="hub checkup", daemon=True),
        threading.Thread(target=ask_the_cloud, name="cloud checkup", daemon=True),
        threading.Thread(target=lambda: probed.append(probe.look(settings)), name="probe checkup", daemon=True),
    ]
    if asked is not None:
        threads.append(threading.Thread(target=lambda: rates.append(prometheus.look(asked)), daemon=True))
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return Checkup(
        now=time.time(),
        patience=patience,
        kubeconfig=hub.kubeconfig,
        hub=hub.hub,
        grants=hub.grants,
        members=hub.members,
        cloud=seen[0] if seen else None,
        settings=file,
        state=_state(state_dir or place.default()),
        terminal=_terminal(),
        rates=rates[0] if rates else None,
        probes=probed[0] if probed else None,
    )


def _settings(config: Path | None) -> tuple[Settings, SettingsFacts]:
    """The settings, all defaults where the file cannot be used, and what is to be said of the file."""
    path, origin = settings_file.located(config)
    shown = inert(path, 200)
    try:
        settings = settings_file.load(config)
    except SettingsError as error:
        return Settings(), SettingsFacts(shown, origin, exists=True, failure=Failure(inert(error.args[0]), error.fix))
    try:
        mode = path.stat().st_mode
    except OSError:
        return settings, SettingsFacts(shown, origin)
    return settings, SettingsFacts(
        shown,
        origin,
        exists=True,
        others_write=bool(mode & _OTHERS_WRITE),
        others_read=bool(mode & _OTHERS_READ),
        holds_key=_holds_key(settings),
        read_only=settings.read_only,
        members=tuple(inert(member, 80) for member in settings.fleet.members),
    )


def _holds_key(settings: Settings) -> bool:
    said = settings.fleet
    named = said.cloud.credentials
    key = named is not None and bool(named.access_key_id or named.access_key_secret)
    return key or bool(said.prometheus and said.prometheus.token)


def _state(directory: Path) -> StateFacts:
    directory = directory.expanduser().absolute()
    shown = inert(directory, 200)
    above = directory
    while not above.exists() and above != above.parent:
        above = above.parent
    writable = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
    network = place.on_network(above)
    if above != directory:
        return StateFacts(shown, writable=writable, network=network)
    held = directory.stat()
    mode = stat.S_IMODE(held.st_mode)
    return StateFacts(shown, f"{mode:04o}", held.st_uid == os.getuid(), bool(mode & _OTHERS_WRITE), writable, network)


def _terminal() -> TerminalFacts:
    environment = os.environ
    return TerminalFacts(
        term=inert(environment.get("TERM", ""), 60),
        colors=terminal.colors(environment),
        utf8=terminal.utf8(environment),
        size=_size(),
        tmux=bool(environment.get("TMUX")),
    )


def _size() -> tuple[int, int] | None:
    """Columns and rows of the terminal that any of our three streams leads to: two may be pipes."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        try:
            if stream is not None and stream.isatty():
                size = os.get_terminal_size(stream.fileno())
                return size.columns, size.lines
        except (OSError, ValueError):
            continue
    return None
