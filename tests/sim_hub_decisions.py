"""Which server may be the simulator's hub, and how its clients behave there, without a server."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from console.errors import Answered, KubeconfigError
from console.model.topology import LABEL
from console.sim import scenario, sized
from console.sim.agents import renewal
from console.sim.client import INGRESSES, LEASES, Client, Obj, Refusal, Resource
from console.sim.faults import specs
from console.sim.faults.elsewhere import impossible
from console.sim.hub import crds, kubeconfig, look, marks
from console.sim.hub.fit import Found, reasons
from console.sim.kubeapi import certificate
from console.sim.world import World, generate

BEGAN = 1_795_000_000.0


def world(name: str = "calm") -> World:
    return generate(scenario.load(name), seed=1, began=BEGAN)


def found(**said: Any) -> Found:
    return Found(**{"host": "hub.example.com", "loopback": False, "marked": False, "version": "v1.32.1", **said})


@pytest.mark.parametrize(
    ("loopback", "marked", "count"),
    [(True, True, 0), (True, False, 0), (False, True, 0), (False, False, 1), (False, None, 1)],
)
def test_a_server_has_to_be_here_or_marked(loopback: bool, marked: bool | None, count: int) -> None:
    assert count == len(reasons(found(loopback=loopback, marked=marked), world()))


def test_strangers_hold_on_loopback_and_on_a_marked_server_too() -> None:
    strangers = {"AlbConfig": ("a", "b"), "ManagedCluster": tuple("cdefgh")}
    here = reasons(found(loopback=True, marked=True, strangers=strangers), world())

    assert [
        "2 AlbConfigs are there that the simulator did not make: a, b",
        "6 ManagedClusters are there that the simulator did not make: c, d, e, f, g and 1 more",
    ] == here


def test_a_gateway_of_a_set_up_could_be_a_real_one() -> None:
    [against] = reasons(found(loopback=True, set_up=("demo-gateway",)), world("unprovisioned"))

    assert LABEL == marks.SET_UP
    assert against.startswith("1 AlbConfig is there of a former set-up: demo-gateway; where no real Fleet is behind")


async def test_what_is_not_marked_any_more_is_told_as_gone() -> None:
    def obj(name: str, version: int, **labels: str) -> Obj:
        return {"metadata": {"name": name, "resourceVersion": str(version), "labels": labels}}

    changes = [
        {"type": "ADDED", "object": obj("theirs", 3)},
        {"type": "ADDED", "object": obj("set-up", 4, **{LABEL: "demo"})},
        {"type": "MODIFIED", "object": obj("made", 5)},
        {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "6"}}},
    ]

    async def serve(request: web.Request) -> web.Response:
        assert "labelSelector" not in request.query
        if "watch" in request.query:
            return web.Response(body=b"".join(json.dumps(each).encode() + b"\n" for each in changes))
        items = [obj("other", 1), obj("made", 2, **marks.MARK)]
        return web.json_response({"metadata": {"resourceVersion": "2"}, "items": items})

    application = web.Application()
    application.router.add_get("/{path:.*}", serve)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        client = Client(session, str(server.make_url("")), "", agent="t", mark=marks.MARK, tests=marks.ACTED_UPON)
        items, version = await client.list(INGRESSES)
        seen = [(each.type, each.object["metadata"].get("name")) async for each in client.watch(INGRESSES, version)]

    assert ["made"] == [each["metadata"]["name"] for each in items]
    assert [("DELETED", "theirs"), ("ADDED", "set-up"), ("DELETED", "made"), ("BOOKMARK", None)] == seen


def test_all_reasons_come_at_once() -> None:
    missing = (("create", "namespaces"), ("list", "events"), ("patch", "events"))
    against = reasons(
        found(
            version="v1.18.0",
            strangers={"AlbConfig": ("a",)},
            missing=missing,
            unfit=("CRD x is odd",),
            left=("m",),
            in_the_way=("Ingress a/b",),
            unread=("no answer",),
        ),
        world("half-denied"),
    )

    assert 9 == len(against)
    assert "3 permissions are missing: create namespaces, list and patch events" in against


def test_a_light_world_is_not_put_on_a_server_of_somebody_else() -> None:
    light = generate(sized.scenario(sized.parse("5x20x5")), seed=1, began=BEGAN)

    assert ["5x20x5 is a light world: nobody would look after its 20 Applications there"] == reasons(
        found(loopback=True), light
    )


@pytest.mark.parametrize(
    ("fault", "may"),
    [
        (specs.ApiPartition(), False),
        (specs.ClockSkew(seconds=5), False),
        (specs.CredentialExpiry(of="both"), False),
        (specs.CredentialExpiry(of="cloud"), True),
        (specs.Denied(permissions=("list events",)), False),
        (specs.Denied(actions={"ListRules": "NoPermission"}), True),
        (specs.MemberLost(member="idc-prod"), True),
        (specs.SelfHeal(route="shop/checkout"), True),
        (specs.Throttle(), True),
    ],
)
def test_a_fault_of_the_hub_itself_needs_a_hub_of_its_own(fault: specs.Fault, may: bool) -> None:
    assert may == (impossible(fault) is None)


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("192.0.2.1", False)]
)
async def test_loopback_is_what_the_name_resolves_to(host: str, local: bool) -> None:
    assert local == await look.is_loopback(host)


def written(folder: Path, *, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Path:
    document = {
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443/", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
    }
    file = folder / "given"
    file.write_text(json.dumps(document))
    return file


def test_files_of_a_kubeconfig_are_copied_into_it(tmp_path: Path) -> None:
    issued = certificate.issue()
    (tmp_path / "ca.pem").write_bytes(issued.authority)
    (tmp_path / "client.pem").write_bytes(issued.chain)
    (tmp_path / "client.key").write_bytes(issued.key)
    user = {"client-certificate": "client.pem", "client-key": "client.key"}
    entry = kubeconfig.read(written(tmp_path, cluster={"certificate-authority": "ca.pem"}, user=user))

    assert {"server", "certificate-authority-data"} == set(entry.cluster)
    assert {"client-certificate-data", "client-key-data"} == set(entry.user)
    assert issued.authority == base64.b64decode(entry.cluster["certificate-authority-data"])
    assert entry.tls().get_ca_certs()
    assert ("https://127.0.0.1:6443", "127.0.0.1", "") == (entry.server, entry.host, entry.token)


def test_a_token_file_is_newer_than_the_token_beside_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fresh\n")

    assert "fresh" == kubeconfig.read(written(tmp_path, cluster={}, user={"tokenFile": "token", "token": "old"})).token


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({}, {"exec": {"command": "aws"}}, "has exec"),
        ({"proxy-url": "http://proxy:3128"}, {"token": "x"}, "proxy-url"),
        ({"server": "hub:6443"}, {"token": "x"}, "no http or https server"),
        ({"certificate-authority": "gone.pem"}, {"token": "x"}, "gone.pem cannot be read"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(KubeconfigError, match=words):
        kubeconfig.read(written(tmp_path, cluster=cluster, user=user))


def test_a_context_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="known: one"):
        kubeconfig.read(written(tmp_path, cluster={}, user={}), "two")


class Definitions(Client):
    """A server that takes definitions; whether it establishes them is `serves`."""

    def __init__(self, *, serves: bool) -> None:
        self.serves = serves
        self.there: dict[str, Obj] = {}

    async def get(self, resource: Resource, namespace: str, name: str) -> Obj:
        if name not in self.there:
            raise Refusal(404, "NotFound", "not found")
        established = {"type": "Established", "status": "True" if self.serves else "False"}
        return {**self.there[name], "status": {"conditions": [established]}}

    async def create(self, resource: Resource, obj: Obj) -> Obj:
        self.there[obj["metadata"]["name"]] = obj
        return obj

    async def list(self, resource: Resource, namespace: str = "") -> tuple[list[Obj], str]:
        return [], "1"


async def test_definitions_that_are_missing_are_made_without_a_status() -> None:
    server = Definitions(serves=True)
    first, *others = crds.shipped()
    server.there[crds.name_of(first)] = theirs = {"metadata": {"name": crds.name_of(first)}}

    assert [crds.name_of(each) for each in others] == await crds.define(server, crds.shipped())
    assert theirs is server.there[crds.name_of(first)]
    assert not [each for each in server.there.values() if "status" in each]


async def test_definitions_that_are_never_served_are_a_sentence() -> None:
    with pytest.raises(Answered, match=r"does not serve albconfigs\.alibabacloud\.com, .* 0 s after"):
        await crds.define(Definitions(serves=False), crds.shipped(), patience=0)


def test_a_definition_that_is_there_has_to_serve_what_is_needed() -> None:
    wanted = next(each for each in crds.shipped() if each["spec"]["names"]["kind"] == "AlbConfig")
    plain = json.loads(json.dumps(wanted))
    plain["spec"]["versions"][0].pop("subresources")
    plain["spec"]["scope"] = "Namespaced"
    old = {"spec": {"versions": [{"name": "v1alpha1", "served": True}]}}

    assert [] == list(crds.unfit(wanted, wanted))
    assert 2 == len(list(crds.unfit(plain, wanted)))
    assert ["CRD albconfigs.alibabacloud.com is there and does not serve version v1"] == list(crds.unfit(old, wanted))


def test_heartbeats_of_many_members_come_less_often() -> None:
    assert (20.0, 5.0, 50.0) == (renewal(1, 2), renewal(50, 2), renewal(50, 1000))


@pytest.mark.parametrize(("said", "asked"), [({"Retry-After": "1"}, 2), ({}, 1)])
async def test_a_busy_server_is_asked_again_when_it_says(said: dict[str, str], asked: int) -> None:
    times: list[float] = []

    async def answer(request: web.Request) -> web.Response:
        times.append(time.monotonic())
        if len(times) == 1:
            return web.json_response({"reason": "TooManyRequests"}, status=429, headers=said)
        return web.json_response({"items": [{"metadata": {"name": "a"}}], "metadata": {}})

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            client = Client(session, f"http://127.0.0.1:{runner.addresses[0][1]}", "", agent="test")
            if said:
                ((item,), _) = await client.list(LEASES)

                assert ("coordination.k8s.io/v1", "Lease") == (item["apiVersion"], item["kind"])
            else:
                with pytest.raises(Refusal):
                    await client.list(LEASES)
    finally:
        await runner.cleanup()

    assert asked == len(times)
    assert not said or times[1] - times[0] >= 1.0
