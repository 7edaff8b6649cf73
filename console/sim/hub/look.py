"""A look at a server that is to be the hub, before anything is written there: where it is, what it serves, who else is
there, what we may."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

from console.errors import Denied, FleetConsoleError, Lost, Refused
from console.sim.argo.kinds import APP_PROJECTS, APPLICATION_SETS, APPLICATIONS, MANAGED, NAMESPACES, SECRETS
from console.sim.argo.kinds import NAMESPACE as ARGO
from console.sim.argo.manifests import secret_name
from console.sim.client import (
    ALB_CONFIGS,
    EVENTS,
    INGRESS_CLASSES,
    INGRESSES,
    LEASES,
    MANAGED_CLUSTERS,
    Client,
    Obj,
    Place,
    Refusal,
    Resource,
    place,
)
from console.sim.hub.clear import GOING
from console.sim.hub.crds import CRDS, name_of, shipped, unfit
from console.sim.hub.fit import Found, reasons
from console.sim.hub.given import client_of, reached, told
from console.sim.hub.kubeconfig import Entry
from console.sim.hub.marks import NAMESPACE, is_own, is_set_up
from console.sim.hub.plant import RESOURCES, SHARED, objects
from console.sim.past import AUTHOR
from console.sim.world import World

READ, WRITTEN = ("get", "list", "watch"), ("get", "list", "watch", "create", "patch")
NEEDS = (
    (NAMESPACES, "", ("get", "create")),
    *((each, "", WRITTEN) for each in (MANAGED_CLUSTERS, LEASES, INGRESSES, ALB_CONFIGS)),
    *((each, "status", ("patch",)) for each in (MANAGED_CLUSTERS, INGRESSES, ALB_CONFIGS, APPLICATION_SETS)),
    (INGRESS_CLASSES, "", (*READ, "create")),
    *((each, "", ("list", "watch")) for each in MANAGED.values()),
    (EVENTS, "", ("list", "create", "patch")),
    *((each, "", WRITTEN) for each in (SECRETS, APP_PROJECTS, APPLICATION_SETS)),
    (APPLICATIONS, "", (*WRITTEN, "delete")),
)
"""What the start and the controllers do: resource, subresource, verbs."""
LEFT = tuple((each, "", ("delete",)) for each in (NAMESPACES, *GOING))
"""And where a Fleet begins with nothing: members that leave it, and itself that goes."""
REVIEWS = Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
AT_ONCE = 8
"""Questions that are open at a time."""
T = TypeVar("T")


async def check(entry: Entry, world: World) -> None:
    """Return where the world may be put at a server. Raises `Refused` with every reason, `Denied` or `Lost` where a
    server on loopback lets nobody in or does not answer."""
    local = await is_loopback(entry.host)
    async with reached(entry) as session:
        client = client_of(session, entry, AUTHOR)
        try:
            async with told(entry.server):
                mark = await _there(client, NAMESPACES, "", NAMESPACE)
                marked = mark is not None and not mark["metadata"].get("deletionTimestamp")
        except (Lost, Denied) as failure:
            # A server that is far is refused whether or not it answers; the one that is here has to be put right.
            if local:
                raise
            found = Found(entry.host, loopback=False, unread=(str(failure.args[0]),))
        else:
            found = await _found(client, entry, world, local=local, marked=marked)
    if against := reasons(found, world):
        raise Refused(f"{entry.server} is not to be the simulator's hub", tuple(against))


async def _found(client: Client, entry: Entry, world: World, *, local: bool, marked: bool) -> Found:
    look = _Look(entry.server)
    clusters = await look.at(_all(client, MANAGED_CLUSTERS), [])
    configs = await look.at(_all(client, ALB_CONFIGS), [])
    version = await look.at(client.document("/version"), {})
    present = [crd for crd in shipped() if await look.at(_there(client, CRDS, "", name_of(crd)), None)]
    definitions = (CRDS, "", ("get",) if len(present) == len(shipped()) else ("get", "create"))
    needs = [*NEEDS, definitions, *(() if world.members else LEFT)]
    questions = (_missing(client, resource, sub, verb) for resource, sub, verbs in needs for verb in verbs)
    missing = await look.all(questions)
    of_set_ups = list(filter(is_set_up, configs))
    expected = {member.id for member in world.members}
    return Found(
        host=entry.host,
        loopback=local,
        marked=marked,
        version=str(version.get("gitVersion", "")),
        strangers={
            ALB_CONFIGS.kind: _strangers(each for each in configs if each not in of_set_ups),
            MANAGED_CLUSTERS.kind: _strangers(clusters),
        },
        left=tuple(name for each in clusters if is_own(each) and (name := each["metadata"]["name"]) not in expected),
        set_up=_strangers(of_set_ups),
        in_the_way=tuple(await look.all(_in_the_way(client, *each) for each in _planned(world))),
        unfit=tuple(await look.all(_unfit(client, crd) for crd in present)),
        missing=tuple(missing),
        # A permission that is named says it better than the request that lacked it.
        unread=tuple(
            dict.fromkeys(str(each.args[0]) for each in look.failures if not (missing and isinstance(each, Denied)))
        ),
    )


class _Look:
    """Questions to a server; what it does not answer is noted, and the next one asked."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.failures: list[FleetConsoleError] = []

    async def at(self, question: Awaitable[T], otherwise: T) -> T:
        """The answer, or `otherwise`."""
        try:
            async with self._gate, told(self._server):
                return await question
        except FleetConsoleError as failure:
            self.failures.append(failure)
            return otherwise

    async def all(self, questions: Iterable[Coroutine[Any, Any, T | None]]) -> list[T]:
        """All answers that say something."""
        answers = await asyncio.gather(*(self.at(each, None) for each in questions))
        return [answer for answer in answers if answer is not None]


def _planned(world: World) -> Iterator[tuple[Resource, Place]]:
    """Where the world's objects are to stand; AlbConfigs and ManagedClusters are counted anyway."""
    if world.light:
        return
    counted = (*SHARED, ALB_CONFIGS.kind, MANAGED_CLUSTERS.kind)
    for obj in objects(world):
        if obj["kind"] not in counted:
            yield RESOURCES[obj["kind"]], place(obj)
    for member in world.members:
        yield SECRETS, (ARGO, secret_name(member))
        for application in world.applications:
            yield APPLICATIONS, (ARGO, f"{member.name}-{application.name}")


async def _in_the_way(client: Client, resource: Resource, where: Place) -> str | None:
    found = await _there(client, resource, *where)
    return None if found is None or is_own(found) else f"{resource.kind} {'/'.join(filter(None, where))}"


async def _unfit(client: Client, wanted: Obj) -> str | None:
    return "; ".join(unfit(await client.get(CRDS, "", name_of(wanted)), wanted)) or None


async def _missing(client: Client, resource: Resource, subresource: str, verb: str) -> tuple[str, str] | None:
    """Verb and resource, where the server says that we lack the permission."""
    asked = {"verb": verb, "group": resource.group, "resource": resource.plural, "subresource": subresource}
    review = {
        "apiVersion": REVIEWS.api_version,
        "kind": REVIEWS.kind,
        "metadata": {},
        "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
    }
    answer = await client.create(REVIEWS, review)
    if (answer.get("status") or {}).get("allowed") is not False:
        return None
    name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    return verb, f"{name}{'/' + subresource if subresource else ''}"


async def _there(client: Client, resource: Resource, namespace: str, name: str) -> Obj | None:
    try:
        return await client.get(resource, namespace, name)
    except Refusal as refusal:
        if refusal.code == 404:
            return None
        raise


async def _all(client: Client, resource: Resource) -> list[Obj]:
    """All objects of a resource, none where it is not defined."""
    try:
        return (await client.list(resource))[0]
    except Refusal as refusal:
        if refusal.code == 404:
            return []
        raise


def _strangers(objects: Iterable[Obj]) -> tuple[str, ...]:
    return tuple(each["metadata"]["name"] for each in objects if not is_own(each))


async def is_loopback(host: str) -> bool:
    """Whether all addresses of a host are this machine's own; not where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    # A scope (fe80::1%eth0) is no part of an address.
    return bool(found) and all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in found)
