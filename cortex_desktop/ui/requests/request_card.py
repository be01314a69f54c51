"""The request as it is being written: method, path, query, headers, body."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, quote

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from ...services.request_snippets import Language
from ..kit.table import QWIDGETSIZE_MAX
from ..kit.widgets import Button, IconButton, Look, Picture, label, set_property
from .parts import Choice, ElidedText, PathEdit, SendButton, mono

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_QUERY_SAFE = "[]{}$:,.'()*-_~!@/"


@dataclass(frozen=True)
class Draft:
    """A request as written. path: with its query; headers: the person's own; body: text."""

    method: str = "GET"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True)
class Automatic:
    """A header that the program adds, as shown, with the reason."""

    name: str
    value: str
    reason: str


class _Lines(QWidget):
    """Rows of a name and a value that a person edits, below rows that the program adds. changed: by the person."""

    changed = Signal()

    def __init__(self, look: Look, add: str, name: str, value: str, remove: str) -> None:
        super().__init__()
        self._look = look
        self._words = name, value, remove
        self.is_narrow = False
        self._automatic: Sequence[Automatic] = ()
        self._fields: list[tuple[QLineEdit, QLineEdit]] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(look.theme.px(6))
        self._grid.setColumnMinimumWidth(0, look.theme.px(152))
        self._grid.setColumnMinimumWidth(1, look.theme.px(180))
        self._grid.setColumnStretch(2, 1)
        self.add = Button(add, look, "link", "plus")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(6)
        column.addLayout(self._grid)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch()
        self.add.clicked.connect(lambda: self._add("", "", focus=True))

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The person's rows; those without a name do not count."""
        return tuple((name.text().strip(), value.text()) for name, value in self._fields if name.text().strip())

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Show these rows."""
        self._clear()
        self._show_automatic()
        for name, value in pairs:
            self._add(name, value)

    def show_automatic(self, headers: Sequence[Automatic]) -> None:
        """Show these rows above."""
        if tuple(headers) != tuple(self._automatic):
            self._automatic = tuple(headers)
            self.show_pairs([(name.text(), value.text()) for name, value in self._fields])

    def count(self) -> int:
        """How many rows there are."""
        return len(self._automatic) + len(self.pairs())

    def set_narrow(self, narrow: bool) -> None:
        """Leave the reasons to the tips where there is no room."""
        if narrow != self.is_narrow:
            self.is_narrow = narrow
            self.show_pairs([(name.text(), value.text()) for name, value in self._fields])

    def _clear(self) -> None:
        self._fields = []
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _show_automatic(self) -> None:
        for row, header in enumerate(self._automatic):
            name, value = label(header.name, "mono"), label(header.value, "mono")
            for part in (name, value):
                part.setProperty("tone", "muted")
                part.setFont(mono(self._look))
                part.setToolTip(header.reason)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            spoken = self.tr("{name}, {value}, added: {reason}").format(
                name=header.name, value=header.value, reason=header.reason
            )
            name.setAccessibleName(spoken)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(value, row, 1)
            if not self.is_narrow:
                reason = ElidedText(self._look, is_mono=False)
                reason.show_text(header.reason)
                reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                self._grid.addWidget(reason, row, 2)
            self._grid.addWidget(Picture("lock", self._look), row, 3, Qt.AlignmentFlag.AlignRight)

    def _add(self, name: str, value: str, *, focus: bool = False) -> None:
        row = self._grid.rowCount()
        fields = QLineEdit(name), QLineEdit(value)
        for field, words in zip(fields, self._words[:2], strict=True):
            field.setObjectName("smallField")
            field.setFont(mono(self._look))
            field.setAccessibleName(words)
            field.setPlaceholderText(words)
            field.textChanged.connect(self.changed)
        remove = IconButton("x", self._words[2], self._look)
        remove.clicked.connect(partial(self._remove, fields))
        self._grid.addWidget(fields[0], row, 0)
        self._grid.addWidget(fields[1], row, 1, 1, 2)
        self._grid.addWidget(remove, row, 3, Qt.AlignmentFlag.AlignRight)
        self._fields.append(fields)
        if focus:
            fields[0].setFocus()

    def _remove(self, fields: tuple[QLineEdit, QLineEdit]) -> None:
        self.show_pairs([(one.text(), two.text()) for one, two in self._fields if one is not fields[0]])
        self.add.setFocus()
        self.changed.emit()


class LoginForm(QWidget):
    """E-mail and password, in the place of the body of a login."""

    changed = Signal()
    entered = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.email = QLineEdit()
        self.email.setAccessibleName(self.tr("E-mail"))
        self.password = QLineEdit()
        self.password.setAccessibleName(self.tr("Password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        box = QFrame()
        box.setObjectName("codeBox")
        grid = QGridLayout(box)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for row, (name, field) in enumerate((('"email":', self.email), ('"password":', self.password))):
            title = label(name, "mono")
            title.setFont(mono(look))
            field.setFont(mono(look))
            field.setObjectName("smallField")
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            field.textChanged.connect(self.changed)
            field.returnPressed.connect(self.entered)
        self.note = label("", "fieldNote", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        column.addWidget(box)
        column.addWidget(self.note)
        column.addStretch()


class BodyEdit(QWidget):
    """The body as text; what is no JSON is marked. changed: by the person."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.text = QPlainTextEdit()
        self.text.setObjectName("code")
        self.text.setAccessibleName(self.tr("Body"))
        self.text.setTabChangesFocus(True)
        self.text.setFont(mono(look))
        self.text.setPlaceholderText(self.tr("JSON, or nothing"))
        self._note = label("", "fieldNote", wrap=True)
        self._note.setProperty("tone", "danger")
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(5)
        column.addWidget(self.text, 1)
        column.addWidget(self._note)
        self.text.textChanged.connect(self._check)

    @Slot()
    def _check(self) -> None:
        text = self.text.toPlainText()
        marks: list[QTextEdit.ExtraSelection] = []
        self._note.hide()
        if text.strip():
            try:
                json.loads(text)
            except json.JSONDecodeError as error:
                marks = [self._mark(min(error.pos, len(text) - 1))]
                words = self.tr("Line {line}, column {column}: {problem}")
                self._note.setText(
                    words.format(line=error.lineno, column=error.colno, problem=self._problem(error.msg))
                )
                self._note.show()
            except RecursionError:
                self._note.setText(self.tr("It is nested too deeply to be checked."))
                self._note.show()
        self.text.setExtraSelections(marks)
        self.changed.emit()

    def _mark(self, position: int) -> QTextEdit.ExtraSelection:
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(position)
        cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
        style = QTextCharFormat()
        style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        style.setUnderlineColor(self._look.theme.color("danger"))
        ground = QColor(self._look.theme.color("danger_soft"))
        style.setBackground(ground)
        mark = QTextEdit.ExtraSelection()
        mark.cursor = cursor
        mark.format = style
        return mark

    def _problem(self, message: str) -> str:
        words = {
            "Expecting property name enclosed in double quotes": self.tr("a name in double quotes is missing here."),
            "Expecting ',' delimiter": self.tr("a comma, or the closing bracket, is missing here."),
            "Expecting ':' delimiter": self.tr("a colon is missing here."),
            "Expecting value": self.tr("a value is missing here."),
            "Extra data": self.tr("the JSON ends before this."),
            "Unterminated string starting at": self.tr("this text has no closing quote."),
            "Illegal trailing comma before end of object": self.tr("this comma is one too many."),
            "Illegal trailing comma before end of array": self.tr("this comma is one too many."),
        }
        return words.get(message.rstrip(), self.tr("this is not JSON."))


class RequestCard(QFrame):
    """Shows and edits a request.

    changed: the person has edited it; send_asked, stop_asked; copy_asked(Language); walked(int): see `PathEdit`;
    open_asked: open what was received from elsewhere as a request; grown(bool): it needs more room, or less.
    """

    changed = Signal()
    send_asked = Signal()
    stop_asked = Signal()
    copy_asked = Signal(Language)
    walked = Signal(int)
    open_asked = Signal()
    grown = Signal(bool)

    def __init__(self, look: Look, keys: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._filling = False
        self._is_login = False
        self._is_received = False
        self.method = QComboBox()
        self.method.addItems(METHODS)
        self.method.setAccessibleName(self.tr("Method"))
        self.method.setFont(mono(look, 12))
        self.method.setFixedWidth(look.theme.px(92))
        self._field = QFrame()
        self._field.setObjectName("pathField")
        self._field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # an address reads so in every language
        self._base_text = ElidedText(look, is_mono=True)
        self.path = PathEdit()
        self.path.setObjectName("pathText")
        self.path.setFont(mono(look))
        self.path.setAccessibleName(self.tr("Path"))
        self.path.setMinimumWidth(look.theme.px(120))
        self._field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(self._field)
        line.setContentsMargins(10, 0, 6, 0)
        line.setSpacing(0)
        line.addWidget(self._base_text)
        line.addWidget(self.path, 1)
        self.send = SendButton(look, keys)
        self.seconds = label("", "hint")
        self.seconds.hide()
        self.tabs = Choice(
            (("query", self.tr("Query")), ("headers", self.tr("Headers")), ("body", self.tr("Body"))), "tab"
        )
        self.language = QComboBox()
        self.language.setObjectName("flatBox")
        self.language.setAccessibleName(self.tr("Language of the copied request"))
        for language, name in (
            (Language.CURL, "curl"),
            (Language.PYTHON, "Python"),
            (Language.JAVASCRIPT, "Node.js"),
            (Language.SWIFT, "Swift"),
        ):
            self.language.addItem(name, language)
        self.language.setFixedWidth(look.theme.px(82))
        self.copy = IconButton("copy", self.tr("Copy request as code"), look)
        self.query = _Lines(look, self.tr("Add value"), self.tr("Name"), self.tr("Value"), self.tr("Remove this value"))
        self.headers = _Lines(
            look, self.tr("Add header"), self.tr("Name"), self.tr("Value"), self.tr("Remove this header")
        )
        self.body = BodyEdit(look)
        self.login = LoginForm(look)
        self._pages = QStackedWidget()
        for page in (_scrolled(self.query), _scrolled(self.headers), self.body, _scrolled(self.login)):
            self._pages.addWidget(page)
        self._received = QWidget()
        self._received_title = label("", "strong", wrap=True)
        self._received_more = ElidedText(look, is_mono=False)
        self.open = Button(self.tr("Open as request"), look)
        self._lay_out()
        self._connect()
        self.tabs.want("headers")

    def _lay_out(self) -> None:
        line = QHBoxLayout(self._received)
        line.setContentsMargins(16, 10, 16, 0)
        line.setSpacing(8)
        line.addWidget(Picture("arrow-down", self._look))
        line.addWidget(self._received_title, 1)
        line.addWidget(self._received_more, 1)
        line.addWidget(self.open)
        self._received.hide()
        top = QHBoxLayout()
        top.setContentsMargins(16, 12, 16, 12)
        top.setSpacing(8)
        top.addWidget(self.method)
        top.addWidget(self._field, 1)
        top.addWidget(self.seconds)
        top.addWidget(self.send)
        self._tab_row = QWidget()
        tabs = QHBoxLayout(self._tab_row)
        tabs.setContentsMargins(16, 0, 12, 0)
        tabs.setSpacing(4)
        tabs.addWidget(self.tabs)
        tabs.addStretch()
        tabs.addWidget(self.language)
        tabs.addWidget(self.copy)
        self._rule = label("", "rule")
        self._rule.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(0)
        column.addWidget(self._received)
        column.addLayout(top)
        column.addWidget(self._tab_row)
        column.addWidget(self._rule)
        column.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.method.currentTextChanged.connect(self._edited)
        self.path.textChanged.connect(self._path_edited)
        self.path.returnPressed.connect(self.send_asked)
        self.path.walked.connect(self.walked)
        self.query.changed.connect(self._query_edited)
        self.headers.changed.connect(self._edited)
        self.body.changed.connect(self._edited)
        self.login.changed.connect(self._edited)
        self.login.entered.connect(self.send_asked)
        self.send.clicked.connect(self._send_or_stop)
        self.tabs.chosen.connect(self._show_tab)
        self.copy.clicked.connect(lambda: self.copy_asked.emit(self.language.currentData()))
        self.open.clicked.connect(self.open_asked)

    # What it shows

    def draft(self) -> Draft:
        """The request as written."""
        body = "" if self._is_login else self.body.text.toPlainText()
        return Draft(self.method.currentText(), self.path.text(), self.headers.pairs(), body)

    def show_draft(self, draft: Draft, *, is_login: bool = False) -> None:
        """Show this request. is_login: with fields for e-mail and password in place of the body."""
        self._filling = True
        self.show_received("", "")
        if self.method.findText(draft.method) < 0:
            self.method.addItem(draft.method)
        self.method.setCurrentText(draft.method)
        self.path.setText(draft.path or "/")
        self.path.setCursorPosition(0)
        self.headers.show_pairs(draft.headers)
        self.body.text.setPlainText(draft.body)
        self._is_login = is_login
        self._show_query()
        self._filling = False
        without_body = self.tabs.wanted if self.tabs.wanted != "body" else "headers"
        self.tabs.choose("body" if is_login or draft.body.strip() not in ("", "{}") else without_body)
        self._show_tab(self.tabs.current)

    @property
    def is_login(self) -> bool:
        """True while it shows the form of a login."""
        return self._is_login

    def show_base(self, base: str) -> None:
        """Show what comes before the path."""
        self._base_text.show_text(base)

    def show_received(self, title: str, more: str) -> None:
        """Show that this came from elsewhere, and let nothing be changed; empty: a request to be sent."""
        is_received = bool(title)
        self._received_title.setText(title)
        self._received_more.show_text(more)
        self._received.setVisible(is_received)
        for widget in (self.send, self._tab_row, self._rule, self._pages):
            widget.setVisible(not is_received)
        self.setMinimumHeight(self._look.theme.px(118 if is_received else 150))
        self.setMaximumHeight(self._look.theme.px(124) if is_received else QWIDGETSIZE_MAX)
        if is_received != self._is_received:
            self._is_received = is_received
            self.grown.emit(not is_received)
        self.method.setEnabled(not is_received)
        self.path.setReadOnly(is_received)

    def show_automatic(self, headers: Sequence[Automatic]) -> None:
        """Show the headers that the program adds."""
        self.headers.show_automatic(headers)
        self._count()

    def focus_path(self) -> None:
        """Put the cursor into the path."""
        self.path.setFocus()
        self.path.selectAll()

    def lock_method(self, locked: bool) -> None:
        """Production: have only GET chosen, marked with a lock."""
        set_property(self.method, "locked", locked)
        self.method.setToolTip(self.tr("Production: only GET is sent until changes are allowed") if locked else "")

    def set_narrow(self, narrow: bool) -> None:
        """Save room in a narrow window."""
        self.headers.set_narrow(narrow)
        self.send.set_narrow(narrow)
        self.path.setMinimumWidth(self._look.theme.px(42 if narrow else 120))

    def _count(self) -> None:
        number = self.headers.count()
        self.tabs.buttons["headers"].setText(
            self.tr("Headers  {number}").format(number=number) if number else self.tr("Headers")
        )

    @Slot(str)
    def _show_tab(self, name: str) -> None:
        pages = {"query": 0, "headers": 1, "body": 3 if self._is_login else 2}
        self._pages.setCurrentIndex(pages[name])

    # Editing

    @Slot()
    def _path_edited(self) -> None:
        if not self._filling:
            self._filling = True
            self._show_query()
            self._filling = False
        self._edited()

    def _show_query(self) -> None:
        query = self.path.text().partition("?")[2]
        self.query.show_pairs(parse_qsl(query, keep_blank_values=True))

    @Slot()
    def _query_edited(self) -> None:
        if self._filling:
            return
        pairs = ["=".join(quote(part, safe=_QUERY_SAFE) for part in pair) for pair in self.query.pairs()]
        path = self.path.text().partition("?")[0]
        self._filling = True
        self.path.setText(f"{path}?{'&'.join(pairs)}" if pairs else path)
        self._filling = False
        self._edited()

    @Slot()
    def _edited(self) -> None:
        self._count()
        if not self._filling:
            self.changed.emit()

    @Slot()
    def _send_or_stop(self) -> None:
        (self.stop_asked if self.send.property("stops") else self.send_asked).emit()


def _scrolled(widget: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setObjectName("plainScroll")
    widget.setObjectName("plainBody")
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(widget)
    return scroll
