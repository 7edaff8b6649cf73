"""The ground of a set-up, read over the wire: the account by its OpenAPIs, the Fleet and the data centres by their own
APIs. Parts that are not asked for stay as they were read last."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console import yaml_file
from console.cloud.account import AccountReader
from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.openapi import OpenApis
from console.decide.setup import hits
from console.decide.setup.found import Found
from console.errors import FleetConsoleError
from console.kube import groundwork, site
from console.kube.connect import Hub
from console.kube.manifest import names_in
from console.model.ground import Ground, Handed, HubGround, Share, Site
from console.model.text import inert
from console.model.topology import Topology
from console.run.setup.discover import site_file
from console.run.setup.shelf import Shelf
from console.run.setup.sides import ACCOUNT, PARTS
from console.settings import Settings

_IN_VPC = ("hops", "groups")
"""Parts of a VPC: of one that is not there yet there is nothing."""


class WireEyes:
    """Reads for one topology. `kubeconfig` and `context`: as the front was called; the Fleet's own are taken from the
    shelf where they were fetched; `away`: for a teardown, which looks into the namespaces that it takes away."""

    def __init__(
        self, settings: Settings, topology: Topology, shelf: Shelf, *,
        kubeconfig: str | None, context: str | None, unproven: bool = False, away: bool = False,
    ) -> None:  # fmt: skip
        cloud = settings.fleet.cloud
        self.openapis = OpenApis(lambda product: client(cloud, product), CallBudget())
        self.account = AccountReader(self.openapis, topology.region)
        self.shares: dict[str, Share] = {}
        """First requests, as the hands counted them."""
        self._settings = settings
        self._topology = topology
        self._shelf = shelf
        self._kubeconfig = kubeconfig or settings.fleet.kubeconfig
        self._context = context or settings.fleet.context
        self._ground = Ground(unproven=unproven)
        self._away = away
        self._hub: Hub | None = None

    def read(self, parts: Collection[str] = PARTS) -> Ground:
        """Read these parts anew. Blocks; raises nothing that a server can bring about."""
        unread = {name: why for name, why in self._ground.unread.items() if name.split()[0] not in parts}
        wanted = [name for name in ACCOUNT if name in parts and name != "balancers"]
        if wanted:
            self._read_account(wanted, unread)
        if "sites" in parts:
            self._ground = replace(self._ground, sites=self._sites(), handed=self._handed())
        if "hub" in parts:
            self._read_hub(unread)
        if "balancers" in parts:  # after the hub, which says which one is the gateway's
            self._read_account(("balancers",), unread)
        self._ground = replace(self._ground, unread=unread, shares=dict(self.shares))
        return self._ground

    def last(self) -> Ground:
        """As it was read last."""
        return self._ground

    @property
    def hub(self) -> Hub | None:
        """The Fleet's API as it was read last; None where there is none."""
        return self._hub

    def site(self, member: str) -> Hub:
        """The API of a data centre, opened anew. Raises `KubeconfigError`."""
        part = self._topology.member(member)
        assert part is not None, "a plan names members of its topology"
        return Hub.open(site_file(part, self._kubeconfig, self._settings), part.context, f"the API of {part.name}")

    def _read_account(self, parts: Collection[str], unread: dict[str, str]) -> None:
        vpc = self._vpc()
        wanted = [one for one in parts if vpc or one not in _IN_VPC]
        groups = {one.security_group for one in self._ground.account.clusters or () if one.security_group}
        reading = self.account.read(wanted, vpc=vpc, groups=groups, balancers=self._balancers())
        told: dict[str, Any] = {name: getattr(reading.account, name) for name in parts}
        if vpc is None and "vpcs" in parts and reading.account.vpcs is not None:
            self._ground = replace(self._ground, account=replace(self._ground.account, vpcs=reading.account.vpcs))
            vpc = self._vpc()
            if vpc is not None:  # only now is it known whose groups and routes are meant
                return self._read_account(parts, unread)
        told |= dict.fromkeys((name for name in _IN_VPC if name in parts and vpc is None), ())
        unread |= reading.unread
        self._ground = replace(self._ground, account=replace(self._ground.account, **told))
        return None

    def _balancers(self) -> tuple[str, ...]:
        found = Found(self._topology, self._ground).balancer_id
        return (found,) if found else ()

    def _vpc(self) -> str | None:
        if self._topology.vpc.id is not None:
            return self._topology.vpc.id
        found = Found(self._topology, self._ground).vpc
        return found.id if found else None

    def _sites(self) -> dict[str, Site]:
        return {
            one.name: site.read(site_file(one, self._kubeconfig, self._settings), one.context, one.name)
            for one in self._topology.members
            if one.kind == "registered" and one.context is not None
        }

    def _handed(self) -> dict[str, Handed]:
        out = {}
        for one in self._topology.members:
            path = self._shelf.agent_objects(one.name)
            if one.kind == "registered" and one.context is None and path.exists():
                with suppress(FleetConsoleError):
                    names = tuple(inert(name, 120) for name in names_in(yaml_file.text(path)))
                    out[one.name] = Handed(str(path), names)
        return out

    def _read_hub(self, unread: dict[str, str]) -> None:
        hub = self._open(unread)
        found = groundwork.read(hub, argocd=self._settings.fleet.argocd.namespace) if hub is not None else None
        if hub is not None and found is not None and found.hub is not None:
            strange = self._strange(found.hub)
            if strange:
                unread["hub"] = strange
                self._ground, self._hub = replace(self._ground, hub=None), None
                return
            unread |= found.unread
            self._ground, self._hub = replace(self._ground, hub=self._looked_into(hub, found.hub)), hub
            return
        unread |= found.unread if found is not None else {}
        self._ground, self._hub = replace(self._ground, hub=None), None

    def _looked_into(self, hub: Hub, seen: HubGround) -> HubGround:
        if not self._away:
            return seen
        names = hits.namespaces(Found(self._topology, replace(self._ground, hub=seen)))
        return replace(seen, inside={name: groundwork.inside(hub, name) for name in names})

    def _strange(self, hub: HubGround) -> str:
        """Why the API that a kubeconfig of somebody's names is not this Fleet's; empty where it is, and of one that was
        fetched for it. Its context may be a data centre's, or another Fleet's."""
        fleet = Found(self._topology, self._ground).fleet
        if fleet is not None and self._shelf.kubeconfig(fleet.id).exists():
            return ""
        members = {key.name for key in hub.objects if key.kind == "ManagedCluster"}
        attached = {one.cluster for one in (fleet.attached if fleet else None) or () if one.state != "Deleting"}
        if "ManagedCluster" in hub.missing:
            return "the kubeconfig's context is no Fleet"
        if not attached & members:
            return "the kubeconfig's context is not known to be this Fleet: they have no member in common"
        return ""

    def _open(self, unread: dict[str, str]) -> Hub | None:
        fleet = Found(self._topology, self._ground).fleet
        if fleet is not None and fleet.state in ("initial", "deleting", "deleted"):
            return None
        if self._hub is not None:
            return self._hub
        try:
            if fleet is not None and self._shelf.kubeconfig(fleet.id).exists():
                return Hub.open(str(self._shelf.kubeconfig(fleet.id)), None)
            if self._topology.fleet.id is not None:
                return Hub.open(self._kubeconfig, self._context)
        except FleetConsoleError as error:
            unread["hub"] = str(error)
        return None
