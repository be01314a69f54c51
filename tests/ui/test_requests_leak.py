"""What a login and its requests must leave nowhere: key, secret, password, code, cookies, tokens, the account's key."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit

from cortex_desktop.domain.request import Credentials, Login, login_request
from cortex_desktop.domain.secret import Secret, SecretKind
from cortex_desktop.services.request_snippets import Language
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.system.crash import Crashes
from cortex_desktop.ui.requests.presenter import RequestsPresenter
from tests.support.clock import TestClock
from tests.support.gui import CTRL, Desk, Key, clipboard_text, stored_apps
from tests.support.memory_vault import InMemoryVault
from tests.support.sandbox import LocalStores
from tests.ui import test_leak
from tests.ui.test_leak import KEY, SECRET, logged, planted
from tests.ui.test_requests import Stub, stub

__all__ = ["logged", "planted", "stub"]

PASSWORD, CODE, SID, DEVICE = (
    "correct-horse-9-battery",
    "918273645",
    "sid-4711-of-the-login",
    "device-0815-of-the-place",
)
TOKEN, ACCOUNT_KEY, MAIL_KEY = "token" + "Q7" * 29 + "z", "account-key-of-32-characters-0001", "mail-key-of-the-org"
PRIVATE = (PASSWORD, CODE, SID, DEVICE, TOKEN, ACCOUNT_KEY, MAIL_KEY)


@pytest.fixture(autouse=True)
def looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds these too."""
    pieces = (*test_leak.PIECES, *PRIVATE)
    monkeypatch.setattr(test_leak, "PIECES", pieces)
    monkeypatch.setattr(test_leak, "UTF16", tuple(piece.encode("utf-16-le") for piece in pieces))
    monkeypatch.setattr(test_leak, "_ANY_PIECE", re.compile("|".join(map(re.escape, pieces))))


@pytest.fixture
def desk(qapp: QApplication, qtbot, folder: Path, vault: InMemoryVault, stub: Stub) -> Iterator[Desk]:
    """The Requests page on an org whose endpoint is the stub."""
    stored_apps(folder, vault, {"With sessions": {"key": KEY}})
    repository = TinyRepository(folder)
    repository.save_org(replace(repository.orgs()[0], endpoint=stub.address))
    repository.close()
    desk = Desk(qapp, LocalStores(folder, TinyRepository(folder), vault), qtbot, clock=TestClock())
    desk.start()
    desk.tools.settings.set_text("requests_visited", "1")
    desk.key(Key.Key_4, CTRL)
    desk.wait(lambda: not presenter(desk).page.is_first)
    presenter(desk).set_target("cortex")
    yield desk
    desk.close()


def presenter(desk: Desk) -> RequestsPresenter:
    return desk.program.requests.presenter


def send(desk: Desk) -> None:
    desk.key(Key.Key_Return, CTRL)
    desk.wait(lambda: not presenter(desk).is_sending)


def nowhere(desk: Desk) -> None:
    desk.let_pass(20)
    assert test_leak.in_files(desk.program.stores.folder) == []
    assert test_leak.in_objects() == []
    assert test_leak.in_process() == []


def test_a_login_at_cortex_and_all_that_follows(
    desk: Desk, stub: Stub, logged: None, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crashes = Crashes(folder)
    crashes.install()
    crashes.reported.connect(desk.console.status_messages.show_crash)
    try:
        _session(desk, stub)
    finally:
        crashes.close()
    desk.close()
    assert test_leak.in_files(folder) == []
    assert test_leak.on_clipboards() == []
    out, err = capfd.readouterr()
    assert not test_leak.leaked(out + err)
    assert len(list((folder / "crashes").glob("crash-*.txt"))) == 1


def _session(desk: Desk, stub: Stub) -> None:
    page = presenter(desk).page
    presenter(desk).choose(presenter(desk).log_in_row)
    page.request.login.email.setText("john@example.org")
    page.request.login.password.setText(PASSWORD)
    stub.headers = {"Set-Cookie": f"md.fingerprint={DEVICE}; Path=/"}
    stub.body = b'{"object": "fault", "name": "location", "code": "kNewLocation", "status": 200}'
    desk.key(Key.Key_Return, CTRL)
    desk.dialog()
    desk.click("Log in")
    desk.wait(lambda: "Enter the code" in desk.screen())
    page.answer.code.code.setText(CODE)
    stub.headers = {"Set-Cookie": f"md.sid={SID}; Path=/my-org", "Medable-Csrf-Token": TOKEN}
    account = {"object": "account", "email": "john@example.org", "key": {"fingerprint": "x", "secret": ACCOUNT_KEY}}
    stub.body = json.dumps({**account, "echo": KEY}).encode()
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Logged in as john@example.org" in desk.screen())
    page.answer.code.code.clear()
    for view in ("raw", "headers", "tree"):
        page.answer.views.want(view)
        page.answer.tree.expandAll()
        nowhere(desk)
        desk.click("Copy answer")
        assert not test_leak.leaked(clipboard_text())

    # The org's settings, where a secret stands in the middle.
    desk.key(Key.Key_T, CTRL)
    stub.body = json.dumps({"object": "org", "configuration": {"email": {"api_key": MAIL_KEY}}}).encode()
    send(desk)
    page.answer.tree.expandAll()
    nowhere(desk)

    # As code: the key, which is what it is copied for, and nothing else of it all.
    for language in Language:
        presenter(desk).copy_as(language)
        desk.wait(lambda: KEY in clipboard_text())
        assert not any(private in clipboard_text() for private in PRIVATE)
        nowhere(desk)
        desk.tools.clipboard.clear()
    presenter(desk).choose(presenter(desk).log_in_row)
    page.request.login.password.setText(PASSWORD)
    presenter(desk).copy_as(Language.CURL)
    desk.wait(lambda: KEY in clipboard_text())
    assert PASSWORD not in clipboard_text()
    desk.tools.clipboard.clear()
    page.request.login.password.clear()

    # Kept under a name, and in the history.
    desk.key(Key.Key_T, CTRL)
    page.request.method.setCurrentText("POST")
    desk.find("Path", QLineEdit).setText(f"/c_examples?password={PASSWORD}&key={KEY}")
    desk.click("Body", within=page.request)
    body = {"password": PASSWORD, "token": TOKEN, "note": KEY, "location": {"verificationToken": CODE}}
    desk.find("Body", QPlainTextEdit).setPlainText(json.dumps(body))
    send(desk)
    presenter(desk).ask_keep()
    desk.dialog()
    desk.key(Key.Key_Return)
    desk.no_dialog()
    desk.wait(lambda: page.yours.model().rowCount() == 1)
    assert test_leak.in_files(desk.program.stores.folder) == [], "history and kept requests"
    presenter(desk).begin_new()
    nowhere(desk)

    # A defect that quotes what was at hand.
    login = Login("john@example.org", Secret(PASSWORD), CODE)
    credentials = Credentials(Secret(KEY), Secret(SECRET))
    try:
        raise RuntimeError(repr(login_request("my-org", login)), repr(credentials), repr(login.password), f"x{KEY}y")
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    desk.dialog()
    nowhere(desk)
    desk.key(Key.Key_Escape)
    desk.no_dialog()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_sandboxs_process_shows_no_key(start_really: Callable[..., Desk], folder: Path) -> None:
    """Its own process and the real keychain: nothing in arguments, environment or files, while it answers."""
    desk = start_really()
    desk.create("Signing", sessions=False)
    secrets = [desk.kept("Signing", kind).encode() for kind in SecretKind]
    desk.key(Key.Key_4, CTRL)
    desk.wait(lambda: desk.all("Start", QAbstractButton), "the first visit")
    desk.key(Key.Key_Space)
    for step in ("2 of 3, Public org, next", "3 of 3, Accounts, next"):
        desk.wait(lambda step=step: desk.all(step), desk.screen(), milliseconds=30_000)
        desk.key(Key.Key_Space)
    desk.wait(lambda: not presenter(desk).page.is_first, milliseconds=30_000)
    assert desk.all("200 OK")
    children = [path for path in Path("/proc").glob("[0-9]*") if _parent(path) == str(os.getpid())]
    assert any(b"sandbox" in _read(path / "cmdline") for path in children), "the sandbox is looked at"
    for path in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ", "comm"):
            assert not any(secret in _read(path / name) for secret in secrets), f"{path.name} {name}"
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not any(secret in content for secret in secrets), file
    for name in ("sandbox.json", "requests.json"):
        assert (folder / name).stat().st_mode & 0o077 == 0


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def _parent(path: Path) -> str:
    found = re.search(rb"^PPid:\s*(\d+)", _read(path / "status"), re.MULTILINE)
    return found[1].decode() if found else ""
