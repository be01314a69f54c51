"""The answer: its status in words, its body as a tree and as text, its headers; or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...domain.errors import CortexError
from ...domain.faults import Fault
from ...domain.request import Again, Answer, Form
from ...domain.sandbox import Message, Received
from ...services.answers import Shown
from ..kit.i18n import translate_text
from ..kit.plain import breakable
from ..kit.scrolling import lay_beside
from ..kit.widgets import Badge, Button, IconButton, Look, Picture, announce, label
from .parts import Choice, ScrollBody, mono
from .tree import AnswerTree

PIECE = 48 * 1024
"""How much text is put into Raw in one turn of the event loop."""


@dataclass(frozen=True)
class Outcome:
    """An answer with what is shown of it. app_label: who asked; production: hide it when the person is away."""

    answer: Answer
    shown: Shown
    app_label: str
    production: bool


def milliseconds(seconds: float, words: QWidget) -> str:
    """A duration for people."""
    if seconds < 1:
        return words.tr("{number} ms").format(number=round(seconds * 1000))
    return words.tr("{number} s").format(number=words.locale().toString(seconds, "f", 1))


def size_words(size: int, words: QWidget) -> str:
    """A number of bytes for people."""
    locale = words.locale()
    if size < 100:
        return words.tr("{number} B").format(number=size)
    if size < 1_000_000:
        return words.tr("{number} kB").format(number=locale.toString(size / 1000, "f", 1))
    return words.tr("{number} MB").format(number=locale.toString(size / 1_000_000, "f", 1))


def masked_number(mobile: str) -> str:
    """A phone number with only its ends."""
    return f"{mobile[:2]} ••• ••• {mobile[-4:]}" if len(mobile) > 8 else mobile


class _Field(QLineEdit):
    """A field that Esc leaves: left is emitted."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class CodePanel(QWidget):
    """Asks for the code of a login. entered(code, remember); cancelled; copy_asked(str)."""

    entered = Signal(str, bool)
    cancelled = Signal()
    copy_asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._code = ""
        self._title = label("", "strong", wrap=True)
        self._text = label("", "hint", wrap=True)
        self.code = _Field()
        self.code.setObjectName("codeField")
        self.code.setAccessibleName(self.tr("Code"))
        self.code.setMaxLength(12)
        self.code.setFixedWidth(look.theme.px(144))
        self.code.setFont(mono(look, 16))
        self.log_in = Button(self.tr("Log in"), look, "primary")
        self.cancel = Button(self.tr("Cancel"), look)
        self.remember = QCheckBox(self.tr("Remember this computer"))
        self.remember.setToolTip(
            self.tr(
                "Keeps its cookie in the keychain, so that the next login needs no code. The target’s menu forgets it."
            )
        )
        self._inbox = QFrame()
        self._inbox.setObjectName("inbox")
        self._from = label("", "hint", wrap=True)
        self._message = label("", "", wrap=True)
        self.use = Button(self.tr("Use code"), look)
        self.copy = Button(self.tr("Copy"), look)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.code, self.log_in, self.cancel):
            row.addWidget(part)
        row.addStretch()
        memory = QHBoxLayout()
        memory.addWidget(self.remember)
        memory.addWidget(label(self.tr("No code until you quit."), "hint"))
        memory.addStretch()
        self._left = left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self._title)
        left.addWidget(self._text)
        left.addSpacing(4)
        left.addLayout(row)
        left.addSpacing(2)
        left.addLayout(memory)
        left.addStretch()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Picture("inbox", look))
        head.addWidget(label(self.tr("Sandbox inbox"), "strong"), 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.use)
        buttons.addWidget(self.copy)
        buttons.addStretch()
        inbox = QVBoxLayout(self._inbox)
        inbox.setContentsMargins(12, 10, 12, 10)
        inbox.setSpacing(6)
        inbox.addLayout(head)
        inbox.addWidget(self._from)
        inbox.addWidget(self._message)
        inbox.addLayout(buttons)
        self._inbox.setMinimumWidth(look.theme.px(250))
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(16, 16, 16, 14)
        self._parts.setSpacing(16)
        self._parts.addLayout(left, 1)
        self._parts.addWidget(self._inbox, 0, Qt.AlignmentFlag.AlignTop)
        self.code.returnPressed.connect(self._enter)
        self.code.left.connect(self.cancelled)
        self.code.textChanged.connect(self._check)
        self.log_in.clicked.connect(self._enter)
        self.cancel.clicked.connect(self.cancelled)
        self.use.clicked.connect(self._use)
        self.copy.clicked.connect(lambda: self.copy_asked.emit(self._code))

    def begin(self, email: str, fault: Fault, *, in_terminal: bool) -> None:
        """Ask for the code of this person.

        fault: why, for example since the last one was wrong; in_terminal: a sandbox in a terminal prints the code.
        """
        if fault.is_a("cortex.success.newLocation"):
            title = self.tr("Enter the code from the text message")
            text = self.tr(
                "This computer is new to Cortex: a code went to the phone of {email}. The status is 200, yet you are "
                "not logged in."
            ).format(email=email)
        else:
            title, text = translate_text(fault.words.what), translate_text(fault.words.advice)
        if in_terminal:
            text += " " + self.tr("The sandbox runs in a terminal: the code is there.")
        self._title.setText(title)
        self._text.setText(breakable(text))
        self.code.clear()
        self._check()
        self.show_message(None)

    def show_message(self, message: Message | None) -> None:
        """Show a message of the sandbox, or none."""
        self._inbox.setVisible(message is not None)
        self._code = message.code if message is not None else ""
        if message is not None:
            self._from.setText(self.tr("Text message to {mobile}").format(mobile=masked_number(message.mobile)))
            self._message.setText(self.tr("Your Cortex code is {code}.").format(code=message.code))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        needed = self._left.minimumSize().width() + self._inbox.minimumSizeHint().width() + 48
        lay_beside(self._parts, needed <= self.width())

    @Slot()
    def _check(self) -> None:
        self.log_in.setEnabled(bool(self.code.text().strip()))

    @Slot()
    def _enter(self) -> None:
        if self.code.text().strip():
            self.entered.emit(self.code.text().strip(), self.remember.isChecked())

    @Slot()
    def _use(self) -> None:
        self.code.setText(self._code)
        self.code.setFocus()


class FaultPanel(QWidget):
    """What went wrong, in words. code_asked: copy code that signs as it should; repeat_asked: send it so.

    acted: the one button that helps was pressed.
    """

    code_asked = Signal()
    repeat_asked = Signal()
    acted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.title = label("", "faultTitle", wrap=True)
        self.text = label("", "subtitle", wrap=True)
        self.code = label("", "mono", wrap=True)
        self.code.setFont(mono(look))
        self.code.setProperty("tone", "muted")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = Button("", look)
        self._check = QFrame()
        self._check.setObjectName("checkBox")
        self._reason = label("", "strong", wrap=True)
        self._expected, self._yours = label("", "codeLine"), label("", "codeLine")
        for part in (self._expected, self._yours):
            part.setFont(mono(look))
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._messages = QWidget()
        grid = QGridLayout(self._messages)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(5)
        grid.addWidget(label(self.tr("Expected message"), "hint"), 0, 0)
        grid.addWidget(label(self.tr("Your message"), "hint"), 0, 1)
        grid.addWidget(self._expected, 1, 0)
        grid.addWidget(self._yours, 1, 1)
        self.copy = Button(self.tr("Copy code that signs correctly"), look, icon="copy")
        self.repeat = Button(self.tr("Send it signed correctly"), look)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Picture("triangle-alert", look, "warning"), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._reason, 1)
        head.addWidget(label(self.tr("Signature check"), "hint"), 0, Qt.AlignmentFlag.AlignTop)
        self._buttons = buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        buttons.setSpacing(8)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.repeat)
        buttons.addStretch()
        inside = QVBoxLayout(self._check)
        inside.setContentsMargins(14, 12, 14, 12)
        inside.setSpacing(10)
        inside.addLayout(head)
        inside.addWidget(self._messages)
        inside.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addWidget(self.code)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._check)
        self.copy.clicked.connect(self.code_asked)
        self.repeat.clicked.connect(self.repeat_asked)
        self.action.clicked.connect(self.acted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        lay_beside(self._buttons, self.copy.sizeHint().width() + self.repeat.sizeHint().width() + 80 <= self.width())

    def show_words(self, title: str, text: str, code: str = "", action: str = "") -> None:
        """Show what happened and what it means."""
        for part, words in ((self.title, breakable(title)), (self.text, breakable(text)), (self.code, code)):
            part.setText(words)
            part.setVisible(bool(words))
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._check.hide()

    def show_fault(self, fault: Fault, action: str = "") -> None:
        """Show a fault in plain words, with what Cortex itself says."""
        words = fault.words
        text = f"{translate_text(words.key)} {translate_text(words.advice)}"
        details = [each for each in (fault.reason, *_of_properties(fault)) if each]
        if details:
            text += "\n" + "\n".join(details)
        self.show_words(translate_text(words.what), text, fault.err_code or fault.code, action)

    def show_check(self, reason: str, expected: str, yours: str) -> None:
        """Show what was wrong with the signature of a client."""
        self._check.setVisible(bool(reason))
        self._reason.setText(reason)
        self._messages.setVisible(bool(expected and yours))
        self._expected.setText(expected)
        self._yours.setText(yours)


def _of_properties(fault: Fault) -> list[str]:
    """What is wrong with single properties, one a line."""
    return [": ".join(part for part in (child.path, child.reason or child.message) if part) for child in fault.children]


class _Find(_Field):
    """What to find. stepped(bool): the next one is wanted, or the one before."""

    stepped = Signal(bool)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)


class AnswerCard(QFrame):
    """Shows what came of a request.

    text_asked: make the text of the document, and call `take_text`; save_asked: save all of it; retry_asked: send
    again; log_in_asked; check_asked: the keychain; copied: the body is on the clipboard.
    """

    text_asked = Signal()
    save_asked = Signal()
    retry_asked = Signal()
    log_in_asked = Signal()
    check_asked = Signal()
    copied = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._rest = ""
        self._text = ""
        self._wants_text = self._copies_text = False
        self._does = ""
        self._is_narrow = False
        self._status = Badge(look)
        self._time = label("", "hint")
        self._size = label("", "hint")
        self._basis = label("", "pill")
        self.views = Choice(
            (("tree", self.tr("Tree")), ("raw", self.tr("Raw")), ("headers", self.tr("Headers"))), "segment"
        )
        self.copy = IconButton("copy", self.tr("Copy answer"), look)
        self.code = CodePanel(look)
        self.fault = FaultPanel(look)
        self._note = QFrame()
        self._note_text = label("", "hint", wrap=True)
        self.save = Button(self.tr("Save all…"), look, "link")
        self.tree = AnswerTree(look)
        self.raw = QPlainTextEdit()
        self.headers = QPlainTextEdit()
        for part, name in ((self.raw, self.tr("Raw answer")), (self.headers, self.tr("Headers of the answer"))):
            part.setObjectName("rawText")
            part.setReadOnly(True)
            part.setFont(mono(look))
            part.setAccessibleName(name)
            part.setTabChangesFocus(True)
        self._views = QStackedWidget()
        for view in (self.tree, self.raw, self.headers):
            self._views.addWidget(view)
        self._empty = label("", "subtitle", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.find_field = _Find()
        self.find_field.setAccessibleName(self.tr("Find in answer"))
        self.find_field.setPlaceholderText(self.tr("Find in answer"))
        self._found = label("", "hint")
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._add_text)
        self._lay_out()
        self.views.chosen.connect(self._show_view)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self.save_asked)
        self.fault.acted.connect(self._act)
        self.find_field.stepped.connect(self._find)
        self.tree.found.connect(self._show_found)
        self.find_field.textChanged.connect(lambda: self._find(False))
        self.find_field.left.connect(self._leave_find)
        self.show_nothing()

    def _lay_out(self) -> None:
        self._head = QWidget()
        self._head_parts = head = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._head)
        head.setContentsMargins(16, 4, 12, 10)
        facts, choices = QHBoxLayout(), QHBoxLayout()
        for row in (head, facts, choices):
            row.setSpacing(12)
        for fact in (self._status, self._time, self._size, self._basis):
            facts.addWidget(fact)
        facts.addStretch()
        choices.addWidget(self.views)
        choices.addStretch()
        choices.addWidget(self.copy)
        head.addLayout(facts, 1)
        head.addLayout(choices)
        self._rule = label("", "rule")
        self._rule.setFixedHeight(1)
        note = QHBoxLayout(self._note)
        note.setContentsMargins(16, 8, 12, 8)
        note.addWidget(self._note_text, 1)
        note.addWidget(self.save)
        self._panel_rule = label("", "rule")
        self._panel_rule.setFixedHeight(1)
        self._find_bar = QWidget()
        find = QHBoxLayout(self._find_bar)
        find.setContentsMargins(16, 6, 12, 8)
        find.addWidget(self.find_field, 1)
        find.addWidget(self._found)
        self._find_bar.hide()
        body = ScrollBody()
        body.setObjectName("plainBody")
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for panel in (self.code, self.fault, self._note, self._panel_rule):
            inside.addWidget(panel)
        self._views.setMinimumHeight(self._look.theme.px(96))
        inside.addWidget(self._views, 1)
        inside.addWidget(self._empty, 1)
        scroll = QScrollArea()
        scroll.setObjectName("plainScroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 7, 1, 8)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._rule)
        column.addWidget(scroll, 1)
        column.addWidget(self._find_bar)

    # What it shows

    def show_nothing(self, words: str = "") -> None:
        """Show that nothing was sent yet, or why nothing is shown."""
        self._begin(head=False, body=False)
        self._empty.setText(words or self.tr("Press Send. The answer appears here."))
        self._empty.show()

    def show_answer(self, outcome: Outcome, *, asks_for_code: bool, action: str = "") -> None:
        """Show an answer. asks_for_code: with the field for it; action: of the button below a fault's words."""
        answer = outcome.answer
        self._begin(head=True, body=True)
        words, tone = self._status_words(answer)
        self._status.set_state(words, tone)
        self._time.setText(milliseconds(answer.seconds, self))
        self._size.setText(size_words(answer.size, self) if answer.size is not None else "")
        basis = self._basis_words(answer)
        self._show_basis(basis, answer.source)
        self._show_bodies(outcome)
        if asks_for_code:
            self.code.show()
        elif answer.fault is not None:
            self._does = "log in" if action else ""
            self.fault.show_fault(answer.fault, action)
            self.fault.show()
        notes = self._notes(answer)
        self._note_text.setText(breakable("\n".join(notes)))
        self._note.setVisible(bool(notes))
        self.save.setVisible(not answer.is_whole)
        self._panel_rule.setVisible(asks_for_code or answer.fault is not None or bool(notes))
        parts = [words, self._time.text(), self._size.text(), basis]
        if answer.fault is not None:
            parts = [words, self.fault.title.text() or self.tr("a code is needed"), answer.fault.reason]
        announce(self, ", ".join(part for part in parts if part))

    def show_error(self, error: CortexError, action: str, does: str) -> None:
        """Show why there is no answer, as `show_problem`."""
        text = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self.show_problem(translate_text(error.title), text, action, does)

    def show_problem(self, title: str, text: str, action: str, does: str) -> None:
        """Show why there is no answer. action: the text of the button; does: "retry", "check" or nothing."""
        self._begin(head=False, body=False)
        self.fault.show_words(title, text, "", action)
        self.fault.show()
        self._does = does
        self._empty.setText("")
        self._empty.show()
        announce(self, f"{title}. {text}")

    def show_received(self, received: Received, document: object) -> None:
        """Show what the sandbox answered to a client of somebody else's."""
        self._begin(head=True, body=True)
        failed = received.status >= 400
        self._status.set_state(_status(received.status), "danger" if failed else "success")
        self._time.setText(milliseconds(received.milliseconds / 1000, self))
        self._size.setText(size_words(received.size, self))
        self._show_basis(self._basis_name(received.basis), "")
        self.tree.show_document(document)
        self._set_text("")
        self.headers.setPlainText("")
        if received.err_code:
            fault = Fault(err_code=received.err_code, status=received.status)
            self.fault.show_fault(fault)
            self.fault.show_check(received.reason, received.expected, received.signed)
            self.fault.show()
        self._note_text.setText(self.tr("Bodies of requests from elsewhere are not kept."))
        self._note.show()
        self.save.hide()
        self._panel_rule.show()
        self.views.choose("tree")
        announce(self, f"{_status(received.status)}, {received.reason}")

    def set_stale(self, stale: bool) -> None:
        """Show the old answer muted while another is on its way."""
        self.tree.set_stale(stale)
        self.raw.setProperty("tone", "muted" if stale else "")

    def set_narrow(self, narrow: bool) -> None:
        """Save room in a narrow window."""
        self._is_narrow = narrow
        self._fit_head()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()

    def _show_basis(self, basis: str, source: str) -> None:
        self._basis.setText(basis)
        self._basis.setToolTip(source)
        self._fit_head()

    def _fit_head(self) -> None:
        """Leave out of the head what has no room: what the answer rests on, then its size.

        Where there is still none, the views stand below the status.
        """
        room = self.width() - 24 - sum(part.sizeHint().width() + 12 for part in (self._status, self._time))
        choices = self.views.sizeHint().width() + self.copy.sizeHint().width() + 24
        lay_beside(self._head_parts, choices <= room)
        room -= choices if choices <= room else 0
        size = self._size.sizeHint().width() + 12 if self._size.text() else 0
        basis = self._basis.sizeHint().width() + 12 if self._basis.text() and not self._is_narrow else 0
        self._basis.setVisible(0 < basis <= room - size)
        self._size.setVisible(0 < size <= room)

    def _begin(self, *, head: bool, body: bool) -> None:
        self._head.setVisible(head)
        self._rule.setVisible(head)
        self._views.setVisible(body)
        for part in (self.code, self.fault, self._note, self._panel_rule, self._empty):
            part.hide()
        self.fault.show_words("", "")
        self._does = ""
        self._wants_text = False
        if not body:
            self.tree.show_document({})
            self._set_text("")
            self.headers.setPlainText("")

    def _show_bodies(self, outcome: Outcome) -> None:
        answer, shown = outcome.answer, outcome.shown
        has_tree = shown.document is not None
        self.tree.show_document(shown.document if has_tree else {})
        self.views.buttons["tree"].setEnabled(has_tree)
        self.views.choose(self.views.wanted if has_tree else "raw")
        self._wants_text = shown.text is None
        self._copies_text = False
        self._set_text(shown.text or "")
        if self._wants_text and self.views.current == "raw":
            self.text_asked.emit()
        sent = "\n".join(f"{name}: {value}" for name, value in answer.sent)
        received = "\n".join(f"{name}: {value}" for name, value in answer.headers)
        title = self.tr("Sent")
        self.headers.setPlainText(f"{received}\n\n{title}\n{sent}")

    def _set_text(self, text: str) -> None:
        """Put a text into Raw, piece by piece, so that the window stays free."""
        self._more.stop()
        self._text, self._rest = text, text[PIECE:]
        self.raw.setPlainText(text[:PIECE])
        if self._rest:
            self._more.start()

    @Slot()
    def _add_text(self) -> None:
        cursor = QTextCursor(self.raw.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(self._rest[:PIECE])
        self._rest = self._rest[PIECE:]
        if not self._rest:
            self._more.stop()

    def _status_words(self, answer: Answer) -> tuple[str, str]:
        fault = answer.fault
        if fault is not None and fault.asks_for_code:
            return f"{answer.status} {self.tr('Code needed')}", "warning"
        if fault is not None and answer.status < 300:
            return f"{answer.status} {self.tr('Fault')}", "warning"
        if fault is not None or answer.status >= 400:
            return _status(answer.status), "danger"
        return _status(answer.status), "warning" if answer.status >= 300 else "success"

    def _basis_words(self, answer: Answer) -> str:
        return self._basis_name(answer.basis) if answer.from_sandbox else self.tr("Answered by Cortex")

    def _basis_name(self, basis: str) -> str:
        return {
            "documented": self.tr("Documented"),
            "published code": self.tr("Published code"),
            "our reading": self.tr("Our reading"),
        }.get(basis, basis)

    def _notes(self, answer: Answer) -> list[str]:
        notes = []
        if not answer.is_whole:
            shown = size_words(len(answer.body), self)
            if answer.size is not None:
                text = self.tr("First {shown} of {size}")
                notes.append(text.format(shown=shown, size=size_words(answer.size, self)))
            else:
                notes.append(self.tr("First {shown}; the server did not say how much there is").format(shown=shown))
        if answer.form is Form.HTML:
            notes.append(self.tr("The answer is HTML. A proxy may have sent it."))
        elif answer.form is Form.EMPTY:
            notes.append(self.tr("The answer is empty."))
        elif answer.form is Form.LINES:
            notes.append(self.tr("The answer has a JSON document a line."))
        elif answer.form is Form.OTHER or (answer.form is Form.JSON and answer.is_whole and not self._has_tree()):
            notes.append(self.tr("The answer is not JSON."))
        if answer.elsewhere:
            text = self.tr("It refers to {address}. That was not followed: the key goes only to the org’s own host.")
            notes.append(text.format(address=answer.elsewhere))
        again = {
            Again.CLOCK: self.tr("Sent twice: this computer’s clock is off, so the server’s time was signed."),
            Again.CSRF: self.tr("Sent twice: the CSRF token was fetched again."),
            Again.THROTTLED: self.tr("Sent again after a pause: the server asked for fewer requests."),
            Again.REDIRECT: self.tr("The server referred to another path of its own."),
        }
        return [*notes, *(again[reason] for reason in dict.fromkeys(answer.again))]

    def _has_tree(self) -> bool:
        return self.views.buttons["tree"].isEnabled()

    @Slot(str)
    def _show_view(self, name: str) -> None:
        self._views.setCurrentIndex(("tree", "raw", "headers").index(name))
        if name == "raw" and self._wants_text:
            self.text_asked.emit()

    def take_text(self, text: str) -> None:
        """Show the text that `text_asked` asked for."""
        if self._wants_text:
            self._wants_text = False
            self._set_text(text)
            if self._copies_text:
                self._copies_text = False
                self._copy()

    @Slot()
    def _act(self) -> None:
        if self._does == "retry":
            self.retry_asked.emit()
        elif self._does == "log in":
            self.log_in_asked.emit()
        elif self._does == "check":
            self.check_asked.emit()

    @Slot()
    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        is_headers = self.views.current == "headers"
        if self._wants_text and not is_headers:
            self._copies_text = True
            self.text_asked.emit()
            return
        QGuiApplication.clipboard().setText(self.headers.toPlainText() if is_headers else self._text)
        self.copied.emit()

    # Find

    def focus_find(self) -> None:
        """Open the field that searches the answer."""
        self._find_bar.show()
        self.find_field.setFocus()
        self.find_field.selectAll()

    @Slot(bool)
    def _find(self, backwards: bool) -> None:
        text = self.find_field.text()
        self.tree.stop_search()
        if not text:
            self._found.setText("")
        elif self.views.current == "tree":
            self.tree.find_text(text, backwards=backwards)
        else:
            view = self.raw if self.views.current == "raw" else self.headers
            flag = QTextDocument.FindFlag.FindBackward if backwards else QTextDocument.FindFlag(0)
            is_found = view.find(text, flag)
            if not is_found:
                end = QTextCursor.MoveOperation.End if backwards else QTextCursor.MoveOperation.Start
                view.moveCursor(end)
                is_found = view.find(text, flag)
            self._show_found(is_found)

    @Slot(bool)
    def _show_found(self, is_found: bool) -> None:
        self._found.setText("" if is_found else self.tr("Not found"))

    @Slot()
    def _leave_find(self) -> None:
        self._find_bar.hide()
        (self.tree, self.raw, self.headers)[self._views.currentIndex()].setFocus()


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
