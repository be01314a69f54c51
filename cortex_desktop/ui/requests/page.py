"""The Requests page: who sends and where to, ready requests, the request and its answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...services.request_snippets import Language
from ..kit.page import Page
from ..kit.scrolling import LowBody, scrolled_when_low
from ..kit.widgets import Banner, Button, EmptyState, IconButton, Look, label
from .answer_card import AnswerCard
from .first_visit import FirstVisit
from .parts import Picker, Row, RowList
from .request_card import RequestCard

LEFT_WIDTH = 212
REQUEST_HEIGHT = 248
NARROW = 740
"""A page less wide than this, in pixels at 13 px text, has the left card as a menu."""
TIGHT = 520
"""And less wide than this, has them all one below the other."""
LEAST = 200
"""The least height, in the same pixels, of what is below the head; a lower window scrolls."""


class RequestsPage(Page):
    """Shows what the presenter says, and emits what the person wants.

    app_asked, target_asked: open the choice below the picker; row_chosen(object): a ready, kept or earlier request;
    row_dropped(object); keep_asked; all_asked: history of all apps, or of this one; log_in_asked, log_out_asked;
    new_asked: an empty request; app_needed: make an app; banner_acted; escaped: Esc was pressed.
    """

    app_asked = Signal()
    target_asked = Signal()
    row_chosen = Signal(object)
    row_dropped = Signal(object)
    keep_asked = Signal()
    all_asked = Signal()
    session_asked = Signal()
    new_asked = Signal()
    app_needed = Signal()
    banner_acted = Signal()
    escaped = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._form: tuple[bool, bool] | None = None
        """Whether it is narrow and tight; None before its first size."""
        self._sizes = [REQUEST_HEIGHT, 345]
        self.divider = REQUEST_HEIGHT
        """The height of the request, in pixels, in a window that is not narrow."""
        keys = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        keys = keys.replace("+Return", " ↵")
        self.new = Button(self.tr("New request"), look, icon="plus")
        self.app = Picker(look, 264)
        self.target = Picker(look, 292)
        self._session = label("")
        self._session_more = label("", "hint")
        self.session_action = Button("", look, "link")
        self.session_action.setObjectName("tinyLink")
        self.banner = Banner(look)
        self.first = FirstVisit(look)
        self.empty = EmptyState(look)
        self.ready = RowList(look, self.tr("Ready to send"))
        self.yours = RowList(look, self.tr("Yours"))
        self.history = RowList(look, self.tr("History"), 28)
        self._no_yours = label(self.tr("Ctrl S keeps a request here."), "hint", wrap=True)
        self._no_history = label(self.tr("Nothing sent yet."), "hint", wrap=True)
        self.keep = IconButton("plus", self.tr("Keep this request"), look)
        self.all = Button(self.tr("All"), look, "link")
        self.choose = Picker(look, 264)
        self.request = RequestCard(look, keys)
        self.answer = AnswerCard(look)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(label(self.tr("Requests"), "title"))
        subtitle = label(
            self.tr("Call the Cortex API as one of your apps. Only the requests that you send leave this computer."),
            "subtitle",
            wrap=True,
        )
        subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        words.addWidget(subtitle)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.new, 0, Qt.AlignmentFlag.AlignBottom)
        session = QVBoxLayout()
        session.setSpacing(0)
        side = Qt.AlignmentFlag.AlignRight
        more = QHBoxLayout()
        more.setSpacing(2)
        more.addStretch()
        more.addWidget(self._session_more)
        more.addWidget(self.session_action)
        session.addWidget(self._session, 0, side)
        session.addLayout(more)
        self._session_box = QWidget()
        self._session_box.setLayout(session)
        session.setContentsMargins(0, 0, 0, 0)
        self._bar = QWidget()
        self._bar_grid = QGridLayout(self._bar)
        self._bar_grid.setContentsMargins(0, 0, 0, 0)
        self._bar_grid.setHorizontalSpacing(8)
        self._bar_grid.setVerticalSpacing(6)
        for part in (self.app, self.target, self.choose, self._session_box):
            part.setParent(self._bar)
        self._left = self._left_card()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setObjectName("parts")
        self._splitter.setHandleWidth(16)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.request)
        self._splitter.addWidget(self.answer)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes(self._sizes)
        self.answer.setMinimumHeight(self._look.theme.px(120))
        self._work = QWidget()
        parts = QHBoxLayout(self._work)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(16)
        parts.addWidget(self._left)
        parts.addWidget(self._splitter, 1)
        self.stack = QStackedWidget()
        for part in (self._work, self.first, self.empty):
            self.stack.addWidget(part)
        body = LowBody()
        body.setMinimumWidth(1)  # in a narrow window its parts give way
        self.stack.setMinimumHeight(self._look.theme.px(LEAST))
        page = QVBoxLayout(body)
        page.setContentsMargins(24, 16, 24, 24)
        page.setSpacing(12)
        page.addLayout(head)
        page.addWidget(self._bar)
        page.addWidget(self.banner)
        page.addWidget(self.stack, 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scrolled_when_low(body))

    def _left_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        card.setFixedWidth(self._look.theme.px(LEFT_WIDTH))
        column = QVBoxLayout(card)
        column.setContentsMargins(1, 10, 1, 8)
        column.setSpacing(2)

        def heading(text: str, action: QWidget | None = None) -> QHBoxLayout:
            row = QHBoxLayout()
            row.setContentsMargins(16, 2, 10, 2)
            row.addWidget(label(text, "section"), 1)
            if action is not None:
                row.addWidget(action)
            return row

        for note in (self._no_yours, self._no_history):
            note.setContentsMargins(16, 2, 16, 6)
        column.addLayout(heading(self.tr("Ready to send")))
        column.addWidget(self.ready)
        column.addSpacing(4)
        column.addLayout(heading(self.tr("Yours"), self.keep))
        column.addWidget(self._no_yours)
        column.addWidget(self.yours)
        column.addSpacing(8)
        rule = label("", "rule")
        rule.setFixedHeight(1)
        column.addWidget(rule)
        column.addSpacing(6)
        column.addLayout(heading(self.tr("History"), self.all))
        column.addWidget(self._no_history)
        column.addWidget(self.history, 1)
        column.addStretch()
        return card

    def _connect(self) -> None:
        self.new.clicked.connect(self.new_asked)
        self.app.clicked.connect(self.app_asked)
        self.target.clicked.connect(self.target_asked)
        self.choose.clicked.connect(self._choose_row)
        self.session_action.clicked.connect(self.session_asked)
        self.request.grown.connect(self._share)
        self._splitter.splitterMoved.connect(self._moved)
        self.keep.clicked.connect(self.keep_asked)
        self.all.clicked.connect(self.all_asked)
        self.banner.acted.connect(self.banner_acted)
        self.empty.acted.connect(self.app_needed)
        for rows in (self.ready, self.yours, self.history):
            rows.chosen.connect(self.row_chosen)
            rows.dropped.connect(self.row_dropped)

    # What it shows

    def show_work(self) -> None:
        """Show the request and its answer."""
        self._show(self._work)

    def show_first(self) -> None:
        """Show the three steps of the first visit."""
        self._show(self.first)

    def show_empty(self) -> None:
        """Show that there is no app."""
        self.empty.set_message(
            "key-round",
            self.tr("A request needs a key"),
            self.tr("Create an app first. Its key works in the sandbox on this computer at once."),
            self.tr("New App"),
            "plus",
        )
        self._show(self.empty)

    def _show(self, part: QWidget) -> None:
        is_work = part is self._work
        self.stack.setCurrentWidget(part)
        self._bar.setVisible(is_work)
        self.new.setVisible(is_work)

    @property
    def is_first(self) -> bool:
        """True while the steps of the first visit are shown."""
        return self.stack.currentWidget() is self.first

    def show_session(self, first: str, second: str, action: str) -> None:
        """Show two lines about the login. action: the link at the end, none if empty."""
        self._session.setText(first)
        self._session_more.setText(f"{second} ·" if second and action else second)
        self.session_action.setText(action)
        self.session_action.setVisible(bool(action))

    def show_rows(self, ready: Sequence[Row], yours: Sequence[Row], history: Sequence[Row], current: object) -> None:
        """Show the lists on the left. current: the payload of the row that is marked."""
        for rows, found in ((self.ready, ready), (self.yours, yours), (self.history, history)):
            rows.show_rows(found, current)
        self._rows = {"ready": ready, "yours": yours, "history": history}
        self.ready.fit()
        self.yours.fit(6)
        self.yours.setVisible(bool(yours))
        self._no_yours.setVisible(not yours)
        self.history.setVisible(bool(history))
        self._no_history.setVisible(not history)
        shown = next((row for row in (*ready, *yours, *history) if row.payload == current), None)
        self.choose.show_choice(shown.text if shown else self.tr("New request"), shown.method if shown else "")
        self.choose.setAccessibleName(self.tr("Ready requests, yours and history"))

    @Slot()
    def _choose_row(self) -> None:
        """Narrow window: the left card as a menu."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        titles = {"ready": self.tr("Ready to send"), "yours": self.tr("Yours"), "history": self.tr("History")}
        for name, title in titles.items():
            if self._rows[name]:
                menu.addSection(title)
            for row in self._rows[name][:20]:
                action = menu.addAction(f"{row.method}  {row.text}  {row.end}".strip())
                action.triggered.connect(lambda _=False, payload=row.payload: self.row_chosen.emit(payload))
        menu.popup(self.choose.mapToGlobal(self.choose.rect().bottomLeft()))

    @Slot(bool)
    def _share(self, grown: bool) -> None:
        """Give the request the height that it needs now, and the answer the rest."""
        if not grown:
            self._sizes = self._splitter.sizes()
        self._splitter.setSizes(self._sizes if grown else [self.request.maximumHeight(), sum(self._sizes)])

    @property
    def _is_narrow(self) -> bool:
        return self._form is not None and self._form[0]

    @Slot()
    def _moved(self) -> None:
        if not self._is_narrow and self.request.maximumHeight() > self._splitter.sizes()[0]:
            self.divider = self._splitter.sizes()[0]

    def set_divider(self, height: int) -> None:
        """Give the request this height in a window that is not narrow, and the answer the rest."""
        self.divider = height
        if not self._is_narrow:
            self._sizes = [height, max(sum(self._splitter.sizes()) - height, 1)]
            self._splitter.setSizes(self._sizes)

    # Keyboard

    def take_keyboard(self) -> None:
        """Put the keyboard where the person goes on."""
        if self.is_first:
            self.first.take_keyboard()
        elif self.stack.currentWidget() is self.empty:
            self.empty.action.setFocus()
        else:
            self.request.path.setFocus()

    def focus_search(self) -> bool:
        """Search the answer."""
        if self.stack.currentWidget() is self._work:
            self.answer.focus_find()
        return True

    def go_round(self) -> None:
        """Go from list to request to answer."""
        parts = ((self._left, self.ready), (self.request, self.request.path), (self.answer, self.answer.tree))
        has = [number for number, (part, _) in enumerate(parts) if part.isAncestorOf(self.focusWidget() or self)]
        following = (has[0] + 1) % 3 if has else 0
        if following == 0 and not self._left.isVisible():
            following = 1
        target: QWidget = parts[following][1]
        if target is self.answer.tree and not target.isVisible():
            target = self.answer.views.buttons[self.answer.views.current]
        target.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = QKeySequence(event.keyCombination())
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif keys == QKeySequence("Ctrl+Shift+U"):  # elsewhere these keys copy an app's first request
            self.request.copy_asked.emit(Language.CURL)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.take_keyboard()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < self._look.theme.px(NARROW)
        tight = self.width() < self._look.theme.px(TIGHT)
        if (narrow, tight) == self._form:
            return
        self._form = narrow, tight
        self._left.setVisible(not narrow)
        self.choose.setVisible(narrow)
        grid = self._bar_grid
        for part in (self.app, self.target, self.choose, self._session_box):
            grid.removeWidget(part)
        if tight:
            for row, part in enumerate((self.app, self.target, self.choose)):
                grid.addWidget(part, row, 0, 1, 2)
            grid.addWidget(self._session_box, 3, 0, 1, 2, Qt.AlignmentFlag.AlignRight)
        else:
            grid.addWidget(self.app, 0, 0)
            grid.addWidget(self.target, 0, 1)
        if tight:
            grid.setColumnStretch(2, 0)
        elif narrow:
            grid.addWidget(self.choose, 1, 0)
            grid.addWidget(self._session_box, 1, 1, Qt.AlignmentFlag.AlignRight)
            grid.setColumnStretch(2, 0)
        else:
            grid.addWidget(self._session_box, 0, 2, Qt.AlignmentFlag.AlignRight)
            grid.setColumnStretch(2, 1)
        self._splitter.setSizes([self._look.theme.px(176), 500] if narrow else [self.divider, 345])
        self.request.set_narrow(narrow)
        self.answer.set_narrow(narrow)
