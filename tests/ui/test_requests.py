"""The Requests page, by keyboard and mouse, against the real sandbox in this process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QPlainTextEdit, QPushButton, QSpinBox, QSplitter

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.model import Environment
from cortex_desktop.domain.sandbox import LOCK_FILE, Message
from cortex_desktop.domain.secret import LoginRef, SecretKind
from cortex_desktop.sandbox.folder_lock import FolderLock
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.tasks.lanes import Lane
from cortex_desktop.ui.requests.presenter import RequestsPresenter
from cortex_desktop.ui.requests.request_card import Draft
from cortex_desktop.ui.shell.status_line import StatusLine
from tests.support.clock import TestClock
from tests.support.gui import CTRL, Desk, Key, clipboard_text, painted, stored_apps, texts
from tests.support.memory_vault import InMemoryVault
from tests.support.sandbox import LocalSandbox, LocalStores

SECONDS = 10


@pytest.fixture
def go(qapp, qtbot, folder: Path, vault: InMemoryVault) -> Iterator[Callable[..., Desk]]:
    """`go(sessions)` opens the page with one app, `go(None)` with what is there; production: of a production org with
    this endpoint."""
    desks: list[Desk] = []

    def go(sessions: bool | None, *, endpoint: str = "", production: bool = False, visited: bool = True) -> Desk:
        if sessions is not None:
            stored_apps(folder, vault, {"NewHealth App": {"sessions": sessions}})
        if endpoint:
            repository = TinyRepository(folder)
            org = repository.orgs()[0]
            environment = Environment.PRODUCTION if production else Environment.DEVELOPMENT
            repository.save_org(replace(org, environment=environment, endpoint=endpoint))
            repository.close()
        desk = Desk(qapp, LocalStores(folder, TinyRepository(folder), vault), qtbot, clock=TestClock())
        desks.append(desk)
        desk.start()
        if visited:
            desk.tools.settings.set_text("requests_visited", "1")
        desk.key(Key.Key_4, CTRL)
        desk.wait(lambda: "NewHealth App" in desk.screen() or not presenter(desk).page.is_first)
        return desk

    yield go
    for desk in desks:
        desk.close()


def presenter(desk: Desk) -> RequestsPresenter:
    return desk.program.requests.presenter


def tree(desk: Desk) -> dict[str, str]:
    """The open rows of the answer: values by name."""
    view = presenter(desk).page.answer.tree
    found, index = {}, view.model().index(0, 0)
    while index.isValid():
        found[index.data()] = index.siblingAtColumn(1).data()
        index = view.indexBelow(index)
    return found


def history(desk: Desk) -> list[str]:
    model = presenter(desk).page.history.model()
    return [f"{model.index(row, 0).data()}" for row in range(model.rowCount())]


def write(desk: Desk, path: str, method: str = "GET", body: str = "") -> None:
    """Begin a new request and write this one."""
    desk.key(Key.Key_T, CTRL)
    desk.find("Path", QLineEdit).setText(path)
    presenter(desk).page.request.method.setCurrentText(method)
    if body:
        desk.click("Body")
        desk.find("Body", QPlainTextEdit).setPlainText(body)


def send(desk: Desk) -> None:
    """Send by the keyboard, and wait for the outcome."""
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: not presenter(desk).is_sending, "an answer has come")


class Stub:
    """A server that answers as a test says. waits: holds each answer back until `release`."""

    def __init__(self) -> None:
        self.status, self.type, self.body = 200, "application/json", b"{}"
        self.headers: dict[str, str] = {}
        self.waits = False
        self.asked: list[str] = []
        self.released = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                stub.asked.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if stub.waits:
                    stub.released.wait(20)
                try:
                    self.send_response(stub.status)
                    for name, value in stub.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", stub.type)
                    self.send_header("Content-Length", str(len(stub.body)))
                    self.end_headers()
                    self.wfile.write(stub.body)
                except OSError:
                    pass

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._server.block_on_close = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    found = Stub()
    yield found
    found.close()


def to_cortex(desk: Desk) -> None:
    presenter(desk).set_target("cortex")


@pytest.mark.parametrize("sessions", [True, False])
def test_the_first_visit_by_keyboard(go: Callable[..., Desk], sessions: bool) -> None:
    desk = go(sessions, visited=False)
    assert "Make your first API request" in desk.screen()
    assert "Nothing here was tried on a real Cortex" in desk.screen()
    desk.key(Key.Key_Space)
    desk.wait(lambda: "Running" in [badge.accessibleName() for badge in desk.all("Running")])
    desk.key(Key.Key_Space)
    if sessions:
        desk.wait(lambda: "Your Cortex code is" in desk.screen())
        desk.key(Key.Key_Space)
    desk.wait(lambda: desk.all("3 of 3, Who am I, next" if sessions else "3 of 3, Accounts, next"))
    desk.key(Key.Key_Space)
    desk.wait(lambda: not presenter(desk).page.is_first)
    found = tree(desk)
    if sessions:
        assert found["email"] == '"john@my-org.example"'
        assert "never shown or kept" in found["key"]
        assert "Logged in as john@my-org.example" in desk.screen()
    else:
        assert found["object"] == '"list"'
        assert "Signs each request" in desk.screen()
    assert desk.all("200 OK")


def test_the_first_visit_is_only_the_first(go: Callable[..., Desk]) -> None:
    desk = go(True, visited=False)
    desk.click("Start with an empty request")
    assert "Press Send. The answer appears here." in desk.screen()
    desk.key(Key.Key_1, CTRL)
    desk.key(Key.Key_4, CTRL)
    assert "Make your first API request" not in desk.screen()


def test_a_login_asks_for_a_code_and_goes_on(go: Callable[..., Desk]) -> None:
    desk = go(True)
    presenter(desk).choose("log in")
    send(desk)
    assert "The status is 200, yet you are not logged in." in " ".join(desk.screen().split())
    assert desk.window.focusWidget().accessibleName() == "Code"
    desk.type("000000")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "The code is wrong" in desk.screen())
    assert "The status is 200" not in " ".join(desk.screen().split())
    desk.click("Use code")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as john@my-org.example" in desk.screen())
    desk.click("Log out")
    desk.wait(lambda: "Not logged in" in desk.screen())


def test_a_sandbox_that_ends_by_itself_is_told_and_started_again(go: Callable[..., Desk]) -> None:
    desk = go(True)
    send(desk)
    desk.key(Key.Key_1, CTRL)
    stores = desk.program.stores
    assert isinstance(stores, LocalStores)
    stores.made.crash()
    desk.wait(lambda: "The sandbox ended by itself" in desk.screen())
    desk.click("Start again")
    desk.wait(lambda: presenter(desk).sandbox.answers)
    presenter(desk).stop_sandbox()
    desk.wait(lambda: not presenter(desk).sandbox.answers)
    assert "The sandbox ended by itself" not in desk.screen()


def test_what_a_request_will_hold_shows_before_the_sandbox_runs(go: Callable[..., Desk]) -> None:
    desk = go(False)
    assert not presenter(desk).sandbox.answers
    desk.wait(lambda: "Medable-Client-Signature" in desk.screen())
    assert desk.all("http://127.0.0.1:8631/my-org/v2")


def test_how_the_sandbox_behaves_can_be_changed(go: Callable[..., Desk]) -> None:
    desk = go(True)
    presenter(desk).choose("log in")
    send(desk)
    desk.click("Use code")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as" in desk.screen())
    presenter(desk).show_sandbox_settings()
    desk.dialog()
    desk.click("New CSRF token with each answer")
    desk.find("Requests within 300 s", QSpinBox).setValue(40)
    desk.click("Save")
    desk.no_dialog()
    tokens = set()
    for _ in range(3):
        write(desk, "/accounts/me")
        send(desk)
        assert tree(desk).get("email") == '"john@my-org.example"', "the client keeps up"
        tokens.add(presenter(desk).page.answer.headers.toPlainText().lower().partition("csrf-token")[2][:20])
    assert len(tokens) == 3
    presenter(desk).show_sandbox_settings()
    desk.dialog()
    assert desk.find("New CSRF token with each answer", QCheckBox).isChecked()
    assert desk.find("Requests within 300 s", QSpinBox).value() == 40


def test_an_address_that_fits_is_shown_whole(go: Callable[..., Desk]) -> None:
    desk = go(True)
    desk.wait(lambda: "Medable-Client-Key" in desk.screen())
    for length in range(4, 12):  # widths that end in every fraction of a pixel
        address = f"https://{'a' * length}.example/my-org/v2"
        presenter(desk).page.request.show_base(address)
        base = desk.find(address)
        desk.let_pass(50)
        assert painted(base) == [address]


def test_a_fault_in_words(go: Callable[..., Desk]) -> None:
    desk = go(True)
    write(desk, "/accounts/me")
    send(desk)
    words = desk.screen()
    assert "cortex.accessDenied.notLoggedIn" in words or "cortex.accessDenied" in words
    assert "Log in again" in words
    assert desk.all("403 Forbidden") or desk.all("401 Unauthorized")


def test_a_request_from_elsewhere_is_shown_with_its_mistake(go: Callable[..., Desk]) -> None:
    desk = go(False)
    send(desk)
    sandbox = presenter(desk).sandbox
    key = desk.kept("NewHealth App")
    headers = {
        "Medable-Client-Key": key,
        "Medable-Client-Signature": "0" * 64,
        "Medable-Client-Timestamp": str(int(time.time() * 1000)),
        "Medable-Client-Nonce": "a" * 16,
    }
    asked = urllib.request.Request(f"{sandbox.address}/my-org/v2/accounts", headers=headers)  # noqa: S310
    with pytest.raises(HTTPError):
        urllib.request.urlopen(asked, timeout=SECONDS)  # noqa: S310
    desk.wait(lambda: sandbox.requests)
    presenter(desk).choose(sandbox.requests[-1])
    words = desk.screen()
    assert "Received from your own client" in words
    assert "The signature does not match" in words
    assert key not in words
    desk.click("Send it signed correctly")
    desk.wait(lambda: tree(desk).get("object") == '"list"')


def test_stop_frees_the_window_at_once(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    stub.waits = True
    write(desk, "/c_examples", "POST", "{}")
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: stub.asked)
    desk.pass_time(0.5)
    button = desk.find("Stop", QPushButton)
    assert button.isEnabled()
    button.click()  # nothing that the network thread reports arrives before the next wait
    assert not presenter(desk).is_sending
    assert desk.all("Send")
    assert not desk.all("Stop")
    assert not stub.released.is_set(), "the server still holds its answer back"
    desk.toast("Cortex may still have done it.")
    stub.waits = False
    stub.released.set()
    write(desk, "/")
    send(desk)
    assert desk.all("200 OK")


def test_production_sends_only_get_until_allowed(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    assert "Production: only GET is sent" in desk.banner()
    write(desk, "/c_examples/1", "DELETE")
    assert not desk.find("Send").isEnabled()
    desk.key(Key.Key_Return, CTRL)
    desk.find("Path", QLineEdit).setFocus()
    desk.key(Key.Key_Return)
    desk.let_pass(50)
    assert not stub.asked
    write(desk, "/")
    send(desk)
    assert stub.asked == ["GET /my-org/v2"]
    desk.click("Allow changes")
    dialog = desk.dialog()
    assert not desk.find("Allow changes", within=dialog).isEnabled()
    desk.type("my-org")
    desk.click("Allow changes")
    desk.no_dialog()
    write(desk, "/c_examples/1", "DELETE")
    send(desk)
    assert stub.asked[-1] == "DELETE /my-org/v2/c_examples/1"
    desk.click("Stop allowing")
    assert not desk.find("Send").isEnabled()


def test_answers_of_production_are_put_away(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    stub.body = b'{"object": "account", "email": "patient@example.org"}'
    send(desk)
    assert "patient@example.org" in tree(desk)["email"]
    desk.program.screen_lock.locked.emit()
    assert tree(desk).get("email") is None
    answer = presenter(desk).page.answer
    assert "patient" not in answer.raw.toPlainText() + desk.screen()


def test_an_answer_of_production_that_comes_while_nobody_is_here_stays_hidden(
    go: Callable[..., Desk], stub: Stub
) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    stub.body, stub.waits = b'{"object": "account", "email": "patient@example.org"}', True
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: stub.asked)
    desk.program.screen_lock.locked.emit()
    stub.waits = False
    stub.released.set()
    desk.wait(lambda: not presenter(desk).is_sending)
    assert "patient" not in presenter(desk).page.answer.raw.toPlainText() + desk.screen()
    assert tree(desk).get("email") is None
    desk.pass_time(1)
    send(desk)
    assert "patient@example.org" in tree(desk)["email"]


def test_after_a_new_login_production_asks_again_what_was_allowed_before(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    desk.click("Allow changes")
    desk.dialog()
    desk.type("my-org")
    desk.click("Allow changes")
    desk.no_dialog()
    stub.status, stub.body = 403, b'{"object": "fault", "errCode": "cortex.accessDenied.sessionExpired"}'
    write(desk, "/c_examples/1", "DELETE")
    send(desk)
    desk.click("Stop allowing")
    desk.click("Log in again")
    form = presenter(desk).page.request.login
    form.email.setText("john@example.org")
    form.password.setText("secret")
    stub.status, stub.body = 200, b'{"object": "account", "email": "john@example.org"}'
    desk.key(Key.Key_Return, CTRL)
    desk.dialog()
    desk.click("Log in")
    desk.wait(lambda: "Logged in as john@example.org" in desk.screen())
    desk.let_pass(50)
    assert [line.split()[0] for line in stub.asked] == ["DELETE", "POST"], "and not the deletion once more"
    assert desk.find("Path", QLineEdit).text() == "/c_examples/1", "which is there to be sent"


def test_a_login_at_another_target_repeats_nothing_and_takes_nobody_along(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address)
    write(desk, "/c_examples/1", "DELETE")
    send(desk)
    desk.click("Log in again")
    form = presenter(desk).page.request.login
    assert form.email.text() == "john@my-org.example"
    to_cortex(desk)
    assert (form.email.text(), form.password.text()) == ("", "")
    form.email.setText("john@example.org")
    form.password.setText("secret")
    stub.body = b'{"object": "account", "email": "john@example.org"}'
    desk.key(Key.Key_Return, CTRL)
    desk.dialog()
    desk.click("Log in")
    desk.wait(lambda: "Logged in as john@example.org" in desk.screen())
    desk.let_pass(50)
    assert [line.split()[0] for line in stub.asked] == ["POST"], "and not what the sandbox refused"


def test_a_later_login_does_not_repeat_a_request_that_nobody_asked_to_repeat(go: Callable[..., Desk]) -> None:
    desk = go(True)
    write(desk, "/c_examples", "POST", '{"c_title": "left behind"}')
    send(desk)
    presenter(desk).choose("log in")
    send(desk)
    desk.click("Use code")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as john@my-org.example" in desk.screen())
    desk.let_pass(50)
    write(desk, "/c_examples")
    send(desk)
    desk.wait(lambda: tree(desk).get("data") == "0 items")


def test_no_header_smuggles_another_method_into_production(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    draft = Draft("GET", "/c_examples/1", (("X-HTTP-Method-Override", "DELETE"),))
    desk.key(Key.Key_T, CTRL)
    presenter(desk).page.request.show_draft(draft)
    desk.key(Key.Key_Return, CTRL)
    desk.let_pass(50)
    assert not stub.asked


def test_a_login_path_of_the_orgs_own_lets_nothing_else_into_production(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address, production=True)
    to_cortex(desk)
    desk.tools.settings.login_path = "/c_examples"
    write(desk, "/c_examples", "POST", '{"c_title": "x"}')
    desk.key(Key.Key_Return, CTRL)
    desk.let_pass(50)
    assert not stub.asked
    presenter(desk).choose(presenter(desk).log_in_row)
    form = presenter(desk).page.request.login
    form.email.setText("john@example.org")
    form.password.setText("secret")
    assert desk.find("Send").isEnabled(), "the form logs in"


def test_secrets_in_answers_are_never_shown(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address)
    to_cortex(desk)
    key = desk.kept("NewHealth App")
    stub.body = (
        b'{"object": "account", "key": {"secret": "account-secret"}, "echo": "%s", '
        b'"configuration": {"email": {"api_key": "mail-secret"}}}' % key.encode()
    )
    stub.headers = {"Set-Cookie": "md.sid=cookie-secret; Path=/", "Medable-Csrf-Token": "token-secret-token-secret"}
    send(desk)
    answer = presenter(desk).page.answer
    presenter(desk).page.answer.tree.expandAll()
    seen = f"{tree(desk)} {answer.raw.toPlainText()} {answer.headers.toPlainText()} {desk.screen()}"
    desk.click("Copy answer")
    for secret in ("account-secret", "mail-secret", "cookie-secret", "token-secret-token-secret"):
        assert secret not in seen + clipboard_text()
    assert key not in seen + clipboard_text()


def test_history_has_no_bodies_and_no_keys(go: Callable[..., Desk], folder: Path, stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    stub.body = b'{"name": "body-of-answer"}'
    write(desk, "/c_examples?where=value-of-query", "POST", '{"name": "body-of-request"}')
    send(desk)
    desk.wait(lambda: history(desk) == ["/c_examples"])
    key, secret = desk.kept("NewHealth App"), desk.kept("NewHealth App", SecretKind.API_SECRET)
    text = (folder / "requests.json").read_text()
    assert "/c_examples" in text
    for private in ("body-of-answer", "body-of-request", "value-of-query", key, secret):
        assert private not in text
    assert (folder / "requests.json").stat().st_mode & 0o077 == 0


def test_a_kept_request_comes_back(go: Callable[..., Desk]) -> None:
    desk = go(False)
    write(desk, "/c_examples?limit=5")
    desk.key(Key.Key_S, CTRL)
    desk.dialog()
    desk.find("Name", QLineEdit).setText("First five")
    desk.key(Key.Key_Return)
    desk.no_dialog()
    rows = presenter(desk).page.yours.model()
    desk.wait(lambda: rows.rowCount() == 1)
    desk.key(Key.Key_T, CTRL)
    page = presenter(desk).page
    page.yours.setFocus()
    page.yours.setCurrentIndex(rows.index(0, 0))
    desk.key(Key.Key_Return)
    assert desk.find("Path", QLineEdit).text() == "/c_examples?limit=5"
    assert rows.index(0, 0).data() == "First five"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"type": "text/html", "body": b"<html>Hello</html>"}, "The answer is HTML. A proxy may have sent it."),
        ({"body": b""}, "The answer is empty."),
        ({"body": b"not json"}, "The answer is not JSON."),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/x"}}, "the key goes only to the org’s own"),
        ({"body": b'"' + b"x" * 9_000_000 + b'"'}, "First 8.4 MB of 9.0 MB"),
        (
            {"type": "application/x-ndjson", "body": b'{"a": 1}\n{"object": "fault", "errCode": "cortex.x.y"}\n'},
            "cortex.x.y",
        ),
    ],
    ids=["html", "empty", "not json", "redirect", "huge", "lines"],
)
def test_strange_answers(go: Callable[..., Desk], stub: Stub, answer: dict[str, object], words: str) -> None:
    desk = go(True, endpoint=stub.address)
    to_cortex(desk)
    for name, value in answer.items():
        setattr(stub, name, value)
    send(desk)
    assert words in desk.screen()


def test_nobody_there(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint="http://127.0.0.1:9")
    to_cortex(desk)
    send(desk)
    assert "127.0.0.1" in desk.screen()
    assert desk.find("Try again").isVisible()


def test_a_missing_key_sends_nothing(go: Callable[..., Desk], stub: Stub, vault: InMemoryVault) -> None:
    desk = go(True, endpoint=stub.address)
    to_cortex(desk)
    vault.items.clear()
    send(desk)
    assert "The key of NewHealth App is not in the keychain" in desk.screen()
    assert not stub.asked


def test_what_is_no_json_is_marked(go: Callable[..., Desk]) -> None:
    desk = go(True)
    write(desk, "/c_examples", "POST", '{"a": 1,\n "b" 2}')
    assert "Line 2, column 6: a colon is missing here." in desk.screen()


def test_find_in_the_answer(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address)
    to_cortex(desk)
    stub.body = b'{"object": "list", "data": [{"name": "first"}, {"name": "needle"}]}'
    send(desk)
    desk.key(Key.Key_F, CTRL)
    desk.type("needle")
    current = presenter(desk).page.answer.tree.currentIndex
    desk.wait(lambda: current().siblingAtColumn(1).data() == '"needle"')
    desk.type("s")
    desk.wait(lambda: "Not found" in desk.screen())


def test_copy_as_curl_has_the_key_for_a_while(go: Callable[..., Desk]) -> None:
    desk = go(False)
    desk.wait(lambda: desk.action("copy_request").isEnabled())
    desk.action("copy_request").trigger()
    key = desk.kept("NewHealth App")
    desk.wait(lambda: key in clipboard_text())
    assert desk.kept("NewHealth App", SecretKind.API_SECRET) not in clipboard_text()
    desk.pass_time(31)
    assert clipboard_text() == ""


def test_try_it_from_the_details(go: Callable[..., Desk]) -> None:
    desk = go(True)
    desk.key(Key.Key_1, CTRL)
    desk.wait(lambda: desk.action("try_app").isEnabled())
    desk.action("try_app").trigger()
    assert desk.window.windowTitle() == "Requests – Cortex Desktop"


def test_app_target_tab_and_divider_are_remembered_for_each_org(
    qapp, qtbot, folder: Path, vault: InMemoryVault
) -> None:
    repository = TinyRepository(folder)
    first = repository.orgs()[0]
    other = replace(first, id="f" * 32, code="other", name="Other")
    repository.save_org(other)
    repository.close()
    stored_apps(folder, vault, {"One": {}, "Two": {}})
    stored_apps(folder, vault, {"Else": {"org_id": other.id}})

    def opened() -> Desk:
        desk = Desk(qapp, LocalStores(folder, TinyRepository(folder), vault), qtbot, clock=TestClock()).start()
        desk.tools.settings.set_text("requests_visited", "1")
        desk.workspace.enter(first.id)
        desk.key(Key.Key_4, CTRL)
        desk.wait(lambda: not presenter(desk).page.is_first)
        return desk

    def chosen(desk: Desk) -> tuple[object, ...]:
        page = presenter(desk).page
        app = presenter(desk).app
        return (
            app and app.label,
            "Cortex" in page.target.accessibleName(),
            page.request.tabs.current,
            page.answer.views.current,
        )

    desk = opened()
    desk.resize(1280, 800)
    page = presenter(desk).page
    presenter(desk).try_app(desk.app("One"))
    send(desk)
    desk.click("Raw", within=page.answer)
    send(desk)
    assert page.answer.views.current == "raw", "the next answer shows as the last one did"
    presenter(desk).set_target("cortex")
    desk.click("Query", within=page.request)
    handle = page.findChild(QSplitter).handle(1)
    before = page.request.height()
    middle = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(handle, middle + QPoint(0, 40))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle + QPoint(0, 40))
    desk.wait(lambda: page.request.height() == before + 40)
    desk.workspace.enter(other.id)
    assert chosen(desk) == ("Else", False, "headers", "tree")
    desk.wait(lambda: page.request.height() == before)
    desk.workspace.enter(first.id)
    assert chosen(desk) == ("One", True, "query", "raw")
    desk.wait(lambda: page.request.height() == before + 40)
    desk.close()
    desk = opened()
    desk.resize(1280, 800)
    assert chosen(desk) == ("One", True, "query", "raw")
    desk.wait(lambda: presenter(desk).page.request.height() == before + 40)
    desk.close()


def test_ready_requests_are_in_the_palette(go: Callable[..., Desk]) -> None:
    desk = go(True)
    desk.key(Key.Key_1, CTRL)
    desk.key(Key.Key_K, CTRL)
    desk.type("who am i")
    assert desk.hits() == ["Request: Who am I"]
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.find("Path", QLineEdit).text() == "/accounts/me")


def test_quitting_asks_while_the_sandbox_has_clients(go: Callable[..., Desk]) -> None:
    desk = go(False)
    send(desk)
    sandbox = presenter(desk).sandbox
    with pytest.raises(HTTPError):
        urllib.request.urlopen(f"{sandbox.address}/my-org/v2", timeout=SECONDS)  # noqa: S310
    desk.wait(lambda: sandbox.clients)
    desk.window.close()
    desk.dialog()
    desk.click("Cancel")
    desk.no_dialog()
    assert desk.window.isVisible()
    desk.window.close()
    desk.dialog()
    desk.click("Quit")
    desk.wait(lambda: not desk.window.isVisible())


def status_line(desk: Desk) -> str:
    """The line about the sandbox at the foot of the sidebar, with what it says more."""
    lines = [line for line in desk.window.findChildren(StatusLine) if line.isVisible()]
    return " ".join(f"{line.accessibleName()}, {line.accessibleDescription()}" for line in lines)


def test_the_sidebar_shows_the_sandbox_and_leads_to_it(go: Callable[..., Desk]) -> None:
    desk = go(False)
    assert status_line(desk) == ""
    send(desk)
    place = presenter(desk).sandbox.address.removeprefix("http://")
    desk.wait(lambda: status_line(desk) == f"Sandbox · {place}, No clients")
    for path in ("my-org/v2", "my-org/v2/accounts"):
        with pytest.raises(HTTPError):
            urllib.request.urlopen(f"http://{place}/{path}", timeout=SECONDS)
    desk.wait(lambda: status_line(desk) == f"Sandbox · {place}, 1 client")
    desk.key(Key.Key_1, CTRL)
    assert desk.window.windowTitle() == "Apps – Cortex Desktop"
    desk.click(f"Sandbox · {place}")
    assert desk.window.windowTitle() == "Requests – Cortex Desktop"
    desk.pass_time(601)
    desk.wait(lambda: status_line(desk) == f"Sandbox · {place}, No clients")
    desk.action("stop_sandbox").trigger()
    desk.wait(lambda: status_line(desk) == "")


def test_a_narrow_sidebar_shows_the_sandbox_as_a_dot(go: Callable[..., Desk]) -> None:
    desk = go(False)
    send(desk)
    desk.wait(lambda: status_line(desk))
    (line,) = (found for found in desk.window.findChildren(StatusLine) if found.isVisible())
    assert any("Sandbox" in text for text in painted(line))
    desk.console.sidebar.compact(True)
    desk.let_pass(20)
    assert painted(line) == []
    assert "127.0.0.1" in line.toolTip()
    desk.console.sidebar.compact(False)


def test_removing_all_data_names_the_clients_of_the_sandbox_and_then_asks_no_more(go: Callable[..., Desk]) -> None:
    desk = go(False)
    send(desk)
    with pytest.raises(HTTPError):
        urllib.request.urlopen(f"{presenter(desk).sandbox.address}/my-org/v2", timeout=SECONDS)  # noqa: S310
    desk.wait(lambda: presenter(desk).sandbox.clients)
    desk.action("remove_data").trigger()
    assert "1 program used the sandbox" in " ".join(texts(desk.dialog()))
    desk.type("remove")
    desk.key(Key.Key_Return)
    desk.wait(lambda: not desk.window.isVisible())
    assert desk.program.data_removed


def test_a_sandbox_in_a_terminal_is_noticed_and_so_is_its_end(folder: Path, start: Callable[..., Desk]) -> None:
    lock = FolderLock(folder / LOCK_FILE)
    assert lock.take()
    lock.say("http://127.0.0.1:8999")
    desk = start()
    desk.wait(lambda: status_line(desk) == "Sandbox · 127.0.0.1:8999, Runs in a terminal")
    desk.action("remove_data").trigger()
    assert "A sandbox in a terminal answers at http://127.0.0.1:8999." in " ".join(texts(desk.dialog()))
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    lock.release()
    desk.pass_time(3)
    desk.wait(lambda: status_line(desk) == "")


def test_the_first_visit_leads_to_the_field_for_a_code_that_stands_in_a_terminal(
    go: Callable[..., Desk], folder: Path
) -> None:
    desk = go(True, visited=False)
    codes: list[Message] = []
    other = LocalSandbox(desk.program.stores, lambda received: None, codes.append, lambda: None)
    lock = FolderLock(folder / LOCK_FILE)
    assert lock.take()
    lock.say(other.start())
    presenter(desk).sandbox.look()
    desk.wait(lambda: presenter(desk).sandbox.answers)
    desk.click("Log in", within=presenter(desk).page.first)
    desk.wait(lambda: "The sandbox runs in a terminal: the code is there." in " ".join(desk.screen().split()))
    desk.type(codes[0].code)
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as john@my-org.example" in desk.screen())
    other.stop()
    lock.release()


LOADED = """
import sys
from cortex_desktop.ui.app import make_application, open_program
from pathlib import Path
program = open_program(make_application(), Path(sys.argv[1]))
heavy = ("httpx2", "werkzeug", "ssl", "cortex_desktop.domain.request", "cortex_desktop.services.workbench")
print([name for name in heavy if name in sys.modules])
sys.stdout.flush()
import os
os._exit(0)
"""


def test_nothing_of_it_loads_before_it_is_opened(folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", LOADED, str(folder)], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize(
    ("status", "body", "words", "works"),
    [
        (200, b'{"object": "org", "code": "my-org"}', "Known", "cortex"),
        (404, b'{"object": "fault", "errCode": "cortex.notFound.app", "status": 404}', "Not known there", "here"),
        (403, b'{"object": "fault", "errCode": "cortex.accessDenied.appDisabled"}', "Known, but disabled", "cortex"),
    ],
)
def test_check_with_cortex(
    go: Callable[..., Desk], stub: Stub, status: int, body: bytes, words: str, works: str
) -> None:
    desk = go(True, endpoint=stub.address)
    made = desk.create("Ward tablet", sessions=True) if desk.key(Key.Key_1, CTRL) is None else None
    stub.status, stub.body = status, body
    assert not stub.asked
    desk.action("check_cortex").trigger()
    desk.toast(f"Ward tablet: {words}")
    assert stub.asked == ["GET /my-org/v2"]
    assert made is not None
    desk.wait(lambda: desk.app("Ward tablet").checked is not None)
    desk.apps.page.look_for(f"from:{works}")
    desk.wait(lambda: "Ward tablet" in desk.labels())


def test_check_several_goes_on_after_a_key_that_is_missing(
    go: Callable[..., Desk], stub: Stub, vault: InMemoryVault
) -> None:
    desk = go(True, endpoint=stub.address)
    desk.key(Key.Key_1, CTRL)
    made = [desk.create(label, sessions=True) for label in ("One", "Two", "Three")]
    vault.items.pop(made[1].ref(SecretKind.API_KEY))
    stub.body = b'{"object": "org", "code": "my-org"}'
    desk.apps.page.select_all()
    desk.wait(desk.action("check_cortex").isEnabled)
    desk.action("check_cortex").trigger()
    desk.toast("1 key missing from the keychain")
    assert len(stub.asked) == 3
    desk.wait(lambda: [desk.app(app.label).known is not None for app in made] == [True, False, True])


def test_a_check_of_several_shows_how_far_it_is_and_can_be_stopped(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address)
    desk.key(Key.Key_1, CTRL)
    for label in ("One", "Two", "Three"):
        desk.create(label, sessions=True)
    stub.body = b'{"object": "org", "code": "my-org"}'
    stub.waits = True
    desk.apps.page.select_all()
    desk.wait(desk.action("check_cortex").isEnabled)
    desk.action("check_cortex").trigger()
    desk.wait(lambda: stub.asked)
    desk.pass_time(1)
    desk.wait(lambda: "Asking Cortex" in desk.screen())
    assert "1 of 4" in desk.screen()
    desk.click("Stop")
    desk.toast("Stopped before the others were asked")
    assert "Asking Cortex" not in desk.screen()
    stub.waits = False
    stub.released.set()
    desk.let_pass(100)
    assert len(stub.asked) == 1
    desk.action("check_cortex").trigger()
    desk.toast("4 keys checked with Cortex")
    assert len(stub.asked) == 5


def test_use_a_key_from_cortex(go: Callable[..., Desk]) -> None:
    desk = go(True)
    desk.key(Key.Key_1, CTRL)
    desk.create("Ward tablet", sessions=True)
    desk.action("use_key").trigger()
    desk.dialog()
    desk.type("Key: GsAqlhnIMzrDeD8V2MBQWq")
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.find("Use key").isEnabled())
    desk.click("Use key")
    desk.no_dialog()
    desk.wait(lambda: desk.kept("Ward tablet") == "GsAqlhnIMzrDeD8V2MBQWq")
    app = desk.app("Ward tablet")
    assert (app.origin.value, len(app.kept)) == ("cortex", 1)


# Remembered logins


def logins(vault: InMemoryVault) -> list[LoginRef]:
    return [ref for ref in vault.items if isinstance(ref, LoginRef)]


def log_in(desk: Desk, *, remember: bool = False) -> None:
    """Log in as John, with the code of the sandbox."""
    presenter(desk).choose("log in")
    send(desk)
    desk.wait(lambda: desk.all("Use code"))
    if remember:
        desk.find("Remember this computer", QCheckBox).click()
    desk.click("Use code")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as john@my-org.example" in desk.screen())


def test_a_remembered_computer_needs_no_code_after_a_restart_until_it_is_forgotten(
    go: Callable[..., Desk], vault: InMemoryVault, folder: Path
) -> None:
    desk = go(True)
    log_in(desk, remember=True)
    desk.toast("This computer is remembered")
    [ref] = logins(vault)
    desk.close()
    assert vault.items[ref].reveal() not in "".join(path.read_text("utf-8", "replace") for path in files(folder))
    desk = go(None)
    presenter(desk).choose("log in")
    send(desk)
    desk.wait(lambda: "Logged in as john@my-org.example" in desk.screen())
    desk.click("Log out")
    desk.wait(lambda: "Not logged in" in desk.screen())
    desk.click(presenter(desk).page.target.accessibleName())
    desk.choose("Forget this computer")
    desk.toast("This computer is forgotten")
    assert logins(vault) == []
    presenter(desk).choose("log in")
    send(desk)
    desk.wait(lambda: desk.all("Use code"))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_only_who_asks_is_remembered(go: Callable[..., Desk], vault: InMemoryVault) -> None:
    desk = go(True)
    log_in(desk)
    desk.let_pass(50)
    assert logins(vault) == []
    desk.click(presenter(desk).page.target.accessibleName())
    [forget] = [action for action in desk.menu().actions() if action.text() == "Forget this computer"]
    assert not forget.isEnabled()
    desk.menu().close()


def test_a_keychain_that_refuses_keeps_nobody_from_logging_in(go: Callable[..., Desk], vault: InMemoryVault) -> None:
    desk = go(True)
    vault.fail_next("store", VaultError(VaultProblem.LOCKED, vault.name))
    log_in(desk, remember=True)
    desk.toast("Logged in, but this computer is not remembered")
    assert logins(vault) == []


def test_a_remembered_login_that_is_gone_is_told_and_a_code_asked_for(
    go: Callable[..., Desk], vault: InMemoryVault
) -> None:
    desk = go(True)
    log_in(desk, remember=True)
    desk.toast("This computer is remembered")
    desk.close()
    vault.items.pop(logins(vault)[0])
    desk = go(None)
    presenter(desk).choose("log in")
    send(desk)
    desk.toast("Cortex will not know this computer")
    desk.wait(lambda: desk.all("Use code"))


# Preferences


def test_a_login_path_of_the_persons_own_counts_for_the_endpoint_only(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(True, endpoint=stub.address)
    desk.tools.settings.login_path = "/c_sign_in"
    to_cortex(desk)
    presenter(desk).choose("log in")
    login = presenter(desk).page.request.login
    login.email.setText("ada@example.org")
    login.password.setText("secret")
    desk.key(Key.Key_Return, CTRL)
    desk.click("Log in", within=desk.dialog())
    desk.wait(lambda: stub.asked == ["POST /my-org/v2/c_sign_in"])
    presenter(desk).set_target("sandbox")
    log_in(desk)


def test_other_limits_count_from_the_next_request_on(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    write(desk, "/")
    send(desk)
    assert desk.all("200 OK")
    stub.waits = True
    desk.tools.settings.read_seconds = 1
    send(desk)
    assert "Nothing came for 1.0 s" in desk.screen()


def test_a_ca_file_that_cannot_be_used_is_told(go: Callable[..., Desk], stub: Stub, tmp_path: Path) -> None:
    desk = go(False, endpoint=stub.address.replace("http:", "https:"))
    desk.tools.settings.ca_file = str(tmp_path / "gone.pem")
    to_cortex(desk)
    write(desk, "/")
    send(desk)
    assert "The CA file cannot be used" in desk.screen()
    assert stub.asked == []


# Stop


def test_a_request_waits_for_no_other_work_of_the_network(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    send(desk)
    stub.waits = True
    desk.key(Key.Key_1, CTRL)
    desk.apps.page.select_all()
    desk.action("check_cortex").trigger()
    desk.wait(lambda: stub.asked, "the check waits for an answer")
    hold = threading.Event()
    desk.program.jobs.submit(Lane.NETWORK, lambda: hold.wait(20), desk.window, print, print)
    desk.key(Key.Key_4, CTRL)
    write(desk, "/accounts")
    began = time.monotonic()
    send(desk)
    assert time.monotonic() - began < 1
    assert desk.all("200 OK")
    hold.set()
    stub.released.set()


def test_the_next_request_does_not_wait_for_the_one_that_was_stopped(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    send(desk)
    stub.waits = True
    for _ in range(3):
        to_cortex(desk)
        write(desk, "/c_examples")
        desk.key(Key.Key_Return, CTRL)
        before = len(stub.asked)
        desk.wait(lambda before=before: len(stub.asked) > before or stub.asked)
        desk.key(Key.Key_Escape)
        assert not presenter(desk).is_sending
        presenter(desk).set_target("sandbox")
        write(desk, "/accounts")
        send(desk)
        assert desk.all("200 OK")
        assert not stub.released.is_set(), "the server still holds its answer back"
    stub.released.set()


def test_saving_a_whole_answer_can_be_stopped(go: Callable[..., Desk], stub: Stub, tmp_path: Path) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    stub.body = json.dumps([{"_id": number, "text": "x" * 80} for number in range(90_000)]).encode()
    write(desk, "/c_examples")
    send(desk)
    target = tmp_path / "answer.json"
    for stops in (True, False):
        stub.waits = stops
        desk.click("Save all")
        dialog = desk.dialog()
        assert isinstance(dialog, QFileDialog)
        dialog.setDirectory(str(tmp_path))
        dialog.findChild(QLineEdit).setText(target.name)
        dialog.accept()
        desk.no_dialog()
        assert presenter(desk).is_sending or not stops
        if stops:
            desk.key(Key.Key_Escape)
            assert not presenter(desk).is_sending
            stub.released.set()
            desk.wait(lambda: not list(tmp_path.glob("answer.json*")))
        else:
            desk.toast("Answer saved")
            assert target.read_bytes() == stub.body
        assert desk.all("200 OK"), "the answer on the page stays"


def test_saving_never_sends_a_change_again_unasked(go: Callable[..., Desk], stub: Stub) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    stub.body = json.dumps([{"_id": number, "text": "x" * 80} for number in range(90_000)]).encode()
    write(desk, "/c_examples", "POST", "{}")
    send(desk)
    desk.click("Save all")
    assert "may be done a second time" in " ".join(texts(desk.dialog()))
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    assert len(stub.asked) == 1


def test_an_answer_that_cannot_be_saved_is_told(go: Callable[..., Desk], stub: Stub, tmp_path: Path) -> None:
    desk = go(False, endpoint=stub.address)
    to_cortex(desk)
    stub.body = json.dumps([{"_id": number, "text": "x" * 80} for number in range(90_000)]).encode()
    write(desk, "/c_examples")
    send(desk)
    taken = tmp_path / "taken"
    taken.mkdir()
    for target in (tmp_path / "gone" / "answer.json", taken, tmp_path / ("x" * 300)):  # opening, replacing, naming
        desk.click("Save all")
        dialog = desk.dialog()
        assert isinstance(dialog, QFileDialog)
        dialog.fileSelected.emit(str(target))
        dialog.reject()
        desk.no_dialog()
        desk.toast("The answer could not be saved")
        assert not presenter(desk).is_sending
        assert desk.all("200 OK"), "the answer on the page stays"
        for toast in list(desk.tools.toasts.shown):
            toast.leave()
    assert not list(tmp_path.glob("*.part"))
