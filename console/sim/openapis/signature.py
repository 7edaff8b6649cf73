"""ACS3-HMAC-SHA256 as the service checks it: the canonical request is made again from what arrived, and signed again.

Source: the vendor's description of request signature V3; proven against the real SDK's signer in the tests.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from console.sim.openapis.refusal import OpenApiError

ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^,]+),SignedHeaders=(?P<headers>[^,]+),Signature=(?P<signature>[0-9a-f]+)"
)
SKEW = 15 * 60
"""Seconds by which x-acs-date may be off."""


def check(
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
    secrets: Mapping[str, str],
    now: datetime | None = None,
) -> str:
    """The access key id that signed the request; `path` as it stands in the request line. Raises `OpenApiError` in the
    service's own codes."""
    found = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if found is None:
        raise OpenApiError("MissingAuthorization", "The Authorization header is missing or not of ACS3-HMAC-SHA256.")
    key = found["key"]
    if key not in secrets:
        raise OpenApiError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
    _check_date(headers.get("x-acs-date", ""), now or datetime.now(UTC))
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-acs-content-sha256", digest) != digest:
        raise OpenApiError("IncompleteSignature", "x-acs-content-sha256 is not the digest of the body.")
    names = found["headers"].split(";")
    canonical = "\n".join(
        (
            method,
            path or "/",
            "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(query)),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names),
            ";".join(names),
            digest,
        )
    )
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    wanted = hmac.new(secrets[key].encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, found["signature"]):
        raise OpenApiError("SignatureDoesNotMatch", "Specified signature does not match our calculation.")
    return key


def _check_date(text: str, now: datetime) -> None:
    try:
        date = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise OpenApiError("InvalidTimeStamp.Format", "Specified x-acs-date is not well formatted.") from None
    if abs((now - date).total_seconds()) > SKEW:
        raise OpenApiError("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _encode(text: str) -> str:
    return quote(text, safe="~")
