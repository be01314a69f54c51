"""A server, a proxy and an environment that want the key."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from werkzeug.wrappers import Response

from cortex_desktop.domain.errors import CortexError
from cortex_desktop.domain.request import Again, Answer, Credentials, EndpointError, Form, NoAnswer, Request, Stop
from cortex_desktop.net.client import HttpNetwork, HttpSession
from tests.support.wire import Wire

from .conftest import SECRET, Server, fault, get, said

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def thief() -> Iterator[Wire]:
    """A server of somebody else, which takes what it gets."""
    wire = Wire(lambda connection: connection.sendall(OK) if connection.recv(65536) else None)
    yield wire
    wire.close()


# Redirects


def test_no_way_to_write_an_address_leads_the_key_to_another_server(
    server: Server, session: HttpSession, signing: Credentials, thief: Wire
) -> None:
    port, there = server.endpoint.rpartition(":")[2], f"127.0.0.1:{thief.port}"
    for location in (
        f"http://{there}/acme/v2/me",
        f"//{there}/acme/v2/me",
        f"http:\\\\{there}\\acme\\v2\\me",
        f"/\\{there}/acme/v2/me",
        f"http://127.0.0.1:{port}@{there}/acme/v2/me",
        f"http://127.0.0.1:{port}%40{there}/acme/v2/me",
        f"https://127.0.0.1:{port}/acme/v2/me",
        f"http://[::1]:{port}/acme/v2/me",
        f"HTTP://LOCALHOST:{port}/acme/v2/me",
        "javascript:alert(1)",
        "/acme/v2/../../other/v2/me",
        "/acme/v2/%2e%2e/%2e%2e/other/v2/me",
        "/acme/v2evil/me",
        "",
    ):
        for method in ("GET", "POST"):
            server.received.clear()
            server.answers(Response("", 307, {"Location": location}))
            answer: Answer | None = None
            with suppress(NoAnswer):
                answer = session.send(Request("acme", method, "/me"), signing, Stop())
            assert answer is None or not answer.is_success, location
            outside = [path for path in server.paths if not path.startswith("/acme/v2/")]
            assert not outside, (location, outside)
            assert len(server.received) == 1, location
    assert not thief.accepted.is_set()


def test_a_redirect_never_shows_a_query_that_may_hold_the_key(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    key = plain.key.reveal()
    server.answers(Response("", 302, {"Location": f"https://evil.example/acme/v2/me?key={key}"}))
    assert key not in session.send(get("/me"), plain, Stop()).elsewhere


# Where http is taken


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example#127.0.0.1",
        "http://127.0.0.1@evil.example",
        "http://localhost:80@evil.example",
        "http://0.0.0.0:8631",
        "http://[::]:8631",
        "http://2130706433",
        "http://0x7f000001",
        "http://127.1",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "HTTP://api.example",
        "http:/api.example",
        "http://api.example\\@127.0.0.1",
    ],
)
def test_http_is_for_this_computer_alone(endpoint: str) -> None:
    with pytest.raises(EndpointError):
        HttpNetwork().session(endpoint)


# Proxies of the environment


class Relay:
    """A proxy that passes connections on, and keeps what it reads before that."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.wire = Wire(self._serve)

    def _serve(self, connection: socket.socket) -> None:
        head = connection.recv(65536)
        self.heads.append(head)
        target = head.split()[1].decode().rpartition(":")
        with closing(socket.create_connection(("127.0.0.1", int(target[2])))) as there:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(there, connection))
            back.start()
            _pump(connection, there)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def secure(tls: tuple[ssl.SSLContext, Path]) -> Iterator[tuple[Wire, list[bytes], HttpNetwork]]:
    """An https server with what it received, and a network that trusts it."""
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with suppress(ssl.SSLError), tls[0].wrap_socket(connection, server_side=True) as inside:
            received.append(inside.recv(65536))
            inside.sendall(OK)

    wire = Wire(serve)
    yield wire, received, HttpNetwork(ca_file=tls[1])
    wire.close()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_sees_neither_key_nor_path(
    secure: tuple[Wire, list[bytes], HttpNetwork],
    signing: Credentials,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    server, received, network = secure
    relay = Relay()
    # 127.0.0.1 is never asked through a proxy, so the endpoint is a name that the relay takes for this computer.
    monkeypatch.setenv(name, f"http://jane:pass%20word@127.0.0.1:{relay.wire.port}")
    with closing(network.session(f"https://api.example:{server.port}")) as session, suppress(CortexError):
        session.send(get("/accounts/me"), signing, Stop())
    relay.wire.close()
    [head] = relay.heads
    assert head.startswith(f"CONNECT api.example:{server.port} ".encode())
    assert b64encode(b"jane:pass word") in head
    assert b"accounts" not in head
    assert signing.key.reveal().encode() not in head
    assert SECRET.encode() not in head
    assert received in ([], [b""]), "its certificate is for another name"


@pytest.mark.parametrize("exception", ["api.example", ".example", "*"])
def test_exceptions_of_the_environment_count(
    monkeypatch: pytest.MonkeyPatch, plain: Credentials, thief: Wire, exception: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{thief.port}")
    monkeypatch.setenv("NO_PROXY", exception)
    with closing(HttpNetwork().session("https://api.example:1")) as session, pytest.raises(NoAnswer):
        session.send(get("/"), plain, Stop())
    assert not thief.accepted.is_set()


def test_nothing_in_the_environment_names_other_authorities_or_passwords(
    secure: tuple[Wire, list[bytes], HttpNetwork],
    tls: tuple[ssl.SSLContext, Path],
    plain: Credentials,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    server, received, network = secure
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login jane password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))  # with this, contexts are made that heed the line above
    with closing(network.session(f"https://127.0.0.1:{server.port}")) as session:
        assert session.send(get("/"), plain, Stop()).status == 200
    assert b"uthorization" not in received[-1]
    log = tmp_path / "keys.log"
    assert not log.exists() or "SECRET" not in log.read_text(), "who reads along would have the key"


# Lines


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n", " \n\t\n"])
def test_a_fault_on_the_last_line_is_found_however_it_ends(
    server: Server, session: HttpSession, plain: Credentials, end: str
) -> None:
    last = json.dumps({"object": "fault", "errCode": "cortex.timeout.dbQuery", "status": 408})
    rows = "\n".join(json.dumps({"_id": str(number), "text": "x" * 90}) for number in range(2_000))
    server.answers(Response(f"{rows}\n{last}{end}", mimetype="application/x-ndjson"))
    answer = session.send(get("/accounts"), plain, Stop())
    assert answer.form is Form.LINES
    assert answer.status == 200
    assert not answer.is_success
    assert answer.fault is not None
    assert answer.fault.err_code == "cortex.timeout.dbQuery"


def test_a_fault_in_the_middle_is_a_row(server: Server, session: HttpSession, plain: Credentials) -> None:
    rows = [{"_id": "1"}, {"object": "fault", "errCode": "cortex.timeout.dbQuery", "status": 408}, {"_id": "2"}]
    server.answers(Response("\n".join(map(json.dumps, rows)), mimetype="application/x-ndjson"))
    assert session.send(get("/accounts"), plain, Stop()).is_success


# Repeating


def test_a_clock_that_no_answer_mends_is_tried_once(server: Server, signing: Credentials) -> None:
    stale = fault("cortex.invalidArgument.staleRequestSignature", status=400)
    stale.headers["Medable-Server-Time"] = "1700000000000"
    server.answers(stale)
    with closing(HttpNetwork(clock=lambda: 1_800_000_000).session(server.endpoint)) as session:
        for method in ("GET", "POST"):
            server.received.clear()
            answer = session.send(Request("acme", method, "/accounts"), signing, Stop())
            assert answer.again == (Again.CLOCK,)
            assert len(server.received) == 2
            stamps = [int(request.headers["Medable-Client-Timestamp"]) for request in server.received]
            assert abs(stamps[1] - 1_700_000_000_000) < 5_000
            assert len({request.headers["Medable-Client-Nonce"] for request in server.received}) == 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_only_a_get_waits_for_its_turn_and_not_for_ever(server: Server, plain: Credentials, method: str) -> None:
    pauses: list[float] = []
    server.answers(fault("cortex.throttled.policy", status=429))
    network = HttpNetwork(pause=lambda stop, seconds: bool(pauses.append(seconds)))
    with closing(network.session(server.endpoint)) as session:
        answer = session.send(Request("acme", method, "/accounts", body=b"{}"), plain, Stop())
    assert answer.status == 429
    assert pauses == ([1.0, 2.0, 4.0] if method == "GET" else [])
    assert len(server.received) == 1 + len(pauses)


def test_what_a_stopped_answer_would_have_set_is_not_taken(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    stop, arrived = Stop(), threading.Event()

    def answer(_: object) -> Response:
        stop.stop()
        arrived.wait(5)
        made = said({})
        made.set_cookie("md.sid", "too-late", path="/acme")
        made.headers["Medable-Csrf-Token"] = "too-late"
        return made

    server.answer = answer
    with pytest.raises(NoAnswer):
        session.send(get("/"), plain, stop)
    arrived.set()
    server.answers(said({}))
    session.send(get("/"), plain, Stop())
    assert not session.is_logged_in("acme")
    assert "too-late" not in str(server.received[-1].headers)
