"""What is there before any topology is written: for proposals, pick lists and adoption."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from console.cloud.account import AccountReader
from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.openapi import OpenApis
from console.decide.setup.adopt import Hints
from console.errors import FleetConsoleError, SettingsError
from console.kube import groundwork, kubeconfig, site
from console.kube.connect import Hub
from console.model.ground import Ground, HubGround, Site
from console.run.access import Access
from console.run.setup.sides import ACCOUNT
from console.settings import Settings

MOST = 12
"""Contexts of one kubeconfig that are asked: some run a plug-in, some lead nowhere."""


def region_of(settings: Settings, said: str | None) -> str:
    """The region that was said, or that settings name. Raises `SettingsError`."""
    found = said or settings.fleet.cloud.region or settings.fleet.region
    if found is None:
        raise SettingsError("no region", fix="Say --region, or set fleets.cloud.region.")
    return found


def ground(access: Access, settings: Settings, region: str) -> Ground:
    """The account of a region, and the Fleet whose kubeconfig is named, if it is one. Blocks.

    Raises `SettingsError` where settings name no cloud credentials.
    """
    cloud = settings.fleet.cloud
    if cloud.credentials is None:
        raise SettingsError("no cloud credentials", fix="Name some under fleets.cloud.credentials in the settings.")
    reader = AccountReader(OpenApis(lambda product: client(cloud, product), CallBudget()), region)
    reading = reader.read([one for one in ACCOUNT if one not in ("hops", "groups")])
    account, unread = reading.account, dict(reading.unread)
    hub = _hub(access, settings, unread)
    vpc = next((one.vpc for one in account.fleets or () if one.vpc), None)
    if vpc is not None:
        rest = reader.read(("hops", "groups", "clusters"), vpc=vpc)
        account = replace(account, hops=rest.account.hops, groups=rest.account.groups, clusters=rest.account.clusters)
        unread |= rest.unread
    return Ground(account, hub, unread=unread)


def _hub(access: Access, settings: Settings, unread: dict[str, str]) -> HubGround | None:
    try:
        hub = Hub.open(access.kubeconfig or settings.fleet.kubeconfig, access.context or settings.fleet.context)
    except FleetConsoleError as error:
        unread["hub"] = str(error)
        return None
    try:
        found = groundwork.read(hub, argocd=settings.fleet.argocd.namespace)
    finally:
        hub.close()
    unread |= found.unread
    if found.hub is None or "ManagedCluster" in found.hub.missing:
        return None
    return found.hub


def sites(access: Access, settings: Settings, only: str | None = None) -> Mapping[str, Site]:
    """What answers at each context of the kubeconfig, or at one of them: a data centre's API, perhaps. Blocks."""
    named = access.kubeconfig or settings.fleet.kubeconfig
    try:
        contexts = (only,) if only is not None else kubeconfig.contexts(named)[:MOST]
    except FleetConsoleError:
        return {}
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(contexts, pool.map(lambda one: site.read(named, one, one), contexts), strict=True))


def hints(settings: Settings) -> Hints:
    """What settings know of members."""
    members = settings.fleet.members
    return Hints(
        {name: one.zone for name, one in members.items() if one.zone},
        {name: one.cidrs for name, one in members.items() if one.cidrs},
        {name: one.context for name, one in members.items() if one.context},
    )
