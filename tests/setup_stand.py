"""A topology to set up, and a small world of values that obeys calls at once or a few looks later: what set-up runs are
tried on where no wire is needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.decide.setup.drift import merged
from console.decide.setup.found import ARGO
from console.decide.setup.manifests import key_of
from console.decide.setup.order import Order, order
from console.decide.setup.plan import plan
from console.decide.setup.task import Agent, Apply, CloudCall, Delete, Kubeconfig, Requests, Task
from console.decide.setup.teardown import teardown
from console.model.ground import (
    Account,
    Admission,
    Attached,
    Balancer,
    FleetHub,
    Ground,
    HubGround,
    Key,
    MemberCluster,
    SecurityGroup,
    Share,
    Site,
    Subnet,
    Tags,
    Vpc,
)
from console.model.run import RunReport, RunState
from console.model.topology import (
    SCHEMA,
    ApplicationPart,
    CidrsPart,
    FleetPart,
    GatewayPart,
    ListenerPart,
    MemberPart,
    NodesPart,
    RoutePart,
    Topology,
    VpcPart,
    VSwitchPart,
)
from console.run.journal import Journal
from console.run.setup.carry import Pace, SetupRun
from console.run.setup.sides import PARTS, NotKnown

_WITH_TOKEN = ("CreateVpc", "CreateVSwitch", "CreateCluster", "AuthorizeSecurityGroup", "RevokeSecurityGroup")
DEMO = "https://github.com/AliyunContainerService/gitops-demo.git"
APPLICATION = ApplicationPart(
    name="appset-web-demo-overlay", application="{{.metadata.annotations.cluster_id}}-web-demo-overlay",
    repository=DEMO, path="manifests/helm/web-demo", namespace="gateway-demo",
    parameters={"envCluster": "{{.metadata.annotations.cluster_name}}"},
)  # fmt: skip


def hybrid(**values: Any) -> Topology:
    """seed.txt's topology: everything new but the VPC."""
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "name": "demo",
        "region": "cn-hangzhou",
        "vpc": VpcPart(id="vpc-1"),
        "vswitches": (
            VSwitchPart(name="gateway-h", zone="cn-hangzhou-h", cidr="10.0.200.0/24"),
            VSwitchPart(name="gateway-k", zone="cn-hangzhou-k", cidr="10.0.201.0/24"),
            VSwitchPart(name="nodes-j", id="vsw-nodes"),
            VSwitchPart(name="pods-j", id="vsw-pods"),
        ),
        "fleet": FleetPart(name="demo-fleet", vswitches=("nodes-j",)),
        "members": (
            MemberPart(
                name="ack-a", kind="ack", zone="zone-a", vswitches=("nodes-j",), pod_vswitches=("pods-j",),
                cidrs=CidrsPart(services="172.19.0.0/20"), network="underlay",
                nodes=NodesPart(count=2, instance_types=("ecs.g7.xlarge",)),
            ),
            MemberPart(
                name="idc-b", kind="registered", zone="zone-b", vswitches=("nodes-j",),
                cidrs=CidrsPart(nodes=("192.168.0.0/20",), pods=("172.20.0.0/16",)), network="overlay", context="idc",
            ),
        ),
        "gateway": GatewayPart(
            name="ackone-gateway-demo", vswitches=("gateway-h", "gateway-k"), listeners=(ListenerPart(port=8001),)
        ),
        "applications": (APPLICATION,),
        "routes": (
            RoutePart(
                name="gateway-demo/web-demo", host="demo.example.com", paths=("/svc1",), service="service1", port=80,
                weights={"ack-a": 60, "idc-b": 40},
            ),
        ),
    }  # fmt: skip
    return Topology(**said | values)


class World:
    """An account with a VPC and two vSwitches, and a data centre; `lag`: looks until a creation is ready. `lose`: tasks
    whose answer is lost though they are carried out."""

    def __init__(self, *, lag: int = 1) -> None:
        self.lag = lag
        self.lose: set[str] = set()
        self.fail: dict[str, Exception] = {}
        """Task -> what the next try of it raises, once."""
        self.refuse: dict[str, Exception] = {}
        """Task -> what every try of it raises, until it is taken out."""
        self.doom: set[str] = set()
        """Tasks that are taken, and whose work in the cloud fails, until they are taken out."""
        self._away = 0
        self.unread: dict[str, str] = {}
        """Part -> why it cannot be read: of the account, then None, or of one thing."""
        self.carried: list[str] = []
        self.vpcs = [Vpc("vpc-1", "prod", "10.0.0.0/8", status="Available")]
        self.subnets = [
            Subnet("vsw-nodes", "vpc-1", "cn-hangzhou-j", "10.0.16.0/20", "nodes", 4000, "Available"),
            Subnet("vsw-pods", "vpc-1", "cn-hangzhou-j", "10.0.64.0/19", "pods", 8000, "Available"),
        ]
        self.fleets: list[FleetHub] = []
        self.clusters: list[MemberCluster] = []
        self.groups: list[SecurityGroup] = []
        self.balancers: list[Balancer] = []
        self.hub: HubGround | None = None
        self._elsewhere: HubGround | None = None
        self.argo = False
        self.site = Site(version="v1.30.4", nodes=("192.168.0.11",), pods=("172.20.0.0/24",))
        self.shares: dict[str, Share] = {}
        self._tokens: dict[str, str] = {}
        self._age: dict[str, int] = {}
        self._number = 0

    # eyes

    def read(self, parts: Collection[str] = PARTS) -> Ground:
        """Everything, a look older than before."""
        self._grow()
        self._away -= bool(self._away)
        if not self._away:
            self.unread = {}
        account = Account(
            ("cn-hangzhou",), ("cn-hangzhou-h", "cn-hangzhou-k"), tuple(self.vpcs), tuple(self.subnets), (),
            tuple(self.groups), tuple(self.fleets), tuple(self.clusters), tuple(self.balancers),
        )  # fmt: skip
        account = replace(account, **dict.fromkeys((one for one in self.unread if hasattr(account, one)), None))
        hub = None if "hub" in self.unread else self.hub
        return Ground(account, hub, {"idc-b": self.site}, dict(self.shares), dict(self.unread))

    def away(self, part: str, why: str, *, looks: int) -> None:
        """A part cannot be read for so many looks."""
        self.unread, self._away = {part: why}, looks + 1

    def forget(self) -> None:
        """The Fleet's kubeconfig was fetched on another host only."""
        self._elsewhere, self.hub = self.hub, None

    # hands

    def carry_out(self, task: Task, token: str) -> str:
        """Do it, unless it is to fail; lose the answer, if it is to be lost."""
        if (error := self.fail.pop(task.id, None)) is not None:
            raise error
        if (error := self.refuse.get(task.id)) is not None:
            raise error
        call = task.call
        if token not in self._tokens or not isinstance(call, CloudCall):
            self.carried.append(task.id)
            self._obey(call)
            if task.id in self.doom:
                self._fail(call)
            if isinstance(call, CloudCall) and call.action in _WITH_TOKEN:
                self._tokens[token] = task.id
        if task.id in self.lose:
            self.lose.discard(task.id)
            raise NotKnown("no answer")
        return "taken"

    def _obey(self, call: Any) -> None:
        match call:
            case CloudCall():
                getattr(self, f"_{call.action}")(call.params)
            case Apply():
                self._apply(dict(call.manifest))
            case Agent():
                self.site = replace(self.site, agent=not call.remove)
            case Kubeconfig():
                fresh = HubGround("uid-1", missing=frozenset() if self.argo else frozenset({"Application"}))
                self.hub = self._elsewhere or fresh
            case Delete():
                self._delete(call.key)
            case Requests():
                self.shares = dict.fromkeys(call.routes, Share((("c", 1),)))

    def _fail(self, call: Any) -> None:
        """What was begun fails in the cloud."""
        words: dict[str, Any] = {
            "error": "OperationFailed: internal error",
            "log": ("Failed to allocate the control plane",),
        }
        match call.action:
            case "CreateHubCluster":
                self.fleets = [replace(one, state="failed", **words) for one in self.fleets]
            case "CreateCluster":
                made = self.clusters[-1]
                self.clusters[-1] = replace(made, state="failed", **words)
            case "AttachClusterToHub":
                *kept, last = self.fleets[0].attached or ()
                self._change_fleet(attached=(*kept, replace(last, state="Failed", message="OperationFailed: no token")))
            case "DeleteHubCluster":
                self.fleets = [replace(one, state="delete_failed", **words) for one in self.fleets]
            case "DeleteCluster":
                self.clusters = [
                    replace(one, state="delete_failed", **words) if one.state == "deleting" else one
                    for one in self.clusters
                ]
            case "UpdateHubClusterFeature":
                self.argo = False
                self._change_fleet(argocd=False)
            case other:
                raise AssertionError(f"no task of the cloud is behind {other}")

    def drop_failed(self) -> None:
        """Somebody takes away by hand what failed."""
        self.fleets = [one for one in self.fleets if one.state != "failed"]
        self.clusters = [one for one in self.clusters if one.state != "failed"]
        if self.fleets:
            self._change_fleet(attached=tuple(one for one in self.fleets[0].attached or () if one.state != "Failed"))

    def _id(self, kind: str) -> str:
        self._number += 1
        return f"{kind}-{self._number}"

    def _CreateVSwitch(self, said: Mapping[str, Any]) -> None:  # noqa: N802 - the actions' own names
        self.subnets.append(
            Subnet(
                self._id("vsw"), said["VpcId"], said["ZoneId"], said["CidrBlock"], said["VSwitchName"], 250,
                "Pending", _tags(said["Tag"]),
            )
        )  # fmt: skip

    def _DeleteVSwitch(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self.subnets = [one for one in self.subnets if one.id != said["VSwitchId"]]

    def _CreateHubCluster(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self.fleets.append(
            FleetHub(
                self._id("fleet"), said["Name"], "initial", vpc=said["VpcId"], argocd=False, attached=(),
                tags=_tags(said["Tag"]),
            )
        )  # fmt: skip

    def _DeleteHubCluster(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self._change_fleet(state="deleting")
        self.hub = None

    def _UpdateHubClusterFeature(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self.argo = True
        self._change_fleet(argocd=True)
        if self.hub is not None:
            self.hub = replace(self.hub, missing=frozenset())

    def _CreateCluster(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        kind = "ack" if said["cluster_type"] == "ManagedKubernetes" else "registered"
        identifier = self._id("c")
        group = f"sg-{identifier}" if kind == "ack" else ""
        if group:
            self.groups.append(SecurityGroup(group, said["vpcid"], rules=()))
        tags = tuple((one["key"], one["value"]) for one in said["tags"])
        self.clusters.append(
            MemberCluster(
                identifier, said["name"], kind, "initial", vpc=said["vpcid"], vswitches=tuple(said["vswitch_ids"]),
                security_group=group, tags=tags,
            )
        )  # fmt: skip

    def _DeleteCluster(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self.clusters = [
            replace(one, state="deleting") if one.id == said["cluster_id"] else one for one in self.clusters
        ]

    def _AuthorizeSecurityGroup(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        [one] = said["Permissions"]
        rule = Admission(
            one["IpProtocol"], one["PortRange"], one["SourceCidrIp"], id=self._id("sgr"), note=one["Description"]
        )
        self.groups = [
            replace(each, rules=(*(each.rules or ()), rule)) if each.id == said["SecurityGroupId"] else each
            for each in self.groups
        ]

    def _RevokeSecurityGroup(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        self.groups = [
            replace(one, rules=tuple(rule for rule in one.rules or () if rule.id not in said["SecurityGroupRuleId"]))
            for one in self.groups
        ]

    def _AttachClusterToHub(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        attached = tuple(Attached(one, "Installing") for one in said["ClusterIds"])
        self._change_fleet(attached=(*(self.fleets[0].attached or ()), *attached))

    def _DetachClusterFromHub(self, said: Mapping[str, Any]) -> None:  # noqa: N802
        kept = tuple(one for one in self.fleets[0].attached or () if one.cluster not in said["ClusterIds"])
        self._change_fleet(attached=kept)

    def _change_fleet(self, **values: Any) -> None:
        self.fleets = [replace(one, **values) for one in self.fleets]

    # the hub

    def _apply(self, manifest: dict[str, Any]) -> None:
        key = key_of(manifest)
        assert "<" not in json.dumps(manifest), f"{key} is applied with an id that nobody knows"
        live: Mapping[str, Any] = self._objects.get(key, {})
        metadata = dict(live.get("metadata", {})) | manifest["metadata"]
        for field in ("labels", "annotations"):
            said = {**live.get("metadata", {}).get(field, {}), **manifest["metadata"].get(field, {})}
            metadata |= {field: said} if said else {}
        self._put(key, {**live, **merged(manifest, live), "metadata": metadata})

    def _put(self, key: Key, thing: Mapping[str, Any]) -> None:
        assert self.hub is not None
        self.hub = replace(self.hub, objects={**self.hub.objects, key: thing})

    @property
    def _objects(self) -> Mapping[Key, Mapping[str, Any]]:
        return self.hub.objects if self.hub is not None else {}

    def _delete(self, key: Key) -> None:
        assert self.hub is not None
        gone = {key}
        if key.kind == "ApplicationSet":
            gone |= {one for one in self._objects if one.kind == "Application"}
        if key.kind == "AlbConfig":
            self.balancers = []
        self.hub = replace(self.hub, objects={k: v for k, v in self._objects.items() if k not in gone})

    def _ripe(self, name: str) -> bool:
        self._age[name] = self._age.get(name, 0) + 1
        return self._age[name] > self.lag

    def _grow(self) -> None:
        """What the cloud, agents and controllers do by themselves between two looks."""
        self.subnets = [replace(one, status="Available") if self._ripe(one.id) else one for one in self.subnets]
        self.fleets = [
            replace(one, state="running") if one.state == "initial" and self._ripe(one.id) else one
            for one in self.fleets
            if not (one.state == "deleting" and self._ripe(f"{one.id} gone"))
        ]
        self.clusters = [
            self._grown(one) for one in self.clusters if not (one.state == "deleting" and self._ripe(f"{one.id} gone"))
        ]
        if self.fleets:
            joined = tuple(
                replace(one, state="Successed") if one.state == "Installing" else one
                for one in self.fleets[0].attached or ()
            )
            self._change_fleet(attached=joined)
        if self.hub is not None:
            self._reconcile()

    def _grown(self, cluster: MemberCluster) -> MemberCluster:
        if cluster.state == "initial" and self._ripe(cluster.id):
            return replace(cluster, state="running" if cluster.kind == "ack" else "waiting")
        if cluster.state == "waiting" and self.site.agent:
            return replace(cluster, state="running")
        return cluster

    def _reconcile(self) -> None:
        names = {one.id: one.name for one in self.clusters}
        for one in self.fleets[0].attached or () if self.fleets else ():
            if one.state != "Successed":
                continue
            conditions = [{"type": name, "status": "True"} for name in _JOINED]
            self._put(
                Key("cluster.open-cluster-management.io", "ManagedCluster", "", one.cluster),
                {"metadata": {"name": one.cluster}, "status": {"conditions": conditions}},
            )
            if self.argo:
                self._secret(one.cluster, names[one.cluster])
        for key, live in list(self._objects.items()):
            if key.kind == "ApplicationSet":
                self._applications(key.name, live)
            elif key.kind == "AlbConfig":
                self._balancer(key, live)
            elif key.kind == "Ingress":
                self._put(key, {**live, "status": {"loadBalancer": {"ingress": [{"hostname": "alb.example"}]}}})

    def _secret(self, cluster: str, name: str) -> None:
        key = Key("", "Secret", ARGO, f"cluster-{cluster}")
        if key not in self._objects:
            annotations = {"cluster_id": cluster, "cluster_name": name}
            labels = {"argocd.argoproj.io/secret-type": "cluster"}
            metadata = {"name": key.name, "namespace": ARGO, "annotations": annotations, "labels": labels}
            self._put(key, {"metadata": metadata})

    def _applications(self, name: str, live: Mapping[str, Any]) -> None:
        template = live["spec"]["template"]["metadata"]["name"]
        for key, secret in list(self._objects.items()):
            if key.kind == "Secret" and "cluster" in secret["metadata"]["labels"]:
                identifier = secret["metadata"]["annotations"]["cluster_id"]
                made = template.replace("{{.metadata.annotations.cluster_id}}", identifier)
                owners = [{"kind": "ApplicationSet", "name": name}]
                status = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
                self._put(
                    Key("argoproj.io", "Application", ARGO, made),
                    {"metadata": {"name": made, "ownerReferences": owners}, "status": status},
                )

    def _balancer(self, key: Key, live: Mapping[str, Any]) -> None:
        routes = sum(1 for one in self._objects if one.kind == "Ingress")
        rules = tuple((f"rule-{number}", "Available") for number in range(routes))
        self.balancers = [Balancer("alb-1", key.name, "Active", "vpc-1", "alb.example", rules)]
        self._put(key, {**live, "status": {"loadBalancer": {"id": "alb-1", "dnsname": "alb.example"}}})


_JOINED = ("ManagedClusterJoined", "ManagedClusterConditionAvailable")


def _tags(said: list[dict[str, str]]) -> Tags:
    return tuple((one["Key"], one["Value"]) for one in said)


class Stand:
    """A journal, a world, and runs of set-ups in it; time passes only by pauses."""

    def __init__(self, directory: Path, world: World | None = None, *, poll: float = 1.0) -> None:
        self._poll = poll
        self.journal = Journal(directory)
        self.journal._db.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug here
        self.world = world or World()
        self._now = 0.0
        self._runs = 0

    def set_up(self, topology: Topology, **values: Any) -> str:
        """Journal the order to set a topology up, as planned now; the run's id."""
        retry = frozenset(values.get("retry", ()))
        return self.begin(order(topology, plan(topology, self.world.read(), retry=retry), **values))

    def take_away(self, topology: Topology, **values: Any) -> str:
        """Journal the order to take it away."""
        also = frozenset(values.get("also", ()))
        return self.begin(order(topology, teardown(topology, self.world.read(), also=also), **values))

    def begin(self, said: Order) -> str:
        """Journal an order."""
        self._runs += 1
        run = f"s{self._runs}"
        name = said.topology.name
        report = RunReport(run, f"setup/{name}", said.kind, RunState.PLANNED, said.hash, started=1.0, target=name)
        self.journal.add(report, said.canonical(), {})
        return run

    def carry_out(self, run: str) -> RunReport:
        """Be its runner until it is over, or dies of what the world or a seam raises; its report."""
        row = self.journal.row(run)
        assert row is not None
        if not self.journal.claim(run, 1, "here"):
            assert self.journal.replan(run, "here")
            assert self.journal.claim(run, 1, "here")
        row = self.journal.row(run)
        assert row is not None
        from console.decide.setup import order as orders

        SetupRun(
            self.journal, row.report, orders.parse(row.plan), self.world, self.world, pace=Pace(self._poll),
            clock=lambda: self._now, pause=self._pass,
        ).carry_out()  # fmt: skip
        row = self.journal.row(run)
        assert row is not None
        return row.report

    def _pass(self, seconds: float) -> None:
        self._now += seconds
