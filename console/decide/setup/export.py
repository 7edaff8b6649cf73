"""What a set-up leaves behind: manifests in a folder laid out for Git, settings for the console, the way back. Nothing
secret is in any of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.decide.setup import cidrs, manifests
from console.decide.setup.file import dump
from console.decide.setup.found import Found
from console.decide.setup.takes import LIVE_WEIGHTS
from console.decide.setup.task import Check, Task
from console.model.ground import Key
from console.model.topology import MemberPart

_FOLDERS = {
    "Namespace": "namespaces", "Secret": "clusters", "AppProject": "projects", "ApplicationSet": "applications",
    "AlbConfig": "gateway", "IngressClass": "gateway", "Ingress": "routes",
}  # fmt: skip


def moving(checks: Iterable[Check]) -> tuple[str, ...]:
    """What the manifests would do to traffic that flows, a sentence for each route whose live weights are others."""
    return tuple(
        f"{one.about} ({one.source.partition(':')[0]}): {one.measured}; applying the exported manifests moves it"
        for one in checks
        if one.rule == LIVE_WEIGHTS
    )


def files(found: Found, moved: Sequence[str] = ()) -> dict[str, str]:
    """Path in the folder -> text. Labels of ArgoCD's clusters are patches: their Secrets are the Fleet's own, and are
    not in the kustomization. `moved`: as `moving` says it, for whoever is about to apply them."""
    placed = {_path(key): manifest for key, manifest in manifests.wanted(found).items()}
    texts = {path: yaml_text(manifest) for path, manifest in placed.items()}
    resources = sorted(path for path in placed if not path.startswith("clusters/"))
    texts["kustomization.yaml"] = yaml_text(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
    )
    texts["topology.yaml"] = dump(found.topology)
    texts["README.md"] = _readme(found, resources, moved)
    return texts


def _path(key: Key) -> str:
    place = f"{key.namespace}/" if key.kind == "Ingress" else ""
    kind = f"{key.kind.lower()}-" if key.kind in ("AlbConfig", "IngressClass") else ""
    name = key.name.replace("<", "").replace(">", "").replace(" ", "-")
    return f"{_FOLDERS[key.kind]}/{place}{kind}{name}.yaml"


def _readme(found: Found, resources: Sequence[str], moved: Sequence[str]) -> str:
    topology = found.topology
    patches = [one.name for one in topology.members] if topology.applications else []
    return "\n".join(
        [
            f"# Topology {topology.name}",
            "",
            f"Fleet {topology.fleet.name} in {topology.region}: {len(topology.members)} members, {len(topology.routes)}"
            f" routes, {len(resources)} manifests.",
            "",
            "- `topology.yaml`: the whole, for `fleet-console topology plan topology.yaml`",
            "- `kustomization.yaml`: everything that is applied to the Fleet: `kubectl apply -k . --server-side`",
            "- `clusters/`: labels of ArgoCD's clusters; patches of Secrets that the Fleet owns, no part of the above",
            *(f"  - {name}" for name in patches),
            "",
            *(["## Before you apply it: traffic moves", "", *(f"- {one}" for one in moved), ""] if moved else ()),
        ]
    )


def settings(
    found: Found, cloud: Mapping[str, Any], kubeconfig: str, proxy: str | None, sites: Mapping[str, str] = {}
) -> dict[str, Any]:
    """The console's settings for this Fleet, as console.settings reads them. `cloud`: the section that was used;
    `sites`: member -> the kubeconfig that holds its context, for those whose topology names none."""
    topology, balancer = found.topology, found.balancer
    ranges = cidrs.ranges(found)
    fleet: dict[str, Any] = {
        "name": topology.fleet.name,
        "region": topology.region,
        "kubeconfig": kubeconfig,
        "weights": {"key_prefix": topology.key_prefix},
        "members": {found.cluster_id(one): _member(one, ranges, sites) for one in topology.members},
        "cloud": {**cloud, "region": topology.region, "fleet": found.fleet_id},
        "argocd": {"cluster_secrets": True},
    }
    probes = [_probe(found, one.name, balancer.dns) for one in topology.routes if balancer is not None and balancer.dns]
    fleet["probes"] = [one for one in probes if one is not None]
    return {"fleets": [fleet], **({"probe": {"proxy": proxy}} if proxy else {})}


def _member(part: MemberPart, ranges: Sequence[cidrs.Range], sites: Mapping[str, str]) -> dict[str, Any]:
    # Pods first: in that order adopting reads them again.
    own = [
        str(one.network)
        for use in (cidrs.Use.PODS, cidrs.Use.NODES)
        for one in ranges
        if (one.owner, one.use) == (part.name, use)
    ]
    file = part.kubeconfig or sites.get(part.name)
    site = {"context": part.context, "kubeconfig": file} if file and part.context else {}
    return {"name": part.name, "zone": part.zone, "kind": part.kind, "cidrs": own, **site}


def _probe(found: Found, name: str, address: str) -> dict[str, Any] | None:
    topology = found.topology
    route = next(one for one in topology.routes if one.name == name)
    gateway, answer = topology.gateway, route.answer
    said = {word: getattr(answer, word) for word in ("header", "json", "pattern") if getattr(answer, word)}
    if gateway is None or not said:
        return None
    listener = next(one for one in gateway.listeners if not route.listeners or one.port in route.listeners)
    scheme = "http" if listener.protocol == "HTTP" else "https"
    probe = {
        "route": route.name,
        "url": f"{scheme}://{address}:{listener.port}{answer.path or route.paths[0]}",
        "member": said,
    }
    return {**probe, "host": route.host} if route.host else probe


def way_back(tasks: Sequence[Task], kept: Sequence[str]) -> str:
    """The teardown plan as people read it."""
    lines = ["# How to take it away again", "", "fleet-console topology teardown topology.yaml", ""]
    for number, one in enumerate(tasks, 1):
        lines.append(f"{number}. {one.what}" + (f" (final: {one.final})" if one.final else ""))
    lines += ["", "What stays, because it was there before:", "", *(f"- {one}" for one in kept or ("nothing",))]
    return "\n".join(lines) + "\n"


def yaml_text(document: Any) -> str:
    """A document as YAML, keys in their order."""
    import yaml

    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))
