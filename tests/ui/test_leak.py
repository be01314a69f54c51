"""A planted key, searched wherever it could turn up after a session of everything."""

from __future__ import annotations

import copy
import os
import pickle
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QAction, QClipboard, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QSpinBox

from cortex_desktop.domain import secret as secret_module
from cortex_desktop.domain.activity import Action
from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.secret import Secret, SecretKind
from cortex_desktop.services.snippets import Snippet
from cortex_desktop.system.crash import Crashes
from cortex_desktop.system.log import start_logging
from tests.support.gui import CTRL, NONE, Desk, Key, clipboard_text, texts
from tests.support.memory_vault import InMemoryVault

KEY = "mwid7xhb8ShcqmV1B9iOYJ"
SECRET = "Zt3nQ8vLkR5wXy2Jb7Hc9FdGm4Ps6TaUe1NoKiVrBxCzDqWfEgMhAjSlOpYuI0Zt"
PLANTED = {SecretKind.API_KEY: KEY, SecretKind.API_SECRET: SECRET}
# The first and the last four characters may be seen: no piece of nine is made of those alone.
PIECES = tuple({text[i : i + 9] for text in PLANTED.values() for i in range(len(text) - 8)})
UTF16 = tuple(piece.encode("utf-16-le") for piece in PIECES)


_ANY_PIECE = re.compile("|".join(PIECES))


def leaked(text: str) -> bool:
    """Whether a key, or nine characters in a row of one, stands in the text."""
    return _ANY_PIECE.search(re.sub(r"\\+x00", "", text)) is not None  # UTF-16 as `repr` writes it


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new key is the one we look for."""
    made = secret_module.generate
    for module in list(sys.modules.values()):
        if getattr(module, "generate", None) is made:
            monkeypatch.setattr(module, "generate", lambda kind: Secret(PLANTED[kind]))


@pytest.fixture
def logged(folder: Path) -> Iterator[None]:
    """The log as the program writes it."""
    import logging

    root = logging.getLogger()
    before, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    start_logging(folder)
    logging.getLogger().setLevel(logging.DEBUG)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        with suppress(ValueError):
            handler.close()
    root.setLevel(level)
    logging.raiseExceptions = raising


def in_files(folder: Path) -> list[str]:
    """The files that hold a piece of a key, by name or by content."""
    found = []
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        if leaked(file.name) or any(p.encode() in content for p in PIECES) or any(p in content for p in UTF16):
            found.append(file.name)
    return found


def in_objects() -> list[str]:
    """Where in the program's windows, widgets, actions and models a piece of a key can be read."""
    found = []
    things: list[QObject] = [*QApplication.allWidgets(), *QGuiApplication.allWindows()]
    for top in QApplication.topLevelWidgets():
        things += top.findChildren(QObject)
    for thing in things:
        if not shiboken6.isValid(thing):  # looking at one may have another made anew, e.g. a text's frame
            continue
        meta = thing.metaObject()
        names = [meta.property(n).name() for n in range(meta.propertyCount())]
        names += [bytes(name.data()).decode() for name in thing.dynamicPropertyNames()]
        for name in names:
            with suppress(RuntimeError):  # of a C++ kind that Python has no name for
                if leaked(str(thing.property(name))):
                    found.append(f"{name} of {type(thing).__name__} “{thing.objectName()}”")
        if isinstance(thing, QAction) and leaked(
            thing.text() + thing.toolTip() + thing.statusTip() + thing.whatsThis()
        ):
            found.append(f"action {thing.objectName()}")
        if isinstance(thing, QPlainTextEdit) and leaked(thing.toPlainText()):
            found.append(f"text of {thing.accessibleName()}")
        interface = QAccessible.queryAccessibleInterface(thing)
        if interface is not None and interface.isValid():
            found += [f"accessible {kind.name} of {type(thing).__name__}" for kind in spoken(interface)]
    return found


def spoken(interface) -> list[QAccessible.Text]:
    kinds = (
        QAccessible.Text.Name,
        QAccessible.Text.Description,
        QAccessible.Text.Value,
        QAccessible.Text.Help,
        QAccessible.Text.Accelerator,
    )
    found = [kind for kind in kinds if leaked(interface.text(kind))]
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is not None and child.isValid() and child.object() is None:  # the table's cells
            found += [kind for kind in kinds if leaked(child.text(kind))]
    return found


def in_model(desk: Desk) -> list[str]:
    """Which of the table's cells gives a piece of a key away, in any role."""
    model, found = desk.table.model(), []
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            for role in [*Qt.ItemDataRole, *range(Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 20)]:
                if leaked(repr(model.index(row, column).data(role))):
                    found.append(f"cell {row}, {column} in role {role}")
        for column in range(len(desk.columns())):
            if leaked(desk.seen(model.index(row, column))):
                found.append(f"painted cell {row}, {column}")
    return found


def on_clipboards() -> list[str]:
    found = []
    for mode in (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection, QClipboard.Mode.FindBuffer):
        mime = QGuiApplication.clipboard().mimeData(mode)
        if mime is not None and any(leaked(bytes(mime.data(kind).data()).decode("latin-1")) for kind in mime.formats()):
            found.append(mode.name)
    return found


def in_process() -> list[str]:
    """What other programs of the same user may read of ours."""
    found = [name for name, value in os.environ.items() if leaked(name + value)]
    found += ["arguments"] if leaked(" ".join(sys.argv)) else []
    found += ["thread name"] if any(leaked(t.name) for t in threading.enumerate()) else []
    if sys.platform == "linux":
        found += [n for n in ("cmdline", "environ", "comm") if leaked(Path(f"/proc/self/{n}").read_text("latin-1"))]
    return found


def nowhere(desk: Desk) -> None:
    """While masked: in no file, window, widget, model, accessible text or other program's sight."""
    assert not desk.tools.reveal.app_id, "a key is readable on purpose"
    assert in_files(desk.program.stores.folder) == []
    assert in_objects() == []
    assert in_model(desk) == []
    assert in_process() == []


def test_a_session_of_everything(
    planted: None,
    logged: None,
    start: Callable[..., Desk],
    vault: InMemoryVault,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    crashes = Crashes(folder)
    desk = start()
    crashes.install()
    crashes.reported.connect(desk.console.status_messages.show_crash)
    try:
        _session(desk, vault)
    finally:
        crashes.close()
    desk.close()
    assert on_clipboards() == []
    assert in_files(folder) == []
    log = (folder / "cortex-desktop.log").read_text("utf-8")
    assert "[redacted]" in log
    assert len(list((folder / "crashes").glob("crash-*.txt"))) == 3

    desk = start()
    desk.wait(lambda: len(desk.labels()) == 1, "the app is there again")
    nowhere(desk)
    desk.close()
    assert in_files(folder) == []
    assert on_clipboards() == []
    out, err = capfd.readouterr()
    assert not leaked(out + err)
    assert "KeyError" in err, "stderr was looked at"


def _session(desk: Desk, vault: InMemoryVault) -> None:
    actions = desk.console.actions
    # Both kinds, each shown once.
    desk.create("With sessions", sessions=True)
    desk.create("Signing", sessions=False)
    assert desk.tools.reveal.secret == Secret(KEY)
    assert in_objects() == [], "a readable key is painted, and nothing else"
    desk.tools.reveal.end()
    nowhere(desk)

    # Details: readable there for as long, then not; everything copied in turn.
    actions["details"].trigger()
    desk.wait(lambda: desk.apps.page.details.isVisible(), "details are open")
    actions["reveal"].trigger()
    desk.wait(lambda: desk.tools.reveal.secret is not None, "the key is readable")
    assert desk.apps.page.details.key.text.text() == KEY
    desk.let_pass(20)
    actions["reveal"].trigger()
    desk.wait(lambda: not desk.tools.reveal.app_id, "the key is hidden")
    nowhere(desk)
    for action in (
        actions["copy_key"],
        actions["copy_secret"],
        *(actions[f"copy_as_{snippet.name.lower()}"] for snippet in Snippet),
    ):
        before = clipboard_text()
        action.trigger()
        desk.wait(lambda before=before: clipboard_text() != before, "it is copied")
        assert leaked(clipboard_text()), "else the search would prove nothing"
        nowhere(desk)
    desk.click("Clear now", within=desk.toast("Swift copied"))
    assert on_clipboards() == []

    # The API secret is readable for a while, in its place and in no other.
    actions["reveal_secret"].trigger()
    desk.wait(lambda: desk.tools.reveal.of(desk.app("Signing").id, SecretKind.API_SECRET) is not None, "it is readable")
    assert SECRET in "".join(desk.apps.page.details.secret_text.text().split())
    assert in_model(desk) == []
    desk.tools.reveal.end()
    nowhere(desk)

    # Looking for it: what a person types is theirs, and is gone with the search.
    search = desk.find("Search apps", QLineEdit)
    for text in (KEY[:4], KEY[-4:]):
        search.setText(text)
        desk.let_pass(200)
        assert desk.labels()
    search.clear()
    desk.let_pass(200)

    # Every error of the keychain, and defects that quote the key: in a lane, in a slot, in a thread.
    for problem in VaultProblem:
        vault.fail_next("read", VaultError(problem, vault.name, f"detail {KEY}"))
        actions["copy_key"].trigger()
        desk.wait(lambda: not vault._failures.get(("read", False)), "it failed")
        desk.let_pass(30)
    # A foreign error that nobody has mapped: dies in the lane, is raised in the GUI thread.
    vault.fail_next("read", KeyError(f"{KEY} of {SECRET}, {KEY.encode('utf-16-le')!r}"))  # type: ignore[arg-type]
    actions["copy_key"].trigger()
    dialog = desk.dialog()
    assert "KeyError" in desk.find("Report", QPlainTextEdit, dialog).toPlainText()
    nowhere(desk)
    desk.click("Copy report")
    assert not leaked(clipboard_text())
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    thread = threading.Thread(target=_fail, args=(Secret(KEY),))
    thread.start()
    thread.join()
    try:
        raise ValueError(f"x{KEY}y", Secret(SECRET), {"password": SECRET[:30]})
    except ValueError:
        sys.excepthook(*sys.exc_info())
    desk.dialog()
    nowhere(desk)
    desk.key(Key.Key_Escape)
    desk.no_dialog()

    # What was done, listed and handed over; a key that was pasted into a label is blotted out.
    app = desk.app("Signing")
    recorder = desk.program.services.recorder
    recorder.app(Action.EDITED, replace(app, label=f"is {KEY}"), label_before=SECRET, changed=f"label={KEY}")
    actions["enable"].trigger()
    desk.wait(lambda: not desk.app(app.label).enabled)
    actions["enable"].trigger()
    actions["open_activity"].trigger()
    page = desk.program.activity.presenter.page
    desk.wait(lambda: "[redacted]" in str([page.model.index(row, 2).data() for row in range(page.model.rowCount())]))
    for kind in ("html", "csv"):
        exported = desk.program.stores.folder.parent / f"handed-over.{kind}"
        desk.program.activity.presenter.export(str(exported))
        desk.toast("Activity exported")
        desk.wait(exported.exists)
        desk.wait(lambda: not desk.program.activity.reader.exporting)
        assert "is [redacted]" in exported.read_text("utf-8")
        assert not leaked(exported.read_text("utf-8"))
    nowhere(desk)
    log = (desk.program.stores.folder / "activity.jsonl").read_text("utf-8")
    assert not leaked(log)
    for action in ("created", "key copied", "secret copied", "request copied", "key revealed", "disabled"):
        assert f'"what":"{action}"' in log
    actions["open_apps"].trigger()

    # Both together: new keys that nobody sees, back again, off and on, gone and back.
    desk.apps.page.select_all()
    for act, done in (
        (lambda: desk.apps.bulk.ask_rotate(desk.apps.page.several()), "rotated"),
        (desk.apps.bulk.undo, "rolled back"),
        (desk.apps.disable_several, "disabled"),
        (desk.apps.bulk.undo, "enabled"),
        (lambda: desk.apps.bulk.ask_delete(desk.apps.page.several()), "deleted"),
        (desk.apps.bulk.undo, "restored"),
    ):
        act()
        if done in ("rotated", "deleted"):
            desk.dialog()
            desk.click("Rotate keys" if done == "rotated" else "Delete")
            desk.no_dialog()
        said = desk.apps.page.bulk.outcome
        bulk = desk.apps.bulk
        desk.wait(lambda: not bulk.running and done in said(bulk._bulk)[0], done)  # noqa: B023
    desk.apps.bulk.show_list()
    desk.dialog()
    desk.click("Copy labels")
    assert not leaked(clipboard_text())
    nowhere(desk)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    QGuiApplication.clipboard().clear()

    # Preferences, then delete with undo, and for good.
    actions["preferences"].trigger()
    dialog = desk.dialog()
    for field in dialog.findChildren(QSpinBox):
        field.setValue(field.value() + 1)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    for undo in (True, False):
        desk.select("Signing")
        actions["delete"].trigger()
        desk.dialog()
        desk.click("Delete")
        desk.wait(lambda: "Signing" not in desk.labels(), "it is gone")
        desk.click("Undo" if undo else "Dismiss", within=desk.toast("deleted"))
        if undo:
            desk.wait(lambda: "Signing" in desk.labels(), "it is back")
    nowhere(desk)
    _orgs(desk, vault)
    # Left readable and on the clipboard at the end: quitting clears both.
    desk.select("With sessions")
    actions["reveal"].trigger()
    desk.wait(lambda: desk.tools.reveal.secret is not None, "the key is readable")
    actions["copy_key"].trigger()
    desk.wait(lambda: clipboard_text() == KEY, "it is copied")


def test_what_is_edited_copied_or_pasted_again_stays_nowhere(planted: None, start: Callable[..., Desk]) -> None:
    desk = start()
    actions = desk.console.actions
    desk.create("Signing", sessions=False)
    desk.tools.reveal.end()
    for sessions in (True, False):  # the secret goes and comes back
        actions["edit"].trigger()
        dialog = desk.dialog()
        dialog.sessions.setChecked(sessions)
        desk.click("Save", within=dialog)
        desk.no_dialog()
    actions["duplicate"].trigger()
    desk.dialog()
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    nowhere(desk)

    actions["import_key"].trigger()
    dialog = desk.dialog()
    for text in (
        KEY,
        f"curl -H 'Medable-Client-Key: {KEY}'",
        f'{{"key": "{KEY}", "secret": "{SECRET}"}}',
        f"#CLIENT_KEY={KEY}\nACME_API_KEY={KEY[::-1]}\n\nSIGN_SECRET={SECRET}\n",
        f"key of {KEY} = yourMedableClientKey12\n",
    ):
        dialog.paste.setFocus()
        QGuiApplication.clipboard().setText(text)
        desk.key(Key.Key_V, CTRL)
        QGuiApplication.clipboard().clear()
        desk.key(Key.Key_Z, CTRL)
        assert in_objects() == []
    dialog.paste.setFocus()
    desk.type(KEY)
    assert in_objects(), "what is being typed is seen, or the search would prove nothing"
    desk.key(Key.Key_Tab)
    dialog.name.setText("Twice")
    desk.click("Add key", within=dialog)
    desk.wait(lambda: "This key is here already" in " ".join(texts(dialog)), "it is known")
    assert in_objects() == []
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    nowhere(desk)


def test_a_key_taken_in_stays_nowhere(start: Callable[..., Desk], folder: Path) -> None:
    desk = start()
    desk.action("import_key").trigger()
    desk.dialog()
    QGuiApplication.clipboard().setText(f"MEDABLE_API_KEY={KEY}\nMEDABLE_API_SECRET={SECRET}\n")
    desk.key(Key.Key_V, CTRL)
    desk.type("Taken in")
    desk.key(Key.Key_Return)
    desk.no_dialog()
    assert desk.kept("Taken in") == KEY
    nowhere(desk)
    desk.click("Clear now", within=desk.toast("Existing key added"))
    assert on_clipboards() == [], "where it was copied from"
    desk.close()
    assert in_files(folder) == []


def test_key_and_secret_taken_in_apart_stay_nowhere(start: Callable[..., Desk], folder: Path) -> None:
    desk = start()
    desk.action("import_key").trigger()
    desk.dialog()
    for text in (KEY, SECRET):
        desk.find("Paste the key", QPlainTextEdit).setFocus()
        QGuiApplication.clipboard().setText(text)
        desk.key(Key.Key_V, CTRL)
    desk.find("Label", QLineEdit).setFocus()
    desk.type("Taken in")
    desk.key(Key.Key_Return)
    desk.no_dialog()
    assert on_clipboards() != [], "else this proves nothing"
    desk.close()
    assert on_clipboards() == []


def test_a_marked_text_is_copied_without_the_key(planted: None, start: Callable[..., Desk]) -> None:
    desk = start()
    desk.create("With sessions", sessions=True)
    desk.tools.reveal.end()
    desk.key(Key.Key_I, CTRL)
    request = desk.find("First request", QPlainTextEdit)
    request.setFocus()
    desk.key(Key.Key_A, CTRL)
    desk.key(Key.Key_C, CTRL)
    desk.wait(lambda: "curl" in clipboard_text(), "the marked text is copied")
    assert on_clipboards() == []
    QGuiApplication.clipboard().clear()


def _orgs(desk: Desk, vault: InMemoryVault) -> None:
    """An org comes with a key, shows it, goes, comes back and goes for good."""
    workspace = desk.workspace
    first = workspace.org
    desk.action("add_org").trigger()
    desk.dialog()
    desk.find("Name", QLineEdit).setText("Clinic")
    desk.find("Code", QLineEdit).setText("clinic")
    desk.click("Add")
    desk.no_dialog()
    desk.wait(lambda: workspace.org != first, "it is the current one")
    clinic = workspace.org
    desk.create("Web")
    workspace.enter(first.id)
    assert not desk.tools.reveal.app_id, "what is readable ends with the org"
    nowhere(desk)
    workspace.enter(clinic.id)
    desk.program.orgs.open()
    desk.click("Remove organization")
    dialog = desk.dialog()
    desk.type("clinic")
    desk.click("Remove organization", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: workspace.org == first, "it is removed")
    nowhere(desk)
    desk.click("Undo", within=desk.toast("removed"))
    desk.wait(lambda: workspace.org == clinic, "it is back")
    nowhere(desk)
    desk.program.services.orgs.remove(clinic.id)
    desk.program.services.orgs.purge(clinic.id)
    workspace.recover()
    workspace.reload()
    desk.wait(lambda: all(ref.org_id != clinic.id for ref in vault.items), "its keys are gone")
    desk.program.apps.open()
    desk.wait(lambda: "With sessions" in desk.labels(), "the other org's apps are there")
    nowhere(desk)


def _fail(secret: Secret) -> None:
    text = secret.reveal()
    raise LookupError(f"no place for {text} or {secret} or {secret!r}")


def test_the_times_set_end_both(planted: None, start: Callable[..., Desk], folder: Path) -> None:
    (folder / "settings.ini").write_text("[General]\nclipboard_seconds=5\nreveal_seconds=5\n")
    desk = start()
    desk.create("NewHealth App")
    desk.action("copy_key").trigger()
    desk.wait(lambda: on_clipboards() == ["Clipboard"], "it is copied")
    desk.pass_time(5)
    assert on_clipboards() == []
    assert not desk.tools.reveal.app_id
    nowhere(desk)


def test_a_readable_key_cannot_be_carried_off_past_the_time(planted: None, start: Callable[..., Desk]) -> None:
    """By marking it: X11 would keep the marked text, and Ctrl+C would copy it for ever."""
    desk = start()
    desk.create("NewHealth App")
    desk.action("details").trigger()
    field = desk.apps.page.details.key.text
    desk.wait(field.isVisible, "details are open")
    assert field.text() == KEY
    place = field.mapTo(desk.window, field.rect().center())
    native = desk.window.windowHandle()
    QTest.mouseDClick(native, Qt.MouseButton.LeftButton, NONE, place)
    desk.key(Key.Key_A, CTRL)
    desk.let_pass(50)
    assert on_clipboards() == []
    desk.key(Key.Key_C, CTRL)
    desk.wait(lambda: desk.tools.clipboard.seconds_left > 0, "copied as everywhere else: for a while")
    assert clipboard_text() == KEY
    desk.tools.clipboard.clear()
    desk.tools.reveal.end()
    assert on_clipboards() == []
    nowhere(desk)


def test_a_log_that_cannot_be_written_shows_nothing(
    logged: None, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Python's logging would print the record as it is, past the redaction."""
    import logging

    (handler,) = (h for h in logging.getLogger().handlers if str(folder) in getattr(h, "baseFilename", ""))
    handler.stream.close()
    logging.getLogger("cortex_desktop").error("the item %s", KEY)
    assert not leaked("".join(capfd.readouterr()))


def test_the_secret_itself() -> None:
    secret = Secret(KEY)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        str([secret]),
        str({"k": secret}),
    ]
    assert not any(leaked(text) for text in shown)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError) as refused:
            pickle.dumps(secret, protocol)
        assert not leaked(str(refused.value))
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(secret)
    with pytest.raises(TypeError):
        hash(secret)
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        vars(secret)
