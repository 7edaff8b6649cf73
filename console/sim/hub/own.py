"""The simulator's own hub: a Kubernetes API in memory with the world's past in it, whose clock, tokens and link faults
may meddle with."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from console.sim import manifests, past
from console.sim.alb_ingress import Applied
from console.sim.argo import light
from console.sim.argo import past as argo_past
from console.sim.argo.kinds import APP_PROJECTS, CONTROLLER, NAMESPACE
from console.sim.argo.manifests import PROJECT, Cluster, project
from console.sim.client import Client, Obj
from console.sim.faults.link import Link
from console.sim.faults.writes import Writes
from console.sim.handover import Context, token_context
from console.sim.hub.crds import CRDS, is_of_argocd, name_of, shipped
from console.sim.kubeapi import KubeApi, Role
from console.sim.past import Clock
from console.sim.recorder import Recorder
from console.sim.world import World

if TYPE_CHECKING:
    from aiohttp import ClientSession

NAMES = ("hub", "hub-operator", "hub-viewer")
"""Contexts of the kubeconfig, one a role."""


class OwnHub:
    """The hub of one simulation. `serve` serves an API and returns its address; `authority` signs its certificate;
    `fresh`: as one that was made just now, with nothing of ArgoCD on it yet."""

    greeting = farewell = ""

    def __init__(
        self,
        world: World,
        clock: Clock,
        serve: Callable[[KubeApi], Awaitable[str]],
        *,
        authority: bytes,
        fresh: bool = False,
    ) -> None:
        self._world = world
        self._serve = serve
        self._authority = authority
        self._inside = secrets.token_urlsafe(24)
        self._session: ClientSession | None = None
        self.clock = clock
        self._fresh = fresh
        self.tokens = tuple(secrets.token_urlsafe(24) for _ in NAMES)
        """Those of the kubeconfig, its first context's first."""
        self.link = Link({self._inside})
        roles = dict(zip(self.tokens, (Role.ADMIN, Role.OPERATOR, Role.VIEWER), strict=True))
        with clock.at(world.began - world.age):
            self.api = KubeApi(
                tokens={**roles, self._inside: Role.ADMIN},
                crds=[crd for crd in shipped() if not (fresh and is_of_argocd(crd))],
                clock=clock,
                version=world.version,
            )
        self.api.faults.append(self.link.fault)
        self.api.link(self.link.passes)
        self.url = ""

    @property
    def contexts(self) -> list[Context]:
        """The kubeconfig's contexts."""
        pairs = zip(NAMES, self.tokens, strict=True)
        return [token_context(name, "hub", self.url, token, self._authority) for name, token in pairs]

    async def start(self, session: ClientSession, _: AsyncExitStack, clusters: Sequence[Cluster]) -> None:
        """Put the world there with its past, and serve. `session` trusts the certificate."""
        objects = manifests.fresh(self._world) if self._fresh else manifests.hub(self._world)
        past.seed(self.api, self.clock, objects)
        if self._world.light:
            light.seed(self.api, self.clock, self._world)
        elif not self._fresh:
            argo_past.seed(self.api, self.clock, self._world, clusters)
        self._session = session
        self.url = await self._serve(self.api)

    def guarded(self, writes: Writes) -> None:
        """Have its writes refused by what is held there, but for those of its own controllers."""
        writes.watch_over(self.api, self._inside)

    async def define_argocd(self) -> None:
        """What an installation of ArgoCD brings: its kinds, its namespace and the project that allows everything."""
        for crd in filter(is_of_argocd, shipped()):
            if self.api.object(CRDS.group, CRDS.plural, "", name_of(crd)) is None:
                self.api.seed(crd, manager=past.INSTALLER)
        found = self.api.object(APP_PROJECTS.group, APP_PROJECTS.plural, NAMESPACE, PROJECT)
        if found is None:
            self.api.seed(project(self._world), manager=CONTROLLER)

    def client(self, agent: str) -> Client:
        """A client that may do everything, by its User-Agent."""
        assert self._session is not None, "it was started"
        return Client(self._session, self.url, self._inside, agent=agent)

    async def objects(self) -> list[Obj]:
        """What the ALB ingress controller would find."""
        return [] if self._fresh else list(manifests.hub(self._world))

    async def reconciled(self, applied: Mapping[str, Applied], recorder: Recorder) -> None:
        """The controller's last success, at its date."""
        at = self._world.began - self._world.reconciled
        await past.reconciled(self.client(past.CONTROLLER), self.clock, applied, at=at)

    async def clear(self) -> None:
        """Nothing: what is in it goes with it."""
