"""The list under the search field of what a word may become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from .widgets import Look

MEANING = Qt.ItemDataRole.UserRole


class Suggestion(NamedTuple):
    """Something to put into the search.

    word: in place of the word at the cursor, or, if whole, of the whole text; meaning: of it, for people.
    """

    word: str
    meaning: str
    whole: bool = False


def make_completer(look: Look, field: QLineEdit, most: int) -> tuple[QCompleter, QListView]:
    """What opens the pop-up of a field, for at most so many suggestions, and the pop-up."""
    completer = QCompleter(QStandardItemModel(field), field)
    completer.setWidget(field)
    completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    completer.setMaxVisibleItems(most)
    popup = QListView()
    popup.setObjectName("suggestions")
    popup.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # all that is suggested has room
    completer.setPopup(popup)
    popup.setItemDelegate(SuggestionDelegate(look, popup))
    return completer, popup


def fill(completer: QCompleter, suggestions: Sequence[Suggestion]) -> None:
    """Put these into the pop-up."""
    model = completer.model()
    assert isinstance(model, QStandardItemModel)
    model.clear()
    for suggestion in suggestions:
        item = QStandardItem(suggestion.word)
        item.setData(suggestion.meaning, MEANING)
        item.setData(f"{suggestion.word}, {suggestion.meaning}", Qt.ItemDataRole.AccessibleTextRole)
        model.appendRow(item)


class SuggestionDelegate(QStyledItemDelegate):
    """Draws a suggestion: the word, and what it means beside it."""

    PADDING = 10
    GAP = 24

    def __init__(self, look: Look, view: QListView) -> None:
        super().__init__(view)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        theme = self._look.theme
        word = QFontMetrics(theme.font(13)).horizontalAdvance(index.data())
        meaning = QFontMetrics(theme.font(12)).horizontalAdvance(index.data(MEANING))
        return QSize(word + meaning + self.GAP + 2 * self.PADDING, max(30, theme.px(30)))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._look.theme
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, theme.color("selected"))
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), theme.color("accent"))
        inner = rect.adjusted(self.PADDING, 0, -self.PADDING, 0)
        metrics = QFontMetrics(theme.font(13))
        painter.setFont(theme.font(13))
        painter.setPen(theme.color(theme.ink("text", selected=chosen)))
        word = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
        room = inner.adjusted(metrics.horizontalAdvance(word) + self.GAP, 0, 0, 0)
        painter.setFont(theme.font(12))
        painter.setPen(theme.color(theme.ink("muted", selected=chosen)))
        meaning = QFontMetrics(theme.font(12)).elidedText(
            index.data(MEANING), Qt.TextElideMode.ElideRight, max(0, room.width())
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, meaning)
