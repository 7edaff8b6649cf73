"""Media types: what a client accepts, what its body is written in, and bytes on the wire."""

from __future__ import annotations

import gzip
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from console.sim.kubeapi import protobuf
from console.sim.kubeapi.status import (
    ApiError,
    Obj,
    bad_request,
    entity_too_large,
    not_acceptable,
    unsupported_media_type,
)

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
BODY_TYPES = (JSON, YAML, PROTOBUF)
BODY_LIMIT = 3 * 1024 * 1024
"""As the apiserver: 3 MiB, then 413."""
_GZIP_FROM = 128 * 1024


class Wish(NamedTuple):
    """What the client wants back: `form` is "", "Table", "PartialObjectMetadata" or "PartialObjectMetadataList"."""

    media: str
    form: str = ""
    version: str = ""


def wish_of(accept: str) -> Wish:
    """The first media type of an Accept header that is served. Raises `ApiError` 406 where none is."""
    if not accept.strip():
        return Wish(JSON)
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        options = dict(p.split("=", 1) for p in parameters if "=" in p)
        form, version = options.get("as", ""), options.get("v", "")
        if media in ("*/*", "application/*"):
            return Wish(JSON)
        if media not in (JSON, YAML):
            continue
        if not form:
            return Wish(media)
        served = form in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
        if served and options.get("g") == "meta.k8s.io" and version in ("v1", "v1beta1"):
            return Wish(media, form, version)
    raise not_acceptable((JSON, YAML))


def media_type(request: web.Request) -> str:
    """The body's media type without parameters, JSON where none is named."""
    return request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower() or JSON


async def read_body(request: web.Request) -> bytes:
    """The body. Raises `ApiError` 413 above the limit."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise entity_too_large(BODY_LIMIT)
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise entity_too_large(BODY_LIMIT) from None


def parse(data: bytes, media: str) -> Any:
    """A body as plain values. Raises `ApiError` 400 for what does not parse, 415 for what is not understood."""
    if media == JSON or media.endswith("+json"):
        return parse_json(data)
    if media == YAML or media.endswith("+yaml"):
        return _parse_yaml(data)
    if media == PROTOBUF:
        decoded = protobuf.decode(data)
        if decoded is not None:
            return decoded
    raise unsupported_media_type(BODY_TYPES)


def parse_json(data: bytes) -> Any:
    """Raises `ApiError` 400."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the object provided is unrecognized (must be of type JSON): {error}") from None


def _parse_yaml(data: bytes) -> Any:
    import yaml

    try:
        # The C loader reads a 1.4 MB CRD in under a second, the Python one needs ten. Timestamps stay text.
        return yaml.load(data, Loader=_yaml_loader())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise bad_request(f"error decoding YAML: {' '.join(str(error).split())}") from None


def _yaml_loader() -> Any:
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [(tag, pattern) for tag, pattern in entries if tag != "tag:yaml.org,2002:timestamp"]
        for first, entries in base.yaml_implicit_resolvers.items()
    }
    return type("JsonYamlLoader", (base,), {"yaml_implicit_resolvers": resolvers})


def answer(request: web.Request, body: bytes, *, status: int = 200, media: str = JSON) -> web.Response:
    """JSON bytes as a response: turned into YAML if that is wanted, compressed if large and welcome."""
    if media == YAML:
        import yaml

        body = yaml.safe_dump(msgspec.json.decode(body), sort_keys=False).encode()
    headers = {"Content-Type": media, "Cache-Control": "no-cache, private"}
    if len(body) >= _GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        # The fastest level: it still shrinks object lists tenfold and holds the loop for milliseconds.
        body = gzip.compress(body, compresslevel=1)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=body, status=status, headers=headers)


def answer_object(request: web.Request, obj: Obj, *, status: int = 200, media: str = JSON) -> web.Response:
    """An object as a response."""
    return answer(request, msgspec.json.encode(obj), status=status, media=media)


def answer_error(request: web.Request, error: ApiError) -> web.Response:
    """A Status as a response."""
    response = answer_object(request, error.status(), status=error.code)
    response.headers.update(error.headers)
    return response
