"""A connection is copied once from the kubeconfig, renews itself, and every way it can fail is one clear sentence."""

from __future__ import annotations

import base64
import datetime
import json
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.errors import Answered, Denied, FleetConsoleError, KubeconfigError, Lost
from console.kube import credential, site
from console.kube.connect import Answer, Hub, failure
from tests.hub_scripted import ScriptedHub, kubeconfig, scripted, status

__all__ = ["scripted"]

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
V1 = "client.authentication.k8s.io/v1"


def plugin(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    """A user whose credential comes from a shell script."""
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"exec": {"apiVersion": V1, "command": "./plugin", **more}}


def granting(token: str, expires: str = "2099-01-01T00:00:00Z") -> str:
    answer = {"apiVersion": V1, "kind": "ExecCredential", "status": {"token": token, "expirationTimestamp": expires}}
    return f"echo '{json.dumps(answer)}'"


def failing(attempt: Callable[[], object]) -> FleetConsoleError:
    with pytest.raises(FleetConsoleError) as raised:
        attempt()
    return raised.value


def test_no_kubeconfig_at_all() -> None:
    error = failing(lambda: Hub.open(None, None))

    assert isinstance(error, KubeconfigError)
    assert (
        "no kubeconfig: neither --kubeconfig nor KUBECONFIG names one, and ~/.kube/config does not exist. "
        "Name one with --kubeconfig FILE; `fleet-console demo` needs none."
    ) == str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [\nsecret: hunter2 }", "line 2: no valid YAML"),
        ("- 1", "is no kubeconfig: a mapping is needed"),
        ("", "names no current context"),
        ("current-context: gone", "no context 'gone'"),
        ("{current-context: c, contexts: [{name: c, context: {cluster: k}}]}", "names cluster 'k', which is not there"),
        (
            "{current-context: c, contexts: [{name: c, context: {cluster: k}}],"
            " clusters: [{name: k, cluster: {server: 5}}]}",
            "has no http or https server address",
        ),
    ],
)
def test_a_kubeconfig_that_names_nothing_usable(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    error = failing(lambda: Hub.open(str(path), None))

    assert isinstance(error, KubeconfigError)
    assert words in str(error)
    assert "hunter2" not in str(error)


def test_a_context_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1")
    error = failing(lambda: Hub.open(path, "prod"))

    assert f"no context 'prod' in {path}, which holds hub. Say --context NAME." == str(error)
    # The option is the Fleet's: of a data centre nothing is said that would name another Fleet.
    assert f"no context 'prod' in {path}, which holds hub" == site.read(path, "prod", "idc").problem


def test_of_several_files_the_first_that_names_a_thing_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tmp_path / "first"
    first.write_text("{current-context: b, users: [{name: u, user: {token: one}}]}")
    second = tmp_path / "second"
    second.write_text(
        "{current-context: a, users: [{name: u, user: {token: two}}],"
        " contexts: [{name: b, context: {cluster: k, user: u}}],"
        " clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]}"
    )
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{first}:{second}")
    hub = Hub.open(None, None)

    assert ("b", "Bearer one") == (hub.context, hub._credential.granted().authorization)


def test_the_fleet_is_the_uid_of_kube_system(scripted: ScriptedHub, tmp_path: Path) -> None:
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)

    assert "uid-1" == hub.fleet_uid()
    assert abs(hub.skew or 99.0) < 1.5


def test_what_was_opened_stays_whatever_happens_to_the_files(scripted: ScriptedHub, tmp_path: Path) -> None:
    token = tmp_path / "kubeconfig"
    hub = Hub.open(kubeconfig(token, scripted.url), None)
    token.write_text("current-context: elsewhere")

    assert "uid-1" == hub.fleet_uid()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no session: \x1b[31mlog in' >&2; exit 3", "failed with exit code 3: no session: ␛[31mlog in"),
        ("echo nonsense", "answered with something that is no JSON"),
        ("echo '{}'", "answered with no ExecCredential"),
        (f'echo \'{{"apiVersion": "{V1}", "status": {{}}}}\'', "gave neither a token nor a client certificate"),
        ("read line || { echo 'stdin is closed' >&2; exit 1; }", "stdin is closed"),
        ("(: < /dev/tty) 2>/dev/null && echo tty || { echo 'no terminal' >&2; exit 1; }", "no terminal"),
    ],
)
def test_a_broken_exec_plugin_says_why(script: str, words: str, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1", plugin(tmp_path, script))
    error = failing(lambda: Hub.open(path, None))

    assert isinstance(error, KubeconfigError)
    assert words in str(error)
    assert "the exec plugin of user 'u' (plugin)" in str(error)


def test_an_exec_plugin_that_is_not_installed(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": V1, "command": "no-such-plugin", "installHint": "get it from the shelf"}}
    error = failing(lambda: Hub.open(kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1", user), None))

    assert (
        "the exec plugin of user 'u' (no-such-plugin) cannot be started: No such file or directory. "
        "get it from the shelf"
    ) == str(error)


def ended(process: int) -> bool:
    """Whether a process that was killed comes to its end: the kernel takes a moment."""
    for _ in range(500):
        with suppress(OSError):
            if Path(f"/proc/{process}/stat").read_text().split()[2] != "Z":
                time.sleep(0.01)
                continue
        return True
    return False


def test_an_exec_plugin_that_never_ends_is_given_up_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential, "PLUGIN_TIME", 0.2)
    user = plugin(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; wait")
    error = failing(lambda: Hub.open(kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1", user), None))
    child = int((tmp_path / "child").read_text())

    assert "gave no credential within 0 s" in str(error)
    assert ended(child)


def test_a_plugin_runs_again_before_its_token_expires_and_not_otherwise(scripted: ScriptedHub, tmp_path: Path) -> None:
    count = f"echo x >> {tmp_path}/runs; "
    hub = Hub.open(kubeconfig(tmp_path / "k", scripted.url, plugin(tmp_path, count + granting("long"))), None)
    hub.fleet_uid()
    hub.fleet_uid()
    plugin(tmp_path, count + granting("new", "2001-01-01T00:00:00Z"))
    short = Hub.open(str(tmp_path / "k"), None)
    short.fleet_uid()

    assert 1 + 2 <= len((tmp_path / "runs").read_text().split())
    assert ["Bearer long", "Bearer long", "Bearer new"] == [r.headers["Authorization"] for r in scripted.requests]


def test_a_plugin_that_fails_in_good_time_leaves_the_credential_that_still_holds(
    scripted: ScriptedHub, tmp_path: Path
) -> None:
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)).isoformat()
    hub = Hub.open(kubeconfig(tmp_path / "k", scripted.url, plugin(tmp_path, granting("short", soon))), None)
    plugin(tmp_path, "exit 1")
    held = hub._credential.granted()
    hub._credential._granted = replace(held, renew_at=0.0)

    assert "uid-1" == hub.fleet_uid()
    assert ["Bearer short"] == [request.headers["Authorization"] for request in scripted.requests]


def test_a_password_in_the_address_is_never_shown(tmp_path: Path) -> None:
    hub = Hub.open(kubeconfig(tmp_path / "k", "http://me:hunter2@127.0.0.1:1"), None)

    assert "http://127.0.0.1:1" == hub.server
    assert "hunter2" not in str(failing(hub.fleet_uid))


def test_a_refused_token_of_a_plugin_is_renewed_once(scripted: ScriptedHub, tmp_path: Path) -> None:
    good = {"metadata": {"uid": "uid-1"}}
    scripted.answer[KUBE_SYSTEM] = lambda request: (
        (200, good) if request.headers["Authorization"] == "Bearer new" else (401, status(401, "Unauthorized"))
    )
    hub = Hub.open(kubeconfig(tmp_path / "k", scripted.url, plugin(tmp_path, granting("old"))), None)
    plugin(tmp_path, granting("new"))

    assert "uid-1" == hub.fleet_uid()
    assert ["Bearer old", "Bearer new"] == [request.headers["Authorization"] for request in scripted.requests]


def test_a_wrong_token_is_denied_with_the_next_step(scripted: ScriptedHub, tmp_path: Path) -> None:
    scripted.answer[KUBE_SYSTEM] = lambda _: (401, status(401, "Unauthorized"))
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)
    error = failing(hub.fleet_uid)

    assert isinstance(error, Denied)
    assert (
        "the hub does not know who we are (401): wrong or expired token. Log in again, or fetch a new kubeconfig."
    ) == str(error)
    assert error.permission == "", "no role would mend it"


def test_a_dead_server(tmp_path: Path) -> None:
    error = failing(Hub.open(kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1"), None).fleet_uid)

    assert isinstance(error, Lost)
    assert (
        "https://127.0.0.1:1 refused the connection. "
        "Check that the API server runs and that the kubeconfig names its port."
    ) == str(error)


def test_a_server_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as deaf:
        hub = Hub.open(kubeconfig(tmp_path / "k", f"http://127.0.0.1:{deaf.server_address[1]}"), None)
        error = failing(lambda: hub.call("GET", "/version", timeout=(1, 0.1)))

    assert isinstance(error, Lost)
    assert "took the connection and said nothing for 0.1 s" in str(error)


def test_something_that_is_no_kubernetes_api(scripted: ScriptedHub, tmp_path: Path) -> None:
    scripted.answer[KUBE_SYSTEM] = lambda _: (200, b"<html>welcome</html>")
    error = failing(Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None).fleet_uid)

    assert isinstance(error, Answered)
    assert "something that is no JSON" in str(error)


def test_a_proxy_of_the_environment_does_not_stand_before_loopback(
    scripted: ScriptedHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)

    assert "uid-1" == hub.fleet_uid()


def test_a_proxy_of_the_kubeconfig_that_is_not_there(scripted: ScriptedHub, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "kubeconfig", "http://192.0.2.1:80", cluster={"proxy-url": "http://127.0.0.1:1"})
    error = failing(Hub.open(path, None).fleet_uid)

    assert "the proxy on the way to http://192.0.2.1:80 does not let us through" in str(error)


def test_who_we_are_and_what_we_may(scripted: ScriptedHub, tmp_path: Path) -> None:
    who = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    may = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)
    unknown = (hub.whoami(), hub.allowed("patch", "networking.k8s.io", "ingresses"))
    scripted.answer[who] = lambda _: (201, {"status": {"userInfo": {"username": "on\u202ecall"}}})
    scripted.answer[may] = lambda r: (
        201,
        {"status": {"allowed": r.body["spec"]["resourceAttributes"]["verb"] == "get"}},
    )
    known = (hub.whoami(), hub.allowed("get", "", "pods", "shop"), hub.allowed("patch", "", "pods"))

    assert (None, None) == unknown
    assert ("on�call", True, False) == known


def test_a_kept_connection_that_has_gone_is_not_an_error(tmp_path: Path) -> None:
    closing = threading.Event()

    class Once(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"metadata": {"uid": "u"}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            closing.set()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Once)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub = Hub.open(kubeconfig(tmp_path / "k", f"http://127.0.0.1:{server.server_address[1]}"), None)
    found = [hub.fleet_uid() for _ in range(5)]
    server.shutdown()
    server.server_close()

    assert ["u"] * 5 == found


def test_a_refusal_is_told_inertly_with_its_permission() -> None:
    message = (
        'ingresses is forbidden: User "x" cannot list resource "ingresses" in API group "networking.k8s.io" '
        'in the namespace "shop"'
    )
    body = json.dumps({"kind": "Status", "message": message, "reason": "Forbidden"}).encode()
    error = failure(Answer(403, {}, body), "list routes")
    other = failure(Answer(422, {}, json.dumps(status(422, "Invalid", "bad \x1b[0m")).encode()), "patch it")

    assert isinstance(error, Denied)
    assert "list ingresses.networking.k8s.io in namespace shop" == error.permission
    assert isinstance(other, Answered)
    assert "the hub answered 422 Invalid when asked to patch it: bad ␛[0m" == str(other)


# -- TLS


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("test authority", self.key, self.key, None, days=(-9, 9))

    def _sign(self, name: str, key: Any, signer: Any, issuer: Any, days: tuple[int, int]) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        )
        if issuer is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        return builder.sign(signer, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, name: str, days: tuple[int, int] = (-1, 1)) -> tuple[bytes, bytes]:
        """Certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(name, key, self.key, self.certificate.subject, days)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


Serve = Callable[..., str]


@pytest.fixture
def serve_tls(authority: Authority, tmp_path: Path, scripted: ScriptedHub) -> Any:
    """Puts TLS before a scripted hub; returns its address."""

    def serve(days: tuple[int, int] = (-1, 1), *, client: bool = False) -> str:
        certificate, key = authority.issue("localhost", days)
        (tmp_path / "server.pem").write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem")
        if client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=authority.pem().decode())
        server = scripted._server
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return f"https://localhost:{server.server_address[1]}"

    return serve


def data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def test_a_trusted_server_is_read_over_tls(serve_tls: Serve, authority: Authority, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k", serve_tls(), cluster={"certificate-authority-data": data(authority.pem())})

    assert "uid-1" == Hub.open(path, None).fleet_uid()


@pytest.mark.parametrize(
    ("days", "trusted", "words"),
    [
        ((-2, -1), True, "has expired. Have the server's certificate renewed; check this machine's clock."),
        ((1, 2), True, "is not valid yet. Check this machine's clock."),
        ((-1, 1), False, "is signed by an authority that is not trusted"),
    ],
)
def test_a_server_certificate_that_is_not_in_order(
    days: tuple[int, int], trusted: bool, words: str, serve_tls: Serve, authority: Authority, tmp_path: Path
) -> None:
    known = authority if trusted else Authority()
    path = kubeconfig(tmp_path / "k", serve_tls(days), cluster={"certificate-authority-data": data(known.pem())})
    error = failing(Hub.open(path, None).fleet_uid)

    assert isinstance(error, Lost)
    assert words in str(error)


def test_a_server_certificate_for_another_name_and_the_setting_that_helps(
    serve_tls: Serve, authority: Authority, tmp_path: Path
) -> None:
    address = serve_tls().replace("localhost", "127.0.0.1")
    trust = {"certificate-authority-data": data(authority.pem())}
    error = failing(Hub.open(kubeconfig(tmp_path / "k", address, cluster=trust), None).fleet_uid)
    named = Hub.open(kubeconfig(tmp_path / "k", address, cluster={**trust, "tls-server-name": "localhost"}), None)

    assert "is for another address" in str(error)
    assert "uid-1" == named.fleet_uid()


def test_a_client_certificate_that_has_expired_is_named_with_its_date(
    serve_tls: Serve, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("me", (-3, -2))
    user = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    address = serve_tls(client=True)
    path = kubeconfig(tmp_path / "k", address, user, cluster={"certificate-authority-data": data(authority.pem())})
    error = failing(Hub.open(path, None).fleet_uid)

    assert "The client certificate expired on" in str(error)
    assert "fetch a new kubeconfig" in str(error)


def test_a_client_certificate_lets_us_in_and_leaves_no_file_behind(
    serve_tls: Serve, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    certificate, key = authority.issue("me")
    user = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    address = serve_tls(client=True)
    path = kubeconfig(tmp_path / "k", address, user, cluster={"certificate-authority-data": data(authority.pem())})

    assert "uid-1" == Hub.open(path, None).fleet_uid()
    assert [] == list(place.iterdir())


def test_a_certificate_from_a_plugin_is_renewed_when_it_expires(
    serve_tls: Serve, authority: Authority, tmp_path: Path
) -> None:
    def granted(name: str, expires: str) -> str:
        certificate, key = authority.issue(name)
        told = {"clientCertificateData": certificate.decode(), "clientKeyData": key.decode()}
        answer = {"apiVersion": V1, "kind": "ExecCredential", "status": {**told, "expirationTimestamp": expires}}
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        return f"echo x >> {tmp_path}/runs; cat {tmp_path}/answer.json"

    trust = {"certificate-authority-data": data(authority.pem())}
    user = plugin(tmp_path, granted("one", "2001-01-01T00:00:00Z"))
    hub = Hub.open(kubeconfig(tmp_path / "k", serve_tls(client=True), user, cluster=trust), None)
    granted("two", "2099-01-01T00:00:00Z")
    found = [hub.fleet_uid() for _ in range(3)]

    assert ["uid-1"] * 3 == found
    assert 2 == len((tmp_path / "runs").read_text().split())


def test_a_stream_can_be_closed_from_another_thread(scripted: ScriptedHub, tmp_path: Path) -> None:
    hub = Hub.open(kubeconfig(tmp_path / "k", scripted.url), None)
    stream = hub.stream("/watch", [("watch", "true")])
    threading.Timer(0.1, stream.close).start()
    begun = time.monotonic()
    lines = list(stream)

    assert [] == lines
    assert time.monotonic() - begun < 2.0
