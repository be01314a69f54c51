"""What a person typed is shown as it is, wherever it is shown: never as HTML, a mnemonic or a mark of a title."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QTextDocumentFragment
from PySide6.QtGui import Qt as Texts
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QTableView,
    QToolTip,
    QWidget,
)

from cortex_desktop.domain.model import AppState
from cortex_desktop.domain.query import quoted
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit import plain
from tests.support.gui import CTRL, Desk, Key, stored_app
from tests.support.memory_vault import InMemoryVault

HOSTILE = '<img src="i.png" width=99> <b>x</b> &x [*]'


@pytest.fixture
def desk(folder: Path, vault: InMemoryVault, start: Callable[..., Desk]) -> Desk:
    repository = TinyRepository(folder)
    org = repository.orgs()[0]
    repository.save_org(replace(org, name=HOSTILE, own_environment=""))
    fields = {"owner": HOSTILE, "notes": HOSTILE}
    stored_app(repository, vault, HOSTILE, **fields)
    stored_app(repository, vault, f"{HOSTILE} 2", **fields)
    later = datetime.now(UTC) + timedelta(days=20)
    stored_app(repository, vault, HOSTILE, state=AppState.DELETED, purge_after=later, **fields)
    repository.close()
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    desk.program.apps.presenter.saved.save(HOSTILE, "is:enabled")
    return desk


def read(tip: str) -> str:
    """What a person reads in a tool tip of this text."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if Texts.mightBeRichText(tip) else tip


def typed_in(text: str) -> bool:
    """True if a text holds what was typed, or what is left of it."""
    return "img" in text or "<b>" in text or "i.png" in text


def wrong(where: str, text: str) -> list[str]:
    """The text, if it holds what was typed and not all of it as it was."""
    shown = text.replace("\xa0", " ")
    return [f"{where}: {text}"] if typed_in(text) and HOSTILE not in shown and "…" not in shown else []


def misread(widgets: list[QWidget]) -> Iterator[str]:
    for widget in widgets:
        where = f"{type(widget).__name__} {widget.objectName()}"
        yield from wrong(f"{where} tool tip", read(widget.toolTip()))
        yield from wrong(f"{where} name", widget.accessibleName())
        yield from wrong(f"{where} description", widget.accessibleDescription())
        if widget.isWindow():
            yield from wrong(f"{where} title", widget.windowTitle().replace("[*][*]", "[*]"))
            if "[*]" in widget.windowTitle().replace("[*][*]", ""):
                yield f"{where}: [*] alone in the title"
        if isinstance(widget, QLabel) and widget.text() and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield f"{where} is no plain text: {widget.text()}"
        if isinstance(widget, QLabel) and widget.buddy() is not None and typed_in(widget.text()):
            yield from wrong(f"{where} with a mnemonic", widget.text().replace("&&", "\0").replace("&", "?"))
        if isinstance(widget, QAbstractButton) and typed_in(widget.text()):
            yield from wrong(f"{where} text", widget.text().replace("&&", "\0").replace("&", "").replace("\0", "&"))
        if isinstance(widget, QComboBox):
            for row in range(widget.count()):
                yield from wrong(f"{where} entry", read(widget.itemData(row, Qt.ItemDataRole.ToolTipRole) or ""))
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            model = widget.model()
            for row in range(min(10, model.rowCount())):
                for column in range(model.columnCount() if isinstance(widget, QTableView) else 1):
                    index = model.index(row, column)
                    tip = index.data(Qt.ItemDataRole.ToolTipRole)
                    yield from wrong(f"{where} cell's tool tip", read(tip or ""))
                    yield from wrong(f"{where} cell", str(index.data(Qt.ItemDataRole.AccessibleTextRole) or ""))


def misread_actions(actions: list[QAction]) -> Iterator[str]:
    for action in actions:
        shown = action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
        yield from wrong("menu", shown)
        if isinstance(action.menu(), QMenu):
            yield from misread_actions(action.menu().actions())


def test_everywhere(desk: Desk) -> None:
    found: list[str] = []
    page, console = desk.apps.page, desk.console

    def look(scene: str) -> None:
        desk.let_pass(0)
        found.extend(f"{scene}: {each}" for each in misread(QApplication.allWidgets()))

    page.select(desk.app(f"{HOSTILE} 2").id)
    page.open_details()
    look("details")
    page.look_for(f"owner:{quoted(HOSTILE)}")
    look("filtered")
    assert page.model.rowCount() == 2
    page.bar.show_filters()
    look("filters")
    QApplication.activePopupWidget().close()
    page.bar.show_saved()
    found.extend(misread_actions(desk.menu().actions()))
    desk.menu().close()
    page.look_for("")
    desk.window.activateWindow()
    for name in ("open_activity", "open_organization"):
        desk.action(name).trigger()
        look(name)
    desk.action("open_apps").trigger()
    for scene, act in (
        ("create", desk.apps.forms.ask_new_app),
        ("duplicate", desk.apps.forms.ask_duplicate),
        ("edit", desk.apps.forms.ask_edit),
        ("rotate", desk.apps.ask_rotate),
        ("delete", desk.apps.ask_delete),
        ("deleted", desk.apps.show_deleted),
        ("check", desk.apps.check_keychain),
        ("save filter", lambda: desk.apps.ask_filter_name("is:enabled")),
        ("remove org", lambda: desk.program.orgs.presenter.ask_remove(desk.workspace.org)),
    ):
        act()
        dialog = desk.dialog()
        look(scene)
        dialog.close()
        desk.no_dialog()
    console.show_palette()
    look("palette")
    desk.key(Key.Key_Escape)
    desk.key(Key.Key_D, CTRL)
    desk.dialog().close()
    desk.no_dialog()
    assert not found, "\n" + "\n".join(found)


def test_a_tool_tip_shows_what_was_typed(desk: Desk) -> None:
    """As Qt itself shows it, with no file of this computer in it."""
    tip = desk.cell(f"{HOSTILE} 2", "Label").data(Qt.ItemDataRole.ToolTipRole)
    QToolTip.showText(desk.window.pos(), tip, desk.window)
    shown = next(w for w in QApplication.allWidgets() if w.inherits("QTipLabel"))
    assert read(shown.text()).replace("\xa0", " ") == f"{HOSTILE} 2"
    QToolTip.hideText()


@pytest.mark.parametrize("text", ["Ward", "a & b", "1 < 2", "<b>x</b>", "&lt;b&gt;", "Ward <i>1</i>\nline 2"])
def test_a_tip_reads_as_typed(text: str) -> None:
    assert read(plain.tip(text)).replace("\xa0", " ") == text


def test_a_plain_tip_stays_as_it_is() -> None:
    assert plain.tip("Ward & co\nline 2") == "Ward & co\nline 2"
