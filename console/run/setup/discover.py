"""What is there before any topology is written: for proposals, pick lists and adoption."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from console.cloud.account import AccountReader
from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.openapi import OpenApis
from console.decide.setup.adopt import Hints
from console.errors import FleetConsoleError, SettingsError
from console.kube import groundwork, kubeconfig, site
from console.kube.connect import Hub
from console.model.ground import Account, Ground, HubGround, Site
from console.model.topology import MemberPart
from console.run.access import Access
from console.run.setup import shelf
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
    named = access.kubeconfig or settings.fleet.kubeconfig
    hub = _hub(named, access.context or settings.fleet.context, settings, unread)
    path = fetched(access.state_dir, account) if hub is None else None
    if path is not None:
        unread.pop("hub", None)
        hub = _hub(str(path), None, settings, unread)
    vpc = next((one.vpc for one in account.fleets or () if one.vpc), None)
    if vpc is not None:
        rest = reader.read(("hops", "groups", "clusters"), vpc=vpc)
        account = replace(account, hops=rest.account.hops, groups=rest.account.groups, clusters=rest.account.clusters)
        unread |= rest.unread
    return Ground(account, hub, unread=unread)


def fetched(state: Path | None, account: Account) -> Path | None:
    """The kubeconfig of the account's one Fleet that a set-up of this host fetched; None where there is none, or no
    telling which."""
    names = [shelf.kubeconfig_of(one.id) for one in account.fleets or ()]
    found = [path for name in names for path in shelf.root(state).glob(f"*/{name}")]
    return found[0] if len(found) == 1 else None


def _hub(named: str | None, context: str | None, settings: Settings, unread: dict[str, str]) -> HubGround | None:
    try:
        hub = Hub.open(named, context)
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
    """What answers at each context of the kubeconfig, and at those that settings name for members, or at one of them: a
    data centre's API, perhaps. Blocks."""
    named, members = access.kubeconfig or settings.fleet.kubeconfig, settings.fleet.members.values()
    files: dict[str, str | None] = {one.context: one.kubeconfig for one in members if one.context and one.kubeconfig}
    with suppress(FleetConsoleError):
        files |= dict.fromkeys(kubeconfig.contexts(named)[:MOST], named)
    if only is not None:
        files = {only: files.get(only, named)}
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(files, pool.map(lambda one: site.read(files[one], one, one), files), strict=True))


def site_file(part: MemberPart, ours: str | None, settings: Settings) -> str | None:
    """The kubeconfig of a data centre's context: the topology's own word, or ours, or, where ours has no such context,
    as beside a Fleet's own, the one that settings name for the member."""
    if part.kubeconfig or part.context is None or kubeconfig.file_of(ours, part.context) is not None:
        return part.kubeconfig or ours
    members = settings.fleet.members.items()
    named = (said.kubeconfig for id, said in members if part.context == said.context and part.name in (id, said.name))
    return next((one for one in named if one), ours)


def hints(settings: Settings) -> Hints:
    """What settings know of members."""
    members = settings.fleet.members
    return Hints(
        {name: one.zone for name, one in members.items() if one.zone},
        {name: one.cidrs for name, one in members.items() if one.cidrs},
        {name: one.context for name, one in members.items() if one.context},
    )
