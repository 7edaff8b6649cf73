"""Discovery: which groups, versions and resources are served, aggregated (v2, v2beta1) and one by one."""

from __future__ import annotations

import hashlib

import msgspec
from aiohttp import web

from console.sim.kubeapi import negotiation
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import Obj, no_such_path


class Discovery:
    """Answers `/api`, `/apis`, `/apis/GROUP` and `/apis/GROUP/VERSION`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def answer(self, request: web.Request, parts: list[str]) -> web.Response:
        """Raises `ApiError` 404 for what is not served."""
        if parts == ["api"] or parts == ["apis"]:
            aggregated = _aggregated_version(request.headers.get("Accept", ""))
            if aggregated:
                return self._aggregated(request, aggregated, core=parts == ["api"])
            return negotiation.answer_object(request, self._versions() if parts == ["api"] else self._groups())
        if parts[:1] == ["api"] and len(parts) == 2:
            return negotiation.answer_object(request, self._resources("", parts[1]))
        if parts[:1] == ["apis"] and len(parts) == 2:
            versions = self._registry.group_versions().get(parts[1])
            if versions is None or not parts[1]:
                raise no_such_path()
            return negotiation.answer_object(
                request, {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], versions)}
            )
        if parts[:1] == ["apis"] and len(parts) == 3:
            return negotiation.answer_object(request, self._resources(parts[1], parts[2]))
        raise no_such_path()

    def _versions(self) -> Obj:
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}

    def _groups(self) -> Obj:
        groups = [_group(name, versions) for name, versions in self._registry.group_versions().items() if name]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def _resources(self, group: str, version: str) -> Obj:
        listed = []
        for resource in self._registry.of(group, version):
            entry: Obj = {
                "name": resource.plural,
                "singularName": resource.singular,
                "namespaced": resource.namespaced,
                "kind": resource.kind,
                "verbs": list(resource.verbs),
            }
            if resource.short_names:
                entry["shortNames"] = list(resource.short_names)
            if resource.categories:
                entry["categories"] = list(resource.categories)
            if "list" in resource.verbs:
                entry["storageVersionHash"] = _hash(f"{resource.group}/{resource.plural}")[:12]
            listed.append(entry)
            if resource.has_status:
                listed.append(
                    {"name": f"{resource.plural}/status", "singularName": "", "namespaced": resource.namespaced,
                     "kind": resource.kind, "verbs": ["get", "patch", "update"]}
                )  # fmt: skip
        group_version = f"{group}/{version}" if group else version
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}

    def _aggregated(self, request: web.Request, version: str, *, core: bool) -> web.Response:
        items = []
        for group, versions in self._registry.group_versions().items():
            if (group == "") is not core:
                continue
            entries = [
                {
                    "version": name,
                    "resources": [_aggregated(r) for r in self._registry.of(group, name)],
                    "freshness": "Current",
                }
                for name in versions
            ]
            items.append({"metadata": {"name": group, "creationTimestamp": None}, "versions": entries})
        body = msgspec.json.encode(
            {
                "kind": "APIGroupDiscoveryList",
                "apiVersion": f"apidiscovery.k8s.io/{version}",
                "metadata": {},
                "items": items,
            }
        )
        tag = f'"{_hash(body.decode())}"'
        media = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
        headers = {"ETag": tag, "Vary": "Accept"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        response = negotiation.answer(request, body)
        response.headers["Content-Type"] = media
        response.headers.update(headers)
        return response


def _aggregated_version(accept: str) -> str:
    for part in accept.replace(" ", "").split(","):
        if (
            "as=APIGroupDiscoveryList" in part
            and "g=apidiscovery.k8s.io" in part
            and part.startswith("application/json")
        ):
            for version in ("v2", "v2beta1"):
                if f"v={version}" in part.split(";"):
                    return version
        elif part.startswith(("application/json", "*/*")):
            return ""
    return ""


def _group(name: str, versions: list[str]) -> Obj:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _aggregated(resource: Resource) -> Obj:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    entry: Obj = {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.has_status:
        entry["subresources"] = [{"subresource": "status", "responseKind": kind, "verbs": ["get", "patch", "update"]}]
    return entry


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()
