"""The real Alibaba client against the simulated ALB: signatures, pages, errors, jobs, idempotence, throttling."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console.sim.alb.operations import product
from console.sim.alb.state import Alb, HealthCheck
from console.sim.openapis.endpoint import OpenApi

KEY, SECRET = "simulated-key", "simulated-secret"


class Service:
    """An ALB with its endpoint in a thread; jobs are finished by hand."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.alb = Alb(later=lambda _, act: self.waiting.append(act))
        self.api = OpenApi([product(self.alb)], {KEY: SECRET})
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _serve(self) -> None:
        from aiohttp import web

        async def begin() -> None:
            runner = web.AppRunner(self.api.application())
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            self._ready.set()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(begin())
        self._loop.run_forever()

    def finish(self) -> None:
        """Let every job under way end."""
        while self.waiting:
            self.waiting.pop(0)()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def client(self, secret: str = SECRET, key: str = KEY) -> Any:
        from alibabacloud_alb20200616.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        return Client(
            Config(
                access_key_id=key,
                access_key_secret=secret,
                endpoint=f"127.0.0.1:{self.port}",
                protocol="http",
                region_id="cn-hangzhou",
            )
        )


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()


def two_members(service: Service) -> dict[str, str]:
    """One load balancer with one rule over two groups of two servers; returns ids by name."""
    alb = service.alb
    balancer = alb.create_load_balancer("gw", zones=(("cn-hangzhou-h", "vsw-1"), ("cn-hangzhou-i", "vsw-2")))
    listener = alb.create_listener(balancer.id, 80, "HTTP")
    groups = [
        alb.create_server_group(f"shop-{member}", health_check=HealthCheck(), tags={"ack.aliyun.com": member})
        for member in ("a", "b")
    ]
    for number, group in enumerate(groups):
        alb.set_servers(group.id, [(f"10.{number}.0.{host}", 8080) for host in (1, 2)])
    rule = alb.create_rule(
        listener.id, "r", 1, hosts=["h"], paths=["/*"], tuples=[(groups[0].id, 62), (groups[1].id, 38)]
    )
    service.finish()
    return {"lb": balancer.id, "listener": listener.id, "a": groups[0].id, "b": groups[1].id, "rule": rule.id}


def tuples(models: Any, weights: dict[str, int]) -> Any:
    config = models.UpdateRuleAttributeRequestRuleActionsForwardGroupConfig(
        server_group_tuples=[
            models.UpdateRuleAttributeRequestRuleActionsForwardGroupConfigServerGroupTuples(server_group_id=g, weight=w)
            for g, w in weights.items()
        ]
    )
    return [models.UpdateRuleAttributeRequestRuleActions(type="ForwardGroup", order=1, forward_group_config=config)]


def test_every_read_is_filled_as_the_sdk_names_it(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    ids, client = two_members(service), service.client()
    balancer = client.get_load_balancer_attribute(
        models.GetLoadBalancerAttributeRequest(load_balancer_id=ids["lb"])
    ).body
    listeners = client.list_listeners(models.ListListenersRequest(load_balancer_ids=[ids["lb"]])).body.listeners
    rules = client.list_rules(models.ListRulesRequest(load_balancer_ids=[ids["lb"]])).body.rules
    groups = client.list_server_groups(models.ListServerGroupsRequest(server_group_ids=[ids["a"]])).body.server_groups
    servers = client.list_server_group_servers(
        models.ListServerGroupServersRequest(server_group_id=ids["a"])
    ).body.servers

    assert ("Active", "Normal", ["vsw-1", "vsw-2"]) == (
        balancer.load_balancer_status,
        balancer.load_balancer_bussiness_status,
        [zone.v_switch_id for zone in balancer.zone_mappings],
    )
    assert [(80, "HTTP", "Running")] == [
        (one.listener_port, one.listener_protocol, one.listener_status) for one in listeners
    ]
    (rule,) = rules
    forward = rule.rule_actions[0].forward_group_config
    assert "Available" == rule.rule_status
    assert [(ids["a"], 62), (ids["b"], 38)] == [(t.server_group_id, t.weight) for t in forward.server_group_tuples]
    assert (["h"], ["/*"]) == (rule.rule_conditions[0].host_config.values, rule.rule_conditions[1].path_config.values)
    assert (True, 2, "a") == (
        groups[0].health_check_config.health_check_enabled,
        groups[0].server_count,
        groups[0].tags[0].value,
    )
    assert [("10.0.0.1", 8080, 100), ("10.0.0.2", 8080, 100)] == [(s.server_ip, s.port, s.weight) for s in servers]


def test_health_lists_only_what_is_not_normal(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    ids, client = two_members(service), service.client()
    for server in service.alb.groups[ids["a"]].servers.values():
        server.verdict = "Healthy"
    first, second = service.alb.groups[ids["b"]].servers.values()
    first.verdict, second.verdict, second.reason = "Healthy", "Unhealthy", "CONNECT_FAILED"
    body = client.get_listener_health_status(
        models.GetListenerHealthStatusRequest(listener_id=ids["listener"], include_rule=True)
    ).body
    infos = body.rule_health_status[0].server_group_infos

    assert [(ids["a"], 2, 0), (ids["b"], 2, 1)] == [
        (info.server_group_id, info.server_count, len(info.non_normal_servers)) for info in infos
    ]
    assert ("Unhealthy", "CONNECT_FAILED") == (
        infos[1].non_normal_servers[0].status,
        infos[1].non_normal_servers[0].reason.reason_code,
    )


def test_pages_follow_one_another_to_the_end(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    for number in range(45):
        service.alb.create_server_group(f"g{number}", health_check=HealthCheck())
    client, names, token = service.client(), [], None
    while True:
        body = client.list_server_groups(models.ListServerGroupsRequest(max_results=20, next_token=token)).body
        names += [group.server_group_name for group in body.server_groups]
        token = body.next_token
        if not token:
            break

    assert [f"g{number}" for number in range(45)] == names


def test_a_change_is_configuring_with_the_former_weights_until_its_job_is_done(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    ids, client = two_members(service), service.client()
    request = models.UpdateRuleAttributeRequest(
        rule_id=ids["rule"], rule_actions=tuples(models, {ids["a"]: 80, ids["b"]: 20}), client_token="t"
    )
    job = client.update_rule_attribute(request).body.job_id
    rule = service.alb.rules[ids["rule"]]

    assert ("Configuring", 62) == (rule.status, rule.tuples[0][1])
    assert job == client.update_rule_attribute(request).body.job_id

    service.finish()
    jobs = client.list_asyn_jobs(models.ListAsynJobsRequest(job_ids=[job])).body.jobs

    assert ("Available", 80) == (rule.status, rule.tuples[0][1])
    assert ["Succeeded"] == [one.status for one in jobs]


def refusal(call: Callable[[], object]) -> tuple[str, int]:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as error:
        call()
    return error.value.code, error.value.status_code


def test_a_second_change_meanwhile_is_refused(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    ids, client = two_members(service), service.client()
    service.alb.update_rule(ids["rule"], tuples=[(ids["a"], 1)])
    request = models.UpdateRuleAttributeRequest(rule_id=ids["rule"], rule_actions=tuples(models, {ids["a"]: 100}))

    assert ("IncorrectStatus.Rule", 400) == refusal(lambda: client.update_rule_attribute(request))


def test_wrong_words_get_the_services_codes(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    ids = two_members(service)
    listing = models.ListRulesRequest()
    client = service.client()
    dry = models.UpdateRuleAttributeRequest(rule_id=ids["rule"], dry_run=True)
    lonely = models.UpdateRuleAttributeRequest(rule_id="rule-none", rule_actions=tuples(models, {ids["a"]: 100}))

    assert "SignatureDoesNotMatch" == refusal(lambda: service.client(secret="wrong").list_rules(listing))[0]
    assert ("InvalidAccessKeyId.NotFound", 404) == refusal(lambda: service.client(key="who").list_rules(listing))
    assert ("ResourceNotFound.Rule", 404) == refusal(lambda: client.update_rule_attribute(lonely))
    assert "DryRunOperation" == refusal(lambda: client.update_rule_attribute(dry))[0]
    assert "IllegalParam.MaxResults" == refusal(lambda: client.list_rules(models.ListRulesRequest(max_results=500)))[0]


def test_too_many_calls_are_throttled_and_a_denied_action_is_named(service: Service) -> None:
    from alibabacloud_alb20200616 import models

    client = service.client()
    service.api.denied[KEY, "ListListeners"] = "NoPermission"

    assert ("NoPermission", 403) == refusal(lambda: client.list_listeners(models.ListListenersRequest()))

    service.api.rate = 0.5

    assert ("Throttling.User", 400) == refusal(lambda: client.list_rules(models.ListRulesRequest()))
