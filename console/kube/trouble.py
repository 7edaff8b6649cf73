"""What went wrong between us and the hub, as one inert sentence with the next step: broken links, TLS, refusals."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from console.errors import Answered, Denied, FleetConsoleError, Lost
from console.model.text import inert

if TYPE_CHECKING:
    from console.kube.answer import Answer

_VERIFY = {
    7: "is signed by an authority that is not trusted",
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed and not trusted",
    19: "ends in a self-signed certificate that is not trusted",
    20: "is signed by an authority that is not trusted",
    21: "cannot be verified",
    62: "is for another name",
    64: "is for another address",
}
"""OpenSSL's X509_V_ERR codes that people meet."""

_FORBIDDEN = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)


def permission(verb: str, group: str, resource: str, namespace: str | None = None) -> str:
    """A permission in the words of a role: `list ingresses.networking.k8s.io in namespace shop`."""
    name = f"{resource}.{group}" if group else resource
    return f"{verb} {name} in namespace {namespace}" if namespace else f"{verb} {name}"


def failure(answer: Answer, doing: str, permission: str = "", who: str = "the hub") -> FleetConsoleError:
    """An answer that is no yes as a failure: `Denied` for 401, which no permission would mend, and for 403 with the
    permission named, else `Answered`.

    `doing` is the rest of a sentence, for example `list ingresses`; `who` answered. Everything it said is made inert.
    """
    words, reason = _status(answer)
    if answer.status == 401:
        return Denied(
            f"{who} does not know who we are (401): wrong or expired token",
            fix=answer.hint or "Log in again, or fetch a new kubeconfig.",
        )
    if answer.status == 403:
        missing = permission or _named_permission(words)
        return Denied(
            f"{who} does not allow us to {doing} (403): {words}" if not missing else f"not allowed: {missing}",
            permission=missing,
            fix="Ask for a role that grants it.",
        )
    if answer.status == 429:
        fix = "Wait a moment; the server asks for fewer requests."
    elif answer.status >= 500:
        fix = "Look at the API server's health."
    else:
        fix = ""
    told = f": {words}" if words else ""
    return Answered(
        f"{who} answered {answer.status}{f' {reason}' if reason else ''} when asked to {doing}{told}",
        status=answer.status,
        reason=reason,
        fix=fix,
    )


def _status(answer: Answer) -> tuple[str, str]:
    """Message and reason of a Status object; nothing where the body is none."""
    try:
        document: Any = answer.json()
    except Answered:
        return "", ""
    if not isinstance(document, dict) or document.get("kind") != "Status":
        return "", ""
    message, reason = document.get("message"), document.get("reason")
    return (
        inert(message, 300) if isinstance(message, str) else "",
        inert(reason, 60) if isinstance(reason, str) else "",
    )


def _named_permission(words: str) -> str:
    found = _FORBIDDEN.search(words)
    if found is None:
        return ""
    return permission(found["verb"], found["group"], found["resource"], found["namespace"])


def lost(error: BaseException, server: str, timeout: tuple[float, float], hint: str = "") -> Lost:
    """A request that got no answer. `hint` says what is known of our own certificate, where it has expired."""
    where = inert(server, 120)
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, where)
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls is not None:
        return _handshake(tls, where, hint)
    names = {type(cause).__name__ for cause in causes}
    if "ProxyError" in names:
        fix = "Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY."
        return Lost(f"the proxy on the way to {where} does not let us through", fix=fix)
    number = next((c.errno for c in causes if isinstance(c, OSError) and c.errno is not None), None)
    if "NameResolutionError" in names or any(isinstance(cause, socket.gaierror) for cause in causes):
        fix = "Check the network, the VPN and the server address in the kubeconfig."
        return Lost(f"the name in {where} cannot be resolved", fix=fix)
    if "ConnectTimeoutError" in names:
        fix = "Check the network, the VPN and the firewall; it is asked again by itself."
        return Lost(f"{where} did not take a connection within {timeout[0]:g} s", fix=fix)
    if "ReadTimeoutError" in names or any(isinstance(cause, TimeoutError) for cause in causes):
        return Lost(f"{where} took the connection and said nothing for {timeout[1]:g} s", fix="It may be overloaded.")
    if number == errno.ECONNREFUSED:
        fix = "Check that the API server runs and that the kubeconfig names its port."
        return Lost(f"{where} refused the connection", fix=fix)
    if number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL):
        return Lost(f"no route leads to {where}", fix="Check the network and the VPN.")
    return Lost(f"{where} broke the connection off", fix="Check the network; it is asked again by itself.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it wraps: causes, contexts, reasons and arguments."""
    seen: set[int] = set()
    rest = [error]
    while rest:
        one = rest.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *getattr(one, "args", ())]
        rest.extend(part for part in inner if isinstance(part, BaseException))


def _untrusted(error: ssl.SSLCertVerificationError, where: str) -> Lost:
    how = _VERIFY.get(error.verify_code, f"is refused: {inert(error.verify_message, 120)}")
    if error.verify_code == 10:
        fix = "Have the server's certificate renewed; check this machine's clock."
    elif error.verify_code == 9:
        fix = "Check this machine's clock."
    elif error.verify_code in (62, 64):
        fix = "Use the name the certificate is for, or tls-server-name in the kubeconfig."
    else:
        fix = "Put the right certificate-authority into the kubeconfig: fetch a new one."
    return Lost(f"the certificate of {where} {how}", fix=fix)


def _handshake(error: ssl.SSLError, where: str, hint: str) -> Lost:
    words = str(error).lower()
    if "wrong_version_number" in words or "record_layer_failure" in words or "http_request" in words:
        return Lost(f"{where} does not speak TLS", fix="Write http:// in the kubeconfig if that is meant.")
    if "alert" in words:
        told = re.search(r"alert[ _]([a-z_ ]+)", words)
        alert = inert(told[1].replace("_", " ").strip(), 60) if told else "an alert"
        fix = hint or "The client certificate is expired or not trusted there: fetch a new kubeconfig."
        return Lost(f"{where} refused our client certificate ({alert})", fix=fix)
    return Lost(f"no TLS connection to {where}: {inert(error.reason or type(error).__name__, 80)}", fix=hint)
