"""The frame that all dialogs share: a heading, a form, and buttons at the foot."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from ...domain.errors import CortexError
from .desktop import open_web_page
from .i18n import translate_text
from .keyboard import KeyGuard, keep_from_window
from .widgets import Button, Look, Picture, announce, label

PROGRAM = "Cortex Desktop"
NOTE = 36
"""The height, at 13 px text, of what may stand below a field about it."""


class _Body(QWidget):
    """The content of the scroll area. As high as its wrapped sentences make it; its layout would overestimate that."""

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        layout = self.layout()
        if layout is not None and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
        return done


class _Scroll(QScrollArea):
    """The form. As high as it wants to be where there is room, and scrolled where a screen is too small for it."""

    def __init__(self, body: _Body) -> None:
        super().__init__()
        self.setObjectName("dialogScroll")
        body.setObjectName("dialogBody")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(body)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:
        return self._layout().totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        return self._layout().totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._layout().totalMinimumSize().width(), 60)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()  # so that the dialog grows with it
        return super().eventFilter(watched, event)

    def _layout(self) -> QLayout:
        body = self.widget()
        assert body is not None
        layout = body.layout()
        assert layout is not None
        return layout


class Dialog(QDialog):
    """A dialog over the window, opened with `open()`, gone for good when it closes.

    title: above the form and as the accessible name, since the title bar names the program;
    subtitle: a sentence under it; width: at 13 px text.
    form: where a subclass puts its fields; foot: its buttons, after a stretch. about_org: True for a dialog about the
    current org or its apps, which is marked when that is production.
    """

    about_org = True

    def __init__(self, look: Look, title: str, subtitle: str, width: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(PROGRAM)
        self.setAccessibleName(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._guard = KeyGuard(look.clock, self)
        self._brought: QWidget | None = None
        self.setMinimumWidth(look.theme.px(width))
        body = _Body()
        self.form = QVBoxLayout(body)
        self.form.setContentsMargins(25, 22, 25, 20)
        self.form.setSpacing(0)
        self.form.addWidget(label(title, "dialogTitle", wrap=True))
        if subtitle:
            self.form.addSpacing(6)
            self.form.addWidget(label(subtitle, "subtitle", wrap=True))
        self.form.addSpacing(20)
        foot = QFrame()
        foot.setObjectName("dialogFoot")
        self.foot = QHBoxLayout(foot)
        self.foot.setContentsMargins(25, 14, 25, 14)
        self.foot.setSpacing(8)
        self.foot.addStretch()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        # A layout overestimates the minimum height of wrapped sentences; `fit` computes it.
        self.column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._scroll = _Scroll(body)
        self.column.addWidget(self._scroll, 1)
        self.column.addWidget(foot)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow_keyboard)

    def add_close(self, *, is_default: bool = True) -> Button:
        """Add the button that closes the dialog, at the right end of the foot: call it after all others."""
        close = Button(QCoreApplication.translate("Dialog", "Close"), self.look)
        close.setAutoDefault(is_default)
        close.setDefault(is_default)
        close.clicked.connect(self.reject)
        self.foot.addWidget(close)
        return close

    def mark_production(self, place: str) -> None:
        """Show on top that this is about production. place: the org and its environment."""
        strip = QFrame()
        strip.setObjectName("production")
        row = QHBoxLayout(strip)
        row.setContentsMargins(25, 8, 25, 8)
        row.setSpacing(8)
        row.addWidget(Picture("triangle-alert", self.look, "danger", 16))
        row.addWidget(label(place, "productionText", wrap=True), 1)
        self.column.insertWidget(0, strip)

    def bring(self, part: QWidget) -> None:
        """Scroll to this part of the form, and to the note below it, now and whenever the form is laid out anew."""
        self._brought = part
        QTimer.singleShot(0, self, self._scroll_there)

    @Slot()
    def _scroll_there(self) -> None:
        part, body = self._brought, self._scroll.widget()
        if part is not None and body is not None and isValid(part) and body.isAncestorOf(part):
            half = part.height() // 2
            middle = part.mapTo(body, QPoint(0, half)).y()
            around = min(half + self.look.theme.px(NOTE), self._scroll.viewport().height() // 2)
            self._scroll.ensureVisible(0, middle, 0, around)  # Qt's ensureWidgetVisible asks for the cursor alone

    @Slot(QWidget, QWidget)
    def _follow_keyboard(self, _: QWidget | None, part: QWidget | None) -> None:
        if part is not None and self._scroll.isAncestorOf(part):
            self.bring(part)

    def fit(self) -> None:
        """Take the height that the wrapped sentences need, within the screen."""
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # the style sheet's fonts decide how sentences wrap
        self.form.invalidate()
        self.column.invalidate()
        self.column.activate()
        self._take_size(0)

    def _take_size(self, least_height: int) -> None:
        room = self.screen().availableGeometry().size() - QSize(40, 60)
        self.setMinimumWidth(min(self.minimumWidth(), room.width()))
        least = max(self.minimumWidth(), self.column.totalMinimumSize().width())
        width = min(room.width(), max(self.width() if self.isVisible() else 0, least))
        self.resize(width, min(room.height(), max(least_height, self.column.totalHeightForWidth(width))))

    def event(self, event: QEvent) -> bool:
        done = keep_from_window(event) or super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._take_size(self.height())  # a sentence or a button more: grow, but never jump back
            QTimer.singleShot(0, self, self._scroll_there)
        return done

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.fit()
            self.windowHandle().installEventFilter(self._guard)
        super().showEvent(event)


class WaitingDialog(Dialog):
    """A dialog whose button begins work that may wait for the keychain, and for a person at its prompt.

    While it waits, until `accept` or `fail`, it cannot be closed. stop_waiting: the person gives up on the keychain. A
    subclass names the buttons and implements `show_below`. doing: the text while it waits.
    """

    stop_waiting = Signal()

    def __init__(
        self, look: Look, title: str, subtitle: str, action: str, parent: QWidget, *, fields: tuple[QWidget, ...]
    ) -> None:
        super().__init__(look, title, subtitle, 480, parent)
        self.doing = self.tr("Storing the key in the keychain…")
        self.busy = False
        self._fields = fields
        self.do = Button(action, look, "primary")
        self.do.setDefault(True)
        self.cancel = Button(self.tr("Cancel"), look)
        self.cancel.setAutoDefault(False)
        self.stop = Button(self.tr("Stop waiting"), look)
        self.stop.setAutoDefault(False)
        self.stop.hide()
        self._problem = QFrame()
        self._problem.setObjectName("problem")
        self._problem_title = label("", "problemTitle", wrap=True)
        self._problem_text = label("", "", wrap=True)
        problem = QVBoxLayout(self._problem)
        problem.setContentsMargins(12, 10, 12, 10)
        problem.setSpacing(2)
        problem.addWidget(self._problem_title)
        problem.addWidget(self._problem_text)
        self._problem.hide()
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.hide()
        self.column.insertWidget(1, self._progress)
        self.foot.insertWidget(0, self.stop)
        self.foot.addWidget(self.cancel)
        self.foot.addWidget(self.do)
        self.cancel.clicked.connect(self.reject)
        self.stop.clicked.connect(self.stop_waiting)

    def end_form(self) -> None:
        """Add the place for error messages below the form. A subclass calls this after adding its fields."""
        self.form.addSpacing(12)
        self.form.addWidget(self._problem)
        self.form.addStretch()

    def show_below(self, text: str) -> None:
        """Show a sentence under the form's field."""
        raise NotImplementedError

    def begin(self) -> None:
        """Wait: the work has begun."""
        self._problem.hide()
        self.set_busy(True)

    def set_busy(self, busy: bool) -> None:
        """Wait, or let the person act again."""
        self.busy = busy
        for widget in (*self._fields, self.cancel, self.do):
            widget.setEnabled(not busy)
        self.stop.hide()
        self._progress.hide()

    def fail(self, error: CortexError) -> None:
        """Stay open with what was entered, and show why nothing, or not everything, was done."""
        self.set_busy(False)
        self._problem_title.setText(translate_text(error.title))
        self._problem_text.setText(f"{translate_text(error.message)} {translate_text(error.advice)}")
        self._problem.show()
        self.fit()
        announce(self, f"{translate_text(error.title)}. {translate_text(error.message)}")
        self._fields[0].setFocus()
        self.bring(self._problem)

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        """Show that the keychain takes a while, or stop showing it."""
        if busy and self.busy:
            self._progress.setAccessibleName(self.doing)
            self._progress.show()
            self.show_below(self.doing)
        elif not busy:
            self._progress.hide()

    @Slot()
    def show_slow(self) -> None:
        """Offer to stop waiting: a prompt may be open behind the window."""
        if self.busy:
            self.stop.show()
            self.show_below(self.tr("Still waiting. A system prompt may be open behind this window."))

    def reject(self) -> None:
        """Cancel, unless the key is being stored: then the outcome decides."""
        if not self.busy:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.busy:
            event.ignore()
        else:
            super().closeEvent(event)


class Question(Dialog):
    """Asks before something that cannot easily be taken back. Enter and Esc both mean no, until the person moves the
    keyboard to the button that does it.

    question, text: what would happen; action: the word on the button that does it; typed: what must be typed before
    that, nothing when empty. confirmed: it was chosen.
    """

    confirmed = Signal()

    def __init__(self, look: Look, question: str, text: str, action: str, parent: QWidget, *, typed: str = "") -> None:
        super().__init__(look, question, "", 420, parent)
        self.form.addWidget(label(text, wrap=True))
        cancel = Button(self.tr("Cancel"), look)
        cancel.setDefault(True)
        do = Button(action, look, "destroy")
        do.setAutoDefault(False)
        self.foot.addWidget(cancel)
        self.foot.addWidget(do)
        cancel.clicked.connect(self.reject)
        do.clicked.connect(self.accept)
        self.accepted.connect(self.confirmed)
        cancel.setFocus()
        if typed:
            name = label(self.tr("Type {text} to go on").format(text=typed), "strong", wrap=True)
            field = QLineEdit()
            field.setAccessibleName(name.text())
            name.setBuddy(field)
            self.form.addSpacing(16)
            self.form.addWidget(name)
            self.form.addSpacing(7)
            self.form.addWidget(field)
            self._do, self._wanted = do, typed
            do.setEnabled(False)
            field.textChanged.connect(self._typed)
            field.setFocus()

    def add_link(self, text: str, address: str) -> None:
        """Offer a web page below the text, where there is one."""
        if address:
            link = Button(text, self.look, "link", icon="external-link")
            link.setAutoDefault(False)
            link.clicked.connect(lambda: open_web_page(address))
            self.form.addSpacing(8)
            self.form.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    @Slot(str)
    def _typed(self, text: str) -> None:
        self._do.setEnabled(text.strip() == self._wanted)
