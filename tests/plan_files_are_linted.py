"""A plan file that is not sound is told with everything that is wrong with it, each by its line and by what is accepted
there; a key that is said twice is never taken silently, in a plan file or in settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import settings
from console.decide import planfile
from console.decide.case import Around, Wish
from console.decide.intents import decide
from console.errors import SettingsError, UsageError
from tests import forked, situations

HEAD = "schema: fleet-console/plan/v1\n"
DRAIN = HEAD + "drain: zone-b\n"


def told(tmp_path: Path, text: str) -> list[str]:
    """What is said of a file, without its name."""
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        planfile.load(path)
    return [one.removeprefix(f"{path}:") for one in str(raised.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DRAIN + "drain: zone-a\n", "3:1: drain: the key 'drain' is there twice, first in line 2"),
        (HEAD + "routes:\n  a/b: {m: 100}\n  a/b: {m: 0, n: 100}\n", "4:3: routes.a/b: the key 'a/b' is there twice"),
        (HEAD + "routes:\n  a/b: {m: 60, m: 40}\n", "3:16: routes.a/b.m: the key 'm' is there twice"),
        (HEAD + "routes:\n  a/b: {ack: 80, idc: 30}\n", "3:3: routes.a/b: the weights sum to 110, not 100"),
        (HEAD + "routes:\n  a/b: {ack: 0, idc: 0}\n", "3:3: routes.a/b: all weights are 0"),
        (HEAD + "routes:\n  a/b: {}\n", "3:3: routes.a/b: it names no member"),
        (HEAD + "routes:\n  a/b: {ack: 120}\n", "3:9: routes.a/b.ack: 120 is no weight: a whole number, 0 to 100"),
        (HEAD + "routes:\n  a: {ack: 100}\n", "3:3: routes.a: it is not NAMESPACE/NAME"),
        (DRAIN + "probe_rate: -1\n", "3:1: probe_rate: -1 is no rate: more than 0"),
        (DRAIN + "expires: 0s\n", "3:1: expires: 0s is no time after which it could go back"),
        (DRAIN + "expires: soon\n", "3:1: expires: 'soon' is no duration"),
        (DRAIN + "on_loss: y\n", "3:1: on_loss: y is not accepted here: one of continue, hold, rollback"),
        (DRAIN + "steps: [50, 10]\n", "3:1: steps: '50,10' are no steps. Say now, canary, or rising percentages"),
        (DRAIN + "steps: [33, 66]\n", "3:1: steps: '33,66' are no steps: they do not end with 100. Say now, canary"),
        (DRAIN + "steps: {a: yes}\n", '3:1: steps: {"a": true} is not accepted here: now, canary, or rising'),
        (DRAIN + "hold:\n", "3:1: hold: null is not accepted here: a time with its unit"),
        (HEAD + "routes:\n  a/b: {ack: 50.5}\n", "3:9: routes.a/b.ack: 50.5 is no weight: a whole number, 0 to 100"),
        (HEAD + "routes:\n  a/b: {ack: yes}\n", "3:9: routes.a/b.ack: true is no weight"),
        (HEAD + "routes:\n  a/b: [ack]\n", '3:3: routes.a/b: ["ack"] is not accepted here: {MEMBER: WEIGHT'),
        (HEAD + "routes: [ack]\n", '2:1: routes: ["ack"] is not accepted here: NAMESPACE/NAME: {MEMBER: WEIGHT'),
        (DRAIN + "confirm: [nonsense]\n", "3:"),
        (DRAIN + "holds: 5s\n", "3:1: holds: there is no such field. Fields: schema, drain, routes, steps, hold,"),
        ("drain: zone-b\n", "1:1: schema: it is missing: schema: fleet-console/plan/v1"),
        (HEAD, "1:1: a plan file says either `drain` or `routes`"),
        ("- 1\n", "1:1: a plan file is a mapping that begins with `schema`"),
    ],
)
def test_what_is_wrong_is_named_by_line_route_and_what_is_accepted(tmp_path: Path, text: str, said: str) -> None:
    assert [one for one in told(tmp_path, text) if one.startswith(said)], told(tmp_path, text)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD + "routes:\n  a/b: {ack: 80, idc: 30}\n  c/d: {}\nhold: 5\non_refusal: never\nprobe_rate: fast\n"

    assert ["3:3", "4:3", "5:1", "6:1", "7:1"] == [one.partition(": ")[0] for one in told(tmp_path, text)]


def test_one_weight_that_is_none_hides_no_other_flaw(tmp_path: Path) -> None:
    text = HEAD + "routes:\n  a/b: {ack: 0, idc: 0}\n  c/d: {ack: 50.5, idc: 49.5}\n  nonamespace: {ack: 100}\n"

    assert [
        "3:3: routes.a/b: all weights are 0: say who serves, or use `drain`",
        "4:9: routes.c/d.ack: 50.5 is no weight: a whole number, 0 to 100",
        "4:20: routes.c/d.idc: 49.5 is no weight: a whole number, 0 to 100",
        "5:3: routes.nonamespace: it is not NAMESPACE/NAME",
    ] == told(tmp_path, text)


def test_lint_says_so_and_a_sound_file_is_sound(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(HEAD + "routes:\n  a/b: {ack: 80, idc: 20}\n  c/d: {ack: 30}\nexpires: never\nsteps: canary\n")
    bad.write_text(DRAIN + "drain: zone-a\n")
    sound, unsound = (forked.run(["plan", "lint", str(file)]) for file in (good, bad))

    assert (0, f"{good}: sound\n") == (sound.returncode, sound.stdout)
    assert (2, True) == (unsound.returncode, "is there twice, first in line 2" in unsound.stderr)


def test_settings_refuse_a_key_that_is_said_twice(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("read_only: true\narming: 5m\nread_only: false\n")
    with pytest.raises(SettingsError, match=r"config\.yaml:3:1: the key 'read_only' is there twice, first in line 1"):
        settings.load(path)


def test_no_plan_goes_back_after_no_time_at_all() -> None:
    fleet = situations.calm()
    route = fleet.routes[0]
    wish = Wish(((route.key, {line.member: line.annotation or 0 for line in route.members}),), expires=0.0)
    with pytest.raises(UsageError, match="is no time after which it could go back"):
        decide(fleet, wish, Around())
    said = forked.run(["drain", "zone-b", "--expires", "0s", "--reason", "x", "--plan-only"])

    assert (2, True) == (said.returncode, "'--expires': 0s is no time" in said.stderr)
