"""The one typed value of everything a user may set, read from one YAML file; a sentence per field."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

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


class _Base(msgspec.Struct, frozen=True):
    """Every settings section."""


class MemberSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
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

    @property
    def readable(self) -> bool:
        """Whether its own API is named."""
        return self.kubeconfig is not None or self.context is not None


class WeightSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the weights are written on an Ingress."""

    key_prefix: str = DEFAULT_KEY_PREFIX
    """Annotation key before the cluster id; unconfirmed by the vendor, so it can be set."""


class CredentialSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class CloudSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OpenAPIs of the region the gateway's ALB lives in."""

    region: str | None = None
    """For example cn-hangzhou."""
    endpoints: dict[str, str] = {}
    """Product to host:port (`alb`, `cs`, `adcp`, `vpc`); absent: the product's public endpoint."""
    protocol: Literal["https", "http"] = "https"
    """`http` is accepted for loopback endpoints only."""
    credentials: CredentialSettings | None = None
    """Absent: the cloud is not read, and one line says so."""
    poll: str = "5s"
    """How often a viewer asks; 5 s is the fastest that is taken."""
    fleet: str | None = None
    """The Fleet's own cluster id; absent: the Fleet of the account that one of the members is associated with."""


class AttributionSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an answer tells which member gave it: exactly one of the three."""

    header: str | None = None
    """A response header whose value names the member."""
    json: str | None = None
    """A dotted path into a JSON body, for example `env.cluster`."""
    pattern: str | None = None
    """A regular expression over the body; its first group names the member."""


class ProbeSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class FleetSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class RunSettings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run behaves."""

    verify_timeout: str = "120s"
    """Time allowed for the layers to agree before a run ends unverified."""
    steady: str = "10s"
    """How long the layers must agree without a break."""
    lease: str = "15s"
    """How long the Fleet's Lease lives without renewal."""


class Settings(_Base, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a user may set."""

    read_only: bool = False
    """No write by any key or verb, whatever else is said."""
    theme: Literal["default", "mono"] = "default"
    """`mono` draws with bold, dim and reverse alone; NO_COLOR does so, too."""
    arming: str = "10m"
    """How long arming lasts before the screen is read-only again."""
    probe_budget: float = 20.0
    """Requests a second of all probes together."""
    run: RunSettings = RunSettings()
    """How a run behaves."""
    fleets: tuple[FleetSettings, ...] = ()
    """The Fleets; the first one opens."""

    @property
    def fleet(self) -> FleetSettings:
        """The Fleet that opens; all defaults where none is set."""
        return self.fleets[0] if self.fleets else FleetSettings()

    def opening(self, name: str | None) -> Settings:
        """The same with another Fleet first: the one that opens; None leaves the order.

        Raises `SettingsError` where none is called so.
        """
        if name is None:
            return self
        chosen = [fleet for fleet in self.fleets if fleet.name == name]
        if not chosen:
            known = ", ".join(fleet.name or "(no name)" for fleet in self.fleets) or "none"
            raise SettingsError(f"no Fleet is called '{name}'", fix=f"In settings: {known}.")
        return msgspec.structs.replace(self, fleets=(chosen[0], *(one for one in self.fleets if one is not chosen[0])))


def default_path() -> Path:
    """`$FLEET_CONSOLE_CONFIG`, else config.yaml in the user's XDG configuration directory."""
    named = os.environ.get("FLEET_CONSOLE_CONFIG")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_config_path("fleet-console") / "config.yaml"


def located(path: Path | None) -> tuple[Path, str]:
    """Where settings are read from, and what named the place: an option, an environment variable, or nothing."""
    if path is not None:
        return path, "option --config"
    return default_path(), "environment FLEET_CONSOLE_CONFIG" if os.environ.get("FLEET_CONSOLE_CONFIG") else "default"


def load(path: Path | None) -> Settings:
    """Settings from `path`, or from the default place, or all defaults where nobody wrote any.

    Raises `SettingsError` with the file, the place in it and what is accepted.
    """
    named = path is not None
    path = path or default_path()
    if not path.exists():
        if named:
            raise SettingsError(f"{path}: no such settings file", fix="Name one that exists with --config.")
        return Settings()
    return parse(read(path), where=str(path))


def parse(document: object, *, where: str = "settings") -> Settings:
    """A YAML document as settings, checked field by field and then across fields."""
    try:
        settings = msgspec.convert(document if document is not None else {}, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {error}", fix="README lists every setting.") from None
    for fleet in settings.fleets:
        _check_fleet(fleet, where)
    names = [fleet.name for fleet in settings.fleets]
    if len(names) > 1 and (None in names or len(set(names)) < len(names)):
        raise SettingsError(f"{where}: several Fleets need a name each, all different", fix="Set fleets.name.")
    for text in (settings.arming, *(getattr(settings.run, f) for f in settings.run.__struct_fields__)):
        Duration.parse(text)
    return settings


def is_loopback(endpoint: str) -> bool:
    """Whether host:port stays on this machine."""
    host = endpoint.removeprefix("[").split("]")[0] if endpoint.startswith("[") else endpoint.split(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read(path: Path) -> object:
    """The YAML document of a settings file, unchecked. Raises `SettingsError`."""
    import yaml

    try:
        return yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", fix="Name a readable file with --config.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        sentence = " ".join(str(error).split())
        raise SettingsError(f"{path}: not YAML: {sentence}", fix="Correct the file.") from None


def _check_fleet(fleet: FleetSettings, where: str) -> None:
    cloud = fleet.cloud
    Duration.parse(cloud.poll)
    local = bool(cloud.endpoints) and all(map(is_loopback, cloud.endpoints.values()))
    keys = cloud.credentials and (cloud.credentials.access_key_id or cloud.credentials.access_key_secret)
    if keys and not local:
        raise SettingsError(
            f"{where}: fleets.cloud.credentials holds a key, and an endpoint is not on this machine",
            fix="Name a profile, a role or the environment instead; keys are never written down.",
        )
    if cloud.protocol == "http" and not local:
        raise SettingsError(
            f"{where}: fleets.cloud.protocol is http, and an endpoint is not on this machine",
            fix="Use https.",
        )
    for identifier, member in fleet.members.items():
        for cidr in member.cidrs:
            _check_cidr(cidr, f"{where}: fleets.members.{identifier}.cidrs")
    for probe in fleet.probes:
        _check_probe(probe, where)


def _check_cidr(cidr: str, where: str) -> None:
    try:
        ipaddress.ip_network(cidr)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}", fix="Write it as 10.0.0.0/16.") from None


def _check_probe(probe: ProbeSettings, where: str) -> None:
    place = f"{where}: fleets.probes[{probe.route}]"
    Duration.parse(probe.timeout)
    ways: Mapping[str, Any] = {name: getattr(probe.member, name) for name in ("header", "json", "pattern")}
    if sum(value is not None for value in ways.values()) != 1:
        raise SettingsError(f"{place}.member: exactly one of header, json, pattern is needed")
    if probe.route.count("/") != 1:
        raise SettingsError(f"{place}.route: '{probe.route}' is not NAMESPACE/NAME")
    if not probe.url.startswith(("http://", "https://")):
        raise SettingsError(f"{place}.url: '{probe.url}' is not an http or https address")
    if probe.rate <= 0:
        raise SettingsError(f"{place}.rate: {probe.rate} is not above 0")
    if probe.member.pattern is not None:
        try:
            groups = re.compile(probe.member.pattern).groups
        except re.error as error:
            raise SettingsError(f"{place}.member.pattern: {error}") from None
        if groups < 1:
            raise SettingsError(f"{place}.member.pattern: no group in '{probe.member.pattern}'")
