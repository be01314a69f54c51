"""The Requests page in a longer language, with long names: everything is translated, and nothing is cut off unsaid."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.exceptions import TimeoutError

from cortex_desktop.domain.faults import Fault
from cortex_desktop.domain.model import Environment
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.request import Again, Answer, Form, NoAnswer, Trouble
from cortex_desktop.domain.sandbox import Message, Received
from cortex_desktop.services.answers import Shown
from cortex_desktop.services.keychain import KeychainStatus
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.plain import breakable
from cortex_desktop.ui.requests.answer_card import Outcome
from cortex_desktop.ui.requests.presenter import RequestsPresenter
from tests.support import pseudo
from tests.support.gui import CTRL, Desk, Key, stored_apps
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
LONG = "X" * 118
HOST = f"api.{'y' * 50}.{'z' * 50}.example"
SIZES = [(1200, 760), (900, 600)]
# Data, not words: names of HTTP, of the API and of programs, and what was sent and received.
DATA = (
    "Medable-Client-Key Medable-Client-Signature Medable-Client-Timestamp Medable-Client-Nonce Medable-Csrf-Token "
    "Content-Type Accept User-Agent Host Cookie application/json */* HTML JSON Cortex-Desktop Cortex API curl Python "
    "Node.js Swift GET POST PUT PATCH DELETE DEL HEAD http https newLocation hasMore object fault result data list org "
    "errCode cortex.accessDenied.invalidRequestSignature status reason 403 OK Forbidden Server Time true false "
    "accounts limit orgs c_examples me logout login expand where password email john@my-org.example sandbox kB MB ms "
    "api example application/vnd.example Accept-Encoding Accept-Language gzip deflate Medable-Server-Time server"
).split()


@pytest.fixture
def desk(
    qapp: QApplication, folder: Path, vault: InMemoryVault, start: Start, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setattr("cortex_desktop.ui.kit.i18n.install_translations", pseudo.install)
    repository = TinyRepository(folder)
    org = repository.orgs()[0]
    repository.save_org(replace(org, endpoint=f"https://{HOST}"))
    repository.close()
    stored_apps(folder, vault, {LONG: {"sessions": True}})
    desk = start()
    desk.wait(lambda: desk.apps.model.total == 1)
    yield desk
    desk.close()
    pseudo.stop(qapp)


def answer(status: int = 200, fault: Fault | None = None, form: Form = Form.JSON, **more: object) -> Outcome:
    body = b'{"object": "org"}'
    headers = (("Server", "x"),)
    found = Answer(status, headers, body, len(body), True, 1.25, form, f"https://{HOST}", headers, fault)
    document = {"object": "org"} if form is Form.JSON else None
    return Outcome(replace(found, **more), Shown(document, body.decode()), LONG, production=False)


def scenes(desk: Desk) -> Iterator[str]:
    """Every state of the page, one after the other."""
    desk.key(Key.Key_4, CTRL)
    presenter: RequestsPresenter = desk.program.requests.presenter
    page, workspace = presenter.page, desk.workspace
    desk.wait(lambda: page.is_first)
    yield "first visit"
    presenter.open_ready(presenter.log_in_row)
    yield "log in"
    presenter.begin_new()
    yield "new request"
    for tab in ("query", "headers", "body"):
        page.request.tabs.want(tab)
        yield f"tab {tab}"
    page.request.tabs.want("headers")
    presenter.set_target("cortex")
    yield "target Cortex"
    page.answer.show_answer(answer(again=tuple(Again), elsewhere=f"https://{HOST}/"), asks_for_code=False)
    yield "answer with every note"
    for view in ("raw", "headers", "tree"):
        page.answer.views.want(view)
        yield f"view {view}"
    for form in Form:
        page.answer.show_answer(answer(form=form, is_whole=False, size=41_000_000), asks_for_code=False)
        yield f"form {form.value}"
    fault = Fault(err_code="cortex.accessDenied.invalidRequestSignature", status=403, reason="400")
    page.answer.show_answer(answer(403, fault), asks_for_code=False, action=page.tr("Log in again"))
    yield "fault"
    fault = Fault(err_code="cortex.success.newLocation", status=200)
    page.answer.code.begin("john@my-org.example", fault, in_terminal=True)
    page.answer.show_answer(answer(fault=fault), asks_for_code=True)
    message = Message(0, workspace.org.id, "john@my-org.example", "+15555550101", "483920", LONG)
    page.answer.code.show_message(message)
    yield "code"
    for trouble in Trouble:
        error = NoAnswer(trouble, HOST, may_be_done=True, seconds=30)
        page.answer.show_error(error, page.tr("Try again"), "retry")
        yield f"trouble {trouble.value}"
    received = Received(
        1, 0, "GET", "/my-org/v2/accounts?limit=…", 403, "documented", 3.5, 100, workspace.org.id,
        presenter.app.id, LONG, "abcd…efgh", "cortex.accessDenied.invalidRequestSignature", "400", "curl/8.5.0",
    )  # fmt: skip
    presenter.choose(replace(received, expected="/accounts;GET;17000", signed="/accounts?limit=…;GET;17000"))
    yield "received"
    presenter.begin_new()
    workspace.status = KeychainStatus("Test keychain", VaultState.LOCKED)
    workspace.keychain_changed.emit(workspace.status)
    yield "keychain locked"
    workspace.status = KeychainStatus("Test keychain", VaultState.UNLOCKED)
    workspace.keychain_changed.emit(workspace.status)
    workspace.set_orgs([replace(workspace.org, environment=Environment.PRODUCTION)])
    yield "Production"
    workspace.set_orgs([replace(workspace.org, environment=Environment.DEVELOPMENT)])
    desk.program.requests.status_changed.emit("127.0.0.1:8631", page.tr("Nothing sent yet."))
    yield "a sandbox in the sidebar"


def known(desk: Desk) -> list[str]:
    app = desk.program.requests.presenter.app
    ends = [app.key_ends.head, app.key_ends.tail] if app is not None else []
    cut = ["XX", "yy", "zz", "xample", "ample", "mple", "ple"]  # what is left of a long name, cut in whatever place
    names = ["my-org", "My organization", "Test keychain", "+15555550101", str(desk.program.stores.folder)]
    return [*DATA, *ends, LONG, HOST, breakable(HOST), *cut, *names]


def test_every_text_is_translated(desk: Desk) -> None:
    desk.resize(2000, 1000)
    left: list[str] = []
    for scene in scenes(desk):
        desk.let_pass(0)
        left += [f"{scene}: {text}" for text in pseudo.untranslated(pseudo.words_of(desk.window), known(desk))]
    assert not left, "\n" + "\n".join(left)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_no_text_is_cut_off(desk: Desk, size: tuple[int, int]) -> None:
    desk.resize(*size)
    found: list[str] = []
    for scene in scenes(desk):
        desk.let_pass(10)
        with contextlib.suppress(TimeoutError):
            desk.qtbot.waitUntil(lambda: not pseudo.clipped(desk.window), timeout=500)
        found += [f"{scene}: {text}" for text in pseudo.clipped(desk.window)]
    assert not found, "\n" + "\n".join(found)
