"""One request of a probe, on a connection of its own, so that the balancer chooses anew each time."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from console.model.text import inert

BODY = 64 * 1024
"""Bytes of a body that are read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a status below 500; headers as sent, of repeated ones the first."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unanswered(Exception):
    """No usable answer; the text is one inert sentence."""


def ask(url: str, host: str | None, timeout: float) -> Reply:
    """GET `url` with Host `host`, all within `timeout` seconds. Raises `Unanswered`. Redirects are answers."""
    parts = urlsplit(url)
    where = inert(parts.netloc.rpartition("@")[2], 100)
    deadline = time.monotonic() + timeout
    try:
        connection = _connect(parts.scheme, parts.hostname or "", parts.port, host, timeout)
        try:
            headers = {"Host": host or parts.netloc.rpartition("@")[2], "Connection": "close", "Accept": "*/*"}
            headers["User-Agent"] = "fleet-console-probe"
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = _body(response, deadline)
            found: dict[str, str] = {}
            for name, value in response.getheaders():
                found.setdefault(name, value)
        finally:
            connection.close()
    except TimeoutError:
        raise Unanswered(f"{where}: no answer within {timeout:g} s") from None
    except ssl.SSLError as error:
        raise Unanswered(f"{where}: {_tls(error)}") from None
    except OSError as error:
        raise Unanswered(f"{where}: {_broken(error)}") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Unanswered(f"{where}: answered with no proper HTTP ({inert(type(error).__name__, 40)})") from None
    if response.status >= 500:
        raise Unanswered(f"{where}: answered {response.status}")
    return Reply(response.status, found, body)


def _connect(
    scheme: str, address: str, port: int | None, host: str | None, timeout: float
) -> http.client.HTTPConnection:
    """A connected connection; over TLS the certificate must be for `host` where one is set."""
    port = port or (443 if scheme == "https" else 80)
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    link = socket.create_connection((address, port), timeout)
    if scheme == "https":
        link = _trust().wrap_socket(link, server_hostname=(host or address).split(":")[0])
    connection.sock = link
    return connection


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    parts: list[bytes] = []
    left = BODY
    while left > 0 and (piece := response.read1(left)):
        parts.append(piece)
        left -= len(piece)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not trusted ({inert(error.verify_message, 80)})"
    return "no TLS connection"


def _broken(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name cannot be resolved"
    if error.errno == errno.ECONNREFUSED:
        return "connection refused"
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return "no route leads there"
    return "the connection broke off"
