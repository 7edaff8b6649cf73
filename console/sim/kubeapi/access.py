"""Who may do what: roles as tables of rules, denials that faults add while it runs, and the reviews that tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from console.sim.kubeapi.resources import Registry
from console.sim.kubeapi.status import ApiError, Obj, forbidden, qualified

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
ANY = ("*",)


class Role(StrEnum):
    """The roles that tokens get unless a caller adds more."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Rule:
    """A PolicyRule, plus `but_not`: what a `*` does not reach, as `plural.group` (RBAC would list all the rest).

    `namespace`: the only one that it holds in, empty for all and for what is in none. `names`: resourceNames.
    """

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    namespace: str = ""
    names: tuple[str, ...] = ()

    def allows(self, verb: str, group: str, resource: str, namespace: str = "", name: str = "") -> bool:
        """`resource` may carry a subresource: `ingresses/status`; a rule for `ingresses` does not reach it."""
        if not (_in(verb, self.verbs) and _in(group, self.groups)):
            return False
        if (self.namespace and self.namespace != namespace) or (self.names and name not in self.names):
            return False
        plural, _, subresource = resource.partition("/")
        if qualified(plural, group) in self.but_not:
            return False
        return _in(resource, self.resources) or bool(subresource and f"*/{subresource}" in self.resources)


class Need(NamedTuple):
    """A permission without which a request would have been refused; `namespace` and `names` are its rule's."""

    verb: str
    group: str
    resource: str
    namespace: str
    names: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A permission taken away while the server runs; `*` stands for any. It wins over every rule."""

    role: str = "*"
    verb: str = "*"
    group: str = "*"
    resource: str = "*"

    def meets(self, role: str, verb: str, group: str, resource: str) -> bool:
        """Whether it speaks of this request."""
        pairs = ((self.role, role), (self.verb, verb), (self.group, group), (self.resource, resource))
        return all(own in ("*", asked) for own, asked in pairs)


REVIEWS = (
    Rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")),
    Rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
)
_ALL_BUT_SECRETS = Rule(READ, ANY, ANY, but_not=("secrets",))

ROLES: dict[str, tuple[Rule, ...]] = {
    Role.ADMIN: (Rule(ANY, ANY, ANY),),
    Role.OPERATOR: (
        Rule(("create",), ("",), ("namespaces",)),
        Rule(WRITE, ("",), ("configmaps", "events")),
        Rule(WRITE, ("networking.k8s.io",), ("ingresses",)),
        Rule(("patch",), ("argoproj.io",), ("applications",)),
        Rule(WRITE, ("coordination.k8s.io",), ("leases",)),
        Rule(WRITE, ("events.k8s.io",), ("events",)),
        _ALL_BUT_SECRETS,
        *REVIEWS,
    ),
    Role.VIEWER: (_ALL_BUT_SECRETS, *REVIEWS),
}
NON_RESOURCE_URLS = ("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
                     "/version")  # fmt: skip


class Access:
    """Answers every question of permission; `roles` and `denials` may be changed while the server runs."""

    def __init__(self, tokens: Mapping[str, str], roles: Mapping[str, Sequence[Rule]] = ROLES) -> None:
        self.tokens = dict(tokens)
        self.roles = {role: tuple(rules) for role, rules in roles.items()}
        self.denials: list[Denial] = []
        self.needed: dict[str, set[Need]] = {}
        """Role -> what was asked and only one of its rules allowed."""

    def role_of(self, authorization: str) -> str | None:
        """The role behind an Authorization header, None for nobody known."""
        scheme, _, token = authorization.partition(" ")
        return self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None

    def grant(self, role: str, rules: Sequence[Rule], token: str) -> None:
        """Have a token stand for a role of its own."""
        self.roles[role] = tuple(rules)
        self.tokens[token] = role

    def allows(self, role: str, verb: str, group: str, resource: str, namespace: str = "", name: str = "") -> bool:
        """Whether a role may use `verb` on `resource` (`plural` or `plural/subresource`)."""
        if any(denial.meets(role, verb, group, resource) for denial in self.denials):
            return False
        return any(rule.allows(verb, group, resource, namespace, name) for rule in self.roles.get(role, ()))

    def check(self, role: str, verb: str, group: str, resource: str, *, namespace: str, name: str) -> None:
        """Raises `ApiError` 403 in the apiserver's words."""
        if not self.allows(role, verb, group, resource, namespace, name):
            raise refused(role, verb, group, resource, namespace=namespace, name=name)
        rules = [rule for rule in self.roles.get(role, ()) if rule.allows(verb, group, resource, namespace, name)]
        if len(rules) == 1:
            needs = self.needed.setdefault(role, set())
            needs.add(Need(verb, group, resource, rules[0].namespace, ",".join(rules[0].names)))

    def access_review(self, role: str, spec: Obj) -> Obj:
        """The status of a SelfSubjectAccessReview."""
        asked = spec.get("resourceAttributes")
        if asked is not None:
            resource = asked.get("resource", "")
            if asked.get("subresource"):
                resource = f"{resource}/{asked['subresource']}"
            place = asked.get("namespace", ""), asked.get("name", "")
            allowed = self.allows(role, asked.get("verb", ""), asked.get("group", ""), resource, *place)
        else:
            url = spec.get("nonResourceAttributes", {})
            reads = url.get("verb") == "get" and _path_in(url.get("path", ""), NON_RESOURCE_URLS)
            allowed = reads or role == Role.ADMIN
        return {"allowed": allowed, "reason": f'the rules of role "{role}" allow it'} if allowed else {"allowed": False}

    def rules_review(self, role: str, registry: Registry) -> Obj:
        """The status of a SelfSubjectRulesReview: what RBAC would have to list, denials taken out."""
        rules = [entry for rule in self.roles.get(role, ()) for entry in self._spelt_out(role, rule, registry)]
        urls = {"verbs": ["get"], "nonResourceURLs": list(NON_RESOURCE_URLS)}
        everything = {"verbs": ["*"], "nonResourceURLs": ["*"]}
        return {
            "resourceRules": rules,
            "nonResourceRules": [everything, urls] if role == Role.ADMIN else [urls],
            "incomplete": False,
        }

    def _spelt_out(self, role: str, rule: Rule, registry: Registry) -> Iterable[Obj]:
        denied = any(denial.role in ("*", role) for denial in self.denials)
        if not (rule.but_not or denied):
            yield {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
            return
        seen: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for resource in registry:
            names = [resource.plural] + ([f"{resource.plural}/status"] if resource.has_status else [])
            for name in names:
                every = resource.verbs if "*" in rule.verbs else rule.verbs
                verbs = tuple(
                    verb for verb in every if rule.allows(verb, resource.group, name)
                    and self.allows(role, verb, resource.group, name) and verb in resource.verbs
                )  # fmt: skip
                listed = seen.setdefault((resource.group, verbs), [])
                if verbs and name not in listed:
                    listed.append(name)
        for (group, verbs), names in seen.items():
            if names:
                yield {"verbs": list(verbs), "apiGroups": [group], "resources": names}


def refused(role: str, verb: str, group: str, resource: str, *, namespace: str, name: str) -> ApiError:
    """403: `User "viewer" cannot patch resource "ingresses" in API group "networking.k8s.io" in the namespace "y"`."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    why = f'User "{role}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    return forbidden(resource.partition("/")[0], group, name, why)


def user_info(role: str) -> Obj:
    """The `userInfo` of a SelfSubjectReview."""
    groups = ["system:authenticated"]
    return {"username": role, "groups": ["system:masters", *groups] if role == Role.ADMIN else groups}


def _in(value: str, allowed: tuple[str, ...]) -> bool:
    return "*" in allowed or value in allowed


def _path_in(path: str, allowed: tuple[str, ...]) -> bool:
    return any(path == own or (own.endswith("*") and path.startswith(own[:-1])) for own in allowed)
