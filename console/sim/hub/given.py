"""A hub that is given with `--hub`: somebody's Kubernetes API server, reached as any client reaches it. Everything that
is made there carries the simulator's mark; beside that, only what a set-up made is looked after, and nothing else is
changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from console.errors import Answered, Denied, Lost
from console.sim import manifests, past
from console.sim.alb_ingress import SUCCESS, SYNC, Applied, acknowledge, class_of, gateway_of
from console.sim.argo.kinds import NAMESPACE as ARGOCD
from console.sim.argo.manifests import Cluster, project
from console.sim.client import ALB_CONFIGS, INGRESS_CLASSES, INGRESSES, Client, Obj, Refusal, Resource
from console.sim.handover import Context
from console.sim.hub.clear import clear
from console.sim.hub.crds import define, is_of_argocd, shipped
from console.sim.hub.kubeconfig import Entry
from console.sim.hub.marks import ACTED_UPON, MARK, SELECTOR
from console.sim.hub.plant import Planted, plant, put
from console.sim.recorder import NORMAL, Recorder
from console.sim.world import World

if TYPE_CHECKING:
    from aiohttp import ClientSession

PATIENCE = 30.0
"""Seconds that one request may take."""


class GivenHub:
    """The hub of one Fleet, at a server of somebody else. `fresh`: as one that was made just now, with nothing of the
    world or of ArgoCD on it yet."""

    def __init__(self, world: World, entry: Entry, *, fresh: bool = False) -> None:
        self._world = world
        self._entry = entry
        self._fresh = fresh
        self._session: ClientSession | None = None
        self.url = entry.server
        self.planted = Planted(0, 0)
        self.defined: list[str] = []
        """CRDs that were made."""

    @property
    def contexts(self) -> list[Context]:
        """The kubeconfig's context for it, copied."""
        return [Context("hub", "hub", self._entry.cluster, self._entry.user)]

    @property
    def greeting(self) -> str:
        """What was done there."""
        made, taken_over = self.planted
        defined = f", {len(self.defined)} CRDs" if self.defined else ""
        return f"{self.url}: {made} objects made{defined}, {taken_over} taken over; all are labelled {SELECTOR}"

    @property
    def farewell(self) -> str:
        """What stays there."""
        return f"{self.url}: the objects labelled {SELECTOR} stay; a next start takes them over"

    async def start(self, _: ClientSession, stack: AsyncExitStack, clusters: Sequence[Cluster]) -> None:
        """Put the world there. Raises `Denied`, `Answered` or `Lost`, and `Refused` as `plant` does."""
        self._session = await stack.enter_async_context(reached(self._entry))
        async with told(self.url):
            wanted = [crd for crd in shipped() if not (self._fresh and is_of_argocd(crd))]
            self.defined = await define(self.client(past.AUTHOR), wanted)
            if self._fresh:
                self.planted = await put(self.client, manifests.fresh(self._world))
            else:
                self.planted = await plant(self.client, self._world, clusters)

    async def define_argocd(self) -> None:
        """What an installation of ArgoCD brings, where it is missing: its kinds, its namespace and the project that
        allows everything. Raises as `start` does."""
        if not self._fresh:
            return
        async with told(self.url):
            self.defined += await define(self.client(past.AUTHOR), list(filter(is_of_argocd, shipped())))
            parts = (manifests.namespace(ARGOCD, self._world.began), project(self._world))
            await put(self.client, parts)

    async def clear(self) -> None:
        """Take the Fleet away from there. Raises `Denied`, `Answered` or `Lost`."""
        async with told(self.url):
            await clear(self._client(past.AUTHOR, {}))

    def client(self, agent: str) -> Client:
        """A client of what carries the mark or was set up, by its User-Agent."""
        return self._client(agent, ACTED_UPON)

    def _client(self, agent: str, tests: Mapping[Resource, Callable[[Obj], bool]]) -> Client:
        assert self._session is not None, "it was started"
        return client_of(self._session, self._entry, agent, mark=MARK, tests=tests)

    async def objects(self) -> list[Obj]:
        """What the ALB ingress controller finds."""
        client = self.client(past.CONTROLLER)
        async with told(self.url):
            return [
                item
                for resource in (ALB_CONFIGS, INGRESS_CLASSES, INGRESSES)
                for item in (await client.list(resource))[0]
            ]

    async def reconciled(self, applied: Mapping[str, Applied], recorder: Recorder) -> None:
        """The controller's first success, which is now."""
        found = await self.objects()
        classes = {obj["metadata"]["name"]: obj for obj in found if obj["kind"] == INGRESS_CLASSES.kind}
        client = self.client(past.CONTROLLER)
        for config in found:
            name = config["metadata"]["name"]
            if config["kind"] != ALB_CONFIGS.kind or name not in applied:
                continue
            mine = [
                obj for obj in found if obj["kind"] == INGRESSES.kind and gateway_of(classes.get(class_of(obj))) == name
            ]
            async with told(self.url):
                await acknowledge(client, config, mine, applied[name])
            for obj in (config, *mine):
                recorder.record(obj, NORMAL, *SYNC)
                recorder.record(obj, NORMAL, *SUCCESS)


@asynccontextmanager
async def reached(entry: Entry) -> AsyncIterator[ClientSession]:
    """A session that trusts the server as its kubeconfig says. Raises `KubeconfigError`."""
    from aiohttp import ClientSession, ClientTimeout, TCPConnector

    tls = entry.tls() if entry.server.startswith("https") else True
    timeout = ClientTimeout(total=PATIENCE, sock_connect=5)
    async with ClientSession(timeout=timeout, connector=TCPConnector(limit=0, ssl=tls)) as session:
        yield session


def client_of(
    session: ClientSession,
    entry: Entry,
    agent: str,
    *,
    mark: Mapping[str, str] | None = None,
    tests: Mapping[Resource, Callable[[Obj], bool]] | None = None,
) -> Client:
    """A client of the server; with a mark, of nothing else there but what passes a test."""
    name = entry.server_name
    return Client(session, entry.server, entry.token, agent=agent, mark=mark, tests=tests, server_name=name)


@asynccontextmanager
async def told(server: str) -> AsyncIterator[None]:
    """A server's no, or its silence, as a sentence. Raises `Denied`, `Answered` or `Lost`."""
    import aiohttp

    try:
        yield
    except Refusal as refusal:
        if refusal.code in (401, 403):
            raise Denied(f"{server} said no: {refusal}", fix="Name a kubeconfig that may with --hub.") from None
        raise Answered(
            f"{server} answered {refusal.code} {refusal.reason}: {refusal}", status=refusal.code, reason=refusal.reason
        ) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Lost(f"{server} does not answer: {error or type(error).__name__}") from None
