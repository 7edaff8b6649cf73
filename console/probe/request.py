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
from urllib.parse import SplitResult, urlsplit

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


def ask(url: str, host: str | None, timeout: float, proxy: str | None = None) -> Reply:
    """GET `url` with Host `host`, all within `timeout` seconds. Raises `Unanswered`. Redirects are answers.

    `proxy`: the address of a forward proxy on the way, asked in absolute form for http and for a tunnel for https; one
    that writes Host anew is of no use for an http route that has a host of its own.
    """
    parts = urlsplit(url)
    where = inert(parts.netloc.rpartition("@")[2], 100)
    deadline = time.monotonic() + timeout
    try:
        connection = _connect(parts, host, deadline, proxy)
        try:
            headers = {"Host": host or parts.netloc.rpartition("@")[2], "Connection": "close", "Accept": "*/*"}
            headers["User-Agent"] = "fleet-console-probe"
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if proxy is not None and parts.scheme == "http":
                path = f"http://{parts.netloc.rpartition('@')[2]}{path}"
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


def _connect(parts: SplitResult, host: str | None, deadline: float, proxy: str | None) -> http.client.HTTPConnection:
    """A connected connection, to the proxy where one is named; over TLS the certificate must be for `host` where one is
    set."""
    address, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https" and proxy is not None and proxy.startswith("https"):
        raise Unanswered("an https address cannot be asked through an https proxy: name an http one")
    link = _opened(address, port, deadline) if proxy is None else _to_proxy(proxy, deadline)
    try:
        if proxy is not None and parts.scheme == "https":
            _tunnel(link, f"[{address}]:{port}" if ":" in address else f"{address}:{port}", deadline)
        if parts.scheme == "https":
            link = _trust().wrap_socket(link, server_hostname=(host or address).split(":")[0])
    except BaseException:
        link.close()
        raise
    connection = http.client.HTTPConnection(address, port, timeout=_left(deadline))
    connection.sock = link
    return connection


def _opened(address: str, port: int, deadline: float) -> socket.socket:
    return socket.create_connection((address, port), _left(deadline))


def _to_proxy(proxy: str, deadline: float) -> socket.socket:
    said = urlsplit(proxy)
    address, secure = said.hostname or "", said.scheme == "https"
    try:
        link = _opened(address, said.port or (443 if secure else 80), deadline)
        return _trust().wrap_socket(link, server_hostname=address) if secure else link
    except TimeoutError:
        raise Unanswered(f"the proxy {inert(said.netloc, 100)}: no connection in time") from None
    except ssl.SSLError as error:
        raise Unanswered(f"the proxy {inert(said.netloc, 100)}: {_tls(error)}") from None
    except OSError as error:
        raise Unanswered(f"the proxy {inert(said.netloc, 100)}: {_broken(error)}") from None


def _tunnel(link: socket.socket, target: str, deadline: float) -> None:
    """Have the proxy lead this connection to `target`, HOST:PORT."""
    link.settimeout(_left(deadline))
    link.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
    answer = http.client.HTTPResponse(link, method="CONNECT")
    answer.begin()
    answer.close()
    if answer.status != 200:
        raise Unanswered(f"the proxy leads to no {inert(target, 100)}: it answered {answer.status}")


def _left(deadline: float) -> float:
    """Seconds until then. Raises `TimeoutError` where it has passed."""
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


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
