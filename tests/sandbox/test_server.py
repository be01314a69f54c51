"""The sandbox on real sockets and as a process: addresses, ports, one for each folder, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from werkzeug.wrappers import Request as Received
from werkzeug.wrappers import Response

from cortex_desktop.domain.sandbox import (
    AppSettings,
    Message,
    PortTaken,
    SandboxNotStarted,
    SandboxRunning,
    Settings,
)
from cortex_desktop.domain.sandbox import Received as LogEntry
from cortex_desktop.sandbox.child import ChildSandbox
from cortex_desktop.sandbox.folder_lock import running_at
from cortex_desktop.sandbox.server import Server, open_server

from .program import SESSION_KEY, SIGNING_KEY

PROGRAM = Path(__file__).with_name("program.py")
POSIX = sys.platform != "win32"


@Received.application
def empty(request: Received) -> Response:
    return Response(request.host)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def serving() -> Iterator[Callable[[Server], Server]]:
    servers: list[Server] = []

    def start(server: Server) -> Server:
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


def ask(address: str, **headers: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.get(address, headers=headers)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_all_names_of_this_computer(serving: Callable[[Server], Server], host: str) -> None:
    if host == "[::1]" and not _has_ipv6():
        pytest.skip("this system has no IPv6")
    server = serving(Server(empty))
    assert ask(f"http://{host}:{server.port}/").text == f"{host}:{server.port}"


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_nothing_else_is_listened_on(serving: Callable[[Server], Server]) -> None:
    server = serving(Server(empty))
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection(("127.0.0.2", server.port), 1)


def test_which_port(serving: Callable[[Server], Server]) -> None:
    asked = free_port()
    assert serving(open_server(empty, asked, 1)).port == asked
    with pytest.raises(PortTaken):
        open_server(empty, asked, None)
    last = free_port()
    assert serving(open_server(empty, None, last)).port == last
    third = serving(open_server(empty, None, last)).port
    assert third >= 8631
    assert serving(open_server(empty, None, None)).port > third
    with pytest.raises(PortTaken):
        open_server(empty, 70_000, None)


def test_a_port_is_free_again_at_once() -> None:
    port = free_port()
    for _ in range(3):
        server = Server(empty, port)
        server.start()
        ask(f"http://127.0.0.1:{port}/")
        server.stop()


# --- as a process ---


@pytest.fixture
def programs() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(programs: list[subprocess.Popen[str]], folder: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """A sandbox as in a terminal, and its address once it answers."""
    command = [sys.executable, str(PROGRAM), str(folder), *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    programs.append(process)
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("Sandbox: ").partition("/<")[0].strip()


def test_in_a_terminal(programs: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    process, address = start(programs, tmp_path)
    key = {"Medable-Client-Key": SESSION_KEY}
    with httpx2.Client(trust_env=False, headers=key) as client:
        login = {"email": "john@acme.example", "password": "sandbox"}
        assert client.post(f"{address}/acme/v2/accounts/login", json=login).json()["code"] == "kNewLocation"
    process.send_signal(signal.SIGINT if POSIX else signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0 or not POSIX
    code = next(line for line in err.splitlines() if line.startswith("code for "))
    assert code.startswith("code for john@acme.example: ")
    assert len(code.rpartition(" ")[2]) == 6
    assert "POST /acme/v2/accounts/login 200 App 0 cortex.success.newLocation" in err
    assert SESSION_KEY not in out + err
    assert "Traceback" not in err
    again, same = start(programs, tmp_path)
    assert same == address  # the last one used
    again.terminate()
    again.communicate(timeout=20)
    assert again.returncode == 0 or not POSIX


def test_one_for_each_folder(programs: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    assert running_at(tmp_path) is None
    _, address = start(programs, tmp_path)
    second, _ = start(programs, tmp_path)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"It answers at {address}." in err
    assert running_at(tmp_path) == address
    (tmp_path / "other").mkdir()
    _, other = start(programs, tmp_path / "other")
    assert other.startswith("http://127.0.0.1:")
    assert other != address


def test_a_killed_one_keeps_neither_folder_nor_port(programs: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    process, address = start(programs, tmp_path)
    process.kill()
    process.wait()
    assert running_at(tmp_path) is None
    _, again = start(programs, tmp_path)
    assert again == address


def test_a_port_that_is_taken(programs: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        process, _ = start(programs, tmp_path, "--port", str(port))
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"can’t use port {port}" in err


class Heard:
    """What a child reports."""

    def __init__(self) -> None:
        self.received: list[LogEntry] = []
        self.messages: list[Message] = []
        self.ended = threading.Event()

    def child(self, folder: Path, *arguments: str) -> ChildSandbox:
        command = [sys.executable, str(PROGRAM), str(folder), "--parent", *arguments]
        return ChildSandbox(
            command,
            on_received=self.received.append,
            on_message=self.messages.append,
            on_ended=self.ended.set,
        )


def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_as_a_child(tmp_path: Path) -> None:
    heard = Heard()
    child = heard.child(tmp_path)
    assert not child.is_running
    address = child.start()
    assert child.is_running
    assert child.start() == address
    assert ask(f"{address}/acme/v2", **{"Medable-Client-Key": SIGNING_KEY}).json()["code"] == "acme"
    until(lambda: heard.received)
    assert heard.received[0].path == "/acme/v2"
    assert heard.received[0].key == "Sign…6789"
    child.change(Settings(rate_limit=1))
    until(lambda: ask(f"{address}/acme/v2", **{"Medable-Client-Key": SIGNING_KEY}).status_code == 429)
    child.reset()
    until(lambda: ask(f"{address}/acme/v2", **{"Medable-Client-Key": SIGNING_KEY}).status_code == 200)
    child.change_app("1".zfill(32), AppSettings(blacklist=("127.0.0.1", "::1")))
    until(lambda: ask(f"{address}/acme/v2", **{"Medable-Client-Key": SIGNING_KEY}).status_code == 403)
    child.change(Settings(csrf_each_reply=True))
    child.stop()
    assert not child.is_running
    assert heard.ended.is_set()
    with pytest.raises(httpx2.ConnectError):
        ask(f"{address}/acme/v2")
    again = Heard().child(tmp_path)
    assert again.start() == address
    assert again.settings == Settings(csrf_each_reply=True), "which it keeps"
    again.stop()


def test_a_child_that_cannot_start(programs: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    _, address = start(programs, tmp_path)
    with pytest.raises(SandboxRunning) as running:
        Heard().child(tmp_path).start()
    assert running.value.address == address
    with pytest.raises(SandboxNotStarted):
        ChildSandbox([str(tmp_path / "gone")], on_received=print, on_message=print, on_ended=lambda: None).start()
    (tmp_path / "other").mkdir()
    with pytest.raises(SandboxNotStarted) as failure:
        Heard().child(tmp_path / "other", "--port", address.rpartition(":")[2]).start()
    assert "port" in str(failure.value)


@pytest.mark.skipif(not POSIX, reason="asks POSIX whether a process is there")
def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, {str(PROGRAM)!r}, {str(tmp_path)!r}, '--parent'], "
        "stdin=subprocess.PIPE); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert "ready" in parent.stdout.readline()
    parent.kill()
    parent.wait()

    def is_gone() -> bool:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        # In a container nobody may reap it.
        status = Path(f"/proc/{child}/stat")
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"

    until(is_gone)
    parent.stdout.close()


@pytest.mark.parametrize(
    ("sent", "err_code"),
    [
        (b"GARBAGE", "cortex.invalidArgument.unspecified"),
        (b"GET /acme/v2 HTTP/9.9", "cortex.invalidArgument.unspecified"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1", "cortex.tooLarge.unspecified"),
        (b"GET /acme/v2 HTTP/1.1\r\nX-Long: " + b"a" * 70_000, "cortex.tooLarge.unspecified"),
    ],
)
def test_what_is_no_request_is_answered_by_a_fault_too(sent: bytes, err_code: str, tmp_path: Path, programs) -> None:
    _, address = start(programs, tmp_path)
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10) as connection:
        connection.sendall(sent + b"\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body)
    assert (document["object"], document["errCode"]) == ("fault", err_code)
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    assert b"X-Cortex-Sandbox: 1" in head
    assert b"GARBAGE" not in answer
