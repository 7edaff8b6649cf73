"""The rules of a set-up by name, and all of them asked of a topology and its ground. Pure; nothing is written on red.

What cannot be read, or what no API shows, is `unchecked` with how to check it by hand. Where a person said that a rule
holds (`Topology.confirmed`), such a check stays `unchecked`, its `measured` begins with `CONFIRMED` and its `fix` is
empty: recorded as a word, never as a measurement. A word does not turn red into anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from console.decide.setup import checks_of_account as account
from console.decide.setup import checks_of_applications as applications
from console.decide.setup import checks_of_gateway as gateway
from console.decide.setup import checks_of_members as members
from console.decide.setup import checks_of_ranges as ranges
from console.decide.setup import checks_of_standing as standing
from console.decide.setup import checks_of_words as words
from console.decide.setup import left_behind
from console.decide.setup.finding import Finding
from console.decide.setup.found import Found
from console.decide.setup.task import Check, Stage, Verdict
from console.model.ground import Ground
from console.model.text import inert
from console.model.topology import Topology

CONFIRMED = "confirmed by a person"
_LONGEST = 800


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `says`: what it wants, one sentence; `source`: where that is written; `level`: the worst that it says;
    `stage`: the wizard's step that it belongs to."""

    name: str
    stage: Stage
    level: Verdict
    says: str
    source: str
    look: Callable[[Found], Iterable[Finding]]


RED, WARN, UNCHECKED = Verdict.RED, Verdict.WARN, Verdict.UNCHECKED
NETWORK, LINK = Stage.NETWORK, Stage.LINK

RULES: tuple[Rule, ...] = (
    Rule("region", NETWORK, RED, "The region has ACK One and ALB, and what exists already is in it.",
         "domain.md 6, rows 9 and 18", account.region),
    Rule("resource-found", NETWORK, RED, "What is named by id is there, of its kind, and alive.",
         "domain.md 5", account.resource_found),
    Rule("name-taken", NETWORK, RED, "What will be made takes a name that is free, or that is ours already.",
         "domain.md 5.1: CreateHubCluster has no ClientToken", account.name_taken),
    Rule("same-vpc", NETWORK, RED, "Fleet, members, vSwitches and gateway share one VPC.",
         "domain.md 6, rows 1, 10 and 17", account.same_vpc),
    Rule("different-zones", NETWORK, RED, "Members that stand in for each other stand in different zones.",
         "domain.md 6, row 2", ranges.different_zones),
    Rule("cidr-overlap", NETWORK, RED, "Nodes and pods of no two clusters overlap, nor a data centre's the VPC.",
         "domain.md 6, rows 3, 4 and 6", ranges.cidr_overlap),
    Rule("service-cidr", NETWORK, RED, "Service ranges overlap neither the VPC nor nodes and pods.",
         "domain.md 6, rows 4 and 5", ranges.service_cidr),
    Rule("cidr-range", NETWORK, RED, "Ranges and masks are those that the services take.",
         "domain.md 6, row 7", ranges.cidr_range),
    Rule("as-it-stands", NETWORK, RED, "What stands and cannot be changed is as the file says.",
         "domain.md 6, row 4", standing.as_it_stands),
    Rule("node-pool", Stage.ACK, WARN, "A new ACK cluster has nodes for what is to run on it.",
         "domain.md 5.2: CreateCluster", members.node_pool),
    Rule("one-fleet", Stage.ASSOCIATE, RED, "A cluster is a member of one Fleet at most.",
         "domain.md 6, row 9", members.one_fleet),
    Rule("data-centre-api", Stage.REGISTERED, RED, "The data centre's own API answers, where its context is named.",
         "domain.md 5.2: DescribeExternalAgent", members.data_centre_api),
    Rule("api-reachable", LINK, UNCHECKED, "The Fleet's API server and each member's reach each other.",
         "domain.md 6, row 8", members.api_reachable),
    Rule("leased-line", LINK, UNCHECKED, "A leased line joins each data centre to the VPC.",
         "domain.md 6, row 11", words.leased_line),
    Rule("cen", LINK, UNCHECKED, "CEN, or a peering, joins the leased line to the VPC.",
         "domain.md 6, rows 10 and 11", words.cen),
    Rule("node-routes", LINK, RED, "The VPC has routes to the nodes of each data centre.",
         "domain.md 6, row 12", members.node_routes),
    Rule("underlay-routes", LINK, RED, "The VPC has routes to the pods of each data centre with an underlay.",
         "domain.md 6, row 12", members.underlay_routes),
    Rule("data-centre-routes", LINK, UNCHECKED, "Each data centre has routes back to the gateway's vSwitches.",
         "domain.md 6, row 12", words.back_routes),
    Rule("data-centre-firewall", LINK, UNCHECKED, "Its firewall admits the gateway's vSwitches.",
         "domain.md 6, row 14", words.firewall),
    Rule("security-group", LINK, RED, "Each member's security group admits all ports from the gateway's vSwitches.",
         "domain.md 6, row 13", members.security_group),
    Rule("permissions", Stage.FLEET, RED, "We may write on the Fleet what the set-up writes there.",
         "access review (SelfSubjectAccessReview)", words.permissions),
    Rule("ram-writes", Stage.FLEET, UNCHECKED, "The cloud key may make what will be made.",
         "issue of the set-up: no API shows it", words.ram_writes),
    Rule("quotas", Stage.FLEET, RED, "Quotas have room for what will be made.",
         "domain.md 5.4", gateway.quotas),
    Rule("overlay-nodeport", Stage.APPLICATIONS, RED, "Services are NodePorts where a member's network is an overlay.",
         "domain.md 6, row 12; seed.txt, step 3", applications.overlay_nodeport),
    Rule("applicationset-template", Stage.APPLICATIONS, RED, "ArgoCD's clusters have the annotations of templates.",
         "domain.md 3.2; seed.txt: missingkey=error", applications.template),
    Rule("applicationset-labels", Stage.APPLICATIONS, RED, "No edit of labels or generators drops an Application.",
         "domain.md 4 and 7.3", applications.labels),
    Rule("applicationset-deletion", Stage.APPLICATIONS, WARN, "What goes with an ApplicationSet is known.",
         "domain.md 4: preserveResourcesOnDeletion", applications.deletion),
    Rule("alb-zones", Stage.GATEWAY, RED, "The gateway has two zones or more, with one vSwitch in each.",
         "domain.md 6, row 15", gateway.alb_zones),
    Rule("alb-addresses", Stage.GATEWAY, RED, "Each of its vSwitches has 8 free addresses.",
         "domain.md 6, row 16", gateway.alb_addresses),
    Rule("member-zones", Stage.GATEWAY, WARN, "The gateway stands in the zones of its ACK members.",
         "domain.md 6, row 19", gateway.member_zones),
    Rule("gateway-events", Stage.GATEWAY, WARN, "No broken Ingress keeps the gateway's controller from acting.",
         "domain.md 2", gateway.gateway_events),
    Rule("health-checks", Stage.GATEWAY, RED, "Health checks are on; the controller's own default is off.",
         "domain.md 1.3 and 1.4", gateway.health_checks),
    Rule("left-behind", Stage.FINISH, WARN, "The file names all that its set-up made.",
         "issue of the set-up: what is no longer named is not gone", left_behind.check),
)  # fmt: skip
"""In the order of the wizard's steps, and within one as things depend on one another."""


def checks(topology: Topology, ground: Ground) -> tuple[Check, ...]:
    """Every rule's word."""
    found = Found(topology, ground)
    return tuple(_check(rule, one, topology.confirmed) for rule in RULES for one in rule.look(found))


def _check(rule: Rule, said: Finding, confirmed: tuple[str, ...]) -> Check:
    measured, fix = inert(said.measured, _LONGEST), inert(said.fix, _LONGEST)
    if said.verdict is UNCHECKED and rule.name in confirmed:
        measured, fix = f"{CONFIRMED}; {measured}", ""
    source, needed = inert(said.source), inert(said.needed, _LONGEST)
    return Check(rule.name, said.verdict, rule.stage, inert(said.about), source, measured, needed, fix)


def is_confirmed(check: Check) -> bool:
    """Whether a person's word stands in for a measurement."""
    return check.verdict is UNCHECKED and check.measured.startswith(CONFIRMED)


def reds(found: Iterable[Check]) -> tuple[Check, ...]:
    """Those that keep the set-up from writing anything."""
    return tuple(one for one in found if one.verdict is RED)


def unconfirmed(found: Iterable[Check]) -> tuple[Check, ...]:
    """Those that nothing shows and for which nobody gave a word."""
    return tuple(one for one in found if one.verdict is UNCHECKED and not is_confirmed(one))
