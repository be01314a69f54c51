"""`--self-check`: the main job done for real, step by step, leaving nothing behind.

A real window with each page, the real keychain, a real database in a temporary folder, the real clipboard, a request
to a sandbox in a process of its own, and TLS as far as it goes without a network. Support people run it on a computer
that makes trouble; the installers' builds run it on what they made.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from .domain.errors import CortexError, SecretMissing
from .domain.model import App
from .domain.ports import VaultState
from .domain.request import NoAnswer, Request, Stop, Trouble
from .domain.secret import ClaimRef, SecretKind, redact, well_formed
from .ui.app import Program, make_application, open_program
from .ui.kit.page import PageEntry

W = TypeVar("W", bound=QWidget)

LABEL = "Self-check"
SECONDS = 60  # for a step; a keychain may wait for a person


class Failed(Exception):
    """A step did not go as it should. The text says how, and never holds a key."""


@dataclass(frozen=True)
class Step:
    """One line of the report."""

    name: str
    ok: bool
    found: str


def self_check(report: str | None, screenshots: str | None) -> int:
    """Run all steps in a temporary data folder.

    Prints each step; writes the JSON report {"ok", "steps": [{"name", "ok", "found"}]} and the pictures where asked.
    Returns 0 when all is well, 1 when something is not. Later steps need the earlier ones, so the first failure is
    the last step but for cleaning up.
    """
    app = make_application()
    pictures = Path(screenshots) if screenshots else None
    steps: list[Step] = []
    try:
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="cortex-desktop-check-", ignore_cleanup_errors=True) as folder:
            _Run(open_program(app, Path(folder)), steps, pictures).all()
        ok = all(step.ok for step in steps)
        if report:
            text = json.dumps({"ok": ok, "steps": [asdict(step) for step in steps]}, indent=2)
            Path(report).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        print(f"FAILED  writing the report or the pictures: {error.strerror}", file=sys.stderr)
        return 1
    print("Self-check passed." if ok else f"Self-check failed at: {next(s.name for s in steps if not s.ok)}")
    return 0 if ok else 1


class _Run:
    def __init__(self, program: Program, steps: list[Step], pictures: Path | None) -> None:
        self._program = program
        self._window = program.window
        self._apps = program.apps.presenter
        self._tools = program.tools
        self._stores = program.stores
        self._steps = steps
        self._pictures = pictures
        self._app: App | None = None
        self._errors: list[CortexError] = []
        program.workspace.failed.connect(self._errors.append)

    def all(self) -> None:
        """Every step until one fails, then the cleaning up."""
        plan: list[tuple[str, Callable[[], str]]] = [
            ("open the window", self._open),
            ("find the keychain", self._keychain),
            ("create an app", self._create),
            ("read its key back", self._read_back),
            ("copy the key", self._copy),
            ("clear the clipboard", self._clear),
            ("list the keychain", self._list),
            ("open each page", self._pages),
            ("ask the sandbox", self._ask),
            ("delete the app", self._delete),
        ]
        if all(self._step(name, act) for name, act in plan):
            self._step("leave nothing behind", self._nothing_left)
        else:
            self._step("clean up", self._clean_up)
        self._window.close()
        self._program.close()

    def _step(self, name: str, act: Callable[[], str]) -> bool:
        self._errors.clear()
        try:
            step = Step(name, True, act())
        except Failed as error:
            step = Step(name, False, str(error))
        except CortexError as error:
            step = Step(name, False, redact(str(error)))
        self._steps.append(step)
        print(f"{'ok    ' if step.ok else 'FAILED'}  {name}: {step.found}", flush=True)
        if self._pictures is not None:
            _pause(200)
            number = len(self._steps)
            self._window.grab().save(str(self._pictures / f"{number}-{name.replace(' ', '-')}.png"))
        return step.ok

    def _open(self) -> str:
        self._window.show()
        self._program.start()
        self._wait(lambda: self._program.workspace.org is not None, "the apps were not loaded")
        ratio = self._window.devicePixelRatioF()
        return f"{QGuiApplication.platformName()}, {self._window.width()} x {self._window.height()} at {ratio:g}x"

    def _keychain(self) -> str:
        self._wait(lambda: self._program.workspace.status is not None, "the keychain gave no answer")
        status = self._program.workspace.status
        assert status is not None
        if status.state is not VaultState.UNLOCKED:
            raise Failed(f"{status.name} is {status.state.value}")
        return status.name

    def _create(self) -> str:
        self._program.console.actions["new_app"].trigger()
        self._wait(lambda: bool(self._dialogs()), "the Create App dialog did not open")
        dialog = self._dialogs()[0]
        _child(dialog, QLineEdit, "Label").setText(LABEL)
        if self._pictures is not None:
            _pause(200)
            dialog.grab().save(str(self._pictures / "create-app.png"))
        _child(dialog, QPushButton, "Create App").click()
        self._wait(lambda: self._tools.reveal.secret is not None, "the key did not appear")
        self._app = self._apps.model.find(self._tools.reveal.app_id)
        if self._app is None or self._app.label != LABEL:
            raise Failed("the new app is not in the table")
        return "the key is in the table, and its ends are in the database"

    def _read_back(self) -> str:
        app, shown = self._app, self._tools.reveal.secret
        assert app is not None
        assert shown is not None
        for kind in app.kinds:
            kept = self._stores.vault.read(app.ref(kind))
            if not well_formed(kind, kept):
                raise Failed(f"the {kind.value} in the keychain is not one of ours")
            if kind is SecretKind.API_KEY and kept != shown:
                raise Failed("the keychain holds another key than the window shows")
        self._tools.reveal.end()
        for file in self._stores.folder.rglob("*"):
            if file.is_file() and shown.reveal().encode() in file.read_bytes():
                raise Failed(f"the key stands in {file.name}")
        return f"{len(app.kinds)} keychain items are right, and no file holds the key"

    def _copy(self) -> str:
        assert self._app is not None
        self._apps.page.select(self._app.id)
        self._program.console.actions["copy_key"].trigger()
        self._wait(lambda: self._tools.clipboard.seconds_left > 0, "the key was not copied")
        if QGuiApplication.clipboard().text() != self._stores.vault.read(self._app.ref(SecretKind.API_KEY)).reveal():
            raise Failed("the clipboard holds something else")
        return f"cleared in {self._tools.clipboard.seconds_left} s"

    def _clear(self) -> str:
        self._tools.clipboard.clear()
        self._wait(lambda: not QGuiApplication.clipboard().text(), "the clipboard still holds text")
        return "empty"

    def _list(self) -> str:
        app = self._app
        assert app is not None
        listed = {item.ref: item.times for item in self._stores.vault.list_items()}
        if any(listed.get(ref) != 1 for ref in app.refs):
            raise Failed("the keychain does not list the app's items once each")
        return f"{len(app.refs)} items of the app, once each"

    def _pages(self) -> str:
        pages = self._program.pages()
        for entry in pages:
            entry.open()
            self._wait(partial(_is_shown, entry), f"{entry.title} did not open")
            if self._pictures is not None:
                _pause(200)
                self._window.grab().save(str(self._pictures / f"page-{entry.name}.png"))
        pages[0].open()
        return ", ".join(entry.title for entry in pages)

    def _ask(self) -> str:
        """Ask a sandbox of this folder as the app, once as it should be and once by TLS, which it does not speak."""
        app, org = self._app, self._program.workspace.org
        assert app is not None
        assert org is not None
        services = self._program.services.requests()
        sandbox = services.make_sandbox(on_received=_ignore, on_message=_ignore, on_ended=lambda: None)
        address = sandbox.start()
        try:
            request, credentials = Request(org.code, "GET", "/accounts/status"), services.workbench.credentials(app)
            answer = services.workbench.send(app, address, request, credentials, Stop())
            if answer.status != 200:
                raise Failed(f"it answers {answer.status}")
            try:
                services.workbench.send(app, address.replace("http:", "https:"), request, credentials, Stop())
            except NoAnswer as error:
                if error.trouble is not Trouble.TLS:
                    raise
            else:
                raise Failed("it answers by TLS, too")
        finally:
            sandbox.stop()
        if self._stores.find_sandbox() is not None:
            raise Failed("it did not end")
        return f"it answered {answer.status} at {address}, not by TLS, and has ended"

    def _delete(self) -> str:
        app = self._app
        assert app is not None
        self._apps.delete(app, self._apps.purge)
        self._wait(self._gone, "the app was not deleted")
        return "row and keychain items removed"

    def _gone(self) -> bool:
        return not self._stores.repository.apps()

    def _nothing_left(self) -> str:
        app = self._app
        assert app is not None
        for ref in app.refs:
            try:
                self._stores.vault.read(ref)
            except SecretMissing:
                continue
            raise Failed(f"the {ref.kind.value} is still in the keychain")
        self._stores.vault.remove(ClaimRef(self._stores.repository.folder_record().id))  # the folder goes, too
        return "no keychain item, no row"

    def _clean_up(self) -> str:
        for app in self._stores.repository.apps():
            for ref in app.refs:
                self._stores.vault.remove(ref)
        if self._stores.vault.state() is VaultState.UNLOCKED:
            self._stores.vault.remove(ClaimRef(self._stores.repository.folder_record().id))
        return "what was made is removed"

    def _dialogs(self) -> list[QWidget]:
        return [w for w in QApplication.topLevelWidgets() if w.inherits("QDialog") and w.isVisible()]

    def _wait(self, until: Callable[[], bool], complaint: str) -> None:
        """Let the program run until the condition holds. Raises what went wrong meanwhile, or Failed."""
        loop = QEventLoop()
        poll, deadline = QTimer(), QTimer()
        poll.timeout.connect(lambda: loop.quit() if until() or self._errors else None)
        deadline.timeout.connect(loop.quit)
        poll.start(10)
        deadline.start(SECONDS * 1000)
        if not until():
            loop.exec()
        if self._errors:
            raise self._errors[0]
        if not until():
            raise Failed(complaint)


def _child(parent: QWidget, kind: type[W], name: str) -> W:
    """The child of this kind with this accessible name or text."""
    for child in parent.findChildren(kind):
        text = child.text() if isinstance(child, QPushButton) else ""
        if name in (child.accessibleName(), text):
            return child
    raise Failed(f"there is no “{name}”")


def _is_shown(entry: PageEntry) -> bool:
    return entry.in_front and entry.page.isVisible()


def _ignore(_: object) -> None:
    """What the sandbox reports is not looked at."""


def _pause(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
