"""What a person is told when no answer comes, on a server that speaks no proper HTTP."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from cortex_desktop.domain.request import (
    Answer,
    CaFileError,
    Credentials,
    Limits,
    NoAnswer,
    Request,
    Stop,
    Stopped,
    Trouble,
)
from cortex_desktop.net.authorities import check_ca_file
from cortex_desktop.net.client import HttpNetwork
from tests.support.wire import Wire

from .conftest import Server, get, said


@pytest.fixture
def wire() -> Iterator[Callable[[Callable[[socket.socket], None]], Wire]]:
    wires: list[Wire] = []

    def make(serve: Callable[[socket.socket], None]) -> Wire:
        wires.append(Wire(serve))
        return wires[-1]

    yield make
    for made in wires:
        made.close()


def trouble(endpoint: str, plain: Credentials, network: HttpNetwork | None = None, method: str = "GET") -> NoAnswer:
    with closing((network or HttpNetwork(Limits(connect=2, read=2, total=10))).session(endpoint)) as session:
        with pytest.raises(NoAnswer) as failure:
            session.send(Request("acme", method, "/"), plain, Stop())
        return failure.value


def answering(data: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)
        connection.close()

    return serve


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Trouble.CUT_OFF),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Trouble.CUT_OFF),
        (b"HTTP/1.1 200 OK\r\nContent-Le", Trouble.CUT_OFF),
        (b"220 mail.example ESMTP\r\n\r\n", Trouble.NOT_HTTP),
        (b"\x00\xff" * 100 + b"\r\n\r\n", Trouble.NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 3_000_000, Trouble.NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", Trouble.NOT_HTTP),
    ],
)
def test_strange_answers(wire: Callable[..., Wire], plain: Credentials, data: bytes, expected: Trouble) -> None:
    made = wire(answering(data))
    found = trouble(f"http://127.0.0.1:{made.port}", plain)
    assert found.trouble is expected
    assert not found.may_be_done
    assert trouble(f"http://127.0.0.1:{made.port}", plain, method="POST").may_be_done


@pytest.mark.parametrize(
    "location", [b"http://[", b"https://exa mple/", b"http://a:99999999/", b"\xff", b"//", b"mailto:a@b", b"?"]
)
def test_a_redirect_to_nonsense_is_shown(wire: Callable[..., Wire], plain: Credentials, location: bytes) -> None:
    made = wire(answering(b"HTTP/1.1 307 X\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"))
    with closing(HttpNetwork().session(f"http://127.0.0.1:{made.port}")) as session:
        answer = session.send(Request("acme", "POST", "/"), plain, Stop())
    assert answer.status == 307
    assert not answer.is_success


def test_nobody_there(plain: Credentials) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    found = trouble(f"http://127.0.0.1:{port}", plain, method="POST")
    assert found.trouble is Trouble.REFUSED
    assert not found.may_be_done
    assert str(found.title) == "No connection to 127.0.0.1"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Trouble.NO_HOST),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), Trouble.OFFLINE),
        (OSError(101, "Network is unreachable"), Trouble.OFFLINE),
        (ConnectionRefusedError(111, "Connection refused"), Trouble.REFUSED),
        (TimeoutError("timed out"), Trouble.CONNECT_TIME),
    ],
)
def test_no_way_there(monkeypatch: pytest.MonkeyPatch, plain: Credentials, error: OSError, expected: Trouble) -> None:
    def look_up(*args: object, **kwargs: object) -> object:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("cortex_desktop.net.client.getproxies", dict)
    assert trouble("https://api.example", plain).trouble is expected


def test_stop_does_not_wait_for_a_name_lookup(monkeypatch: pytest.MonkeyPatch, plain: Credentials) -> None:
    asked, let_go, ended = threading.Event(), threading.Event(), threading.Event()

    def look_up(*args: object, **kwargs: object) -> object:
        asked.set()
        let_go.wait(10)
        ended.set()
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("cortex_desktop.net.client.getproxies", dict)
    stop, stopped_at = Stop(), []

    def press() -> None:
        asked.wait(10)
        stopped_at.append(time.monotonic())
        stop.stop()

    thread = threading.Thread(target=press)
    thread.start()
    with closing(HttpNetwork().session("https://api.example")) as session:
        with pytest.raises(Stopped) as failure:
            session.send(Request("acme", "POST", "/"), plain, stop)
        assert time.monotonic() - stopped_at[0] < 0.1
        assert not failure.value.may_be_done
        thread.join()
        let_go.set()
        assert ended.wait(10)


def test_stop_closes_the_connection(wire: Callable[..., Wire], plain: Credentials) -> None:
    closed = threading.Event()

    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass
        closed.set()

    made = wire(serve)
    stop = Stop()

    def press() -> None:
        made.accepted.wait(10)
        stop.stop()

    thread = threading.Thread(target=press)
    thread.start()
    with closing(HttpNetwork().session(f"http://127.0.0.1:{made.port}")) as session:
        with pytest.raises(Stopped):
            session.send(get("/"), plain, stop)
        assert closed.wait(5)
    thread.join()


# --- TLS ---------------------------------------------------------------------------------------------------------


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


def serving(context: ssl.SSLContext, received: list[bytes], data: bytes = OK) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        with suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secure:
            received.append(secure.recv(65536))
            secure.sendall(data)

    return serve


def test_only_a_trusted_certificate_gets_the_key(
    wire: Callable[..., Wire], tls: tuple[ssl.SSLContext, Path], plain: Credentials
) -> None:
    context, ca_file = tls
    received: list[bytes] = []
    made = wire(serving(context, received))
    endpoint = f"https://127.0.0.1:{made.port}"
    assert trouble(endpoint, plain).trouble is Trouble.CERTIFICATE
    assert trouble(endpoint.replace("127.0.0.1", "localhost"), plain, HttpNetwork(ca_file=ca_file)).trouble is (
        Trouble.CERTIFICATE
    )
    assert not any(received)
    with closing(HttpNetwork(ca_file=ca_file).session(endpoint)) as session:
        assert session.send(get("/"), plain, Stop()).status == 200
    assert plain.key.reveal().encode() in received[-1]


def test_another_ca_file_counts_from_the_next_request_on(
    wire: Callable[..., Wire], tls: tuple[ssl.SSLContext, Path], plain: Credentials, tmp_path: Path
) -> None:
    context, ca_file = tls
    received: list[bytes] = []
    made = wire(serving(context, received))
    network = HttpNetwork()
    with closing(network.session(f"https://127.0.0.1:{made.port}")) as session:

        def send() -> Answer:
            return session.send(get("/"), plain, Stop())

        with pytest.raises(NoAnswer):
            send()
        network.use(Limits(), ca_file)
        assert send().status == 200
        network.use(Limits(), None)
        with pytest.raises(NoAnswer) as failure:
            send()
        assert failure.value.trouble is Trouble.CERTIFICATE
        network.use(Limits(), tmp_path / "gone.pem")
        with pytest.raises(CaFileError):
            send()
        network.use(Limits(), ca_file)
        assert send().status == 200
    assert len(list(filter(None, received))) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"nothing", "no certificate"),
        (b"", "no certificate"),
        (b"\xff\x00", "no certificate"),
    ],
)
def test_a_ca_file_that_is_none(tmp_path: Path, plain: Credentials, content: bytes | None, says: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CaFileError, match=says) as failure:
        check_ca_file(path)
    assert str(path) in str(failure.value)
    session = HttpNetwork(ca_file=path).session("https://127.0.0.1:1")
    with closing(session), pytest.raises(CaFileError, match=says):
        session.send(get("/"), plain, Stop())


def test_a_ca_file_is_not_needed_for_this_computers_sandbox(server: Server, tmp_path: Path, plain: Credentials) -> None:
    with closing(HttpNetwork(ca_file=tmp_path / "gone.pem").session(server.endpoint)) as session:
        assert session.send(get("/"), plain, Stop()).status == 200


def test_other_limits_count_from_the_next_request_on(wire: Callable[..., Wire], plain: Credentials) -> None:
    made = wire(lambda connection: connection.recv(65536))
    network = HttpNetwork()
    with closing(network.session(f"http://127.0.0.1:{made.port}")) as session:
        for limits, trouble in (
            (Limits(read=0.2), Trouble.READ_TIME),
            (Limits(total=0.3), Trouble.TOTAL_TIME),
        ):
            network.use(limits, None)
            with pytest.raises(NoAnswer) as failure:
                session.send(get("/"), plain, Stop())
            assert failure.value.trouble is trouble


def test_no_tls_there(wire: Callable[..., Wire], plain: Credentials) -> None:
    made = wire(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert trouble(f"https://127.0.0.1:{made.port}", plain).trouble is Trouble.TLS


def test_a_handshake_that_never_ends_is_stopped(wire: Callable[..., Wire], plain: Credentials) -> None:
    closed = threading.Event()

    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass
        closed.set()

    made = wire(serve)
    stop = Stop()
    timer = threading.Timer(0.2, stop.stop)
    timer.start()
    start = time.monotonic()
    with closing(HttpNetwork().session(f"https://127.0.0.1:{made.port}")) as session:
        with pytest.raises(Stopped):
            session.send(get("/"), plain, stop)
        assert time.monotonic() - start < 0.5
        assert closed.wait(5)
    timer.join()


# --- proxies ---


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The system's proxies, to be filled."""
    found: dict[str, str] = {}
    monkeypatch.setattr("cortex_desktop.net.client.getproxies", lambda: found)
    monkeypatch.setattr("cortex_desktop.net.client.proxy_bypass", lambda host: host.startswith("inside."))
    return found


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", Trouble.PROXY_ASKS),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Trouble.PROXY),
    ],
)
def test_a_proxy_that_refuses(
    wire: Callable[..., Wire], proxies: dict[str, str], plain: Credentials, reply: bytes, expected: Trouble
) -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(connection.recv(65536))
        connection.sendall(reply)
        connection.close()

    proxies["https"] = f"127.0.0.1:{wire(serve).port}"
    assert trouble("https://api.example", plain).trouble is expected
    assert received[0].startswith(b"CONNECT api.example:443 ")
    assert plain.key.reveal().encode() not in received[0]


def test_a_proxy_that_is_not_there(proxies: dict[str, str], plain: Credentials) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        proxies["https"] = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert trouble("https://api.example", plain).trouble is Trouble.PROXY
    for address in ("socks5://127.0.0.1:1", "gopher://127.0.0.1:1"):
        proxies["https"] = address
        assert trouble("https://api.example", plain).trouble is Trouble.PROXY


def test_this_computer_is_never_asked_through_a_proxy(
    server: Server, proxies: dict[str, str], plain: Credentials
) -> None:
    proxies["http"] = proxies["all"] = "http://127.0.0.1:1"
    server.answers(said({}))
    for host in ("127.0.0.1", "localhost"):
        with closing(HttpNetwork().session(server.endpoint.replace("127.0.0.1", host))) as session:
            assert session.send(get("/"), plain, Stop()).status == 200
