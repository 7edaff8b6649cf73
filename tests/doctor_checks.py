"""What doctor concludes from what it found: each state, the fix that goes with it, and the exit code."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from console.decide import checkup as decide
from console.decide import checkup_host as host
from console.kube.kinds import KINDS
from console.model.checkup import (
    Check,
    CheckState,
    Checkup,
    CloudFacts,
    Failure,
    Grant,
    HubFacts,
    KubeconfigFacts,
    Permission,
    ProbeCall,
    SettingsFacts,
    StateFacts,
    TerminalFacts,
)
from console.model.freshness import SourceName
from console.model.permission import Write
from console.present import checks as present
from tests.present_documents import schema

NOW = 1_800_000_000.0
DAY = 86400.0
KUBECONFIG = KubeconfigFacts("/k", "hub", "https://h:6443", "token", 0.0)
HUB = HubFacts("uid-1", "v1.32", "oncall", 0.02, 0.2)
ROUTES = Grant(SourceName.ROUTES, (Permission("list ingresses", "list", True),), True)
WEIGHTS = Grant(Write.WEIGHTS, (Permission("patch ingresses", "patch", True),))
FINE = Checkup(
    NOW, 15.0, KUBECONFIG, HUB, (ROUTES, WEIGHTS), frozenset({"c1"}), CloudFacts(),
    SettingsFacts("/c", "default", exists=True, members=("c1",)),
    StateFacts("/s", "0700", writable=True), TerminalFacts("xterm-256color", "256 colours", True, (120, 40)),
)  # fmt: skip


def denied(grant: Grant) -> Grant:
    return replace(grant, asked=tuple(replace(one, allowed=False) for one in grant.asked))


def told(found: Checkup) -> dict[str, Check]:
    return {check.name: check for check in decide.checks(found)}


def test_where_all_is_well_the_exit_code_is_0_and_the_document_is_the_contracts() -> None:
    checks = decide.checks(FINE)

    assert {CheckState.OK, CheckState.UNSET} == {check.state for check in checks}
    assert 0 == decide.exit_code(FINE, checks)
    jsonschema.validate(present.checks_document(checks), schema("doctor"))


def test_each_probe_is_told_where_it_has_no_answer_and_what_is_not_seen_then() -> None:
    calls = (
        ProbeCall("shop/api", seconds=0.012),
        ProbeCall("shop/web", failure="10.0.0.1: connection refused"),
        ProbeCall("ack-prod-j", direct=True, seconds=0.2),
    )
    none, some, late = (told(replace(FINE, probes=probes)) for probes in ((), calls, None))

    assert {CheckState.UNSET} == {none[name].state for name in ("probes", "direct probes")}
    assert "what clients get is not seen" in none["probes"].fix
    assert (CheckState.WARN, "1 of 2 has no usable answer: shop/web: 10.0.0.1: connection refused") == (
        some["probes"].state,
        some["probes"].found,
    )
    assert (CheckState.OK, "1 of 1 answer, the slowest in 200 ms") == (
        some["direct probes"].state,
        some["direct probes"].found,
    )
    assert {CheckState.UNKNOWN} == {late[name].state for name in ("probes", "direct probes")}


def test_a_hub_that_does_not_answer_is_7_and_everything_else_is_still_checked() -> None:
    lost = replace(
        FINE,
        hub=HubFacts(failure=Failure("refused", "Check it.")),
        grants=(Grant(SourceName.ROUTES, (Permission("list ingresses", "list"),)),),
        members=None,
    )
    checks = told(lost)

    assert 7 == decide.exit_code(lost, tuple(checks.values()))
    assert ("the hub could not be asked", CheckState.UNKNOWN) == (
        checks["read ingresses"].found,
        checks["read ingresses"].state,
    )
    assert {CheckState.OK} == {checks[name].state for name in ("settings file", "state directory", "terminal")}
    assert CheckState.UNKNOWN is checks["settings members"].state


def test_a_missing_permission_is_named_with_what_stops_working() -> None:
    found = replace(FINE, grants=(denied(ROUTES), denied(WEIGHTS)))
    checks = told(found)

    assert 4 == decide.exit_code(found, tuple(checks.values()))
    assert "not allowed: patch ingresses" == checks["write ingresses"].found
    assert "no weight can be written" in checks["write ingresses"].fix
    assert CheckState.BAD is checks["read ingresses"].state


def test_where_settings_are_read_only_a_missing_write_is_a_warning() -> None:
    found = replace(FINE, grants=(denied(WEIGHTS),), settings=replace(FINE.settings, read_only=True))

    assert CheckState.WARN is told(found)["write ingresses"].state


def test_a_kind_that_the_hub_does_not_know_is_told_though_it_may_be_read() -> None:
    gateways = Grant(SourceName.GATEWAYS, (Permission("list albconfigs", "list", True),), False)
    check = told(replace(FINE, grants=(gateways,)))["read albconfigs"]

    assert (CheckState.WARN, "the hub does not know this kind") == (check.state, check.found)


@pytest.mark.parametrize(("served", "state"), [(True, CheckState.OK), (None, CheckState.WARN), (False, CheckState.BAD)])
def test_a_namespace_that_exists_need_not_be_created(served: bool | None, state: CheckState) -> None:
    grant = Grant(Write.NAMESPACE, (Permission("create namespaces", "create", False),), served)

    assert state is told(replace(FINE, grants=(grant,)))["create namespace"].state


@pytest.mark.parametrize(
    ("skew", "state"),
    [(0.4, "ok"), (-4.9, "ok"), (5.5, "warn"), (-59.0, "warn"), (61.0, "bad"), (-3600.0, "bad"), (None, "unknown")],
)
def test_the_clock_is_measured_against_hub_and_cloud(skew: float | None, state: str) -> None:
    assert state == decide.clock(replace(HUB, skew=skew), CloudFacts()).state
    assert state == decide.clock(None, CloudFacts(skew=skew)).state


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        (replace(KUBECONFIG, certificate_ends=NOW - 1), "bad", "client certificate ends 2027-01-15"),
        (replace(KUBECONFIG, certificate_ends=NOW + 3 * DAY), "warn", "client certificate ends"),
        (replace(KUBECONFIG, credential_ends=NOW + 60), "ok", "credential ends"),
        (replace(KUBECONFIG, exposed=True), "warn", "others may read it"),
        (replace(KUBECONFIG, failure=Failure("the exec plugin failed", "Run it.")), "bad", "the exec plugin failed"),
        (None, "bad", "no credential within 15 s"),
    ],
)
def test_a_kubeconfig_that_ends_fails_or_is_exposed(facts: KubeconfigFacts | None, state: str, words: str) -> None:
    check = decide.kubeconfig(facts, NOW, 15.0)

    assert state == check.state
    assert words in check.found


def test_a_slow_hub_is_a_warning() -> None:
    assert "warn" == decide.hub(replace(HUB, latency=1.5), 15.0).state


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (CloudFacts(), ["not set", "not set"]),
        (CloudFacts("profile oncall", credential=Failure("expired")), ["bad", "unknown"]),
        (CloudFacts("profile oncall", call=Failure("not allowed: alb:ListLoadBalancers")), ["ok", "bad"]),
        (CloudFacts("profile oncall", seconds=0.1), ["ok", "ok"]),
        (None, ["unknown", "unknown"]),
    ],
)
def test_the_cloud_is_two_checks(facts: CloudFacts | None, states: list[str]) -> None:
    assert states == [check.state.value for check in decide.cloud(facts, 15.0)]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (SettingsFacts("/c", "default"), "not set"),
        (SettingsFacts("/c", "default", exists=True, others_write=True), "bad"),
        (SettingsFacts("/c", "default", exists=True, others_read=True), "ok"),
        (SettingsFacts("/c", "default", exists=True, others_read=True, holds_key=True), "warn"),
        (SettingsFacts("/c", "default", exists=True, failure=Failure("not YAML")), "bad"),
    ],
)
def test_the_settings_file(facts: SettingsFacts, state: str) -> None:
    assert state == host.settings(facts).state


def test_members_that_are_not_on_the_hub_are_named() -> None:
    check = host.members(SettingsFacts("/c", "default", members=("c1", "c9")), frozenset({"c1", "c2"}))

    assert (CheckState.WARN, "not on the hub: c9; on the hub: c1, c2") == (check.state, check.found)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (StateFacts("/s", writable=True), "ok"),
        (StateFacts("/s", "0700", writable=True), "ok"),
        (StateFacts("/s", "0700"), "bad"),
        (StateFacts("/s", "0755", writable=True), "warn"),
        (StateFacts("/s", "0777", others_write=True, writable=True), "bad"),
        (StateFacts("/s", "0700", own=False, writable=True), "bad"),
        (StateFacts("/s", "0700", writable=True, network=True), "warn"),
    ],
)
def test_the_state_directory(facts: StateFacts, state: str) -> None:
    assert state == host.state(facts).state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"size": None}, "not set"),
        ({"size": (80, 24)}, "ok"),
        ({"size": (79, 24)}, "warn"),
        ({"size": (80, 23)}, "warn"),
        ({"utf8": False}, "warn"),
        ({"term": "dumb"}, "bad"),
        ({"term": ""}, "bad"),
        ({"tmux": True}, "warn"),
        ({"tmux": True, "term": "tmux-256color"}, "ok"),
    ],
)
def test_the_terminal(changes: dict[str, object], state: str) -> None:
    assert state == host.terminal(replace(FINE.terminal, **changes)).state  # type: ignore[arg-type]


def test_text_says_every_check_with_its_fix_and_cuts_nothing() -> None:
    check = Check("hub", CheckState.BAD, "words " * 40, "Do this.")
    lines = present.checks_text([check]).splitlines()

    assert "bad      hub                   words words" == lines[1][:42]
    assert 40 == present.checks_text([check]).count("words")
    assert "-> Do this." == lines[-1].strip()


def test_every_kind_that_is_read_says_what_is_lost_without_it() -> None:
    assert {kind.source for kind in KINDS} <= set(decide._LOSSES)
