"""One question to a Prometheus: GET /api/v1/query with the credential that settings name; redirects are not followed,
since they would carry it elsewhere."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from console.model.freshness import SourceState
from console.model.text import inert
from console.prometheus.decode import Decoded, decode
from console.settings import PrometheusSettings

BODY = 8 * 1024 * 1024
"""Bytes of an answer that are read."""
TIMEOUT = 10.0
"""Seconds that a whole question may take."""


class Unanswered(Exception):
    """No usable answer: one inert sentence, and the state that it puts us in."""

    def __init__(self, state: SourceState, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state


def ask(said: PrometheusSettings, timeout: float = TIMEOUT) -> Decoded:
    """The newest answer. Raises `Unanswered`."""
    parts = urlsplit(said.url)
    where = inert(f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname, 100)
    headers = {**said.headers, "Accept": "application/json", "User-Agent": "fleet-console", "Connection": "close"}
    token = _token(said)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        status, body = _get(said, f"{parts.path.rstrip('/')}/api/v1/query?{urlencode({'query': said.query})}",
                            headers, timeout)  # fmt: skip
    except TimeoutError:
        raise Unanswered(SourceState.LOST, f"{where}: no answer within {timeout:g} s") from None
    except ssl.SSLCertVerificationError as error:
        why = inert(error.verify_message, 80)
        raise Unanswered(SourceState.LOST, f"{where}: certificate not trusted ({why}); see ca_file") from None
    except ssl.SSLError:
        raise Unanswered(SourceState.LOST, f"{where}: no TLS connection") from None
    except OSError as error:
        raise Unanswered(SourceState.LOST, f"{where}: {_broken(error)}") from None
    except (http.client.HTTPException, ValueError) as error:
        words = f"{where}: answered with no proper HTTP ({inert(type(error).__name__, 40)})"
        raise Unanswered(SourceState.LOST, words) from None
    return _judged(status, body, where, said)


def _judged(status: int, body: bytes, where: str, said: PrometheusSettings) -> Decoded:
    if status in (401, 403):
        named = "the token is not accepted" if said.token_file or said.token else "it wants a token: name token_file"
        raise Unanswered(SourceState.DENIED, f"{where}: answered {status}, {named}")
    if status == 429:
        raise Unanswered(SourceState.THROTTLED, f"{where}: answered 429, too many questions")
    if status == 404:
        raise Unanswered(SourceState.STALE, f"{where}: answered 404: no Prometheus under this path")
    found = decode(body, said)
    if found.failed or status != 200:
        why = found.failed if found.failed and status in (200, 400, 422) else f"answered {status}"
        raise Unanswered(SourceState.STALE, f"{where}: {why}")
    return found


def _token(said: PrometheusSettings) -> str | None:
    if said.token_file is None:
        return said.token
    shown = inert(said.token_file, 120)
    try:
        text = Path(said.token_file).expanduser().read_text("ascii").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no plain text"
        raise Unanswered(SourceState.DENIED, f"no token: {shown}: {why}") from None
    if not text or not text.isprintable() or " " in text:
        raise Unanswered(SourceState.DENIED, f"no token: {shown} does not hold one word")
    return text


def _get(said: PrometheusSettings, path: str, headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
    parts, deadline = urlsplit(said.url), time.monotonic() + timeout
    address = parts.hostname or ""
    if parts.scheme == "https":
        trust = ssl.create_default_context(cafile=str(Path(said.ca_file).expanduser()) if said.ca_file else None)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            address, parts.port, timeout=timeout, context=trust
        )
    else:
        connection = http.client.HTTPConnection(address, parts.port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        pieces: list[bytes] = []
        left = BODY
        while left > 0 and (piece := response.read1(left)):
            pieces.append(piece)
            left -= len(piece)
            if time.monotonic() > deadline:
                raise TimeoutError
        return response.status, b"".join(pieces)
    finally:
        connection.close()


def _broken(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name cannot be resolved"
    if error.errno == errno.ECONNREFUSED:
        return "connection refused"
    if isinstance(error, FileNotFoundError):
        return "ca_file is not there"
    return "the connection broke off"
