"""The columns of `kubectl get`: one list per built-in kind, printer columns for the rest, and how cells are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from console.sim.kubeapi import jsonpath
from console.sim.kubeapi.ages import since
from console.sim.kubeapi.resources import Column, Resource
from console.sim.kubeapi.status import Obj

Cell = Callable[[Obj, datetime], Any]


def columns_of(resource: Resource) -> list[tuple[Column, Cell]]:
    """The columns of a resource, each with the function that fills its cells."""
    name = (Column("Name", "string", "", "Name must be unique within a namespace.", 0, "name"), _at("metadata", "name"))
    if resource.custom:
        return [name, *((column, _custom_cell(column)) for column in resource.columns)]
    columns = _BUILTIN.get(resource.kind, [_AGE])
    return columns if columns[0][0].name == "Last Seen" else [name, *columns]


def _custom_cell(column: Column) -> Cell:
    path = jsonpath.compile_path(column.json_path)

    def cell(obj: Obj, now: datetime) -> Any:
        found = path(obj)
        if not found:
            return None
        if column.type == "date":
            return since(found[0], now)
        if column.type == "string":
            return ",".join(jsonpath.text(value) for value in found)
        value = found[0]
        fits = {"integer": (int,), "number": (int, float), "boolean": (bool,)}.get(column.type, (object,))
        return value if isinstance(value, fits) else None

    return cell


def _get(obj: Any, *steps: str) -> Any:
    for step in steps:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _at(*steps: str, absent: Any = "") -> Cell:
    return lambda obj, now: found if (found := _get(obj, *steps)) not in (None, "") else absent


def _age_of(*steps: str) -> Cell:
    return lambda obj, now: since(_get(obj, *steps), now)


def _count(*fields: str) -> Cell:
    return lambda obj, now: sum(len(_get(obj, field) or ()) for field in fields)


def _column(name: str, cell: Cell, kind: str = "string", *, wide: bool = False) -> tuple[Column, Cell]:
    return Column(name, kind, "", name, int(wide)), cell


def _hosts(obj: Obj, now: datetime) -> str:
    hosts = [rule["host"] for rule in _get(obj, "spec", "rules") or () if rule.get("host")]
    if not hosts:
        return "*"
    return ",".join(hosts) if len(hosts) <= 3 else f"{','.join(hosts[:3])} + {len(hosts) - 3} more..."


def _addresses(obj: Obj, now: datetime) -> str:
    entries = _get(obj, "status", "loadBalancer", "ingress") or ()
    return ",".join(sorted({entry.get("ip") or entry.get("hostname") or "" for entry in entries} - {""}))


def _external_addresses(obj: Obj, now: datetime) -> str:
    kind, own = _get(obj, "spec", "type"), _get(obj, "spec", "externalIPs") or []
    if kind == "ExternalName":
        return str(_get(obj, "spec", "externalName") or "<none>")
    if kind == "LoadBalancer":
        return ",".join(filter(None, [_addresses(obj, now), *own])) or "<pending>"
    return ",".join(own) or "<none>"


def _service_ports(obj: Obj, now: datetime) -> str:
    ports = []
    for port in _get(obj, "spec", "ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        ports.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(ports) or "<none>"


def _labels(*steps: str) -> Cell:
    def cell(obj: Obj, now: datetime) -> str:
        return ",".join(f"{key}={value}" for key, value in sorted((_get(obj, *steps) or {}).items())) or "<none>"

    return cell


def _containers(field: str) -> Cell:
    def cell(obj: Obj, now: datetime) -> str:
        found = _get(obj, "spec", "template", "spec", "containers") or ()
        return ",".join(str(container.get(field, "")) for container in found)

    return cell


def _ready(obj: Obj, now: datetime) -> str:
    wanted = _get(obj, "spec", "replicas")
    return f"{_get(obj, 'status', 'readyReplicas') or 0}/{1 if wanted is None else wanted}"


def _class_parameters(obj: Obj, now: datetime) -> str:
    parameters = _get(obj, "spec", "parameters")
    if not parameters:
        return "<none>"
    group = parameters.get("apiGroup")
    kind = f"{parameters.get('kind')}.{group}" if group else parameters.get("kind")
    return f"{kind}/{parameters.get('name')}"


def _event_object(name: str) -> Cell:
    def cell(obj: Obj, now: datetime) -> str:
        about = obj.get("involvedObject") or obj.get("regarding") or {}
        if name == "path":
            return str(about.get("fieldPath") or "")
        kind, named = str(about.get("kind", "")).lower(), about.get("name", "")
        return f"{kind}/{named}" if named else kind

    return cell


def _event_value(new: str, core: str, absent: Any = "") -> Cell:
    return lambda obj, now: obj.get(new, obj.get(core)) or absent


def _last_seen(obj: Obj, now: datetime) -> str:
    series = obj.get("series") or {}
    for moment in (series.get("lastObservedTime"), obj.get("lastTimestamp"), obj.get("deprecatedLastTimestamp"),
                   obj.get("eventTime")):  # fmt: skip
        if moment:
            return since(moment, now)
    return "<unknown>"


def _first_seen(obj: Obj, now: datetime) -> str:
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    return since(first, now)


def _event_source(obj: Obj, now: datetime) -> str:
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    component = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    return ", ".join(filter(None, [component, source.get("host", "")]))


def _event_count(obj: Obj, now: datetime) -> int:
    return int((obj.get("series") or {}).get("count") or obj.get("count") or obj.get("deprecatedCount") or 1)


def _node_status(obj: Obj, now: datetime) -> str:
    conditions = {c.get("type"): c.get("status") for c in _get(obj, "status", "conditions") or ()}
    words = ["Ready" if conditions.get("Ready") == "True" else "NotReady" if "Ready" in conditions else "Unknown"]
    return ",".join([*words, *(["SchedulingDisabled"] if _get(obj, "spec", "unschedulable") else [])])


def _node_roles(obj: Obj, now: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = _get(obj, "metadata", "labels") or {}
    return ",".join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))) or "<none>"


def _node_address(kind: str) -> Cell:
    def cell(obj: Obj, now: datetime) -> str:
        entries = _get(obj, "status", "addresses") or ()
        return next((entry.get("address", "") for entry in entries if entry.get("type") == kind), "<none>")

    return cell


def _scale_target(obj: Obj, now: datetime) -> str:
    return f"{_get(obj, 'spec', 'scaleTargetRef', 'kind')}/{_get(obj, 'spec', 'scaleTargetRef', 'name')}"


def _scale_metrics(obj: Obj, now: datetime) -> str:
    """`cpu: 40%/70%`, as the apiserver prints resource metrics; other kinds of metric by their type."""
    current = {
        _get(m, "resource", "name"): _get(m, "resource", "current") or {}
        for m in _get(obj, "status", "currentMetrics") or ()
    }
    shown = []
    for metric in _get(obj, "spec", "metrics") or ():
        name, target = _get(metric, "resource", "name"), _get(metric, "resource", "target") or {}
        if name is None:
            shown.append(str(metric.get("type", "")))
        elif target.get("averageUtilization") is not None:
            used = current.get(name, {}).get("averageUtilization")
            shown.append(f"{name}: {'<unknown>' if used is None else f'{used}%'}/{target['averageUtilization']}%")
        else:
            used = current.get(name, {}).get("averageValue", "<unknown>")
            shown.append(f"{name}: {used}/{target.get('averageValue', '<auto>')}")
    return ", ".join(shown) or "<none>"


_AGE = _column("Age", _age_of("metadata", "creationTimestamp"))
_BUILTIN: dict[str, list[tuple[Column, Cell]]] = {
    "ConfigMap": [_column("Data", _count("data", "binaryData"), "integer"), _AGE],
    "Secret": [_column("Type", _at("type")), _column("Data", _count("data"), "integer"), _AGE],
    "Namespace": [_column("Status", _at("status", "phase")), _AGE],
    "ServiceAccount": [_column("Secrets", _count("secrets"), "integer"), _AGE],
    "Lease": [_column("Holder", _at("spec", "holderIdentity")), _AGE],
    "Ingress": [
        _column("Class", _at("spec", "ingressClassName", absent="<none>")),
        _column("Hosts", _hosts),
        _column("Address", _addresses),
        _column("Ports", lambda obj, now: "80, 443" if _get(obj, "spec", "tls") else "80"),
        _AGE,
    ],
    "IngressClass": [
        _column("Controller", _at("spec", "controller")),
        _column("Parameters", _class_parameters),
        _AGE,
    ],
    "Service": [
        _column("Type", _at("spec", "type")),
        _column("Cluster-IP", _at("spec", "clusterIP", absent="<none>")),
        _column("External-IP", _external_addresses),
        _column("Port(s)", _service_ports),
        _AGE,
        _column("Selector", _labels("spec", "selector"), wide=True),
    ],
    "Deployment": [
        _column("Ready", _ready),
        _column("Up-to-date", _at("status", "updatedReplicas", absent=0), "integer"),
        _column("Available", _at("status", "availableReplicas", absent=0), "integer"),
        _AGE,
        _column("Containers", _containers("name"), wide=True),
        _column("Images", _containers("image"), wide=True),
        _column("Selector", _labels("spec", "selector", "matchLabels"), wide=True),
    ],
    "ReplicaSet": [
        _column("Desired", _at("spec", "replicas", absent=0), "integer"),
        _column("Current", _at("status", "replicas", absent=0), "integer"),
        _column("Ready", _at("status", "readyReplicas", absent=0), "integer"),
        _AGE,
    ],
    "Pod": [_column("Status", _at("status", "phase")), _AGE],
    "HorizontalPodAutoscaler": [
        _column("Reference", _scale_target),
        _column("Targets", _scale_metrics),
        _column("MinPods", _at("spec", "minReplicas", absent="<unset>")),
        _column("MaxPods", _at("spec", "maxReplicas"), "integer"),
        _column("Replicas", _at("status", "currentReplicas", absent=0), "integer"),
        _AGE,
    ],
    "Node": [
        _column("Status", _node_status),
        _column("Roles", _node_roles),
        _AGE,
        _column("Version", _at("status", "nodeInfo", "kubeletVersion")),
        _column("Internal-IP", _node_address("InternalIP"), wide=True),
        _column("External-IP", _node_address("ExternalIP"), wide=True),
        _column("OS-Image", _at("status", "nodeInfo", "osImage", absent="<unknown>"), wide=True),
        _column("Kernel-Version", _at("status", "nodeInfo", "kernelVersion", absent="<unknown>"), wide=True),
        _column(
            "Container-Runtime", _at("status", "nodeInfo", "containerRuntimeVersion", absent="<unknown>"), wide=True
        ),
    ],
    "CustomResourceDefinition": [
        _column("Created At", _at("metadata", "creationTimestamp"), "date"),
    ],
    "EndpointSlice": [_column("AddressType", _at("addressType")), _AGE],
    "Event": [
        _column("Last Seen", _last_seen),
        _column("Type", _at("type")),
        _column("Reason", _at("reason")),
        _column("Object", _event_object("name")),
        _column("Subobject", _event_object("path"), wide=True),
        _column("Source", _event_source, wide=True),
        _column("Message", _event_value("note", "message")),
        _column("First Seen", _first_seen, wide=True),
        _column("Count", _event_count, "integer", wide=True),
        _column("Name", _at("metadata", "name"), wide=True),
    ],
}
