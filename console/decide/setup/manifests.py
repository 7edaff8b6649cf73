"""The Fleet's objects of a topology, as the vendor's procedure has them (seed.txt; domain.md 1.1 to 1.3). Each is what
a server-side apply sends: our fields, nobody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from console.decide.setup.found import ARGO, Found
from console.model.ground import Key, Object
from console.model.hub import RUN_NAMESPACE
from console.model.topology import LABEL, ApplicationPart, GatewayPart, HealthCheckPart, MemberPart, RoutePart

PREFIX = "alb.ingress.kubernetes.io/"
REMOTE_CLUSTERS = PREFIX + "remote-clusters"
MEMBER_LABEL = "fleet-console/member"
"""On an ArgoCD cluster, where an application goes to some members only."""
CONTROLLER = "ingress.k8s.alibabacloud/alb"
Manifest = dict[str, Any]
_EXPRESSION = re.compile(r"\{\{\s*\.([\w.]+)\s*\}\}")

_VERSIONS = {
    "Namespace": "v1", "AlbConfig": "alibabacloud.com/v1", "IngressClass": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1", "AppProject": "argoproj.io/v1alpha1", "ApplicationSet": "argoproj.io/v1alpha1",
}  # fmt: skip


def key_of(manifest: Object) -> Key:
    """Which object a manifest is of."""
    metadata = manifest["metadata"]
    group = manifest["apiVersion"].rpartition("/")[0]
    return Key(group, manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def namespace(found: Found, name: str) -> Manifest:
    """On the Fleet: an Ingress names Services of its own namespace (domain.md 1.2)."""
    return _object(found, "Namespace", name)


def cluster_labels(found: Found, part: MemberPart) -> Manifest:
    """Labels of a member's ArgoCD cluster, by which ApplicationSets choose."""
    secret = found.secret(part)
    name = secret["metadata"]["name"] if secret else f"<ArgoCD cluster {part.name}>"
    labels = {"cluster": part.cluster_label}
    if any(one.members for one in found.topology.applications):
        labels[MEMBER_LABEL] = part.name
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": ARGO, "labels": labels},
    }


def project(found: Found, name: str) -> Manifest:
    """An AppProject that admits what the topology's applications need, and no more."""
    mine = [one for one in found.topology.applications if one.project == name]
    names = sorted({one.namespace for one in mine})
    manifest = _object(found, "AppProject", name, ARGO)
    manifest["spec"] = {
        "sourceRepos": sorted({one.repository for one in mine}),
        "destinations": [{"name": "*", "server": "*", "namespace": each} for each in names],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
    }
    return manifest


def application_set(found: Found, part: ApplicationPart) -> Manifest:
    """In seed.txt's underlay form (one generator over all clusters) or its overlay form (one by label `cluster`, each
    with its Service type)."""
    by_network = part.service == "by-network"
    parameters = [{"name": name, "value": value} for name, value in part.parameters.items()]
    if by_network:
        told = {"name": part.node_port_parameter, "value": "{{.values." + part.node_port_parameter + "}}"}
        parameters.insert(0, told)
    helm: Manifest = {"valueFiles": list(part.value_files), "parameters": parameters}
    automated = {
        name: True for name, said in (("selfHeal", part.self_heal), ("prune", part.prune)) if said
    }  # seed.txt: {}
    manifest = _object(found, "ApplicationSet", part.name, ARGO)
    manifest["spec"] = {
        "template": {
            "metadata": {
                "name": _template(part),
                "namespace": ARGO,
            },
            "spec": {
                "destination": {"name": "{{.name}}", "namespace": part.namespace},
                "project": part.project,
                "source": {
                    "repoURL": part.repository,
                    "path": part.path,
                    "targetRevision": part.revision,
                    "helm": {name: value for name, value in helm.items() if value},
                },
                "syncPolicy": {
                    **({"automated": automated} if part.automated else {}),
                    **({"syncOptions": ["CreateNamespace=true"]} if part.create_namespace else {}),
                },
            },
        },
        "generators": _by_label(found, part) if by_network else [_everywhere(part)],
        "goTemplateOptions": ["missingkey=error"],
        "syncPolicy": {"preserveResourcesOnDeletion": part.preserve_resources_on_deletion},
        "goTemplate": True,
    }
    return manifest


def _template(part: ApplicationPart) -> str:
    return part.application or "{{.metadata.annotations.cluster_id}}-" + part.name


def application_name(found: Found, part: ApplicationPart, member: MemberPart) -> str:
    """What ArgoCD makes of the name's template for one member."""
    said = {
        "metadata.annotations.cluster_id": found.cluster_id(member),
        "metadata.annotations.cluster_name": member.name,
    }
    return _EXPRESSION.sub(lambda match: said.get(match[1], match[0]), _template(part))


def _everywhere(part: ApplicationPart) -> Manifest:
    expressions = [
        {"values": ["cluster"], "key": "argocd.argoproj.io/secret-type", "operator": "In"},
        {"values": ["in-cluster"], "key": "name", "operator": "NotIn"},
    ]
    selector = {"matchExpressions": [*expressions, *_only(part)]}
    return {"clusters": {"selector": selector, **({"values": dict(part.values)} if part.values else {})}}


def _by_label(found: Found, part: ApplicationPart) -> list[Manifest]:
    """One generator a label, the data centres' first, as seed.txt has them."""
    members = found.topology.members_of(part.members)
    labels = {one.cluster_label: one.network == "overlay" for one in sorted(members, key=lambda one: one.kind == "ack")}
    generators = []
    for label, overlay in labels.items():
        selector: Manifest = {"matchLabels": {"cluster": label}}
        if part.members:
            selector["matchExpressions"] = _only(part)
        values = {**part.values, part.node_port_parameter: "true" if overlay else "false"}
        generators.append({"clusters": {"selector": selector, "values": values}})
    return generators


def _only(part: ApplicationPart) -> list[Manifest]:
    return [{"values": list(part.members), "key": MEMBER_LABEL, "operator": "In"}] if part.members else []


def alb_config(found: Found, part: GatewayPart) -> Manifest:
    """One ALB, and the members it may reach."""
    members = found.topology.members_of(part.members)
    manifest = _object(found, "AlbConfig", part.name)
    manifest["metadata"]["annotations"] = {REMOTE_CLUSTERS: ",".join(found.cluster_id(one) for one in members)}
    config = {
        "name": part.name,
        "addressType": part.address,
        "addressAllocatedMode": part.allocation,
        **({"edition": part.edition} if part.edition else {}),
        "zoneMappings": [{"vSwitchId": found.subnet_id(name)} for name in part.vswitches],
    }
    listeners = []
    for one in part.listeners:
        listener: Manifest = {"port": one.port, "protocol": one.protocol}
        if one.certificate:
            listener["certificates"] = [{"CertificateId": one.certificate, "IsDefault": True}]
        listeners.append(listener)
    manifest["spec"] = {"config": config, "listeners": listeners}
    return manifest


def ingress_class(found: Found, part: GatewayPart) -> Manifest:
    """Ties Ingresses to the AlbConfig."""
    manifest = _object(found, "IngressClass", part.ingress_class)
    parameters = {"apiGroup": "alibabacloud.com", "kind": "AlbConfig", "name": part.name}
    manifest["spec"] = {"controller": CONTROLLER, "parameters": parameters}
    return manifest


def ingress(found: Found, part: RoutePart, gateway: GatewayPart) -> Manifest:
    """One route with its weights and its health check."""
    ports = [one for one in gateway.listeners if not part.listeners or one.port in part.listeners]
    annotations = {PREFIX + "listen-ports": json.dumps([{one.protocol: one.port} for one in ports])}
    annotations |= health_annotations(part.health_check)
    annotations |= weight_annotations(found, part)
    backend = {"service": {"name": part.service, "port": {"number": part.port}}}
    paths = [{"path": path, "pathType": part.path_type, "backend": backend} for path in part.paths]
    rule: Manifest = {"http": {"paths": paths}} if part.host is None else {"host": part.host, "http": {"paths": paths}}
    manifest = _object(found, "Ingress", part.ingress, part.namespace)
    manifest["metadata"]["annotations"] = annotations
    manifest["spec"] = {"ingressClassName": gateway.ingress_class, "rules": [rule]}
    return manifest


def weight_annotations(found: Found, part: RoutePart) -> dict[str, str]:
    """Annotation -> weight, of the members that a route names."""
    out = {}
    for name, weight in part.weights.items():
        member = found.topology.member(name)
        identifier = found.cluster_id(member) if member else f"<cluster {name}>"
        out[found.topology.key_prefix + identifier] = str(weight)
    return out


def asked_ports(ingress: Object, ingress_class: str) -> set[int]:
    """Ports that an Ingress of a class asks its gateway for; what cannot be read asks for those by default (domain.md
    1.3)."""
    spec, metadata = ingress.get("spec"), ingress.get("metadata")
    if not isinstance(spec, Mapping) or spec.get("ingressClassName") != ingress_class:
        return set()
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    try:
        said = json.loads((notes or {})[PREFIX + "listen-ports"])
        return {port for one in said for port in one.values()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {80, 443}


def health_annotations(part: HealthCheckPart) -> dict[str, str]:
    """Annotation -> value (domain.md 1.3); the controller's default is off, so it is always said."""
    if not part.enabled:
        return {PREFIX + "healthcheck-enabled": "false"}
    said = {
        "healthcheck-enabled": "true",
        "healthcheck-path": part.path,
        "healthcheck-protocol": part.protocol,
        "healthcheck-method": part.method,
        "healthcheck-httpcode": part.codes,
        "healthcheck-timeout-seconds": str(part.timeout),
        "healthcheck-interval-seconds": str(part.interval),
        "healthy-threshold-count": str(part.healthy),
        "unhealthy-threshold-count": str(part.unhealthy),
    }
    if part.port is not None:
        said["healthcheck-connect-port"] = str(part.port)
    return {PREFIX + name: value for name, value in said.items()}


def namespaces(found: Found) -> tuple[str, ...]:
    """Those that the Fleet needs, in order of first use."""
    topology = found.topology
    names: Iterable[str] = (
        *(one.namespace for one in topology.routes),
        *(one.namespace for one in topology.applications),
    )
    return tuple(dict.fromkeys(names))


def projects(found: Found) -> tuple[str, ...]:
    """AppProjects that are needed and are not ArgoCD's own default."""
    return tuple(dict.fromkeys(one.project for one in found.topology.applications if one.project != "default"))


def wanted(found: Found) -> dict[Key, Manifest]:
    """Every object of the Fleet that the topology describes, in the order in which they are applied."""
    topology, manifests = found.topology, [namespace(found, RUN_NAMESPACE)]
    manifests += [cluster_labels(found, one) for one in topology.members if topology.applications]
    manifests += [project(found, name) for name in projects(found)]
    manifests += [namespace(found, name) for name in namespaces(found)]
    manifests += [application_set(found, one) for one in topology.applications if not one.kept]
    if (gateway := topology.gateway) is not None:
        manifests += [alb_config(found, gateway), ingress_class(found, gateway)]
        manifests += [ingress(found, one, gateway) for one in topology.routes]
    return {key_of(one): one for one in manifests}


def _object(found: Found, kind: str, name: str, namespace: str = "") -> Manifest:
    """The head of an object; ours by label where it is new, or was made by us."""
    metadata: Manifest = {"name": name, **({"namespace": namespace} if namespace else {})}
    there: Mapping[str, Any] | None = found.hub.find(kind, name, namespace)
    if there is None or found.made(there):
        metadata["labels"] = {LABEL: found.topology.name}
    return {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": metadata}
