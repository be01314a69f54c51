"""A language that nobody speaks: finds texts that were never translated, and texts that have no room to grow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QPoint, Qt, QTranslator
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from cortex_desktop.ui.kit.widgets import Badge

from .gui import painted

OPEN, CLOSE = "⟦", "⟧"
GROWTH = 0.4
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "äƀćďēƒĝĥīĵķĺḿńōṕɋřśťūṽŵẋŷžÄƁĆĎĒƑĜĤĪĴĶĹḾŃŌṔɊŘŚŤŪṼŴẊŶŽ"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_KEEP = re.compile(r"\{[^}]*\}|%L?n|%L?\d|&[A-Za-z&]")
# How keys are called is Qt's business and the keyboard's.
_KEY_NAMES = ("QShortcut", "QKeySequence")


class PseudoTranslator(QTranslator):
    """Translates every text of every context."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        return source if context in _KEY_NAMES else pseudo(source)

    def isEmpty(self) -> bool:
        return False


def pseudo(source: str) -> str:
    """`source` in the pseudo-language: accented, 40 % longer, in brackets; placeholders and mnemonics kept."""
    if not source.strip():
        return source
    parts: list[str] = []
    place = 0
    for kept in _KEEP.finditer(source):
        parts += [source[place : kept.start()].translate(_ACCENTS), kept[0]]
        place = kept.end()
    text = "".join([*parts, source[place:].translate(_ACCENTS)])
    more = max(2, round(len(source) * GROWTH))
    words = " ".join("~" * min(6, more - done) for done in range(0, more, 7))  # so that lines can break
    return f"{OPEN}{text}{' ' if more > 6 else ''}{words}{CLOSE}"


def install(app: QCoreApplication, _folder: object = None) -> None:
    """Speak the pseudo-language; stands in for `install_translations`."""
    app.installTranslator(PseudoTranslator(app))


# What a person sees or hears


def words_of(window: QWidget) -> Iterator[tuple[str, str]]:
    """Everything that is written in a window, or said of it by tool tips and screen readers: (where, text)."""
    yield "title", window.windowTitle()
    for widget in [window, *window.findChildren(QWidget)]:
        if not widget.isVisible():
            continue
        where = name_of(widget)
        yield f"tool tip of {where}", widget.toolTip()
        yield f"accessible name of {where}", widget.accessibleName()
        yield f"accessible description of {where}", widget.accessibleDescription()
        for text in _written(widget):
            yield where, text
        if _paints(widget):
            for text in painted(widget, children=False):
                yield f"painted by {where}", text


def _paints(widget: QWidget) -> bool:
    """Whether it is a widget of ours that paints its own words."""
    kind = type(widget)
    return (
        kind.__module__.startswith("cortex_desktop")
        and "paintEvent" in dir(kind)
        and not isinstance(widget, QLabel | QPushButton | QLineEdit | QAbstractScrollArea | QMainWindow)
    )


def _written(widget: QWidget) -> Iterator[str]:
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit():
            yield widget.text()
            yield widget.placeholderText()
        case QPlainTextEdit():
            yield from widget.toPlainText().splitlines()
        case QComboBox():
            yield from (widget.itemText(n) for n in range(widget.count()))
        case QSpinBox():
            yield widget.prefix() + widget.suffix()
        case QMenuBar():
            yield from (action.text() for action in widget.actions())
        case QMenu():
            yield from (action.text() for action in widget.actions())
        case QHeaderView():
            yield from painted(widget.viewport())
        case QAbstractItemView():
            if type(widget.itemDelegate()).__module__.startswith("cortex_desktop"):
                yield from painted(widget.viewport(), children=False)
            yield from _said_of_cells(widget)


def _said_of_cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    roles = Qt.ItemDataRole
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for column in range(columns):
        for role in (roles.DisplayRole, roles.AccessibleTextRole, roles.ToolTipRole):
            yield str(model.headerData(column, Qt.Orientation.Horizontal, role) or "")
            for row in range(model.rowCount()):
                yield str(model.index(row, column).data(role) or "")


def words_of_actions(actions: Iterable[QAction]) -> Iterator[tuple[str, str]]:
    """The texts of menus, open or not."""
    for action in actions:
        yield "menu entry", action.text()
        if action.menu() is not None:
            yield from words_of_actions(action.menu().actions())


def untranslated(words: Iterable[tuple[str, str]], known: Iterable[str]) -> list[str]:
    """Texts that still hold plain letters when what is `known` to be data is taken away."""
    data = sorted((k for k in known if k), key=len, reverse=True)
    found = set()
    for where, text in words:
        rest = text
        for known_text in data:
            rest = rest.replace(known_text, "")
        if re.search(r"[A-Za-z]{2,}", re.sub(r"&(?=\w)", "", rest)):
            found.add(f"{where}: “{text}”")
    return sorted(found)


# What has no room


def clipped(window: QWidget, end: str = CLOSE) -> list[str]:
    """Texts in this window that are cut off: where, needed and available pixels. A whole heading ends with `end`."""
    found = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.width() and (problem := _lacks(widget, end)):
            found.append(f"{name_of(widget)}: {problem}")
    return sorted(set(found))


def _lacks(widget: QWidget, end: str) -> str:
    if isinstance(widget, QLabel) and widget.text().strip():
        if widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            if needed > widget.height():
                return f"needs {needed} px of height, has {widget.height()}"
            longest = max(
                map(QFontMetrics(widget.font()).horizontalAdvance, widget.text().replace("\u200b", " ").split())
            )
            if longest > widget.width():
                return f"a word needs {longest} px, has {widget.width()}"
        elif widget.sizeHint().width() > widget.width():
            return f"needs {widget.sizeHint().width()} px, has {widget.width()}"
    elif isinstance(widget, QPushButton | QCheckBox) and widget.text():
        if widget.sizeHint().width() > widget.width():
            return f"needs {widget.sizeHint().width()} px, has {widget.width()}"
    elif isinstance(widget, QComboBox):
        if shown := [t for t in painted(widget) if "…" in t and "…" not in widget.currentText()]:
            return f"shows only “{shown[0]}”"
    elif isinstance(widget, QLineEdit) and widget.placeholderText() and not widget.text():
        needed = QFontMetrics(widget.font()).horizontalAdvance(widget.placeholderText())
        buttons = sum(24 for child in widget.findChildren(QAbstractButton) if child.isVisible())
        if needed + buttons + 16 > widget.width():
            return f"its placeholder needs {needed + buttons + 16} px, has {widget.width()}"
    elif isinstance(widget, QHeaderView):
        counts = re.compile(r"\+\d+")  # of columns without room
        cut = [t for t in painted(widget.viewport()) if not t.endswith(end) or t.endswith("…")]
        if cut := [text for text in cut if not counts.fullmatch(text)]:
            return f"shows only {cut}"
    elif isinstance(widget, Badge):
        if widget.sizeHint().width() > widget.width():
            return f"needs {widget.sizeHint().width()} px, has {widget.width()}"
    elif cut := _cut_in_painting(widget):
        return f"shows only {cut}"
    return _outside(widget)


def _cut_in_painting(widget: QWidget) -> list[str]:
    """What a widget that paints its own words cuts off, and does not say whole in its tool tip either."""
    if not _paints(widget) or widget.toolTip():
        return []
    return [text for text in painted(widget, children=False) if text.endswith("…")]


def _outside(widget: QWidget) -> str:
    """Whether a text or a button reaches over the edge of the window. Height may scroll."""
    if not isinstance(widget, QLabel | QAbstractButton | QLineEdit | QComboBox):
        return ""
    window = widget.window()
    left = widget.mapTo(window, QPoint(0, 0)).x()
    if left < 0 or left + widget.width() > window.width():
        return f"reaches from {left} to {left + widget.width()} px in a window of {window.width()}"
    return ""


def painted_over(window: QWidget) -> list[str]:
    """Words and controls in this window that lie over each other, though nobody put one into the other."""
    kinds = (QLabel, QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit)
    found = []
    for parent in [window, *window.findChildren(QWidget)]:
        parts = [
            w
            for w in parent.children()
            if isinstance(w, kinds) and w.isVisible() and not (isinstance(w, QLabel) and not w.text().strip())
        ]
        if isinstance(parent, (*kinds, QCalendarWidget)):
            continue  # a field's own buttons lie in it
        for at, one in enumerate(parts):
            for other in parts[at + 1 :]:
                common = one.geometry().intersected(other.geometry())
                if common.width() > 1 and common.height() > 1:
                    found.append(f"{name_of(one)} and {name_of(other)} share {common.width()}x{common.height()} px")
    return sorted(set(found))


def name_of(widget: QWidget) -> str:
    """Return a description of the widget for a person."""
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    name = text or widget.accessibleName() or widget.objectName()
    return f"{type(widget).__name__} “{name[:60]}”"


def stop(app: QApplication) -> None:
    """Speak plainly again."""
    for translator in app.findChildren(PseudoTranslator):
        app.removeTranslator(translator)
        translator.deleteLater()
