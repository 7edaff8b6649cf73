"""A teardown says by name and number what of others it would hit, and keeps what holds their things, unless it is
named; what it cannot reach it names, with the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from console.decide.setup import hits
from console.decide.setup.away import away, left, nameable
from console.decide.setup.checks import reds
from console.decide.setup.found import Found
from console.decide.setup.named import refuse_also
from console.decide.setup.task import Agent, Task
from console.decide.setup.teardown import teardown
from console.kube.manifest import named_alone, names_in
from console.model.ground import Ground, Handed, HubGround, Inside, Key
from console.model.run import RunState
from console.model.topology import LABEL, FleetPart, Topology
from console.present.setups import check_lines
from tests.setup_stand import Stand, World, hybrid

NETWORKING = "networking.k8s.io"
FOREIGN = Key("", "ConfigMap", "gateway-demo", "foreign")


class Shared(World):
    """A world in which others have put something on the Fleet, once it is there; a look for a teardown sees it."""

    inside: Mapping[str, Inside] = {"gateway-demo": Inside((FOREIGN,))}

    def read(self, *parts: Any) -> Ground:
        ground = super().read()
        return ground if ground.hub is None else replace(ground, hub=replace(ground.hub, inside=self.inside))

    def ingress(self, namespace: str, name: str, weights: Mapping[str, int] | None = None) -> None:
        prefix = hybrid().key_prefix
        annotations = {prefix + one: str(weight) for one, weight in (weights or {}).items()}
        thing = {"metadata": {"name": name, "namespace": namespace, "annotations": annotations},
                 "spec": {"ingressClassName": "alb"}}  # fmt: skip
        self._put(Key(NETWORKING, "Ingress", namespace, name), thing)


def shared(directory: Path, *, adopted: bool = False) -> tuple[Stand, Shared, Topology]:
    """A set-up that is done, on which others have three things; `adopted`: its Fleet was there before."""
    world = Shared()
    stand = Stand(directory, world)
    assert stand.carry_out(stand.set_up(hybrid())).state is RunState.DONE
    world.ingress("gateway-demo", "foreign")
    world.ingress("shop", "foreign")
    topology = hybrid()
    if adopted:
        [fleet] = world.fleets
        world.fleets = [replace(fleet, tags=())]
        topology = structs.replace(topology, fleet=FleetPart(name="demo-fleet", id=fleet.id))
    return stand, world, topology


def test_a_fleet_on_which_others_have_things_goes_only_where_it_is_named(tmp_path: Path) -> None:
    stand, world, topology = shared(tmp_path)
    told = away(topology, world.read())
    [red] = reds(told.checks)
    three = "Ingress shop/foreign, Ingress gateway-demo/foreign, ConfigMap gateway-demo/foreign"

    assert red.rule == "others-on-fleet"
    assert red.measured == f"3 things on it that the set-up did not make: {three}"
    assert red.fix == "Move them elsewhere first, or say --also fleet."
    assert "fleet" in nameable(topology, world.read())

    named = away(topology, world.read(), frozenset({"fleet"}))
    assert reds(named.checks) == ()
    deletion = next(one for one in named.plan.tasks if one.id == "fleet deleted")
    assert deletion.what.endswith(f", and what others have on it: {three}")
    assert stand.carry_out(stand.take_away(topology, also=("fleet",))).state is RunState.DONE


def test_what_others_put_there_after_the_confirmation_keeps_the_fleet(tmp_path: Path) -> None:
    world = Shared()
    stand = Stand(tmp_path, world)
    stand.carry_out(stand.set_up(hybrid()))
    world.inside = {}
    run = stand.take_away(hybrid())
    world.ingress("shop", "late")
    report = stand.carry_out(run)

    assert report.state is RunState.HELD
    assert "1 thing that the set-up did not make is on it: Ingress shop/late; move them elsewhere" in report.message
    assert [one.state for one in world.fleets] == ["running"]


def test_on_a_fleet_that_stays_a_namespace_with_things_of_others_stays_unless_it_is_named(tmp_path: Path) -> None:
    stand, world, topology = shared(tmp_path, adopted=True)
    told = away(topology, world.read())
    [namespace] = [one for one in told.checks if one.rule == "others-in-namespace"]

    assert "delete Namespace gateway-demo" not in {one.id for one in told.plan.tasks}
    assert namespace.measured.startswith("it stays, with Ingress gateway-demo/foreign, ConfigMap gateway-demo/foreign")
    assert namespace.fix == "It goes with them: --also 'Namespace gateway-demo'."
    assert "Namespace gateway-demo: others have 2 things in it" in told.stays
    assert "Namespace gateway-demo" in nameable(topology, world.read())

    also = frozenset({"Namespace gateway-demo"})
    named = away(topology, world.read(), also)
    [deletion] = [one for one in named.plan.tasks if one.id == "delete Namespace gateway-demo"]
    assert deletion.what.endswith("others have in it: Ingress gateway-demo/foreign, ConfigMap gateway-demo/foreign")
    assert not any("Namespace gateway-demo" in one for one in named.stays)
    assert named.plan.hash != told.plan.hash

    report = stand.carry_out(stand.take_away(topology))
    assert report.state is RunState.DONE
    kept = "what the set-up made is gone, but for Namespace gateway-demo: others have 2 things in it"
    assert report.message == kept


def test_a_namespace_of_ours_that_the_file_names_no_more_is_kept_for_others_and_can_be_named(tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path, adopted=True)
    world._put(Key("", "Namespace", "", "old"), {"metadata": {"name": "old", "labels": {LABEL: topology.name}}})
    world.inside = {"old": Inside((Key("", "Service", "old", "theirs"),))}
    ground = world.read()

    assert hits.keeps(Found(topology, ground), "old", frozenset())
    assert "Namespace old: others have 1 thing in it" in left(topology, ground)
    assert "Namespace old" in nameable(topology, ground)
    refuse_also(Found(topology, ground), ["Namespace old"])


def test_ingresses_of_others_on_the_gateway_are_counted_before_its_alb_goes(tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path, adopted=True)
    told = away(topology, world.read())
    [gateway] = [one for one in told.checks if one.rule == "others-on-gateway"]
    two = "Ingress gateway-demo/foreign, Ingress shop/foreign"

    assert gateway.measured == f"2 Ingresses of others have no gateway once its AlbConfig is gone: {two}"
    [deletion] = [one for one in told.plan.tasks if one.id == "delete AlbConfig ackone-gateway-demo"]
    assert deletion.what == f"delete AlbConfig ackone-gateway-demo, on which others have {two}"


def test_routes_that_stay_say_how_much_they_send_to_a_member_that_goes(tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path, adopted=True)
    [ack, idc] = [one.id for one in world.clusters]
    for number in range(6):
        world.ingress("shop", f"route-{number}", {ack: 62, idc: 38})
    world.ingress("shop", "elsewhere", {ack: 100, idc: 0})
    told = away(topology, world.read())
    [hit] = [one for one in told.checks if one.rule == "routes-to-member" and one.about == "members[1]"]

    assert hit.measured.startswith("6 routes that stay send it weight: shop/route-0 38 %, shop/route-1 38 %, ")
    assert hit.measured.endswith(" and 2 more")
    assert hit.fix == "Move the traffic first: fleet-console drain idc-b --reason TEXT."
    [deletion] = [one for one in told.plan.tasks if one.id == "member idc-b deleted"]
    assert "to which routes that stay send weight: shop/route-0 38 %" in deletion.what


def test_of_checks_that_are_none_no_number_is_told(tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path)
    checks = away(topology, world.read()).checks

    assert checks and not any("ok" in line.split() for line in check_lines(checks))


def test_what_is_not_looked_at_is_said(tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path, adopted=True)
    world.inside = {"gateway-demo": Inside((), {"Service": "not allowed: list services"})}
    assert world.hub is not None
    objects = {key: one for key, one in world.hub.objects.items() if key.name != "foreign"}
    world.hub = HubGround("uid-1", objects)
    [dark] = [one for one in away(topology, world.read()).checks if one.rule == "others-unseen"]

    assert dark.measured.startswith("everything in it goes; Secrets and seldom kinds are not looked at; not read: ")
    assert dark.measured.endswith("Service: not allowed: list services")
    assert dark.fix == "kubectl get secrets,all -n gateway-demo"


def test_a_set_up_of_its_own_alone_has_nothing_of_others(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    assert away(hybrid(), stand.world.read()).checks == ()


class ByHand(World):
    """A data centre that no context leads to: a person applies the agent, some looks after its manifest was written."""

    def carry_out(self, task: Task, token: str) -> str:
        if isinstance(task.call, Agent) and task.call.file:
            super().carry_out(task, token)
            self.site = replace(self.site, agent=False)
            return "written to /state/set ups/agent-idc-b.yaml"
        return super().carry_out(task, token)


def unreached() -> Topology:
    return hybrid(
        members=tuple(structs.replace(one, context=None) if one.name == "idc-b" else one for one in hybrid().members)
    )


def test_while_a_person_is_waited_for_the_run_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, ByHand())
    said: list[str] = []
    keep = stand.journal.update

    def heard(run: str, **values: Any) -> None:
        said.append(str(values.get("message", "")))
        keep(run, **values)

    monkeypatch.setattr(stand.journal, "update", heard)
    report = stand.carry_out(stand.set_up(unreached()))
    way = "it waits for you: in its data centre, kubectl apply -f '/state/set ups/agent-idc-b.yaml'"

    assert report.state is RunState.UNVERIFIED
    assert any(one.endswith(f"is running (it is waiting); {way}") for one in said)
    assert f"; {way}" in report.message


def test_an_agent_that_a_person_applied_stays_and_is_named_with_the_command(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    topology = unreached()
    stand.carry_out(stand.set_up(topology))
    ground = stand.world.read()
    ground = replace(ground, handed={"idc-b": Handed("/s/agent-idc-b-objects.yaml", ("Namespace a", "Secret b"))})
    words = "the agent of idc-b in its data centre, where no context leads; there: kubectl delete -f"

    assert f"{words} /s/agent-idc-b-objects.yaml (Namespace a, Secret b)" in left(topology, ground)
    assert "kubectl delete -f MANIFEST" in " ".join(left(topology, stand.world.read()))
    report = stand.carry_out(stand.take_away(topology))
    assert report.state is RunState.DONE
    assert report.message.startswith("what the set-up made is gone, but for the agent of idc-b in its data centre")


def test_a_manifest_by_names_alone_holds_nothing_secret() -> None:
    text = """\
apiVersion: v1
kind: Secret
metadata: {name: agent, namespace: there, labels: {app: agent}}
data: {token: aGVsbG8=}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent-admin}
"""
    bare = named_alone(text)

    assert "aGVsbG8" not in bare and "labels" not in bare
    assert names_in(bare) == ("ClusterRoleBinding agent-admin", "Secret agent")


def test_what_was_unchecked_at_first_and_is_known_at_the_end_is_not_said_to_be_unchecked(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    open_ = ("applicationset-template", "leased-line")
    report = stand.carry_out(stand.set_up(hybrid(), unconfirmed=open_))

    assert report.message == "everything stands as the topology says; not checked: leased-line"


@pytest.mark.parametrize("adopted", [False, True])
def test_the_plan_of_a_teardown_is_that_of_the_two_fronts(adopted: bool, tmp_path: Path) -> None:
    _, world, topology = shared(tmp_path, adopted=adopted)
    ground = world.read()
    assert away(topology, ground).plan == teardown(topology, ground)
