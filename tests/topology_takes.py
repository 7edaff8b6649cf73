"""Taking an object gives it what the file says: what our own former apply said goes whoever wrote since, weights of
members that the route no longer names go, and whatever stays is named wherever the plan is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from console.decide.setup.drift import OTHERS, SAID
from console.decide.setup.found import Found
from console.decide.setup.plan import plan
from console.decide.setup.takes import live_weights
from console.decide.setup.task import Apply, SetupPlan, Verdict
from console.model.ground import Ground, Key
from console.model.topology import SETUP_MANAGER, ListenerPart, Topology
from console.present.line import text
from console.present.setup_review import plan_lines as review_lines
from console.present.setups import document, plan_lines, status_text
from console.sim.kubeapi import ownership, serverside
from tests.setup_stand import Stand, hybrid

_INGRESS = Key("networking.k8s.io", "Ingress", "gateway-demo", "web-demo")
_CONFIG = Key("alibabacloud.com", "AlbConfig", "", "ackone-gateway-demo")
_BOTH = frozenset(map(str, (_INGRESS, _CONFIG)))
_SCHEMA: dict[str, Any] = {}
"""Lists are atomic, as those of Ingresses and of AlbConfigs are."""
_PREFIX = "alb.ingress.kubernetes.io/cluster-weight."


class Fleet:
    """The objects of a set-up that came to its end, with the ownership rules of a real API server."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        assert ground.hub is not None
        self._objects = {key: _bare(one) for key, one in ground.hub.objects.items()}
        for key in (_INGRESS, _CONFIG):
            made = self._objects.pop(key)
            self._apply(key, {name: value for name, value in made.items() if name != "status"}, force=False)

    def read(self) -> Ground:
        assert self._ground.hub is not None
        return replace(self._ground, hub=replace(self._ground.hub, objects=dict(self._objects)))

    def object(self, key: Key) -> dict[str, Any]:
        return self._objects[key]

    def write(self, key: Key, change: Callable[[dict[str, Any]], None], manager: str = "kubectl-patch") -> None:
        """Somebody else's update of an object as it stands."""
        live = self._objects[key]
        owners, before = ownership.decode(live["metadata"]["managedFields"]), ownership.fields_of(live, _SCHEMA)
        changed = _copy(live)
        change(changed)
        who = ownership.Manager(manager, "Update", "v1")
        owners = ownership.after_update(owners, before, ownership.fields_of(changed, _SCHEMA), who, "t")
        changed["metadata"]["managedFields"] = ownership.encode(owners)
        self._objects[key] = changed

    def carry_out(self, topology: Topology, take: frozenset[str]) -> SetupPlan:
        """Every apply of the two objects that a run would do; the plan that was left."""
        confirmed, done = {one.id for one in plan(topology, self.read(), take=take).tasks}, ""
        for _ in range(5):
            made = plan(topology, self.read(), take=take)
            tasks = [one for one in made.tasks if isinstance(one.call, Apply)]
            if not tasks:
                return made
            assert done != tasks[0].id in confirmed
            done, calls = tasks[0].id, [one.call for one in tasks if isinstance(one.call, Apply)]
            metadata = calls[0].manifest["metadata"]
            key = next(one for one in (_INGRESS, _CONFIG) if one.name == metadata["name"])
            self._apply(key, calls[0].manifest, force=calls[0].take)
        raise AssertionError("it is never as the topology says")

    def _apply(self, key: Key, manifest: Mapping[str, Any], *, force: bool) -> None:
        live = self._objects.get(key, {})
        owners = ownership.decode(live.get("metadata", {}).get("managedFields"))
        who = ownership.Manager(SETUP_MANAGER, "Apply", "v1")
        made = serverside.apply(live, owners, _copy(manifest), _SCHEMA, who, "t", force=force)
        made.obj["metadata"]["managedFields"] = ownership.encode(made.owners)
        self._objects[key] = made.obj


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _bare(thing: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = _copy(thing)
    return made


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    stand = Stand(tmp_path_factory.mktemp("made"))
    stand.carry_out(stand.set_up(hybrid()))
    return stand.world.read()


@pytest.fixture
def fleet(stood: Ground) -> Fleet:
    return Fleet(stood)


def route(**values: Any) -> Topology:
    return hybrid(routes=(structs.replace(hybrid().routes[0], **values),))


def moved() -> Topology:
    """Another host, another path, another listener."""
    gateway = hybrid().gateway
    assert gateway is not None
    changed = structs.replace(gateway, listeners=(ListenerPart(port=8002),))
    return structs.replace(route(host="demo2.example.com", paths=("/new",)), gateway=changed)


def weights(fleet: Fleet) -> dict[str, str]:
    notes = fleet.object(_INGRESS)["metadata"]["annotations"]
    return {name: value for name, value in notes.items() if name.startswith(_PREFIX)}


def shifted(fleet: Fleet) -> None:
    """Both weights were written by hand."""
    first, second = weights(fleet)
    fleet.write(_INGRESS, lambda one: one["metadata"]["annotations"].update({first: "70", second: "30"}))


def test_a_taken_route_has_the_weights_of_the_file_and_no_other(fleet: Fleet) -> None:
    shifted(fleet)
    first, second = weights(fleet)
    topology = route(weights={"ack-a": 100})
    [task, rest, *_] = plan(topology, fleet.read(), take=_BOTH).tasks
    changed = (*task.changes, *rest.changes)
    assert [(one.path.rpartition(".annotations.")[2], one.before, one.after) for one in changed] == [
        (first, "70", "100"), (second, "30", "0"), (second, "30", None),
    ]  # fmt: skip
    assert rest.what == f"take 1 weight off {_INGRESS}, which the file does not name"
    left = fleet.carry_out(topology, _BOTH)
    assert weights(fleet) == {first: "100"}
    assert left.stays == ()
    assert list(live_weights(Found(topology, fleet.read()), left)) == []


@pytest.mark.parametrize("share", ["100", "70"], ids=["the file's weight stands already", "it differs"])
def test_every_live_weight_is_told_while_nothing_is_taken(share: str, fleet: Fleet) -> None:
    first, second = weights(fleet)
    fleet.write(_INGRESS, lambda one: one["metadata"]["annotations"].update({first: share, second: "30"}))
    topology = route(weights={"ack-a": 100})
    made = plan(topology, fleet.read())
    [check] = live_weights(Found(topology, fleet.read()), made)
    assert check.verdict is Verdict.RED
    assert check.measured == f"traffic flows at {share}:30, the topology says 100:absent"
    assert made.stays == ("weight 30 of idc-b on Ingress gateway-demo/web-demo, by kubectl-patch",)
    assert "stays: weight 30 of idc-b" in status_text(topology, (), made, ())


def more(fleet: Fleet) -> None:
    """Another manager adds a rule and a listener, and so manages both lists."""
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    rule = {"host": "other.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    fleet.write(_INGRESS, lambda one: one["spec"]["rules"].append(rule))
    fleet.write(_CONFIG, lambda one: one["spec"]["listeners"].append({"port": 9090, "protocol": "HTTP"}))


def hosts(fleet: Fleet) -> list[str]:
    return [one["host"] for one in fleet.object(_INGRESS)["spec"]["rules"]]


def ports(fleet: Fleet) -> list[int]:
    return [one["port"] for one in fleet.object(_CONFIG)["spec"]["listeners"]]


def test_what_our_former_apply_said_goes_when_it_is_taken_and_what_others_hold_is_named(fleet: Fleet) -> None:
    more(fleet)
    made = plan(moved(), fleet.read(), take=_BOTH)
    shown = "\n".join(plan_lines(made))
    assert 'spec.rules[demo.example.com]: {"host":"demo.example.com"' in shown
    assert "stays: rule other.example.com, by kubectl-patch" in next(
        one.what for one in made.tasks if one.id == f"apply {_INGRESS}"
    )
    assert f'metadata.annotations.{OTHERS}: absent -> ["spec.rules[other.example.com]"]' in shown
    left = fleet.carry_out(moved(), _BOTH)
    assert (hosts(fleet), ports(fleet)) == (["demo2.example.com", "other.example.com"], [8002, 9090])
    notes = fleet.object(_INGRESS)["metadata"]["annotations"]
    assert notes[OTHERS] == '["spec.rules[other.example.com]"]'
    assert notes[SAID] == '["spec.rules[demo2.example.com]","spec.rules[demo2.example.com].http.paths[/new]"]'
    review, status = " ".join(map(text, review_lines(left, 80))), status_text(moved(), (), left, ())
    for told in ("\n".join(plan_lines(left)), review, status):
        assert "rule other.example.com" in told and "listener 9090/HTTP" in told
        assert "everything" not in told
    assert len(document(moved(), (), left)["stays"]) == 2
    assert fleet.carry_out(moved(), frozenset()).stays == left.stays


def test_while_nothing_is_taken_lists_of_others_are_as_they_were(fleet: Fleet) -> None:
    more(fleet)
    made = plan(moved(), fleet.read())
    assert not any("demo.example.com" in one.path and one.after is None for task in made.tasks for one in task.changes)
    assert any(one == "rule demo.example.com on Ingress gateway-demo/web-demo, by kubectl-patch" for one in made.stays)


def test_what_we_never_said_stays_when_it_is_taken_and_is_named(fleet: Fleet) -> None:
    """As of an Ingress that somebody built by hand and that was adopted."""
    fleet.write(_INGRESS, lambda one: one["metadata"]["annotations"].pop(SAID))
    more(fleet)
    left = fleet.carry_out(moved(), _BOTH)
    assert hosts(fleet) == ["demo2.example.com", "demo.example.com", "other.example.com"]
    assert "rule demo.example.com on Ingress gateway-demo/web-demo, not known to be ours" in left.stays


def test_a_listener_that_is_kept_for_an_ingress_of_others_is_named_with_it(fleet: Fleet, stood: Ground) -> None:
    ground = fleet.read()
    assert ground.hub is not None
    theirs = Key("networking.k8s.io", "Ingress", "shop", "theirs")
    notes = {"alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 8001}]'}
    thing = {"metadata": {"annotations": notes}, "spec": {"ingressClassName": "alb"}}
    ground = replace(ground, hub=replace(ground.hub, objects={**ground.hub.objects, theirs: thing}))
    stays = plan(moved(), ground).stays
    assert stays == ("listener 8001 on AlbConfig ackone-gateway-demo, for which Ingress shop/theirs asks",)
