"""Reads Fleets and clusters for a set-up: what each is, which are associated, and the words of whatever is under way or
has failed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from console.cloud.fields import held
from console.cloud.members_decode import MembersDecoder, TaskWords
from console.cloud.network_decode import GroundFields
from console.cloud.openapi import OpenApis, quoted
from console.cloud.trouble import Trouble
from console.errors import FleetConsoleError
from console.model.cluster import Standing, standing
from console.model.ground import Attached, FleetHub, MemberCluster

_FLEETS = 20
"""Fleets of one account that are looked at more closely."""
_PAGE, _PAGES = 50, 40
_ENDED = ("success", "fail", "failed")


class Members:
    """The questions; each blocks."""

    def __init__(self, openapis: OpenApis, region: str) -> None:
        self._openapis = openapis
        self._region = region
        self._tasks: dict[str, str] = {}
        """Cluster or Fleet id -> its newest task."""
        self._words: dict[str, TaskWords] = {}
        """Tasks that have ended, by id."""
        self._of: dict[str, str] = {}
        """Cluster -> its Fleet, as the Fleets said when they were read last."""
        self._details: dict[str, MemberCluster] = {}
        """Clusters that run, by id: their networks do not change any more."""

    def remember(self, cluster: str, task: str) -> None:
        """The newest task of a cluster or Fleet."""
        self._tasks[cluster] = task

    def read(
        self, parts: Collection[str], vpc: str | None, unread: dict[str, str], odd: dict[str, str]
    ) -> dict[str, Any]:
        """`fleets` and `clusters`, those that are named in `parts` and could be read. What could not is in `unread`."""
        found: dict[str, Any] = {}
        if "fleets" in parts:
            decoder = MembersDecoder()
            try:
                found["fleets"] = fleets = self._fleets(decoder, unread)
                self._of = {one.cluster: each.id for each in fleets for one in each.attached or () if _counts(one)}
            except (Trouble, FleetConsoleError) as error:
                unread["fleets"] = str(error)
            note(odd, "fleets", decoder)
        if "clusters" in parts:
            decoder = MembersDecoder()
            try:
                found["clusters"] = self._clusters(decoder, vpc, unread)
            except (Trouble, FleetConsoleError) as error:
                unread["clusters"] = str(error)
            note(odd, "clusters", decoder)
        return found

    def _fleets(self, decoder: MembersDecoder, unread: dict[str, str]) -> tuple[FleetHub, ...]:
        listed = decoder.fleets(self._openapis.rpc("adcp", "DescribeHubClusters", {}))
        ours = [one for one in listed if one.region in ("", self._region) and one.state != "deleted"]
        for one in ours[_FLEETS:]:
            unread[f"fleets {one.id}"] = f"only the first {_FLEETS} Fleets are looked at more closely"
        found = ours[_FLEETS:]
        for one in ours[:_FLEETS]:
            try:
                found.append(self._fleet(one, decoder, unread))
            except Trouble as error:
                if not error.gone:  # it went between two questions
                    raise
        return tuple(found)

    def _fleet(self, listed: FleetHub, decoder: MembersDecoder, unread: dict[str, str]) -> FleetHub:
        """One Fleet with its features, its associations and, while something is under way or wrong, its log. Raises
        `Trouble` where it is there no more."""
        fleet, problems = listed, []

        def ask(action: str, take: Callable[[FleetHub, Any], FleetHub]) -> None:
            nonlocal fleet
            try:
                fleet = take(fleet, self._openapis.rpc("adcp", action, {"ClusterId": listed.id}))
            except Trouble as error:
                if error.gone:
                    raise
                problems.append(str(error))

        ask("DescribeHubClusterDetails", lambda one, body: _detailed(one, decoder.fleet(held(body, "Cluster"))))
        ask("DescribeManagedClusters", lambda one, body: replace(one, attached=tuple(decoder.attached(body))))
        if fleet.state != "running" or any(map(_unsettled, fleet.attached or ())):
            ask("DescribeHubClusterLogs", lambda one, body: replace(one, log=decoder.log(body)))
        if (words := self._task(listed.id, decoder)) is not None:
            log = (*fleet.log, *(line for line in words.lines if line not in fleet.log))
            fleet = replace(fleet, log=log, error=fleet.error or _told(words, fleet.state))
        if problems:
            unread[f"fleets {listed.id}"] = "; ".join(problems)
        return fleet

    def _clusters(self, decoder: MembersDecoder, vpc: str | None, unread: dict[str, str]) -> tuple[MemberCluster, ...]:
        found = []
        for listed in self._listed(decoder):
            if not listed.id or listed.state == "deleted":
                continue
            one = self._whole(listed, decoder, unread) if vpc in (None, listed.vpc) else listed
            if (words := self._task(one.id, decoder)) is not None:
                one = replace(one, log=words.lines, error=_told(words, one.state))
            found.append(replace(one, fleet=self._of.get(one.id, "")))
        return tuple(found)

    def _listed(self, decoder: MembersDecoder) -> list[MemberCluster]:
        """DescribeClustersV1, page by page: as many as it says there are, or until a page is not full."""
        found: list[MemberCluster] = []
        for number in range(1, _PAGES + 1):
            query = {"region_id": self._region, "page_number": str(number), "page_size": str(_PAGE)}
            body = self._openapis.roa("cs", "DescribeClustersV1", "GET", "/api/v1/clusters", query=query)
            page = tuple(decoder.clusters(body))
            found += page
            total = decoder.total(body)
            if not page or (len(page) < _PAGE if total is None else len(found) >= total):
                break
        return found

    def _whole(self, listed: MemberCluster, decoder: MembersDecoder, unread: dict[str, str]) -> MemberCluster:
        """With what the list leaves out: its security group, and of an ACK cluster where its pods are."""
        if listed.security_group and (listed.kind != "ack" or listed.pods or listed.pod_vswitches):
            return listed
        told = self._details.get(listed.id)
        if told is None:
            try:
                path = f"/clusters/{quoted(listed.id)}"
                told = decoder.cluster(self._openapis.roa("cs", "DescribeClusterDetail", "GET", path))
            except Trouble as error:
                if not error.gone:  # else it went between two questions
                    unread[f"clusters {listed.id}"] = str(error)
                return listed
            if standing(listed.state) is Standing.GOOD:
                self._details[listed.id] = told
        return replace(
            listed,
            vswitches=listed.vswitches or told.vswitches,
            pod_vswitches=listed.pod_vswitches or told.pod_vswitches,
            pods=listed.pods or told.pods,
            services=listed.services or told.services,
            security_group=listed.security_group or told.security_group,
        )

    def _task(self, cluster: str, decoder: MembersDecoder) -> TaskWords | None:
        """The words of its newest task, where one is known; one that has ended is not asked for again."""
        task = self._tasks.get(cluster)
        if task is None:
            return None
        if task not in self._words:
            try:
                body = self._openapis.roa("cs", "DescribeTaskInfo", "GET", f"/tasks/{quoted(task)}")
            except Trouble:
                return None
            words = decoder.task(body)
            if words.state not in _ENDED:
                return words
            self._words[task] = words
        return self._words[task]


def _detailed(listed: FleetHub, told: FleetHub) -> FleetHub:
    """What the details say; the list's word where they are of another one."""
    return replace(told, tags=told.tags or listed.tags) if told.id == listed.id else listed


def _told(words: TaskWords, state: str) -> str:
    """A failed task's error, as long as the thing itself does not run."""
    return "" if standing(state) is Standing.GOOD else words.error


def _counts(one: Attached) -> bool:
    return one.state != "Deleted"


def _unsettled(one: Attached) -> bool:
    return one.state not in ("Successed", "Deleted")


def note(odd: dict[str, str], part: str, decoder: GroundFields) -> None:
    """Say what of a part had another shape than it should."""
    if decoder.odd:
        more = f"; and {len(decoder.odd) - 3} more" if len(decoder.odd) > 3 else ""
        odd[part] = "; ".join(decoder.odd[:3]) + more
