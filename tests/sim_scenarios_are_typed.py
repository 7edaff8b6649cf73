"""A scenario file is either a whole world or one sentence with the file, the place and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from console.errors import SettingsError
from console.sim import scenario, terms
from console.sim.faults.specs import AgentSilent, ServersDead

CALM = Path(scenario.__file__).parents[2] / "assets" / "scenarios" / "calm.yaml"


def written(tmp_path: Path, **changes: object) -> str:
    document = yaml.safe_load(CALM.read_text())
    for path, value in changes.items():
        *way, last = path.split("__")
        part = document
        for step in way:
            part = part[int(step) if step.isdigit() else step]
        part[last] = value
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(document))
    return str(file)


def test_every_shipped_scenario_loads() -> None:
    assert {"calm", "zone-lost", "agent-lost-but-serving", "throttled", "half-denied"} <= set(scenario.names())
    assert [] == [name for name in scenario.names() if scenario.load(name).name != name]


def test_a_scenario_takes_over_the_world_of_its_base() -> None:
    lost = scenario.load("zone-lost")

    assert scenario.load("calm").world == lost.world
    assert [ServersDead, AgentSilent] == [type(fault) for fault in lost.faults]


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no scenario is called 'clam'\. There are: .*calm, .*zone-lost"):
        scenario.load("clam")


def test_a_file_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    assert "mine" == scenario.load(written(tmp_path)).name


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"world__members__0__kind": "edge"}, r"Invalid enum value 'edge' at `world.members\[0\].kind`"),
        ({"world__routes__0__weights": {"ack-prod-j": 101}}, r"<= 100.*`world.routes\[0\].weights"),
        ({"world__routes__0__weights": {"nobody": 5}}, r"world.routes\[0\].weights: nothing is called 'nobody'"),
        ({"world__routes__1__name": "gateway-demo/web-demo"}, "world.routes: 'gateway-demo/web-demo' is there twice"),
        ({"world__routes__2__gateway": "none"}, r"world.routes\[2\].gateway: nothing is called 'none'"),
        ({"faults": [{"fault": "meteor"}]}, "Invalid value 'meteor' at `faults"),
        ({"faults": [{"fault": "agent-silent", "member": "x"}]}, r"faults\[0\].member: nothing is called 'x'"),
        ({"faults": [{"fault": "poison", "route": "a/b"}]}, r"faults\[0\].route: nothing is called 'a/b'"),
        ({"faults": [{"fault": "throttle", "for": "5"}]}, r"matching regex .* `faults\[0\].for"),
        ({"word": 1}, "unknown field `word`"),
        ({"world": None}, "neither world, size nor base"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    file = written(tmp_path, **changes)

    with pytest.raises(SettingsError, match=told) as caught:
        scenario.load(file)
    assert str(caught.value).startswith(file)


def test_a_scenario_that_builds_on_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "round.yaml"
    file.write_text(f"summary: x\nbase: {file}\n")

    with pytest.raises(SettingsError, match="in a circle"):
        scenario.load(str(file))


def test_what_is_not_yaml_is_told(tmp_path: Path) -> None:
    file = tmp_path / "torn.yaml"
    file.write_text("world: [")

    with pytest.raises(SettingsError, match="not YAML"):
        scenario.load(str(file))


@pytest.mark.parametrize(("text", "expected"), [("1d2h", 93600.0), ("6m40s", 400.0), ("500ms", 0.5), ("1.5h", 5400.0)])
def test_durations_have_units(text: str, expected: float) -> None:
    assert expected == terms.seconds(text)


@pytest.mark.parametrize("text", ["5", "", "m5", "5x", "5m 3"])
def test_a_duration_without_a_unit_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        terms.seconds(text)
