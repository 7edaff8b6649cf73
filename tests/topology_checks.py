"""Every rule of a set-up is broken by a topology or a ground that breaks nothing else, and says numbers and fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import jsonschema
import pytest

from console.decide.setup.checks import CONFIRMED, RULES, checks, is_confirmed, reds, unconfirmed
from console.decide.setup.task import Check, Stage, Task, Verdict
from console.model.ground import (
    Admission,
    Attached,
    Balancer,
    FleetHub,
    Ground,
    Key,
    NextHop,
    SecurityGroup,
    Site,
    Subnet,
    Vpc,
)
from console.present.setup_checks import checks_document, unchecked_document
from tests.present_documents import schema
from tests.topologies import ACCOUNT, ACK, GROUND, HUB, IDC, account, applicationset, hub, hybrid, secret

Changes = tuple[tuple[str, str], ...]
_IDS = (f"  id: {ACK}\n", "")
_CLUSTERS, _SUBNETS = ACCOUNT.clusters or (), ACCOUNT.subnets or ()
_ACK, _IDC = _CLUSTERS
_NEW_ACK = account(clusters=(_IDC,))
WARN, UNCHECKED = Verdict.WARN, Verdict.UNCHECKED


def subnets(identifier: str, **values: object) -> Ground:
    return account(
        subnets=tuple(replace(one, **values) if one.id == identifier else one for one in _SUBNETS)  # type: ignore[arg-type]
    )


def admitting(*rules: Admission) -> Ground:
    return account(groups=(SecurityGroup("sg-1", "vpc-1", rules=rules),))


@dataclass(frozen=True)
class Broken:
    """A rule, what breaks it, and words of what it then says; `verdict` is the worst that it has."""

    rule: str
    changes: Changes
    ground: Ground
    measured: str
    needed: str
    fix: str
    verdict: Verdict = Verdict.RED

    def says(self, check: Check) -> bool:
        return self.measured in check.measured and self.needed in check.needed and self.fix in check.fix


_FLANNEL = ("  pod_vswitches:\n  - pods-j\n  cidrs:\n", "  cidrs:\n    pods:\n    - 10.32.0.0/12\n")
_ALL = Admission("ALL", "-1/-1", "10.0.0.0/8")
_NO_HEALTH = ("  weights:\n", "  health_check:\n    enabled: false\n  weights:\n")
_UNDERLAY = ("  network: overlay\n", "  network: underlay\n")

_OURS = {"metadata": {"labels": {"fleet-console/topology": "demo"}}}

_RUNS = replace(_ACK, nodes=2, version="1.30.1-aliyun.1")
_NODES = ("  network: underlay\n", "  network: underlay\n  nodes: {count: 5, instance_types: [ecs.g7.xlarge]}\n")
_FIXED = "cannot be changed"

_TYPO = ("cluster_name}}'", "nope}}'")
_NO_SECRET = replace(GROUND, hub=replace(HUB, objects=dict(list(HUB.objects.items())[1:])))

TABLE: tuple[Broken, ...] = (
    Broken("node-pool", (_IDS,), _NEW_ACK, "ack-prod is made without nodes", "a node pool", "Say nodes", WARN),
    Broken("applicationset-template", (_TYPO,), _NO_SECRET, "nothing gives it nope: its association gives cluster_id",
           "annotations cluster_id, nope", "Correct the name"),
    Broken("as-it-stands", (_NODES,), account(clusters=(_RUNS, _IDC)), "ack-prod has 2 nodes; the file says 5",
           "as it stands", "Scale its node pool", WARN),
    Broken("as-it-stands", (("  network: underlay\n", "  network: underlay\n  version: '1.31'\n"),),
           account(clusters=(_RUNS, _IDC)), "runs 1.30.1-aliyun.1; the file says 1.31", "as it stands", "Upgrade",
           WARN),
    Broken("as-it-stands", (("172.19.0.0/20", "172.29.0.0/20"),), GROUND,
           "cluster ack-prod services: 172.19.0.0/20 stands; the file says 172.29.0.0/20", _FIXED, "Say 172.19.0.0/20"),
    Broken("as-it-stands", (_FLANNEL,), GROUND, "vSwitches vsw-pods stands; the file says 10.32.0.0/12", _FIXED, "Say"),
    Broken("as-it-stands", (("  pod_vswitches:\n  - pods-j\n", "  pod_vswitches:\n  - gateway-j\n"),), GROUND,
           "vSwitches vsw-pods stands; the file says vsw-gw-j", _FIXED, "make it anew"),
    Broken("as-it-stands", (_FLANNEL,), account(clusters=(replace(_ACK, pod_vswitches=(), pods="172.24.0.0/14"), _IDC)),
           "pods: 172.24.0.0/14 stands; the file says 10.32.0.0/12", _FIXED, "Say 172.24.0.0/14"),
    Broken("as-it-stands", (("  id: vsw-gw-k\n", "  id: vsw-gw-k\n  cidr: 10.0.202.0/24\n"),), GROUND,
           "vSwitch gateway-k: 10.0.201.0/24 stands; the file says 10.0.202.0/24", _FIXED, "Say 10.0.201.0/24"),
    Broken("as-it-stands", (), replace(GROUND, sites={"idc-prod": Site(nodes=("192.168.0.5", "10.9.0.1"))}),
           "idc-prod: 1 of 2 nodes are outside 192.168.0.0/20: 10.9.0.1", "ranges that hold all nodes", "Write ranges"),
    Broken("as-it-stands", (), replace(GROUND, sites={"idc-prod": Site(pods=("172.30.0.0/24", "172.20.1.0/24"))}),
           "1 of 2 pods are outside 172.20.0.0/16: 172.30.0.0/24", "ranges that hold all pods", "172.30.0.0/24"),
    Broken("left-behind", (), hub((Key("networking.k8s.io", "Ingress", "shop", "old"), _OURS)),
           "Ingress shop/old was made by this topology's set-up, and the file no longer names it; it still takes",
           "the file names all", "kubectl delete ingress old -n shop", WARN),
    Broken("left-behind", (), account(clusters=(*_CLUSTERS, replace(_ACK, id="c9", name="ack-old", vpc="",
           tags=(("fleet-console/topology", "demo"),)))), "cluster ack-old (c9)", "names all", "ACK console", WARN),
    Broken("region", (), account(regions=("cn-beijing",)), "not among 1 regions", "cn-hangzhou", "cn-beijing"),
    Broken("region", (), account(clusters=(replace(_ACK, region="cn-beijing"), _IDC)), "is in cn-beijing",
           "in cn-hangzhou", "Set region"),
    Broken("resource-found", (("id: vsw-nodes", "id: vsw-other"),), account(),
           "not among 4", "vSwitch vsw-other", "Correct the id"),
    Broken("resource-found", (), account(clusters=(replace(_ACK, kind="registered"), _IDC)), "of kind registered",
           "kind ack", "Set kind: registered"),
    Broken("resource-found", (), account(clusters=(replace(_ACK, state="failed"), _IDC)), "is failed",
           "can become running", "Repair or delete"),
    Broken("name-taken", (_IDS,), GROUND, f"{ACK} has the name",
           "no other cluster called ack-prod", f"adopt it: id: {ACK}"),
    Broken("name-taken", (), account(balancers=(Balancer("alb-9", "gateway-demo"),)), "alb-9 has the name",
           "no other ALB", "another name"),
    Broken("name-taken", (), replace(account(balancers=(Balancer("alb-9", "gateway-demo"),)), hub=None),
           "not read from this host yet", "no other ALB", "kubectl get albconfig gateway-demo", Verdict.UNCHECKED),
    Broken("name-taken", (), hub((Key("networking.k8s.io", "IngressClass", "", "alb"), {
        "spec": {"controller": "ingress.k8s.alibabacloud/alb", "parameters": {"name": "other"}}})),
           "points to other", "AlbConfig gateway-demo", "another gateway.ingress_class"),
    Broken("same-vpc", (), account(clusters=(_ACK, replace(_IDC, vpc="vpc-2"))), "idc-prod stands in vpc-2", "vpc-1",
           "Set vpc.id: vpc-2"),
    Broken("same-vpc", (), subnets("vsw-gw-k", vpc="vpc-2"), "gw-k stands in vpc-2", "vpc-1", "name a vSwitch"),
    Broken("different-zones", (("  zone: cn-hangzhou-k", "  zone: cn-hangzhou-j"),), GROUND,
           "2 members in 1 zone, cn-hangzhou-j", "2 zones or more", "another zone"),
    Broken("cidr-overlap", (("172.20.0.0/16", "10.32.0.0/12"),), GROUND,
           "idc-prod pods 10.32.0.0/12 overlaps VPC CIDR 10.0.0.0/8 at 10.32.0.0-10.47.255.255 (10.32.0.0/12)",
           "0 addresses", "outside 10.0.0.0/8"),
    Broken("cidr-overlap", (), account(vpcs=(Vpc("vpc-1", cidr="10.0.0.0/8", secondary=("192.168.0.0/16",)),)),
           "192.168.0.0-192.168.15.255", "0 addresses", "outside 192.168.0.0/16"),
    Broken("cidr-overlap", (_IDS, _FLANNEL), _NEW_ACK,
           "ack-prod pods 10.32.0.0/12 overlaps VPC", "0 addresses", "outside 10.0.0.0/8"),
    Broken("service-cidr", (_IDS, ("services: 172.19.0.0/20", "services: 10.96.0.0/20")), _NEW_ACK,
           "10.96.0.0-10.96.15.255 (10.96.0.0/20)", "0 addresses", "outside 10.0.0.0/8"),
    Broken("service-cidr", (("services: 172.21.0.0/20", "services: 172.20.4.0/22"),), GROUND,
           "172.20.4.0-172.20.7.255", "0 addresses", "outside 172.20.0.0/16"),
    Broken("cidr-range", (_IDS, ("services: 172.19.0.0/20", "services: 172.19.0.0/25")), _NEW_ACK,
           "mask of /25", "/16 to /24", "/16 to /24"),
    Broken("cidr-range", (_IDS,), replace(subnets("vsw-pods", cidr="10.0.64.0/26"), account=replace(
        subnets("vsw-pods", cidr="10.0.64.0/26").account, clusters=(_IDC,))),
           "pods-j 10.0.64.0/26 has a mask of /26", "/19 to /25", "/19 to /25"),
    Broken("cidr-range", (("  id: vsw-gw-k\n", "  zone: cn-hangzhou-k\n  cidr: 11.0.0.0/24\n"),), GROUND,
           "11.0.0.0/24 is outside the VPC", "within 10.0.0.0/8", "within 10.0.0.0/8"),
    Broken("cidr-range", (_IDS, (_FLANNEL[0], _FLANNEL[1].replace("10.32.0.0/12", "100.64.0.0/16"))), _NEW_ACK,
           "100.64.0.0/16", "within 10.0.0.0/8, 172.16.0.0/12", "private range"),
    Broken("one-fleet", (), account(fleets=(*(ACCOUNT.fleets or ()), FleetHub(
        "fleet-2", "other", "running", attached=(Attached(ACK, "Successed"),)))),
           "ack-prod is a member of fleet-2", "no Fleet but fleet-1", "Detach it"),
    Broken("data-centre-api", (), replace(account(clusters=(_ACK, replace(_IDC, state="waiting"))), sites={
        "idc-prod": Site("connection refused by 192.168.0.5:6443")}),
           "connection refused", "an API that answers", "Correct context"),
    Broken("node-routes", (), account(hops=(NextHop("vpc-1", "vtb-1", "0.0.0.0/0", "RouterInterface"),)),
           "0 of 1 routes lead to 192.168.0.0/20", "route of vpc-1 to 192.168.0.0/20", "Add a route"),
    Broken("underlay-routes", (_UNDERLAY,), GROUND, "0 of 1 routes lead to 172.20.0.0/16",
           "route of vpc-1 to 172.20.0.0/16", "network: overlay"),
    Broken("security-group", (), admitting(_ALL, Admission("TCP", "80/80", "10.0.201.0/24", "Drop", 1)),
           "sg-1 (2 rules) drops 10.0.201.0/24 at priority 1", "all ports from 10.0.201.0/24", "Take away the rule"),
    Broken("permissions", (), hub(allowed={"create networking.k8s.io/ingresses": False, "get /namespaces": True}),
           "1 of 2 not allowed: create networking.k8s.io/ingresses", "every verb", "GrantUserPermission"),
    Broken("quotas", (("  host: demo.example.com\n", f"  paths: [{', '.join(f'/{n}' for n in range(201))}]\n"),),
           GROUND, "201 forwarding rules", "at most 200", "fewer paths"),
    Broken("overlay-nodeport", (("  namespace: gateway-demo\n", "  namespace: gateway-demo\n  service: ClusterIP\n"),),
           GROUND, "ClusterIP in idc-prod", "NodePort in 1 overlay", "service: by-network"),
    Broken("overlay-nodeport", (("  network: overlay\n", "  network: overlay\n  label: ack\n"),),
           hub(secret(IDC, "idc-prod", cluster="ack")), "label cluster=ack is of members with 2 networks",
           "1 network for each label", "members.label"),
    Broken("applicationset-template", (), hub((Key("", "Secret", "argocd", f"idc-prod-{IDC}"), {
        "metadata": {"name": f"idc-prod-{IDC}", "labels": {"cluster": "idc"}, "annotations": {"cluster_id": IDC}}})),
           "1 of 2 missing: cluster_name", "annotations cluster_id, cluster_name", "annotate the Secret"),
    Broken("applicationset-labels", (), hub(secret(IDC, "idc-prod", cluster="onprem"),
                                            applicationset("shop", {"matchLabels": {"cluster": "onprem"}})),
           "ApplicationSet shop would drop 1 Application", "0 Applications dropped", "Keep the labels"),
    Broken("alb-zones", (("  - gateway-j\n  - gateway-k\n", "  - gateway-j\n"),), GROUND, "1 zones (cn-hangzhou-j)",
           "2 to 10 zones", "two zones or more"),
    Broken("alb-zones", (("  - gateway-k\n", "  - gateway-k\n  - nodes-j\n"),), account(groups=(
        SecurityGroup("sg-1", "vpc-1", rules=(_ALL,)),)), "2 vSwitches in cn-hangzhou-j", "1 vSwitch in each",
           "Keep one"),
    Broken("alb-zones", (), account(alb_zones=("cn-hangzhou-h", "cn-hangzhou-j")), "cn-hangzhou-k has no ALB",
           "zones with ALB", "cn-hangzhou-h"),
    Broken("alb-addresses", (), subnets("vsw-gw-k", free=7), "gateway-k has 7 free addresses", "8 free addresses",
           "another vSwitch"),
    Broken("health-checks", (_NO_HEALTH,), GROUND, "off: gateway-demo/web-demo has no failover",
           "the controller's default is off", "enabled: true"),
    Broken("applicationset-deletion", (("  preserve_resources_on_deletion: true\n", ""),), GROUND,
           "deletes the workload of up to 2 members", "true, or known", "Set it true", WARN),
    Broken("member-zones", (), replace(subnets("vsw-gw-j", zone="cn-hangzhou-h")), "ack-prod is in cn-hangzhou-j",
           "a zone in common", "crosses zones", WARN),
    Broken("gateway-events", (), hub(gateway_events=("Ingress shop/x: FailedBuildModel no service",)),
           "1 warnings, newest: Ingress shop/x", "0 warnings", "Repair", WARN),
    Broken("api-reachable", (), hub((Key("cluster.open-cluster-management.io", "ManagedCluster", "", IDC), {})),
           "not Available", "reach each other", "curl -k", UNCHECKED),
    Broken("leased-line", (), GROUND, "no API", "between idc-prod and vpc-1", "Express Connect", UNCHECKED),
    Broken("cen", (), GROUND, "no API", "vpc-1 and the VBR", "CEN console", UNCHECKED),
    Broken("data-centre-routes", (), GROUND, "no API", "10.0.200.0/24, 10.0.201.0/24", "ip route get", UNCHECKED),
    Broken("data-centre-firewall", (), GROUND, "no API", "10.0.200.0/24, 10.0.201.0/24", "iptables", UNCHECKED),
    Broken("ram-writes", (), GROUND, "no API", "permission", "adcp:CreateHubCluster", UNCHECKED),
)  # fmt: skip
_NATURAL = {"leased-line", "cen", "data-centre-routes", "data-centre-firewall", "ram-writes", "quotas"}
"""What no API shows is unchecked, whatever the ground."""


def worse(found: Sequence[Check], verdict: Verdict) -> set[str]:
    return {one.rule for one in found if one.verdict is verdict}


def test_a_sound_topology_on_sound_ground_has_nothing_red_and_nothing_to_warn_of() -> None:
    found = checks(hybrid(), GROUND)

    assert () == reds(found)
    assert set() == worse(found, WARN)
    assert _NATURAL == worse(found, UNCHECKED)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case.rule}-{case.measured[:24]}")
def test_a_broken_rule_is_told_by_name_with_numbers_and_fix_and_is_the_only_one(case: Broken) -> None:
    found = checks(hybrid(*case.changes), case.ground)

    mine = [one for one in found if one.rule == case.rule and one.verdict is case.verdict]
    assert ({case.rule} if case.verdict is Verdict.RED else set()) == worse(found, Verdict.RED)
    assert case.verdict is not WARN or {case.rule} == worse(found, WARN)
    assert any(case.measured in one.measured and case.needed in one.needed and case.fix in one.fix for one in mine), (
        mine
    )
    assert all(one.source and one.about for one in mine)


def test_the_table_breaks_every_rule_at_its_level() -> None:
    assert {rule.name: rule.level for rule in RULES} == {case.rule: case.verdict for case in TABLE}


def test_names_of_rules_are_their_own() -> None:
    assert {1} == set(Counter(rule.name for rule in RULES).values())


def test_what_was_not_read_is_unchecked_with_the_reason_and_never_red() -> None:
    why = "Forbidden.RAM: the key may not call it"
    parts = (
        "regions",
        "alb_zones",
        "vpcs",
        "subnets",
        "fleets",
        "clusters",
        "hops",
        "groups",
        "balancers",
        "sites",
        "hub",
    )
    found = checks(hybrid(), Ground(unread=dict.fromkeys(parts, why)))

    assert () == reds(found)
    read = {one.rule for one in found if one.verdict is UNCHECKED and why in one.measured}
    assert {"region", "resource-found", "alb-zones", "alb-addresses", "node-routes", "permissions"} <= read
    assert all(one.fix for one in unconfirmed(found))


def test_a_vpc_that_is_not_there_is_told_once_and_not_by_each_of_its_vswitches() -> None:
    found = checks(hybrid(("id: vpc-1", "id: vpc-9")), account(subnets=(), clusters=(), fleets=()))

    assert {"vpc.id"} == {one.about for one in reds(found) if one.rule == "resource-found" and "vpc" in one.about}
    assert not [one for one in reds(found) if one.about.startswith("vswitches")]
    elsewhere = checks(hybrid(("id: vsw-nodes", "id: vsw-other")), GROUND)
    assert ["not among 4 in vpc-1"] == [one.measured for one in reds(elsewhere)]


def test_a_fix_of_an_overlap_can_be_followed() -> None:
    found = checks(hybrid(_IDS, _FLANNEL, ("172.20.0.0/16", "0.0.0.0/0")), _NEW_ACK)

    fixes = {one.fix for one in reds(found) if one.rule in ("cidr-overlap", "service-cidr")}
    assert "Correct idc-prod pods: outside 0.0.0.0/0 there is no private range." in fixes
    assert not any("outside 0.0.0.0/0." in one for one in fixes)


def test_a_persons_word_is_recorded_as_a_word_and_makes_no_red_green() -> None:
    said = hybrid(("routes:\n", "confirmed: [leased-line, cen, node-routes]\nroutes:\n"))

    found = checks(said, account(hops=(NextHop("vpc-1", "vtb-1", "10.0.0.0/8", "local"),)))

    words = {one.rule for one in found if is_confirmed(one)}
    assert {"leased-line", "cen"} == words
    assert {"node-routes"} == worse(found, Verdict.RED)
    line = next(one for one in found if one.rule == "leased-line")
    assert (UNCHECKED, f"{CONFIRMED}; no API that we use shows it", "") == (line.verdict, line.measured, line.fix)
    assert not {"leased-line", "cen"} & {one.rule for one in unconfirmed(found)}


def test_a_security_group_that_a_step_repairs_is_told_and_not_red() -> None:
    found = checks(hybrid(), admitting(Admission("ALL", "-1/-1", "10.0.200.0/24")))

    told = [one for one in found if one.rule == "security-group" and one.verdict is WARN]
    assert ["sg-1 (1 rules) shuts out 10.0.201.0/24"] == [one.measured for one in told]
    assert "A step will write 1 rule" in told[0].fix
    assert () == reds(found)


def test_what_will_be_made_is_not_missing() -> None:
    new = hybrid(
        _IDS, (f"  id: {IDC}\n", "  vswitches: [gateway-k]\n"), ("  id: fleet-1\n", "  vswitches: [nodes-j]\n"),
        ("  id: vsw-gw-k\n", "  zone: cn-hangzhou-k\n  cidr: 10.0.201.0/24\n"),
    )  # fmt: skip
    empty = replace(ACCOUNT, fleets=(), clusters=(), groups=(), subnets=_SUBNETS[:3])

    found = checks(new, Ground(empty, sites=GROUND.sites))

    assert () == reds(found)
    made = next(one for one in found if one.rule == "quotas")
    assert "room for 1 vSwitches, 1 Fleet, 1 ACK clusters, 1 registered clusters, 1 ALB" == made.needed


def test_a_gateway_that_is_there_has_its_addresses_already() -> None:
    ground = subnets("vsw-gw-k", free=3)
    there = Key("alibabacloud.com", "AlbConfig", "", "gateway-demo")

    found = checks(hybrid(), replace(ground, hub=replace(HUB, objects={**HUB.objects, there: {}})))

    assert () == reds(found)
    assert {"alb-addresses"} == worse(found, WARN)


@pytest.mark.parametrize(
    "thing",
    [
        {"metadata": None},
        {"metadata": {"labels": [], "annotations": 3}},
        {"spec": {"generators": [None, {"clusters": 1}], "parameters": 1}},
    ],
)
def test_objects_of_any_shape_are_looked_at_without_harm(thing: dict[str, object]) -> None:
    kinds = (
        ("", "Secret", "argocd", f"x-{ACK}"), ("argoproj.io", "ApplicationSet", "argocd", "x"),
        ("networking.k8s.io", "IngressClass", "", "alb"), ("networking.k8s.io", "Ingress", "gateway-demo", "web-demo"),
        ("cluster.open-cluster-management.io", "ManagedCluster", "", ACK),
    )  # fmt: skip
    for kind in kinds:
        checks(hybrid(_NO_HEALTH), hub((Key(*kind), thing)))


def test_hostile_texts_of_the_account_are_inert_in_checks() -> None:
    bad = "\x1b[2J\u202e"
    ground = account(
        clusters=(replace(_ACK, vpc=bad, kind=bad, region=bad), replace(_IDC, name=bad, vpc=bad, fleet=bad)),
        subnets=(Subnet(f"vsw-{bad}", "vpc-1", bad, "10.0.16.0/20", bad), *_SUBNETS),
    )  # fmt: skip

    for one in checks(hybrid(), ground):
        words = f"{one.about}{one.source}{one.measured}{one.needed}{one.fix}"
        assert "\x1b" not in words and "\u202e" not in words


def test_checks_are_a_document_of_the_contract() -> None:
    said = hybrid(("routes:\n", "confirmed: [leased-line]\nroutes:\n"))
    found = checks(said, GROUND)

    document: dict[str, Any] = {
        "schema": "fleet-console/topology/v1",
        "checks": checks_document(found),
        "steps": [],
        "unchecked": unchecked_document(found),
        "drift": [],
    }
    jsonschema.validate(document, schema("topology"))
    assert ["leased-line"] == [one["rule"] for one in document["checks"] if one["confirmed"]]
    assert _NATURAL - {"leased-line"} == {one["rule"] for one in document["unchecked"]}


def test_the_contract_has_every_verdict_and_stage() -> None:
    said = schema("topology")["$defs"]

    assert list(Stage) == said["stage"]["enum"]
    assert set(Verdict) == set(said["check"]["properties"]["verdict"]["enum"])
    assert {one.name for one in fields(Task)} == set(said["step"]["properties"])


def test_a_vpc_that_shows_no_route_at_all_was_not_read() -> None:
    found = checks(hybrid(), account(hops=()))

    assert ["no route of vpc-1 was shown"] == [one.measured for one in found if one.rule == "node-routes"]
    assert () == reds(found)
