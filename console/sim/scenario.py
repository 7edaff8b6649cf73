"""What a scenario file may say: a world, the faults in it, and what a person is expected to see; one format for demo,
drill (drill.py) and test. A file may build on another one (`base`), whose world it then takes over, or name a world by
its `size`."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from console.errors import SettingsError, UsageError
from console.sim import checks
from console.sim import drill as drills
from console.sim.cluster_specs import DataCentreSpec, MemberSpec
from console.sim.faults.specs import Deviation, Fault
from console.sim.terms import Base, Days, Layout, Name, Port, Positive, Rate, RouteKey, Weight


class FleetSpec(Base, frozen=True):
    """The hub."""

    name: str
    region: str
    version: str
    """Of its API server, as `kubectl version` shows it."""


class VpcSpec(Base, frozen=True):
    """The network that Fleet, members and gateways share."""

    name: Name
    cidr: str


class VSwitchSpec(Base, frozen=True):
    """A subnet in one cloud zone, where a gateway has its addresses."""

    name: Name
    zone: str
    cidr: str


class ListenerSpec(Base, frozen=True):
    """A port of a gateway, as clients would know it; the simulator serves it on a free one."""

    port: Port
    protocol: Literal["HTTP"] = "HTTP"


class GatewaySpec(Base, frozen=True):
    """An AlbConfig with its IngressClass. `members`: all of them where none is named."""

    name: Name
    ingress_class: Name = msgspec.field(name="class")
    vswitches: tuple[str, ...]
    listeners: tuple[ListenerSpec, ...]
    members: tuple[str, ...] = ()
    layout: Layout = "per-member"
    age: Days = "30d"


class ServiceSpec(Base, frozen=True):
    """A Service with the Deployment behind it, the same in every member that has it.

    `pods` stand in each member, the autoscaler may make it `most`; `busy` is their CPU use in percent of what they ask
    for.
    """

    namespace: Name
    name: Name
    workload: Name
    port: Port
    target_port: Port
    pods: Positive
    most: Positive
    busy: Annotated[int, msgspec.Meta(ge=0, le=100)] = 40
    members: tuple[str, ...] = ()
    """Where it is; everywhere where none is named."""


class RouteSpec(Base, frozen=True):
    """An Ingress with one path. `probe`: requests a second that the settings file asks of the console, 0 for none;
    `share`: this route's part of the load, beside the others'."""

    name: RouteKey
    gateway: Name
    host: str
    path: Annotated[str, msgspec.Meta(pattern=r"^/")]
    service: Name
    weights: dict[str, Weight] = msgspec.field(default_factory=dict)
    health_check: bool = True
    health_interval: Annotated[int, msgspec.Meta(ge=1, le=50)] = 2
    """Seconds between two health checks of a backend."""
    probe: Rate = 0.0
    share: Rate = 1.0
    age: Days = "60d"


class CommitSpec(Base, frozen=True):
    """A commit of the repository. `version`: the tag of the images that it deploys; `refs`: branches and tags."""

    sha: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}$")]
    version: str
    refs: tuple[str, ...] = ()
    deployed: Days = "12d"


class RepositorySpec(Base, frozen=True):
    """The git repository with a chart for each workload, at `manifests/helm/WORKLOAD`."""

    url: str = "https://github.com/AliyunContainerService/gitops-demo.git"
    commits: tuple[CommitSpec, ...] = (
        CommitSpec(sha="9b07d12c4f1e6a83d5b2907e1c48fa36d07be951", version="1.4.2", refs=("main",)),
    )


class ApplicationSpec(Base, frozen=True):
    """An ApplicationSet that spreads a Service and its Deployment to every member, one Application each; in a light
    world to some `members` only, where they are named."""

    name: Name
    service: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
    revision: str = "main"
    self_heal: bool = False
    age: Days = "90d"
    members: tuple[str, ...] = ()


class WorldSpec(Base, frozen=True):
    """Everything there is. `load`: requests a second through all gateways; `reconciled`: how long ago the
    controller's last success lies.

    `light`: what would cost too much in a large world is left out: the members' own APIs, and all that ArgoCD does.
    Applications say what they said at the start, or what a storm makes of them.
    """

    fleet: FleetSpec
    vpc: VpcSpec
    vswitches: tuple[VSwitchSpec, ...]
    members: tuple[MemberSpec, ...] = ()
    gateways: tuple[GatewaySpec, ...] = ()
    services: tuple[ServiceSpec, ...] = ()
    """Each has a chart in the repository, whether a member has it or not."""
    routes: tuple[RouteSpec, ...] = ()
    data_centres: tuple[DataCentreSpec, ...] = ()
    zones: tuple[str, ...] = ()
    """The region's cloud zones; absent: those of the vSwitches."""
    provisioned: bool = True
    """Whether the Fleet is there; where not, `fleet` says the region and the version that one would have."""
    repository: RepositorySpec = RepositorySpec()
    applications: tuple[ApplicationSpec, ...] = ()
    load: Rate = 20.0
    reconciled: Days = "25m"
    light: bool = False


class MemberExpectation(Base, frozen=True):
    """A member as `status -o json` must say it."""

    control_link: str | None = None
    alb_health: str | None = None


class RoutesExpectation(Base, frozen=True):
    """All routes as `status -o json` must say them."""

    in_agreement: bool | None = None


class Expectation(Base, frozen=True):
    """What a person or a script must get to see: facts, words on the dashboard, exit codes by verb."""

    members: dict[str, MemberExpectation] = msgspec.field(default_factory=dict)
    routes: RoutesExpectation = RoutesExpectation()
    words: tuple[str, ...] = ()
    exits: dict[str, int] = msgspec.field(default_factory=dict)


class Scenario(Base, frozen=True):
    """One scenario, whole."""

    name: str
    summary: str
    world: WorldSpec
    faults: tuple[Fault | Deviation, ...] = ()
    expect: Expectation = Expectation()
    drill: drills.Drill | None = None


class _File(Base, frozen=True):
    summary: str
    base: str | None = None
    size: str | None = None
    world: WorldSpec | None = None
    faults: tuple[Fault | Deviation, ...] = ()
    expect: Expectation = Expectation()
    drill: drills.Drill | None = None


def names(folder: str = "") -> tuple[str, ...]:
    """The scenarios that ship, in order; those of a folder: `drills`."""
    files = importlib.resources.files("assets") / "scenarios" / folder
    return tuple(sorted(each.name.removesuffix(".yaml") for each in files.iterdir() if each.name.endswith(".yaml")))


def load(name: str) -> Scenario:
    """A scenario or drill that ships, by its name, or one of a file, by its path (anything with a `/` or `.yaml`).

    Raises `SettingsError` with the file, the place in it and what is accepted there.
    """
    return _load(name, seen=())


def _load(name: str, seen: tuple[str, ...]) -> Scenario:
    where, document = _read(name)
    if where in seen:
        raise SettingsError(f"{where}: base: scenarios build on each other in a circle", fix="Give one a world.")
    try:
        file = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {_placed(error)}", fix="Compare with the scenarios that ship.") from None
    world = _world(file, where, seen)
    short = name.rsplit("/", 1)[-1].removesuffix(".yaml")
    scenario = Scenario(
        name=short, summary=file.summary, world=world, faults=file.faults, expect=file.expect, drill=file.drill
    )
    checks.check(scenario, where)
    return scenario


def _world(file: _File, where: str, seen: tuple[str, ...]) -> WorldSpec:
    if file.world is not None:
        return file.world
    if file.base is not None:
        return _load(file.base, (*seen, where)).world
    if file.size is None:
        raise SettingsError(f"{where}: neither world, size nor base is there", fix="Give one of them.")
    from console.sim import sized

    try:
        return sized.world(sized.parse(file.size))
    except UsageError as error:
        raise SettingsError(f"{where}: size: {error.args[0]}", fix=error.fix) from None


def _read(name: str) -> tuple[str, object]:
    """Where the scenario stands, as a person would call it, and its document."""
    import yaml

    if "/" in name or name.endswith(".yaml"):
        where = name
        try:
            text = Path(name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}: cannot be read: {error}", fix="Name a readable scenario file.") from None
    else:
        where = f"scenario {name}"
        folder = importlib.resources.files("assets") / "scenarios"
        places = (folder / f"{name}.yaml", folder / "drills" / f"{name}.yaml")
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            known = ", ".join((*names(), *names("drills")))
            raise SettingsError(f"no scenario is called '{name}'", fix=f"There are: {known}.")
        text = file.read_text("utf-8")
    try:
        return where, yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise SettingsError(f"{where}: not YAML: {' '.join(str(error).split())}", fix="Correct the file.") from None


def _placed(error: msgspec.ValidationError) -> str:
    return str(error).replace(" - at `$.", " at `").replace(" - at `$`", " at the top")
