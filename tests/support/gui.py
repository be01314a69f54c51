"""A person at the real window: finds things by what is written on them, types, clicks and looks."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    Qt,
    QTimer,
    QTranslator,
)
from PySide6.QtGui import QClipboard, QGuiApplication, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QWidget,
)

from cortex_desktop.composition import Stores
from cortex_desktop.domain.errors import VaultTimeout
from cortex_desktop.domain.model import App, new_id
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, generate
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.app import Program
from cortex_desktop.ui.apps.presenter import AppsPresenter
from cortex_desktop.ui.kit.actions import Action
from cortex_desktop.ui.kit.clock import Clock, SystemClock
from cortex_desktop.ui.kit.keyboard import SEEN_SECONDS
from cortex_desktop.ui.kit.settings import Settings
from cortex_desktop.ui.kit.tools import Tools
from cortex_desktop.ui.kit.widgets import Overlay
from cortex_desktop.ui.shell.console import Console
from cortex_desktop.ui.shell.palette import Palette
from cortex_desktop.ui.shell.window import MainWindow
from cortex_desktop.ui.workspace import Workspace
from tests.support.clock import TestClock
from tests.support.memory_vault import InMemoryVault

W = TypeVar("W", bound=QWidget)
Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
HEADERS = (
    "Label",
    "API Key",
    "Sessions",
    "CSRF Protection",
    "Status",
    "Created",
    "",
    "Owner",
    "Expires",
    "Key from",
    "Age",
)
"""By the number of the column."""
DOTS = HEADERS.index("")
MILLISECONDS = 10_000
NUDGE_MS = 500


class Counter(QObject):
    """Counts the events of this type that a widget gets from now on."""

    def __init__(self, widget: QWidget, event: QEvent.Type) -> None:
        super().__init__(widget)
        self._event = event
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == self._event
        return False


class SlowVault(InMemoryVault):
    """A keychain that waits for a person: calls named in `slow` go on after `answer`, or end by `stop_waiting`."""

    def __init__(self) -> None:
        super().__init__()
        self.slow: set[str] = set()
        self.stopped = 0
        self._answered = threading.Event()
        self.before = self._wait

    def answer(self) -> None:
        """The person has answered."""
        self.slow.clear()
        self._answered.set()

    def stop_waiting(self) -> None:
        self.stopped += 1
        self._answered.set()

    def close(self) -> None:
        self.stop_waiting()

    def _wait(self, operation: str, _ref: object) -> None:
        if operation in self.slow:
            stopped = self.stopped
            self._answered.wait(30)
            self._answered.clear()
            if self.stopped > stopped:
                raise VaultTimeout(self.name)


class Desk:
    """The program's window and what a person does in front of it."""

    def __init__(
        self, app: QApplication, stores: Stores, qtbot, make: type[Program] = Program, clock: Clock | None = None
    ) -> None:
        self._app = app
        self._stores = stores
        self._make = make
        self.clock = clock or SystemClock()
        self._settings = Settings(stores.folder)
        self._programs: list[Program] = []
        self.window = MainWindow(self._settings)
        self.window.painted.connect(self.fill)
        self.qtbot = qtbot
        self.open = True
        self._seen: QDialog | None = None  # the dialog that a person has looked at

    @property
    def program(self) -> Program:
        """What fills the window, once it has been painted."""
        return self._programs[0]

    @property
    def console(self) -> Console:
        """Sidebar, menus and palette."""
        return self.program.console

    @property
    def workspace(self) -> Workspace:
        """What the pages share."""
        return self.program.workspace

    @property
    def apps(self) -> AppsPresenter:
        """The Apps page's presenter."""
        return self.program.apps.presenter

    @property
    def tools(self) -> Tools:
        """What every page works with."""
        return self.program.tools

    def action(self, name: str) -> Action:
        """The action of this name."""
        return self.console.actions[name]

    # Starting and ending

    def fill(self) -> None:
        """Fill the window and begin to work, as the program does after the first paint."""
        program = self._make(self._app, self.window, self._settings, self._stores, self.clock)
        self._programs.append(program)
        program.start()

    def start(self, *, ready: bool = True) -> Desk:
        """Show the window; wait until it has the keyboard and, unless told, until apps and keychain are known."""
        self.window.show()
        self._get_keyboard(self.window)
        self.wait(lambda: self._programs, "the window is filled")
        if ready:
            self.wait(lambda: self.workspace.org is not None, "the apps are loaded")
            self.wait(lambda: self.workspace.status is not None, "the keychain is known")
        return self

    def close(self) -> None:
        """End the program as a person does."""
        if self.open:
            self.open = False
            self.window.close()
            self.program.close()
            for translator in self._app.findChildren(QTranslator):  # ends with the process otherwise
                self._app.removeTranslator(translator)
                translator.deleteLater()

    # Waiting

    def wait(self, until: Callable[[], object], what: str = "", milliseconds: int = MILLISECONDS) -> None:
        """Let the program run until it is so."""

        def check() -> None:
            assert until(), what or "did not become true"

        self.qtbot.waitUntil(check, timeout=milliseconds)

    def pass_time(self, seconds: float) -> None:
        """Move the program's clock forward, and let the program show what came of it."""
        assert isinstance(self.clock, TestClock)
        self.clock.advance(seconds)
        self.let_pass(0)

    def let_pass(self, milliseconds: int) -> None:
        """Let the program run for a while: for what must *not* happen."""
        self.qtbot.wait(milliseconds)

    def _get_keyboard(self, window: QWidget) -> None:
        """Wait until the window has the keyboard.

        A window manager that sees a dialog come and go within milliseconds may forget to give the keyboard back; a
        person would then click the window.
        """
        nudge = QTimer(self.window)
        nudge.timeout.connect(window.activateWindow)
        nudge.start(NUDGE_MS)
        self.wait(
            lambda: QGuiApplication.focusWindow() is window.windowHandle(),
            f"{window.windowTitle()} has the keyboard",
        )
        nudge.stop()
        nudge.deleteLater()

    # Keyboard and mouse

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Press and release a key; it goes where the window system says that the keyboard is."""
        window = QGuiApplication.focusWindow()
        assert window is not None, "no window has the keyboard"
        QTest.keyClick(window, key, modifiers)

    def type(self, text: str) -> None:
        """Type a text."""
        for char in text:
            window = QGuiApplication.focusWindow()
            assert window is not None, "no window has the keyboard"
            QTest.keyClick(window, char)

    def click(self, name: str, kind: type[W] = QAbstractButton, within: QWidget | None = None) -> None:
        """Click what has this name with the mouse."""
        self.click_at(self.find(name, kind, within))

    def click_at(self, widget: QWidget, place: QPoint | None = None, button=Qt.MouseButton.LeftButton) -> None:
        """Click into a widget, through its window, so that what lies over it would get the click."""
        window = widget.window()
        if place is None:  # only a check box's box and words can be clicked, not the room beside them
            place = QPoint(12, widget.height() // 2) if isinstance(widget, QCheckBox) else widget.rect().center()
        inside = widget.mapTo(window, place)
        QTest.mouseClick(window.windowHandle(), button, NONE, inside)

    def hover(self, widget: QWidget, place: QPoint) -> None:
        """Move the pointer over a widget."""
        window = widget.window()
        QTest.mouseMove(window.windowHandle(), widget.mapTo(window, place))

    # Finding

    def find(self, name: str, kind: type[W] = QWidget, within: QWidget | None = None) -> W:
        """The one visible widget of this kind whose accessible name or text this is."""
        found = self.all(name, kind, within)
        assert found, f"there is no “{name}”"
        assert len(found) == 1, f"there are {len(found)} “{name}”"
        return found[0]

    def all(self, name: str, kind: type[W] = QWidget, within: QWidget | None = None) -> list[W]:
        """All visible widgets of this kind with this accessible name or text."""
        place = within or self.dialog_or_none() or self.window
        return [w for w in place.findChildren(kind) if w.isVisible() and name in names_of(w)]

    def dialog_or_none(self) -> QDialog | None:
        dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
        return dialogs[0] if dialogs else None

    def dialog(self) -> QDialog:
        """The open dialog, once it has the keyboard and was seen for a moment."""
        dialog = self.unseen_dialog()
        if dialog is not self._seen:
            self._seen = dialog
            self.wait(dialog.windowHandle().isExposed, "the dialog is on screen")
            if isinstance(self.clock, TestClock):
                self.clock.advance(SEEN_SECONDS + 0.001)
            else:
                self.let_pass(round(SEEN_SECONDS * 1000) * 3)  # counted from its first paint, which may come late
        return dialog

    def unseen_dialog(self) -> QDialog:
        """The open dialog, as soon as it has the keyboard."""
        self.wait(lambda: self.dialog_or_none() is not None, "a dialog is open")
        dialog = self.dialog_or_none()
        self._get_keyboard(dialog)
        return dialog

    def no_dialog(self) -> None:
        """Wait until no dialog is there any more, what came of it is shown, and the window has the keyboard again."""
        self.wait(
            lambda: not any(isinstance(w, QDialog) for w in QApplication.topLevelWidgets()), "the dialog has closed"
        )
        self.wait(
            lambda: not any(overlay.isVisible() for overlay in self.window.findChildren(Overlay)),
            "the overlay is lifted",
        )
        self._get_keyboard(self.window)

    def palette(self) -> Palette:
        """The open command palette, or the list of organizations that opens in its place."""
        return next(palette for palette in self.window.findChildren(Palette) if palette.isVisible())

    def menu(self) -> QMenu:
        """The open menu."""
        self.wait(lambda: isinstance(QApplication.activePopupWidget(), QMenu), "a menu is open")
        return QApplication.activePopupWidget()

    def choose(self, text: str, menu: QMenu | None = None) -> None:
        """Choose an entry of the open menu, or of the menu bar's menu, with the mouse."""
        menu = menu or self.menu()
        action = next(a for a in menu.actions() if plain(a.text()) == text)
        assert action.isEnabled(), f"“{text}” is not offered"
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, NONE, menu.actionGeometry(action).center())

    def open_menu(self, title: str) -> QMenu:
        """Open a menu of the menu bar by a click."""
        bar = self.window.menuBar()
        action = next(a for a in bar.actions() if plain(a.text()) == title)
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, NONE, bar.actionGeometry(action).center())
        return self.menu()

    # The table

    @property
    def table(self) -> QTableView:
        return self.table_named("Apps")

    def table_named(self, name: str) -> QTableView:
        return next(t for t in self.window.findChildren(QTableView) if t.accessibleName() == name)

    def column(self, header: str) -> int:
        """The number of the column with this heading."""
        model = self.table.model()
        return next(c for c in range(model.columnCount()) if model.headerData(c, Qt.Orientation.Horizontal) == header)

    def columns(self) -> list[str]:
        """The headings on screen, from left to right; the last column has none."""
        header = self.table.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        return [HEADERS[c] for c in order if HEADERS[c] and not self.table.isColumnHidden(c)]

    def labels(self) -> list[str]:
        """The labels in the table, from top to bottom."""
        return self.values("Label")

    def values(self, header: str) -> list[str]:
        """A column's texts, from top to bottom."""
        model, column = self.table.model(), self.column(header)
        return [model.index(row, column).data() for row in range(model.rowCount())]

    def cell(self, label: str, header: str) -> QModelIndex:
        """The cell of the app with this label."""
        return self.table.model().index(self.labels().index(label), self.column(header))

    def actions_cell(self, label: str) -> QModelIndex:
        return self.table.model().index(self.labels().index(label), DOTS)

    def sort_by(self, header: str) -> None:
        """Click a heading."""
        row = self.table.horizontalHeader()
        place = QPoint(row.sectionViewportPosition(self.column(header)) + 14, row.height() // 2)
        self.click_at(row.viewport(), place)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, as its edge does."""
        self.window.resize(width, height)
        self.wait(lambda: self.window.size().toTuple() == (width, height), "the window has its new size")
        self.let_pass(0)

    def seen(self, index: QModelIndex) -> str:
        """Return the texts that are painted into a cell."""
        return " ".join(painted(self.table.viewport(), self.table.visualRect(index)))

    def key_seen(self, label: str) -> str:
        """What the API Key column shows of this app."""
        return self.seen(self.cell(label, "API Key"))

    def spoken(self, index: QModelIndex) -> str:
        """What a screen reader says of a cell."""
        return index.data(Qt.ItemDataRole.AccessibleTextRole)

    def select(self, label: str) -> None:
        """Click an app's label."""
        self.let_pass(0)  # lay out first, then look up the place
        self.click_at(self.table.viewport(), self.table.visualRect(self.cell(label, "Label")).center())
        assert self.selected() == label

    def selected(self) -> str:
        """The label of the selected app, empty when there is none."""
        rows = self.table.selectionModel().selectedRows()
        return rows[0].data() if rows else ""

    def click_in_key(self, label: str, part: str) -> None:
        """Click the eye or the copy button of an app's key."""
        self.click_at(self.table.viewport(), self.part_of_key(label, part))

    def part_of_key(self, label: str, part: str) -> QPoint:
        """Where the chip's button with this tool tip lies. Found by what a pointer finds: a hand, then the tip."""
        rect = self.table.visualRect(self.cell(label, "API Key"))
        hands = [x for x in range(rect.left(), rect.right(), 3) if self._is_hand(QPoint(x, rect.center().y()))]
        assert hands, "nothing in the cell can be clicked"
        middle = (hands[0] + hands[-1]) / 2
        side = [x for x in hands if (x < middle) == (part == "eye")]
        return QPoint(side[len(side) // 2], rect.center().y())

    def _is_hand(self, place: QPoint) -> bool:
        self.hover(self.table.viewport(), place)
        return self.table.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor

    # The palette

    def hits(self) -> list[str]:
        """What the palette lists."""
        model = self.palette().list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    # The main job in short

    def create(self, label: str, *, sessions: bool = False, csrf: bool = True) -> App:
        """Make an app through the dialog, and wait until its key shows."""
        self.key(Key.Key_N, CTRL)
        dialog = self.dialog()
        self.find("Label", QLineEdit, dialog).setText(label)
        for name, wanted in (("Sessions", sessions), ("CSRF Protection", csrf)):
            box = self.find(name, QAbstractButton, dialog)
            if box.isChecked() != wanted:
                box.click()
        self.key(Key.Key_Return)
        self.no_dialog()
        self.wait(lambda: self.selected() == label, "the new app is selected")
        return self.app(label)

    def app(self, label: str) -> App:
        """The app as the database has it."""
        return next(a for a in self.program.stores.repository.apps() if a.label == label)

    def kept(self, label: str, kind: SecretKind = SecretKind.API_KEY) -> str:
        """The key or secret of this app in the keychain."""
        return self.program.stores.vault.read(self.app(label).ref(kind)).reveal()

    # What is said

    def toasts(self) -> list[str]:
        """The messages in the corner, oldest first: title and text of each."""
        return [" ".join(texts(toast)) for toast in self.tools.toasts.shown]

    def toast(self, words: str) -> QWidget:
        """The message that holds these words."""
        self.wait(lambda: any(words in n for n in self.toasts()), f"a toast says “{words}”")
        return next(n for n in self.tools.toasts.shown if words in " ".join(texts(n)))

    def banner(self) -> str:
        """What stands across the page, empty when nothing does."""
        frames = [w for w in self.window.findChildren(QWidget) if w.objectName() == "banner" and w.isVisible()]
        return " ".join(" ".join(texts(frame)) for frame in frames)

    def screen(self) -> str:
        """All the words in the window."""
        return "\n".join(texts(self.window))


def names_of(widget: QWidget) -> set[str]:
    """Accessible name and text of a widget."""
    names = {widget.accessibleName()}
    if isinstance(widget, QAbstractButton):
        names.add(plain(widget.text()))
    return names - {""}


def plain(text: str) -> str:
    """A menu's or a button's text without the mark of its mnemonic."""
    return re.sub(r"&(.)", r"\1", text).removesuffix("…") if "&" in text else text.removesuffix("…")


def texts(widget: QWidget) -> list[str]:
    """The words on a widget and on all that is visible in it, in no particular order."""
    found = []
    for part in [widget, *widget.findChildren(QWidget)]:
        if not part.isVisible():
            continue
        if isinstance(part, QLabel):
            found.append(part.text())
        elif isinstance(part, QAbstractButton):
            found.append(plain(part.text()))
        elif isinstance(part, QLineEdit):
            found.append(part.text())
        elif isinstance(part, QPlainTextEdit):
            found.append(part.toPlainText())
    return [text for text in found if text.strip()]


def painted(widget: QWidget, area: QRect | None = None, *, children: bool = True) -> list[str]:
    """The pieces of text that the widget, and what is in it, paint inside `area`, as a person would read them."""
    room = area or widget.rect()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture = QSvgGenerator()
    picture.setOutputDevice(buffer)
    picture.setSize(room.size())
    painter = QPainter(picture)
    flag = QWidget.RenderFlag.DrawChildren if children else QWidget.RenderFlag(0)
    widget.render(painter, QPoint(), room, flag)
    painter.end()
    root = ElementTree.fromstring(bytes(data.data()))  # noqa: S314  # Qt has just written it
    return [text for node in root.iter("{http://www.w3.org/2000/svg}text") if (text := (node.text or "").strip())]


def clipboard_text() -> str:
    """What Paste would insert here."""
    mime = QGuiApplication.clipboard().mimeData(QClipboard.Mode.Clipboard)
    return mime.text() if mime is not None else ""


def pasted_elsewhere(qtbot) -> str:
    """What Paste would insert in another program."""
    # The owner of an X11 selection is this process, so its event loop must run while xclip asks.
    process = subprocess.Popen(
        ["xclip", "-o", "-selection", "clipboard"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=MILLISECONDS)
    out, _ = process.communicate()
    return out.decode()


def stored_app(
    repository: TinyRepository,
    vault: InMemoryVault,
    label: str,
    *,
    key: str = "",
    **fields: object,
) -> App:
    """Put a finished app into both stores, as an earlier session would have left it."""
    secret = Secret(key) if key else generate(SecretKind.API_KEY)
    app = App(
        **{
            "id": new_id(),
            "org_id": repository.orgs()[0].id,
            "label": label,
            "sessions": True,
            "csrf": True,
            "created": datetime.now(UTC),
            "key_ends": KeyEnds.of(secret),
            "keychain": vault.backend,
            **fields,
        }
    )
    repository.add_app(app)
    for ref in app.refs:
        vault.items[ref] = secret if ref.kind is SecretKind.API_KEY else generate(ref.kind)
    return app


def stored_apps(
    folder: Path, vault: InMemoryVault, apps: Sequence[str] | Mapping[str, Mapping[str, object]], **fields: object
) -> list[App]:
    """Several such apps in the data folder: their labels, or fields by label. fields: of all of them."""
    folder.mkdir(mode=0o700, exist_ok=True)
    repository = TinyRepository(folder)
    each = apps if isinstance(apps, Mapping) else {label: {} for label in apps}
    made = [stored_app(repository, vault, label, **{**fields, **its}) for label, its in each.items()]
    repository.close()
    return made
