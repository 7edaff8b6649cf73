"""A running simulator takes faults by its directory: each shows in what its APIs say, and is over when cleared."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from console.sim.faults import remote
from tests.simulators import simulate
from tests.wire_fleet import ROUTES, Fleet, until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    for simulated in simulate(tmp_path_factory.mktemp("faults"), "--speed", "20", "--load", "0"):
        yield Fleet(simulated)


@pytest.fixture
def fleet(running: Fleet) -> Iterator[Fleet]:
    yield running
    running.begin("clear")


def ends(watch: Any) -> bool:
    """Whether a watch that would go on for a minute is over at once."""
    began = time.monotonic()
    with contextlib.suppress(OSError, http.client.HTTPException):
        while watch.readline():
            pass
    return time.monotonic() - began < 10


def refusal(call: Callable[[], object]) -> tuple[str, int]:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as error:
        call()
    return error.value.code, error.value.status_code


def test_the_way_in_is_its_owners_alone(fleet: Fleet) -> None:
    file = fleet.directory / "control.json"
    control = json.loads(file.read_text())

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(control["url"] + "/faults", timeout=5)
    assert control["url"].startswith("http://127.0.0.1:")


def test_a_partition_silences_watches_and_ends_by_itself(fleet: Fleet) -> None:
    fleet.begin("api-partition", "--for", "3s")
    with pytest.raises(TimeoutError):
        fleet.get("/version", timeout=1.0)

    assert "minor" in until(lambda: fleet.get("/version", timeout=10.0), lambda found: "minor" in found)


def test_a_partition_that_resets_breaks_open_watches(fleet: Fleet) -> None:
    with fleet.ask(ROUTES.rpartition("/")[0] + "?watch=1&timeoutSeconds=60", timeout=20.0) as watch:
        watch.readline()
        fleet.begin("api-partition", "--how", "reset")

        assert ends(watch)
        with pytest.raises(OSError):
            fleet.get("/version", timeout=5.0)
    fleet.begin("clear", "api-partition")

    assert "minor" in fleet.get("/version")


def test_a_poisoned_route_keeps_its_neighbours_back_until_it_is_cured(fleet: Fleet) -> None:
    line = fleet.begin("poison", "gateway-demo/api")
    fleet.weigh(ack_prod_j=70, idc_prod=30)
    told = until(lambda: fleet.events("FailedBuildModel"), bool)

    assert "poison: gateway-demo/api says" in line
    assert any("gateway-demo/api" in message and '"2s"' in message for message in told)
    assert ("Available", [62, 38]) == fleet.rule()

    fleet.begin("clear", "poison")

    assert ("Available", [70, 30]) == until(fleet.rule, lambda found: found == ("Available", [70, 30]))


def test_throttling_reaches_the_console_and_the_controller(fleet: Fleet) -> None:
    from alibabacloud_alb20200616 import models

    fleet.begin("throttle")

    assert ("Throttling.User", 400) == refusal(lambda: fleet.alb().list_rules(models.ListRulesRequest()))
    assert any("Throttling.User" in message for message in until(lambda: fleet.events("FailedApplyModel"), bool))

    fleet.begin("clear")

    assert "Available" == fleet.rule()[0]


def test_a_slow_controller_leaves_a_change_lying(fleet: Fleet) -> None:
    fleet.begin("slow-controller", "600")
    before = fleet.events("SuccessfullyReconciled")
    scheduled = sum(fleet.events("Sync").values())
    fleet.weigh(ack_prod_j=55, idc_prod=45)
    until(lambda: sum(fleet.events("Sync").values()), lambda found: found > scheduled)

    assert before == fleet.events("SuccessfullyReconciled")
    assert [55, 45] != fleet.rule()[1]

    fleet.begin("clear")
    fleet.weigh(ack_prod_j=56, idc_prod=44)

    assert [56, 44] == until(lambda: fleet.rule()[1], lambda found: found == [56, 44])


def test_a_skewed_clock_shows_in_the_date_and_in_what_is_written(fleet: Fleet) -> None:
    def ahead() -> float:
        with fleet.ask("/version") as answer:
            return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()

    fleet.begin("clock-skew", "10m")
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{fleet.member('ack-prod-j')}/leases/managed-cluster-lease"
    renewed = fleet.get(lease)["spec"]["renewTime"]

    assert 600 == pytest.approx(ahead(), abs=5)
    assert renewed > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 500))

    fleet.begin("clock-skew", "-5m")

    assert -300 == pytest.approx(ahead(), abs=5)


def test_expired_credentials_are_refused_by_hub_and_cloud(fleet: Fleet) -> None:
    from alibabacloud_alb20200616 import models

    fleet.begin("credential-expiry", "--of", "both")
    with pytest.raises(urllib.error.HTTPError) as caught:
        fleet.get("/version")

    assert (401, "Unauthorized") == (caught.value.code, json.load(caught.value)["reason"])
    assert ("InvalidAccessKeyId.Inactive", 400) == refusal(lambda: fleet.alb().list_rules(models.ListRulesRequest()))

    fleet.begin("clear")

    assert "minor" in fleet.get("/version")


def test_a_lost_member_stops_answering_and_the_hub_gives_it_up(fleet: Fleet) -> None:
    from alibabacloud_alb20200616 import models

    def unhealthy() -> int:
        listener = fleet.alb().list_listeners(models.ListListenersRequest()).body.listeners[0]
        request = models.GetListenerHealthStatusRequest(listener_id=listener.listener_id, include_rule=True)
        rules = fleet.alb().get_listener_health_status(request).body.rule_health_status
        return sum(len(group.non_normal_servers) for rule in rules for group in rule.server_group_infos)

    def available() -> str:
        path = f"/apis/cluster.open-cluster-management.io/v1/managedclusters/{fleet.member('idc-prod')}"
        conditions = fleet.get(path)["status"]["conditions"]
        return str(next(each["status"] for each in conditions if each["type"].endswith("Available")))

    fleet.begin("member-lost", "idc-prod")

    assert 12 == until(unhealthy, lambda found: found == 12)
    assert "Unknown" == until(available, lambda found: found == "Unknown")

    fleet.begin("clear", "member-lost")

    assert 0 == until(unhealthy, lambda found: found == 0)
    assert "True" == until(available, lambda found: found == "True")


def test_somebody_writes_former_weights_back(fleet: Fleet) -> None:
    former = fleet.weights()
    fleet.begin("self-heal", "shop/checkout", "--after", "200ms")
    fleet.weigh(ack_prod_j=100, idc_prod=0)
    until(fleet.weights, lambda found: found == former)
    managers = {each["manager"] for each in fleet.get(ROUTES)["metadata"]["managedFields"]}

    assert former == fleet.weights()
    assert "argocd-application-controller" in managers

    fleet.begin("clear", "self-heal")
    fleet.weigh(ack_prod_j=100, idc_prod=0)

    assert [100, 0] == until(lambda: fleet.rule()[1], lambda found: found == [100, 0])
    assert ["100", "0"] == fleet.weights()


def test_what_holds_is_listed_beside_what_there_is(fleet: Fleet) -> None:
    fleet.begin("agent-lost", "idc-prod")
    *_, clear, holds = fleet.fault("--list").stdout.splitlines()

    assert "clear" == clear.split()[0]
    assert re.fullmatch(r"holds for \d+ s: agent-lost: the agent of idc-prod renews its Lease no more", holds)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["meteor"], "no fault is called 'meteor'. There are: api-partition, "),
        (["poison"], "missing argument 'NS/NAME'. See: fleet-console sim fault poison --help"),
        (["poison", "shop/none"], "no route is called 'shop/none'. There are: gateway-demo/web-demo, "),
        (["member-lost", "nobody"], "no member is called 'nobody'. There are: ack-prod-j, idc-prod"),
        (["clock-skew", "much"], "invalid value for 'S': 'much' is no duration"),
        (["throttle", "--for", "30"], "30"),
        (["clear", "poison"], "no fault 'poison' holds. Holding: none"),
    ],
)
def test_a_word_that_is_off_gets_one_sentence(fleet: Fleet, words: list[str], told: str) -> None:
    done = fleet.fault(*words)

    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert told in done.stderr


def test_a_directory_without_a_simulator_is_told(fleet: Fleet, tmp_path: Path) -> None:
    done = fleet.fault("throttle", directory=tmp_path)

    assert (2, f"fleet-console: no simulator serves {tmp_path}. Name the --dir of one that runs.\n") == (
        done.returncode,
        done.stderr,
    )


def test_every_fault_has_help_with_an_example() -> None:
    from console.verbs.faults import fault

    assert [] == [name for name, each in fault.commands.items() if f"sim fault {name}" not in (each.help or "")]


def test_a_fault_waits_for_a_write_and_begins_before_the_next_request(fleet: Fleet) -> None:
    said = remote.begin(fleet.directory, {"fault": "credential-expiry", "of": "hub", "written": 1})

    assert "waits until 1 route holds other weights" == said
    assert 2 == len(fleet.weights())  # whoever only reads has nothing to fear

    fleet.weigh(ack_prod_j=52, idc_prod=48)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fleet.weights()

    assert ["credential-expiry"] == [one["fault"] for one in remote.held(fleet.directory)]

    fleet.begin("clear")

    assert ["52", "48"] == fleet.weights()


def test_a_fault_that_waits_can_be_called_off(fleet: Fleet) -> None:
    remote.begin(fleet.directory, {"fault": "throttle", "written": 2})
    remote.clear(fleet.directory, "throttle")
    fleet.weigh(ack_prod_j=53, idc_prod=47)

    assert [] == remote.held(fleet.directory)
