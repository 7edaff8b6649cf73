"""The sections of the settings, a sentence per field; what a user may set of one Fleet and of runs."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

import msgspec

from console.errors import SettingsError

DEFAULT_KEY_PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(float):
    """Seconds, written with a unit: `500ms`, `5s`, `10m`, `1h30m`."""

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Raises `SettingsError` where the unit is missing: a bare number is a guess."""
        parts = _DURATION.findall(text)
        if not parts or "".join(n + u for n, u in parts) != text.replace(" ", ""):
            raise SettingsError(f"'{text}' is no duration", fix="Write a number with a unit: 500ms, 5s, 10m or 1h30m.")
        return cls(sum(float(number) * _SECONDS[unit] for number, unit in parts))


class Section(msgspec.Struct, frozen=True):
    """Every section."""


class DirectSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests to one member itself, past the gateway, while it is to be proven that it serves."""

    url: str
    """An http or https address that the member answers below 500 where it serves."""
    host: str | None = None
    """Host header, where the member wants one."""
    timeout: str = "2s"
    """How long one answer may take."""
    proxy: str | None = None
    """A forward proxy on the way to the member; absent: straight, since `probe.proxy` leads to gateways."""


class MemberSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of one member, keyed by its cluster id (the ManagedCluster's name)."""

    name: str | None = None
    """Name to show instead of the id."""
    zone: str | None = None
    """The one failure domain the member stands in; wins over every label."""
    kind: Literal["ack", "registered"] | None = None
    """An ACK cluster, or a registered data-centre cluster."""
    cidrs: tuple[str, ...] = ()
    """Pod and node ranges, by which ALB servers are told apart."""
    server_groups: tuple[str, ...] = ()
    """ALB server group ids that belong to this member, where nothing else tells."""
    kubeconfig: str | None = None
    """Where the member's own API is; absent: the Fleet's kubeconfig, if `context` is named."""
    context: str | None = None
    """Absent: the current one of `kubeconfig`; where neither is named, workload and headroom stay unknown."""
    direct: DirectSettings | None = None
    """How the member itself is asked whether it serves, at weight 0 too; absent: its pods decide, by its own API."""

    @property
    def readable(self) -> bool:
        """Whether its own API is named."""
        return self.kubeconfig is not None or self.context is not None


class WeightSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the weights are written on an Ingress."""

    key_prefix: str = DEFAULT_KEY_PREFIX
    """Annotation key before the cluster id; unconfirmed by the vendor, so it can be set."""


class CredentialSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which credential to use, by name; key text is accepted for loopback endpoints only."""

    profile: str | None = None
    """A profile of ~/.aliyun/config.json."""
    role: str | None = None
    """An ECS RAM role's name."""
    environment: bool = False
    """Take ALIBABA_CLOUD_ACCESS_KEY_ID and its companions from the environment."""
    access_key_id: str | None = None
    """Loopback only."""
    access_key_secret: str | None = None
    """Loopback only."""


class CloudSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OpenAPIs of the region the gateway's ALB lives in."""

    region: str | None = None
    """For example cn-hangzhou."""
    endpoints: dict[str, str] = {}
    """Product to host:port (`alb`, `cs`, `adcp`, `vpc`, `ecs`); absent: the product's public endpoint."""
    protocol: Literal["https", "http"] = "https"
    """`http` is accepted for loopback endpoints only."""
    credentials: CredentialSettings | None = None
    """Absent: the cloud is not read, and one line says so."""
    poll: str = "5s"
    """How often a viewer asks; 5 s is the fastest that is taken."""
    fleet: str | None = None
    """The Fleet's own cluster id; absent: the Fleet of the account that one of the members is associated with."""
    clusters: bool = True
    """Whether the state of the Fleet and of clusters (ADCP, CS) and zones of vSwitches (VPC) are read, too."""


class AttributionSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an answer tells which member gave it: exactly one of the three."""

    header: str | None = None
    """A response header whose value names the member."""
    json: str | None = None
    """A dotted path into a JSON body, for example `env.cluster`."""
    pattern: str | None = None
    """A regular expression over the body; its first group names the member."""


class ProbeSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests through the gateway for one route."""

    route: str
    """NAMESPACE/NAME of the Ingress."""
    url: str
    """Where to send them: the gateway's address and a path of the route."""
    host: str | None = None
    """Host header, where the route has a host."""
    member: AttributionSettings
    """How the answer names its member."""
    names: dict[str, str] = {}
    """What the answer says -> member id, name or unique prefix; absent names are taken as they are."""
    rate: float = 2.0
    """Requests a second."""
    timeout: str = "2s"
    """How long one answer may take."""


class ProberSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How all probes are sent."""

    proxy: str | None = None
    """An http or https address of a forward proxy that they go through; absent: they go straight."""


class PrometheusSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query that gives requests a second, one series for each member, route, or both."""

    url: str
    """The server's address, with the path before /api/v1/query; `http` is accepted on this machine only."""
    query: str
    """An instant query in PromQL, asked every 15 s."""
    member_label: str = "cluster"
    """Label whose value names the member: by id, name or unique prefix of either, or as `names` says."""
    namespace_label: str = "namespace"
    """Label with the route's namespace, where `route_label` holds a bare name."""
    route_label: str = "ingress"
    """Label with the route's name, or with NAMESPACE/NAME."""
    names: dict[str, str] = {}
    """What the member label says -> member id, name or unique prefix."""
    token_file: str | None = None
    """A file whose text is sent as bearer token, read anew for each question; a token is never written down here."""
    token: str | None = None
    """Loopback only."""
    ca_file: str | None = None
    """Certificates (PEM) to trust instead of the system's."""
    headers: dict[str, str] = {}
    """Sent along, for example X-Scope-OrgID; nothing secret belongs here."""


class ArgoSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is read of ArgoCD besides its Applications."""

    namespace: str = "argocd"
    """Where ArgoCD keeps its clusters."""
    cluster_secrets: bool = False
    """Whether the metadata (never the data) of its cluster Secrets is read, to tell members by their names there."""


class FleetSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Fleet: where it is and what its objects do not say."""

    name: str | None = None
    """What the screen calls it; absent: the context's name."""
    region: str | None = None
    """Shown beside the name."""
    kubeconfig: str | None = None
    """Absent: --kubeconfig, then KUBECONFIG, then ~/.kube/config."""
    context: str | None = None
    """Absent: --context, then the kubeconfig's current one."""
    zone_label: str = "topology.kubernetes.io/zone"
    """Label of a ManagedCluster that names its zone."""
    weights: WeightSettings = WeightSettings()
    """How weights are written."""
    members: dict[str, MemberSettings] = {}
    """By cluster id."""
    cloud: CloudSettings = CloudSettings()
    """The OpenAPIs."""
    probes: tuple[ProbeSettings, ...] = ()
    """One entry a probed route."""
    prometheus: PrometheusSettings | None = None
    """Absent: no rate of requests is known."""
    argocd: ArgoSettings = ArgoSettings()
    """ArgoCD on the hub."""

    @property
    def called(self) -> str:
        """What it is called until its context is known."""
        return self.name or "fleet"

    @property
    def shown_region(self) -> str | None:
        """What is shown beside the name: its own region, else the OpenAPIs'; None where neither is said."""
        return self.region or self.cloud.region


class HookSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told that a run needs eyes: held, failed, refused, superseded, not verified, overdue."""

    command: tuple[str, ...] = ()
    """A program and its arguments; it gets one JSON object on stdin, and 10 s."""
    webhook: str | None = None
    """An address that the same JSON is posted to."""


class ReturnSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run goes back by itself once its time is over."""

    clean: str = "2m"
    """How long a member that gets weight again must have answered without a failure before it gets any."""
    compare: str = "30s"
    """How long it is compared at each place with the members that serve."""
    ramp: tuple[int, ...] = (10, 50, 100)
    """Percent of the way back at each place after the first one, where it gets 1 % of the traffic."""

    @property
    def places(self) -> tuple[int, ...]:
        """Percent of the way back at each place before the end."""
        return (1, *(percent for percent in self.ramp if 1 < percent < 100))


class RunSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run behaves."""

    verify_timeout: str = "120s"
    """Time allowed for the layers to agree before a run ends unverified."""
    steady: str = "10s"
    """How long the layers must agree without a break."""
    probe_rate: float | None = None
    """Consent: requests a second that a runner may send to all routes of its run together, beyond `probe_budget`, from
    when their rules hold until their answers agree."""
    lease: str = "15s"
    """How long the Fleet's Lease lives without renewal."""
    returning: ReturnSettings = ReturnSettings()
    """The way back once its time is over."""
    on_state: HookSettings = HookSettings()
    """Who is told."""


class RuleSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one guardrail weighs; `fleet-console rules` lists them."""

    severity: Literal["blocks", "asks", "informs", "off"] | None = None
    """Absent: as built in. Rules that guard the Fleet's identity and its last serving member cannot be softened."""
    threshold: float | None = None
    """In the rule's own unit; absent: as built in."""


def is_loopback(endpoint: str) -> bool:
    """Whether host:port stays on this machine."""
    host = endpoint.removeprefix("[").split("]")[0] if endpoint.startswith("[") else endpoint.split(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
