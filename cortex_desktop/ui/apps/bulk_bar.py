"""Progress and result of a bulk action, shown above the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ...services.bulk import Bulk, BulkAction, Delete, Disable, Enable, Restore, RollBack, Rotate
from ..kit.i18n import translate_text
from ..kit.widgets import Button, IconButton, Look, Picture, announce, label, set_property

LEAST_WORDS = 260
"""With less room than this many pixels at 13 px text beside them, the buttons go below the words."""


class _Words(NamedTuple):
    """The texts about a bulk action on so many apps."""

    doing: Callable[[int], str]
    done: Callable[[int], str]
    already: Callable[[int], str]


class BulkBar(QFrame):
    """Shows progress and result of a bulk action; hidden while there is none.

    stop_asked; stop_waiting_asked: give up on the keychain; resume_asked; undo_asked; list_asked: which apps;
    dismissed: the person has read it.
    """

    stop_asked = Signal()
    stop_waiting_asked = Signal()
    resume_asked = Signal()
    undo_asked = Signal()
    list_asked = Signal()
    dismissed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bulk")
        self._look = look
        self._total = 0
        self.hide()
        self._picture = Picture("loader-circle", look, "accent", 20)
        self._title = label("", "strong", wrap=True)
        self._text = label("", "hint", wrap=True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._stop = Button(self.tr("Cancel"), look)
        self._stop_waiting = Button(self.tr("Stop waiting"), look)
        self._resume = Button(self.tr("Resume"), look, "primary")
        self._undo = Button(self.tr("Undo"), look)
        self._list = Button(self.tr("Show apps…"), look)
        self._close = IconButton("x", self.tr("Dismiss"), look)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        message = QHBoxLayout()
        message.setSpacing(12)
        message.addWidget(self._picture)
        message.addLayout(words, 1)
        self._buttons = QWidget()
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(8)
        buttons.addStretch()
        for button in (self._stop_waiting, self._stop, self._list, self._undo, self._resume):
            button.setProperty("compact", True)
            buttons.addWidget(button)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        self._row.addLayout(message, 1)
        self._row.addWidget(self._buttons)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addLayout(self._row, 1)
        top.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 14, 10)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._progress)
        self._stop.clicked.connect(self.stop_asked)
        self._stop_waiting.clicked.connect(self.stop_waiting_asked)
        self._resume.clicked.connect(self.resume_asked)
        self._undo.clicked.connect(self.undo_asked)
        self._list.clicked.connect(self.list_asked)
        self._close.clicked.connect(self.hide)
        self._close.clicked.connect(self.dismissed)

    def begin(self, bulk: Bulk) -> None:
        """Show that a bulk action has begun, or goes on."""
        self._total = bulk.total
        self._progress.setRange(0, bulk.total)
        self._progress.setValue(bulk.reached)  # while it is hidden: once visible it paints the window at once
        doing = self._words(bulk.action).doing(bulk.total)
        self._progress.setAccessibleName(doing)
        self._stop.setEnabled(True)
        title, text = doing, self._counts(bulk.reached)
        self._show("", "loader-circle", "accent", title, text, [self._stop])

    def progress(self, reached: int) -> None:
        """Show how many apps are through."""
        self._progress.setValue(reached)
        self._set_text(self._counts(reached))
        if self._stop.isEnabled():
            self._stop_waiting.hide()

    def _counts(self, reached: int) -> str:
        number = self.locale().toString
        return self.tr("{done} of {total} done").format(done=number(reached), total=number(self._total))

    def stopping(self) -> None:
        """Show that it stops after the app under way."""
        self._stop.setEnabled(False)
        self._set_text(self.tr("Stopping after the current app…"))

    def slow(self) -> None:
        """Offer to stop waiting for the keychain."""
        self._set_text(self.tr("Still waiting. A system prompt may be open behind this window."))
        self._stop_waiting.show()
        self._arrange()

    def show_outcome(self, bulk: Bulk, *, undoable: bool) -> None:
        """Show the result, and what can be done about it."""
        title, text = self.outcome(bulk)
        well = not bulk.rest and not bulk.refused
        offered = [self._list] if bulk.refused or bulk.rest or bulk.total > 1 else []
        offered += [self._undo] if undoable else []
        offered += [self._resume] if bulk.rest else []
        tone = ("", "circle-check", "success") if well else ("warning", "circle-alert", "warning")
        self._show(*tone, title, text, offered)
        announce(self, f"{title}. {text}")

    def outcome(self, bulk: Bulk) -> tuple[str, str]:
        """Title and text of the summary."""
        words = self._words(bulk.action)
        parts = []
        if bulk.stopped is not None:
            parts.append(self.tr("Stopped: {reason}.").format(reason=translate_text(bulk.stopped.title)))
        elif bulk.rest:
            parts.append(self.tr("Cancelled."))
        if bulk.rest:
            parts.append(self.tr("%Ln app(s) left as they were.", "", len(bulk.rest)))
        if bulk.already:
            parts.append(words.already(len(bulk.already)))
        if bulk.refused:
            parts.append(self.tr("%Ln app(s) could not be changed.", "", len(bulk.refused)))
        if bulk.stopped is not None:
            parts.append(translate_text(bulk.stopped.advice))
        title = words.done(len(bulk.changed)) if bulk.changed else self.tr("Nothing was changed")
        return title, " ".join(parts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _show(self, tone: str, icon: str, token: str, title: str, text: str, offered: list[Button]) -> None:
        set_property(self, "tone", tone)
        self._picture.change(icon, token)
        self._title.setText(title)
        self._set_text(text)
        running = self._stop in offered
        self._progress.setVisible(running)
        self._close.setVisible(not running)
        # A button that is hidden would hand its focus to whatever comes next, such as the search.
        had_focus = self.isAncestorOf(self.window().focusWidget() or self.window())
        for button in (self._stop, self._stop_waiting, self._resume, self._undo, self._list):
            button.setVisible(button in offered)
        self.show()
        self._arrange()
        if had_focus:
            (offered[-1] if offered else self._close).setFocus()
        if running:
            announce(self, title)

    def _set_text(self, text: str) -> None:
        self._text.setText(text)
        self._text.setVisible(bool(text))

    @Slot()
    def _arrange(self) -> None:
        """Put the buttons beside the words, or below them where there is no room."""
        directions = QBoxLayout.Direction
        room = self.width() - self._buttons.sizeHint().width() - 90
        beside = room >= self._look.theme.px(LEAST_WORDS)
        self._row.setDirection(directions.LeftToRight if beside else directions.TopToBottom)

    def _words(self, action: BulkAction) -> _Words:
        words: dict[type[BulkAction], _Words] = {
            Enable: _Words(
                lambda n: self.tr("Enabling %Ln app(s)…", "", n),
                lambda n: self.tr("%Ln app(s) enabled", "", n),
                lambda n: self.tr("%Ln app(s) enabled already.", "", n),
            ),
            Disable: _Words(
                lambda n: self.tr("Disabling %Ln app(s)…", "", n),
                lambda n: self.tr("%Ln app(s) disabled here", "", n),
                lambda n: self.tr("%Ln app(s) disabled already.", "", n),
            ),
            Delete: _Words(
                lambda n: self.tr("Deleting %Ln app(s)…", "", n),
                lambda n: self.tr("%Ln app(s) deleted", "", n),
                lambda n: self.tr("%Ln app(s) deleted already.", "", n),
            ),
            Restore: _Words(
                lambda n: self.tr("Restoring %Ln app(s)…", "", n),
                lambda n: self.tr("%Ln app(s) restored", "", n),
                lambda n: self.tr("%Ln app(s) restored already.", "", n),
            ),
            Rotate: _Words(
                lambda n: self.tr("Rotating %Ln API key(s)…", "", n),
                lambda n: self.tr("%Ln API key(s) rotated", "", n),
                lambda n: self.tr("%Ln API key(s) rotated meanwhile.", "", n),
            ),
            RollBack: _Words(
                lambda n: self.tr("Rolling back %Ln API key(s)…", "", n),
                lambda n: self.tr("%Ln API key(s) rolled back", "", n),
                lambda n: self.tr("%Ln API key(s) rotated meanwhile.", "", n),
            ),
        }
        return words[type(action)]
