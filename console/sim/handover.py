"""What the simulator leaves for its users in its directory: a kubeconfig with every context, and a settings file for
the console. Both hold tokens or keys, of loopback only, and are readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from console.errors import UsageError
from console.sim.metrics import QUERY
from console.sim.world import World

KUBECONFIG = "kubeconfig"
SETTINGS = "config.yaml"
CONTROL = "control.json"
"""Where faults are taken while it runs: address and token."""
POLL = "5s"
PRODUCTS = ("alb", "cs", "adcp", "vpc", "ecs")
PROBE_RATE = 600.0
"""Probe requests a second that a run may send: nobody is disturbed by them here."""
OWN_APIS = 16
"""Members up to which the settings name each one's own API, where it is served at all: a reader of one keeps four
watches open."""


class Context(NamedTuple):
    """One context of the kubeconfig: its name, the cluster's name, and both sections as they are to stand there."""

    name: str
    cluster: str
    cluster_section: Mapping[str, Any]
    user_section: Mapping[str, Any]


def token_context(name: str, cluster: str, server: str, token: str, authority: bytes) -> Context:
    """A context whose user has a token; `authority` (PEM) is what the server's certificate is of."""
    trusted = base64.b64encode(authority).decode()
    return Context(name, cluster, {"server": server, "certificate-authority-data": trusted}, {"token": token})


class Keys(NamedTuple):
    """The dummy key of the simulated OpenAPIs."""

    access_key_id: str
    access_key_secret: str


def prepare(directory: Path) -> Path:
    """The directory, made if need be, for its owner alone. Raises `UsageError` where that cannot be."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}", fix="Name a directory of your own with --dir.") from None
    return directory.resolve()


def spare(directory: Path, kubeconfig: Path) -> None:
    """Raises `UsageError` where a kubeconfig that is read is the one that will be left in the directory."""
    if kubeconfig.resolve() == (directory / KUBECONFIG).resolve():
        raise UsageError(f"{kubeconfig} is the file that --dir would overwrite", fix="Name another --dir.")


def kubeconfig(contexts: Sequence[Context]) -> dict[str, Any]:
    """A kubeconfig; its first context is the current one."""
    clusters = {context.cluster: dict(context.cluster_section) for context in contexts}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": contexts[0].name,
        "clusters": [{"name": name, "cluster": cluster} for name, cluster in clusters.items()],
        "contexts": [{"name": each.name, "context": {"cluster": each.cluster, "user": each.name}} for each in contexts],
        "users": [{"name": each.name, "user": dict(each.user_section)} for each in contexts],
    }


def add_context(directory: Path, name: str, token: str) -> None:
    """Add a context for a user of the hub to the kubeconfig, or change its token. Raises `UsageError`."""
    import yaml

    path = directory / KUBECONFIG
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", fix="Start the simulator again.") from None
    hub = document["clusters"][0]["name"]
    added = {"contexts": {"context": {"cluster": hub, "user": name}}, "users": {"user": {"token": token}}}
    for section, entry in added.items():
        others = [one for one in document[section] if one["name"] != name]
        document[section] = [*others, {"name": name, **entry}]
    write(path, document)


def settings(
    world: World,
    *,
    kubeconfig: Path,
    openapi: str,
    keys: Keys,
    gateways: Mapping[str, str],
    servers: Mapping[str, str] | None = None,
    internet: str = "",
    prometheus: str = "",
    token: str = "",
) -> dict[str, Any]:
    """A settings file for the console, in the form of console/settings.py. `openapi` is host:port, `servers` each
    member's own address by its id, `internet` a proxy's address, `prometheus` another one and `token` what that wants
    to be shown. Where no Fleet is there yet, none of its objects is named."""
    cloud = {
        "region": world.region,
        "endpoints": dict.fromkeys(PRODUCTS, openapi),
        "protocol": "http",
        "credentials": keys._asdict(),
        "poll": POLL,
    }
    probe = {"probe": {"proxy": internet}} if internet else {}
    if not world.provisioned:
        bare = {
            "region": world.region,
            "kubeconfig": str(kubeconfig),
            "cloud": cloud,
            "argocd": {"cluster_secrets": True},
        }
        return {**probe, "fleets": [bare]}
    members = {
        member.id: {
            "name": member.name,
            "zone": member.zone,
            "kind": member.kind,
            "cidrs": [member.pod_cidr, member.node_cidr],
            **({"context": member.name} if not world.light and len(world.members) <= OWN_APIS else {}),
            **({"direct": {"url": servers[member.id]}} if servers and member.id in servers else {}),
        }
        for member in world.members
    }
    probes = [
        {
            "route": route.key,
            "url": gateways[route.gateway].rstrip("/") + route.path,
            "host": route.host,
            "member": {"json": "envCluster"},
            "rate": route.probe,
        }
        for route in world.routes
        if route.probe > 0
    ]
    fleet = {
        "name": world.name,
        "region": world.region,
        "kubeconfig": str(kubeconfig),
        "context": "hub",
        "members": members,
        "cloud": cloud,
        "probes": probes,
        "argocd": {"cluster_secrets": True},
        **({"prometheus": {"url": prometheus, "query": QUERY, "token": token}} if prometheus else {}),
    }
    return {**probe, "run": {"probe_rate": PROBE_RATE}, "fleets": [fleet]}


def write(path: Path, document: Mapping[str, Any]) -> None:
    """One YAML file, or JSON where its name says so, whole or not at all, mode 0600. Raises `UsageError`."""
    import yaml

    if path.suffix == ".json":
        text = json.dumps(document) + "\n"
    else:
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text = yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", fix="Name a directory of your own with --dir.") from None
