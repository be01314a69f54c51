"""Bad days of the Requests page, each with a real socket: a clear sentence, a free window, and nothing lost."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit

from cortex_desktop.domain.ports import VaultState
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.requests.presenter import RequestsPresenter
from tests.support.clock import TestClock
from tests.support.gui import CTRL, Desk, Key, stored_apps
from tests.support.memory_vault import InMemoryVault
from tests.support.sandbox import LocalStores

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = b'{"c_title": "a line of many"},\n' * 32_258
WRITTEN = "/c_examples?limit=7"
Serve = Callable[[socket.socket], None]


class Wire:
    """Accepts connections, reads the request, and lets `serve` answer what it likes until it is closed."""

    def __init__(self, serve: Serve) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._serve = serve
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.asked = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                with suppress(OSError):
                    if not connection.recv(65536):
                        continue
                    self.asked += 1
                    self._serve(connection)
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join()


@pytest.fixture
def wire() -> Iterator[Callable[[Serve], Wire]]:
    made: list[Wire] = []

    def wire(serve: Serve) -> Wire:
        made.append(Wire(serve))
        return made[-1]

    yield wire
    for each in made:
        each.close()


@pytest.fixture
def go(qapp: QApplication, qtbot, folder: Path, vault: InMemoryVault) -> Iterator[Callable[..., Desk]]:
    """`go(endpoint)` opens the page with a request written, to be sent to this endpoint; "" is the sandbox."""
    desks: list[Desk] = []

    def go(endpoint: str = "") -> Desk:
        stored_apps(folder, vault, {"NewHealth App": {"sessions": True}})
        repository = TinyRepository(folder)
        if endpoint:
            repository.save_org(replace(repository.orgs()[0], endpoint=endpoint))
        repository.close()
        desk = Desk(qapp, LocalStores(folder, TinyRepository(folder), vault), qtbot, clock=TestClock())
        desks.append(desk)
        desk.start()
        desk.tools.settings.set_text("requests_visited", "1")
        desk.key(Key.Key_4, CTRL)
        desk.wait(lambda: not presenter(desk).page.is_first)
        presenter(desk).set_target("cortex" if endpoint else "sandbox")
        desk.key(Key.Key_T, CTRL)
        desk.find("Path", QLineEdit).setText(WRITTEN)
        return desk

    yield go
    for desk in desks:
        desk.close()


def presenter(desk: Desk) -> RequestsPresenter:
    return desk.program.requests.presenter


class Stalls:
    """The longest time for which the window does not answer."""

    def __init__(self, desk: Desk) -> None:
        self.longest = 0.0
        self._last = time.monotonic()
        self._timer = QTimer(desk.window)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def stop(self) -> float:
        self._timer.stop()
        self._timer.deleteLater()
        return self.longest


def send(desk: Desk) -> None:
    """Send, and see that the window answers meanwhile."""
    stalls = Stalls(desk)
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: not presenter(desk).is_sending, "an answer has come", milliseconds=30_000)
    assert stalls.stop() < 0.5, "a machine that has much else to do included"


def is_whole(desk: Desk, status: str = "") -> None:
    """Nothing is lost: the request is there to be sent again, and the history says how it went."""
    assert desk.find("Path", QLineEdit).text() == WRITTEN
    assert desk.find("Send").isEnabled()
    rows = presenter(desk).page.history.model()
    desk.wait(lambda: rows.rowCount() == 1)
    assert rows.index(0, 0).data() == "/c_examples"


def says(desk: Desk, *sentences: str) -> None:
    words = " ".join(desk.screen().replace("\u200b", "").split())
    for sentence in sentences:
        assert sentence in words, words


def endless(piece: bytes, begin: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.sendall(begin)
        for _ in range(1_000):
            connection.sendall(piece)

    return serve


def test_html_instead_of_json(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    page = b"<!DOCTYPE html><title>Log in to the network</title><script>alert(1)</script>"
    made = wire(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page))
    desk = go(f"http://127.0.0.1:{made.port}")
    send(desk)
    says(desk, "The answer is HTML. A proxy may have sent it.", "<title>Log in to the network</title>")
    is_whole(desk)


def test_an_empty_answer(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    made = wire(lambda c: c.sendall(HEAD + b"Content-Length: 0\r\n\r\n"))
    desk = go(f"http://127.0.0.1:{made.port}")
    send(desk)
    says(desk, "The answer is empty.")
    assert desk.all("200 OK")
    is_whole(desk)


def test_100_megabytes(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (100 * len(MEGABYTE)))
        for _ in range(100):
            connection.sendall(MEGABYTE)

    desk = go(f"http://127.0.0.1:{wire(serve).port}")
    send(desk)
    says(desk, "First 8.4 MB of 100.0 MB", "Save all")
    is_whole(desk)


def test_a_header_of_a_gigabyte(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    desk = go(f"http://127.0.0.1:{wire(endless(MEGABYTE, HEAD + b'X-Long: ')).port}")
    send(desk)
    says(desk, "127.0.0.1", "Try again")
    is_whole(desk)


def test_a_server_that_never_ends(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.02)

    made = wire(serve)
    desk = go(f"http://127.0.0.1:{made.port}")
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: made.asked)
    desk.pass_time(0.5)
    assert desk.find("Stop").isEnabled()
    desk.key(Key.Key_1, CTRL)
    assert desk.window.windowTitle() == "Apps – Cortex Desktop", "meanwhile the rest can be used"
    desk.key(Key.Key_4, CTRL)
    began = time.monotonic()
    desk.key(Key.Key_Escape)
    desk.wait(lambda: not presenter(desk).is_sending)
    assert time.monotonic() - began < 0.2
    desk.toast("Stopped after")
    is_whole(desk)


def test_a_connection_that_is_cut(go: Callable[..., Desk], wire: Callable[[Serve], Wire]) -> None:
    made = wire(lambda c: c.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"half": '))
    desk = go(f"http://127.0.0.1:{made.port}")
    send(desk)
    says(desk, "127.0.0.1", "Try again")
    is_whole(desk)


def test_a_certificate_that_nobody_knows(
    go: Callable[..., Desk], wire: Callable[[Serve], Wire], tmp_path: Path
) -> None:
    pytest.importorskip("cryptography")
    from tests.support.certificates import self_signed

    own = tmp_path / "own.pem"
    own.write_bytes(b"".join(self_signed()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                    got.append(secure.recv(65536))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        desk = go(f"https://127.0.0.1:{listener.getsockname()[1]}")
        send(desk)
        says(desk, "certificate", "Try again")
        assert not any(desk.all(name) for name in ("Ignore", "Continue anyway", "Accept"))
        is_whole(desk)
        assert not any(got), "the key was not sent"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_proxy_that_asks(
    go: Callable[..., Desk], wire: Callable[[Serve], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wire(lambda c: c.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{made.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    desk = go("https://api.example")
    send(desk)
    says(desk, "proxy", "Try again")
    is_whole(desk)


def test_offline(go: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    desk = go("https://api.example")
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    send(desk)
    monkeypatch.undo()
    says(desk, "No connection to api.example", "Try again")
    is_whole(desk)


def test_nobody_listens(go: Callable[..., Desk]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    desk = go(f"http://127.0.0.1:{port}")
    send(desk)
    says(desk, "No connection to 127.0.0.1", "Nothing answers at this address. Nothing was sent.", "Try again")
    is_whole(desk)


def test_a_locked_keychain(go: Callable[..., Desk], wire: Callable[[Serve], Wire], vault: InMemoryVault) -> None:
    made = wire(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    desk = go(f"http://127.0.0.1:{made.port}")
    vault.current = VaultState.LOCKED
    desk.workspace.look_at_keychain()
    desk.wait(lambda: "Your keychain is locked" in desk.banner())
    assert not desk.find("Send").isEnabled()
    desk.key(Key.Key_Return, CTRL)
    desk.let_pass(50)
    assert made.asked == 0
    assert desk.find("Path", QLineEdit).text() == WRITTEN
    desk.click("Unlock")
    desk.wait(lambda: desk.find("Send").isEnabled())
    send(desk)
    assert made.asked == 1
    is_whole(desk)


def test_a_keychain_that_locks_meanwhile_takes_no_answer_away(
    go: Callable[..., Desk], wire: Callable[[Serve], Wire], vault: InMemoryVault
) -> None:
    made = wire(lambda c: c.sendall(HEAD + b'Content-Length: 16\r\n\r\n{"kept": "kept"}'))
    desk = go(f"http://127.0.0.1:{made.port}")
    send(desk)
    assert '"kept"' in presenter(desk).page.answer.raw.toPlainText()
    vault.current = VaultState.LOCKED
    send(desk)
    desk.wait(lambda: "Your keychain is locked" in desk.banner())
    assert '"kept"' in presenter(desk).page.answer.raw.toPlainText()
    assert "Try again" not in desk.screen()
    assert made.asked == 1


def test_a_key_that_is_not_in_the_keychain(
    go: Callable[..., Desk], wire: Callable[[Serve], Wire], vault: InMemoryVault
) -> None:
    made = wire(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    desk = go(f"http://127.0.0.1:{made.port}")
    vault.items.clear()
    send(desk)
    says(desk, "The key of NewHealth App is not in the keychain", "nothing is sent without a key")
    assert made.asked == 0
    assert "The answer appears here" not in desk.screen()
    assert desk.find("Path", QLineEdit).text() == WRITTEN
    desk.click("Check keychain")
    desk.dialog()


def test_a_sandbox_that_does_not_run_and_one_that_went(go: Callable[..., Desk]) -> None:
    desk = go()
    assert desk.find("Start and send").isEnabled()
    send(desk)
    assert presenter(desk).sandbox.answers
    assert desk.find("Path", QLineEdit).text() == WRITTEN
    desk.action("stop_sandbox").trigger()
    desk.wait(lambda: desk.all("Start and send"))
    send(desk)
    assert presenter(desk).sandbox.answers, "and it starts again"
    assert desk.find("Path", QLineEdit).text() == WRITTEN
