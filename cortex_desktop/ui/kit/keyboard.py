"""Who gets a key: what has the focus, or the shortcuts of the window.

Qt asks first what has the focus, then each widget around it, by an event of type ShortcutOverride. Who accepts that
gets the key, and no shortcut does.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from .clock import Clock

QUIT = QKeySequence("Ctrl+Q")

SEEN_SECONDS = 0.3
"""How long a window has to be on screen before a key counts as meant for it."""


def leave_to_focus(event: QEvent) -> bool:
    """Keep Copy and Select all from the window's shortcuts while they mean the text that has the focus.

    Call it from a window's `event`. Returns True if the key was kept.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    focused = QApplication.focusWidget()
    if event.matches(QKeySequence.StandardKey.Copy):
        kept = bool(marked_text(focused))
    else:
        kept = event.matches(QKeySequence.StandardKey.SelectAll) and can_mark(focused)
    if kept:
        event.accept()
    return kept


def keep_from_window(event: QEvent, but: Collection[QKeySequence] = (QUIT,)) -> bool:
    """Keep all keys from the window's shortcuts while something lies over it. Call it from that widget's `event`.

    but: shortcuts that work all the same. Keys with Alt pass, for menus. Returns True if the key was kept.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    kept = not event.modifiers() & Qt.KeyboardModifier.AltModifier
    kept = kept and QKeySequence(event.keyCombination()) not in but
    if kept:
        event.accept()
    return kept


def marked_text(widget: QWidget | None) -> str:
    """The text that is marked in the widget; empty where nothing is, or nothing can be."""
    if isinstance(widget, QLabel | QLineEdit):
        return widget.selectedText()
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return widget.textCursor().selectedText()
    return ""


def can_mark(widget: QWidget | None) -> bool:
    """True if the widget shows a text that a person can mark."""
    if isinstance(widget, QLabel | QPlainTextEdit | QTextEdit):
        return bool(widget.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse)
    return isinstance(widget, QLineEdit)


class KeyGuard(QObject):
    """Keeps keys from a window that were not meant for it: those of before it was seen, and for a moment after.

    A key that is held down goes on repeating in a window that opens meanwhile, and a second press may come before a
    person sees what it would do. Letters pass into a field at once, as they do nothing that cannot be seen.
    """

    def __init__(self, clock: Clock, window: QWidget) -> None:
        super().__init__(window)
        self._clock = clock
        self._seen: float | None = None
        self._pressed: set[int] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Expose and self._seen is None:
            self._seen = self._clock.now()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.isAutoRepeat():
            return event.key() not in self._pressed
        if not self._is_seen() and not _writes(event):
            return True
        self._pressed.add(event.key())
        return False

    def _is_seen(self) -> bool:
        return self._seen is not None and self._clock.now() - self._seen >= SEEN_SECONDS


def _writes(event: QKeyEvent) -> bool:
    """True if the key writes into the field that has the focus."""
    held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    field = isinstance(QApplication.focusWidget(), QLineEdit | QPlainTextEdit)
    return field and not held and bool(event.text()) and event.text().isprintable()


def enter_pressed(event: QKeyEvent) -> bool:
    """True if Enter was pressed, which presses the focused button on all systems; Qt leaves that to some of them."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat()
