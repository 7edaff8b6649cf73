"""A topology as its author wrote it (topology.yaml): what the wizard asks for, what a command carries out. Existing
resources are named by `id`, new ones by `name` alone; one of ours is found again by its name and the tag `TAG`.

Shapes follow what the APIs take (domain.md sections 1, 4 and 5). Nothing here is secret. Field rules that one value can
break alone are msgspec's; everything else is a check (console.decide.setup).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

SCHEMA: Final = "fleet-console/topology/v1"
TAG = "fleet-console/topology"
"""Tag key on every cloud resource that we made; its value is the topology's name."""
LABEL = "fleet-console/topology"
"""Label with the same value on every Kubernetes object that we made whole."""
SETUP_MANAGER = "fleet-console-setup"
"""Field manager of what a set-up applies; apart from the runs' own, so that a shift's weights are seen as a change."""

_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
"""RFC 1123: labels with dots between them."""
Name = Annotated[str, msgspec.Meta(pattern=f"^{_DNS}$", max_length=63)]
"""Of a Kubernetes object."""
Label = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""Of a namespace: one label of RFC 1123."""
ServiceName = Annotated[str, msgspec.Meta(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""Of a Service: one label of RFC 1035."""
LabelValue = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
Host = Annotated[str, msgspec.Meta(pattern=rf"^(\*\.)?{_DNS}$", max_length=253)]
"""As an Ingress takes it: a name, or `*.` and a name."""
CloudName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][-A-Za-z0-9_.]{0,62}$")]
"""Of a cloud resource."""
RouteKey = Annotated[str, msgspec.Meta(pattern=rf"^[a-z0-9]([-a-z0-9]{{0,61}}[a-z0-9])?/{_DNS}$", max_length=127)]
"""NAMESPACE/NAME."""
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Weight = Annotated[int, msgspec.Meta(ge=0, le=100)]
Path = Annotated[str, msgspec.Meta(pattern=r"^/\S*$")]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of a topology."""


class VpcPart(Part, frozen=True, kw_only=True):
    """The one network that Fleet, members and gateway share."""

    id: str | None = None
    """An existing VPC."""
    name: CloudName | None = None
    """A new one, with `cidr`; or how the existing one is shown."""
    cidr: str | None = None


class VSwitchPart(Part, frozen=True, kw_only=True):
    """A subnet in one cloud zone, named here so that other parts can refer to it."""

    name: CloudName
    id: str | None = None
    zone: str | None = None
    """Needed for a new one, for example cn-hangzhou-j."""
    cidr: str | None = None
    """Needed for a new one."""


class FleetPart(Part, frozen=True, kw_only=True):
    """The hub."""

    name: CloudName
    id: str | None = None
    vswitches: tuple[str, ...] = ()
    """Of its API server."""
    public: bool = False
    """Whether its API server gets a public address, so that this host reaches it from outside the VPC."""
    argocd: bool = True


class NodesPart(Part, frozen=True, kw_only=True):
    """The node pool of a new ACK cluster."""

    count: Annotated[int, msgspec.Meta(ge=1, le=500)] = 2
    instance_types: tuple[str, ...] = ()


class CidrsPart(Part, frozen=True, kw_only=True):
    """A member's ranges. For an ACK cluster's nodes and Terway pods, absent: those of its vSwitches."""

    nodes: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    services: str | None = None


class MemberPart(Part, frozen=True, kw_only=True):
    """A cluster of the Fleet."""

    name: CloudName
    kind: Literal["ack", "registered"]
    id: str | None = None
    """The id of an existing cluster, `c` and 32 hexadecimal digits."""
    zone: str
    """The failure domain that it stands in; two members that stand in for each other need two."""
    vswitches: tuple[str, ...] = ()
    """By their names here: of an ACK cluster's nodes, of a registered cluster's endpoint."""
    pod_vswitches: tuple[str, ...] = ()
    """ACK with Terway only; without, pods are Flannel's and `cidrs.pods` is needed."""
    cidrs: CidrsPart = CidrsPart()
    network: Literal["underlay", "overlay"]
    """Whether pods can be reached from the VPC (underlay), or Services must be NodePorts (overlay)."""
    spec: str = "ack.pro.small"
    version: str | None = None
    """Kubernetes version of a new ACK cluster; absent: the service's default."""
    nodes: NodesPart | None = None
    label: LabelValue | None = None
    """Value of the label `cluster` on its ArgoCD cluster; absent: `ack` or `idc`, by kind."""
    context: str | None = None
    """Registered: the kubeconfig context of the data centre's own API, to which the agent is applied; absent: its
    manifest is written to a file, and the set-up waits."""
    kubeconfig: str | None = None
    """Where that context stands; absent: as kubectl finds it."""

    @property
    def cluster_label(self) -> str:
        """Value of the label `cluster` (seed.txt, step 3)."""
        return self.label or ("ack" if self.kind == "ack" else "idc")


class ListenerPart(Part, frozen=True, kw_only=True):
    """A port of the gateway."""

    port: Port
    protocol: Literal["HTTP", "HTTPS", "QUIC"] = "HTTP"
    certificate: str | None = None
    """CertificateId of an HTTPS or QUIC listener."""


class GatewayPart(Part, frozen=True, kw_only=True):
    """The AlbConfig and its IngressClass; one ALB."""

    name: Name
    ingress_class: Name = "alb"
    address: Literal["Internet", "Intranet"] = "Internet"
    allocation: Literal["Fixed", "Dynamic"] = "Fixed"
    edition: Literal["Basic", "Standard", "StandardWithWaf"] | None = None
    """Absent: the service's default."""
    vswitches: tuple[str, ...]
    """By their names here, one in each of two or more zones."""
    listeners: tuple[ListenerPart, ...]
    members: tuple[str, ...] = ()
    """By their names here; absent: all."""


class ApplicationPart(Part, frozen=True, kw_only=True):
    """An ApplicationSet: one Application for each of its members (seed.txt, step 3)."""

    name: Name
    """Of the ApplicationSet."""
    kept: bool = False
    """Made by somebody else, in a form that this file cannot say: it is followed, never written."""
    application: str | None = None
    """Name of each Application, an ArgoCD template; absent: '{{.metadata.annotations.cluster_id}}-NAME'."""
    repository: str = ""
    path: str = ""
    revision: str = "main"
    namespace: Label
    """On the members, and on the Fleet."""
    project: Name = "default"
    members: tuple[str, ...] = ()
    """By their names here; absent: all."""
    service: Literal["ClusterIP", "by-network"] = "by-network"
    """`ClusterIP` everywhere (seed.txt's underlay form), or NodePort where a member's network is an overlay, told to
    the chart by `node_port_parameter` (its overlay form)."""
    node_port_parameter: str = "isNodePort"
    values: dict[str, str] = {}
    """Of every generator, for templates to use as '{{.values.NAME}}'."""
    parameters: dict[str, str] = {}
    """Of the chart; may hold ArgoCD's own templates, as '{{.metadata.annotations.cluster_name}}'."""
    value_files: tuple[str, ...] = ("values.yaml",)
    create_namespace: bool = True
    automated: bool = True
    self_heal: bool = False
    prune: bool = False
    preserve_resources_on_deletion: bool = False
    """Whether workloads stay in the members when the ApplicationSet or a member's label goes."""


class HealthCheckPart(Part, frozen=True, kw_only=True):
    """Health checks of a route's backends; the controller's default is off, the console's is on."""

    enabled: bool = True
    path: Path = "/"
    protocol: Literal["HTTP", "HTTPS", "TCP"] = "HTTP"
    method: Literal["HEAD", "GET"] = "HEAD"
    codes: str = "http_2xx"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
    timeout: Annotated[int, msgspec.Meta(ge=1, le=300)] = 5
    """Seconds."""
    interval: Annotated[int, msgspec.Meta(ge=1, le=50)] = 2
    """Seconds."""
    healthy: Annotated[int, msgspec.Meta(ge=2, le=10)] = 3
    unhealthy: Annotated[int, msgspec.Meta(ge=2, le=10)] = 3


class AnswerPart(Part, frozen=True, kw_only=True):
    """How an answer of a route tells which member gave it: at most one; absent: first requests are only counted."""

    header: str | None = None
    json: str | None = None
    pattern: str | None = None
    path: Path | None = None
    """Where to ask; absent: the route's first path."""


class RoutePart(Part, frozen=True, kw_only=True):
    """An Ingress on the Fleet with its weights."""

    name: RouteKey
    host: Host | None = None
    paths: tuple[Path, ...] = ("/",)
    path_type: Literal["Prefix", "Exact", "ImplementationSpecific"] = "Prefix"
    service: ServiceName
    port: Port
    listeners: tuple[Port, ...] = ()
    """Ports of the gateway; absent: all."""
    health_check: HealthCheckPart = HealthCheckPart()
    weights: dict[str, Weight]
    """Member by its name here -> weight; they sum to 100."""
    answer: AnswerPart = AnswerPart()

    @property
    def namespace(self) -> str:
        """Of the Ingress, the Service and the workload."""
        return self.name.partition("/")[0]

    @property
    def ingress(self) -> str:
        """Its name in the namespace."""
        return self.name.partition("/")[2]


class Topology(Part, frozen=True, kw_only=True):
    """Everything. `confirmed`: rules of which a person said that they hold, for what no API shows."""

    schema: Literal["fleet-console/topology/v1"]
    name: Name
    region: str
    vpc: VpcPart
    vswitches: tuple[VSwitchPart, ...] = ()
    fleet: FleetPart
    members: tuple[MemberPart, ...]
    gateway: GatewayPart | None = None
    applications: tuple[ApplicationPart, ...] = ()
    routes: tuple[RoutePart, ...] = ()
    key_prefix: str = "alb.ingress.kubernetes.io/cluster-weight."
    """Of the weight annotations, before the cluster id; unconfirmed by the vendor, so it can be set."""
    confirmed: tuple[str, ...] = ()

    def vswitch(self, name: str) -> VSwitchPart | None:
        """By its name here."""
        return next((one for one in self.vswitches if one.name == name), None)

    def member(self, name: str) -> MemberPart | None:
        """By its name here."""
        return next((one for one in self.members if one.name == name), None)

    def members_of(self, names: tuple[str, ...]) -> tuple[MemberPart, ...]:
        """Those named, in the topology's order; all where none is named."""
        return tuple(one for one in self.members if not names or one.name in names)
