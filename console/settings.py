"""The one typed value of everything a user may set, read from one YAML file; a sentence per field."""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from console import yaml_file
from console.errors import Refused, SettingsError
from console.sections import (
    DEFAULT_KEY_PREFIX,
    ArgoSettings,
    AttributionSettings,
    CloudSettings,
    CredentialSettings,
    DirectSettings,
    Duration,
    FleetSettings,
    HookSettings,
    MemberSettings,
    ProberSettings,
    ProbeSettings,
    PrometheusSettings,
    ReturnSettings,
    RuleSettings,
    RunSettings,
    Section,
    WeightSettings,
    is_loopback,
)

__all__ = [
    "DEFAULT_KEY_PREFIX",
    "FORBIDDEN",
    "ArgoSettings",
    "AttributionSettings",
    "CloudSettings",
    "CredentialSettings",
    "DirectSettings",
    "Duration",
    "FleetSettings",
    "HookSettings",
    "MemberSettings",
    "ProbeSettings",
    "ProberSettings",
    "PrometheusSettings",
    "ReturnSettings",
    "RuleSettings",
    "RunSettings",
    "Settings",
    "WeightSettings",
    "default_path",
    "is_loopback",
    "load",
    "located",
    "parse",
    "read",
]
FORBIDDEN = "settings forbid every write (read_only: true)"
_HEADER = re.compile(r"[A-Za-z0-9-]+: [\x20-\x7e]*")


class Settings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a user may set."""

    read_only: bool = False
    """No write by any key or verb, whatever else is said."""
    theme: Literal["default", "mono"] = "default"
    """`mono` draws with bold, dim and reverse alone; NO_COLOR does so, too."""
    bell: bool = True
    """Whether the terminal's bell rings, once each, where a run of this host, or one that is shown, needs eyes."""
    arming: str = "10m"
    """How long arming lasts before the screen is read-only again."""
    probe_budget: float = 20.0
    """Requests a second of all probes together."""
    probe: ProberSettings = ProberSettings()
    """How probes are sent."""
    run: RunSettings = RunSettings()
    """How a run behaves."""
    rules: dict[str, RuleSettings] = msgspec.field(default_factory=dict)
    """Guardrails by name."""
    assertions: tuple[str, ...] = ()
    """What every plan must keep: `ZONE-OR-MEMBER keeps >= 20`, the weight on each route."""
    fleets: tuple[FleetSettings, ...] = ()
    """The Fleets; the first one opens."""

    @property
    def fleet(self) -> FleetSettings:
        """The Fleet that opens; all defaults where none is set."""
        return self.fleets[0] if self.fleets else FleetSettings()

    def check_writable(self) -> None:
        """Raises `Refused` where `read_only` forbids every write."""
        if self.read_only:
            raise Refused(FORBIDDEN, fix="Set read_only: false.")

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
    _check_proxy(settings.probe.proxy, f"{where}: probe.proxy")
    run = settings.run
    times = (run.verify_timeout, run.steady, run.lease, run.returning.clean, run.returning.compare)
    for text in (settings.arming, *times):
        Duration.parse(text)
    ramp = run.returning.ramp
    if ramp[-1:] != (100,) or any(not 0 < a < b for a, b in itertools.pairwise(ramp)) or ramp[0] < 1:
        raise SettingsError(
            f"{where}: run.returning.ramp does not rise to 100", fix="Write rising percentages: [10, 50, 100]."
        )
    return settings


def read(path: Path) -> object:
    """The YAML document of a settings file, unchecked. Raises `SettingsError`."""
    return yaml_file.load(path, SettingsError, fix="Name a readable file with --config.")


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
        if member.direct is not None:
            _check_direct(member.direct, f"{where}: fleets.members.{identifier}.direct")
    for probe in fleet.probes:
        _check_probe(probe, where)
    if fleet.prometheus is not None:
        _check_prometheus(fleet.prometheus, f"{where}: fleets.prometheus")


def _check_prometheus(said: PrometheusSettings, place: str) -> None:
    scheme, named = _address(said.url, f"{place}.url", "https://HOST:PORT")
    local = is_loopback(f"[{named}]" if ":" in named else named)
    if scheme == "http" and not local:
        raise SettingsError(f"{place}.url is http, and not on this machine", fix="Use https.")
    if said.token is not None and not local:
        raise SettingsError(
            f"{place}.token holds a token, and the server is not on this machine",
            fix="Name a file with token_file instead; tokens are never written down.",
        )
    secret = [name for name in said.headers if name.lower() in ("authorization", "cookie", "x-api-key")]
    if secret:
        raise SettingsError(f"{place}.headers holds {secret[0]}", fix="Name a file with token_file instead.")
    if any(not _HEADER.fullmatch(f"{name}: {value}") for name, value in said.headers.items()):
        raise SettingsError(f"{place}.headers: a name or a value is no header", fix="Letters, digits and - in names.")
    if not said.query.strip():
        raise SettingsError(f"{place}.query is empty", fix="Write a query that gives requests a second.")


def _address(url: str, place: str, form: str) -> tuple[str, str]:
    """Scheme and host of an http or https address without a user in it."""
    try:
        parts = urlsplit(url)
        named, _ = parts.hostname, parts.port
    except ValueError:
        parts, named = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not named or parts.username is not None:
        raise SettingsError(f"{place} is no http or https address", fix=f"Write {form}; no user in it.")
    return parts.scheme, named


def _check_proxy(proxy: str | None, place: str) -> None:
    if proxy:
        _address(proxy, place, "http://HOST:PORT")


def _check_cidr(cidr: str, where: str) -> None:
    try:
        ipaddress.ip_network(cidr)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}", fix="Write it as 10.0.0.0/16.") from None


def _check_direct(direct: DirectSettings, place: str) -> None:
    _check_proxy(direct.proxy, f"{place}.proxy")
    Duration.parse(direct.timeout)
    _address(direct.url, f"{place}.url", "https://HOST:PORT/")


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
