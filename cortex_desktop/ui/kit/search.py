"""The search field: filters are suggested as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QRect, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QListView

from .suggestions import Suggestion, fill, make_completer
from .widgets import Look, announce, label

LONGEST = 500
SUGGESTED = 8


class SearchField(QLineEdit):
    """A search field with suggestions. Esc empties it, and then leaves it; Down and Enter go to what was found.

    suggestions(text, position): returns where the word at the cursor begins, and what it may become. left: the person
    goes on to what was found; finished: they leave the field by the keyboard; erased_before: Backspace where nothing is
    left to erase; whole_chosen(text): a suggestion for the whole search. While the suggestions are open, Up and Down
    choose one, Enter and Tab take it, Esc closes them.
    """

    left = Signal()
    finished = Signal()
    erased_before = Signal()
    whole_chosen = Signal(str)

    def __init__(
        self, look: Look, name: str, suggestions: Callable[[str, int], tuple[int, Sequence[Suggestion]]]
    ) -> None:
        super().__init__()
        self._look = look
        self._suggest = suggestions
        self._suggested: list[Suggestion] = []
        self._begin = 0
        self._completer: QCompleter | None = None
        self._popup: QListView | None = None
        self.setObjectName("search")
        self._name = name
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setMaxLength(LONGEST)
        self.setClearButtonEnabled(True)
        self._icon = self.addAction(look.icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._icon.setText(name)  # a button to a screen reader, as is the one that clears
        clear = self.findChild(QAction, "_q_qlineeditclearaction")
        if clear is not None:
            clear.setText(self.tr("Clear the search"))
        # A picture says Ctrl F; on a Mac the same key is written with its own sign.
        keys = QKeySequence(QKeySequence.StandardKey.Find).toString(QKeySequence.SequenceFormat.NativeText)
        self._keys = label(keys.replace("+", " "), "keys")
        self._keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(9, 0, 9, 0)
        inside.addWidget(self._keys, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.textChanged.connect(self._show_keys)
        self.textEdited.connect(self._open_list)
        look.theme.changed.connect(self._recolour)

    @property
    def suggested(self) -> list[str]:
        """The suggested words, empty while the list is closed."""
        return [suggestion.word for suggestion in self._suggested] if self._is_open() else []

    def put_away(self) -> None:
        """Close the suggestions."""
        if self._popup is not None:
            self._popup.hide()

    def replace_text(self, text: str, position: int) -> None:
        """Set text and cursor without saying so in `textChanged`."""
        with QSignalBlocker(self):
            self.setText(text)
            self.setCursorPosition(position)
        self._show_keys()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self._is_open() and (key == Qt.Key.Key_Escape or (enter and self._chosen().isValid())):
            event.ignore()  # the completer takes it
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif enter or key in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.put_away()
            self.finished.emit()
            self.left.emit()
        elif key == Qt.Key.Key_Backspace and not self.cursorPosition() and not self.hasSelectedText():
            if not event.isAutoRepeat():  # held down to empty the field
                self.erased_before.emit()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        chosen = self._chosen() if forward else QModelIndex()
        self.put_away()
        if chosen.isValid():
            self._take(chosen)
            return True
        self.finished.emit()
        return super().focusNextPrevChild(forward)

    @Slot()
    def _show_keys(self) -> None:
        """Show the placeholder, and the shortcut at the end of an empty field, as far as there is room."""
        words = self.fontMetrics().horizontalAdvance(self._name)
        self.setPlaceholderText(self._name if words + 64 <= self.width() else self.tr("Search"))
        room = self._keys.sizeHint().width() + 9
        shown = not self.text() and words + room + 51 <= self.width()
        self._keys.setVisible(shown)
        # The placeholder stands where the keyboard's language begins, which may be the shortcut's side.
        margin, mirrored = room if shown else 0, self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self.setTextMargins(margin if mirrored else 0, 0, 0 if mirrored else margin, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_keys()

    @Slot()
    def _recolour(self) -> None:
        self._icon.setIcon(self._look.icons.icon("search", "muted"))

    @Slot()
    def _open_list(self) -> None:
        self._begin, found = self._suggest(self.text(), self.cursorPosition())
        suggested = list(found[:SUGGESTED])
        if suggested == self._suggested and self._is_open():
            return
        self._suggested = suggested
        if not self._suggested or not self.hasFocus():
            self.put_away()
            return
        if self._completer is None or self._popup is None:
            self._completer, self._popup = self._make_completer()
        fill(self._completer, self._suggested)
        was_open = self._is_open()
        wanted = self._popup.sizeHintForColumn(0) + 2 * self._popup.frameWidth() + 8
        self._completer.complete(QRect(0, 4, max(self.width(), wanted), self.height()))
        self._popup.setCurrentIndex(QModelIndex())  # nothing is chosen yet: Enter goes to what was found
        if not was_open:
            announce(self, self.tr("%n suggestion(s). Press Down to choose.", "", len(self._suggested)))

    def _make_completer(self) -> tuple[QCompleter, QListView]:
        """Make the pop-up, when it is first needed."""
        completer, popup = make_completer(self._look, self, SUGGESTED)
        popup.setAccessibleName(self.tr("Suggestions"))
        popup.selectionModel().currentChanged.connect(self._announce_chosen)
        completer.activated[QModelIndex].connect(self._take)  # type: ignore[index]  # one of two signals of that name
        return completer, popup

    def _is_open(self) -> bool:
        return self._popup is not None and self._popup.isVisible()

    def _chosen(self) -> QModelIndex:
        return self._popup.currentIndex() if self._popup is not None and self._is_open() else QModelIndex()

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        """Insert what was chosen, with a space after it for the next word."""
        suggestion = self._suggested[index.row()]
        if suggestion.whole:
            self.whole_chosen.emit(suggestion.word)
            return
        begin, end = self._begin, self.cursorPosition()
        self.setSelection(begin, end - begin)
        goes_on = suggestion.word.endswith(":")
        self.insert(suggestion.word if goes_on or self.text()[end:].strip() else f"{suggestion.word} ")
        if goes_on:
            QTimer.singleShot(0, self._open_list)  # the completer is about to close its pop-up

    @Slot(QModelIndex)
    def _announce_chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            announce(self, index.data(Qt.ItemDataRole.AccessibleTextRole))
