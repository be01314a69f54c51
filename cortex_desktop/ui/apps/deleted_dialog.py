"""Recently deleted: apps that can still be brought back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ...domain.model import App
from ...services import periods
from ..kit.dialog import Dialog, Question
from ..kit.i18n import long_date, short
from ..kit.table import ELIDE
from ..kit.widgets import Button, EmptyState, Look

FEW_DAYS = 7
"""From so many days on the bar warns."""

BAR = (88, 4)
"""Width and height of the bar of days left, in pixels at 13 px text."""


class DeletedDialog(Dialog):
    """Lists deleted apps, each with the days that are left. It closes when the last one is restored.

    restore_asked(list[App]): bring these back; purge_asked(App): remove it for good now.
    """

    restore_asked = Signal(list)
    purge_asked = Signal(App)

    def __init__(self, look: Look, apps: Sequence[App], parent: QWidget) -> None:
        title = QCoreApplication.translate("DeletedDialog", "Recently deleted")
        text = QCoreApplication.translate(
            "DeletedDialog", "Deleted apps keep their keys for 30 days. Restore brings an app back as it was."
        )
        super().__init__(look, title, text, 520, parent)
        self._list = QListWidget()
        self._list.setAccessibleName(title)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setMinimumHeight(look.theme.px(170))
        self._list.setItemDelegate(_Row(look, self._list))
        self._empty = EmptyState(look)
        self._empty.setProperty("plain", True)
        self._empty.set_message(
            "trash-2",
            self.tr("Nothing was deleted"),
            self.tr("An app that you delete waits here, in case you want it back."),
        )
        self.form.addWidget(self._list, 1)
        self.form.addWidget(self._empty)
        self.purge = Button(self.tr("Delete now"), look, "danger")
        self.purge.setAutoDefault(False)
        self.restore = Button(self.tr("Restore"), look, "primary")
        self.restore.setDefault(True)
        self.foot.insertWidget(0, self.purge)
        self.foot.addWidget(self.restore)
        self.add_close(is_default=False)
        now = datetime.now(UTC)
        for app in apps:
            when = long_date(app.purge_after) if app.purge_after else ""
            item = QListWidgetItem(self.tr("{label} (until {date})").format(label=app.label, date=when))
            item.setData(Qt.ItemDataRole.UserRole, app)
            left = _days_left(app, now)
            item.setData(LEFT_ROLE, left)
            item.setData(WORDS_ROLE, self.tr("%Ln day(s) left", "", left) if left > 1 else self.tr("Last day"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {item.data(WORDS_ROLE)}")
            self._list.addItem(item)
        self.restore.clicked.connect(self._restore)
        self.purge.clicked.connect(self._ask_purge)
        self._list.itemSelectionChanged.connect(self._show_state)
        self._list.setCurrentRow(0)
        self._show_state()

    @Slot()
    def _restore(self) -> None:
        self.restore_asked.emit(self._take())
        if not self._list.count():
            self.accept()

    @Slot()
    def _ask_purge(self) -> None:
        [item] = self._list.selectedItems()
        app: App = item.data(Qt.ItemDataRole.UserRole)
        question = Question(
            self.look,
            self.tr("Delete “{label}” now?").format(label=short(app.label)),
            self.tr(
                "Its keys leave the keychain at once and cannot be brought back. Nothing changes in Cortex: it goes on "
                "taking keys that it made."
            ),
            self.tr("Delete now"),
            self,
        )
        question.confirmed.connect(self._purge)
        question.open()

    @Slot()
    def _purge(self) -> None:
        for app in self._take():
            self.purge_asked.emit(app)

    def _take(self) -> list[App]:
        """Those that are selected, from the list."""
        rows = sorted((self._list.row(item) for item in self._list.selectedItems()), reverse=True)
        taken = [self._list.takeItem(row) for row in rows]
        if self._list.count():
            self._list.setCurrentRow(min(rows[-1], self._list.count() - 1))
        self._show_state()
        return [item.data(Qt.ItemDataRole.UserRole) for item in reversed(taken)]

    @Slot()
    def _show_state(self) -> None:
        some, chosen = self._list.count() > 0, len(self._list.selectedItems())
        self._list.setVisible(some)
        self._empty.setVisible(not some)
        for button in (self.restore, self.purge):
            button.setVisible(some)
        self.restore.setEnabled(chosen > 0)
        self.restore.setText(self.tr("Restore") if chosen < 2 else self.tr("Restore %Ln app(s)", "", chosen))
        self.purge.setEnabled(chosen == 1)


LEFT_ROLE = Qt.ItemDataRole.UserRole + 1
WORDS_ROLE = Qt.ItemDataRole.UserRole + 2
"""The days left, and the words for them."""


class _Row(QStyledItemDelegate):
    """Draws a deleted app: label and ends of its key, and at the far side the days left, as words and as a bar."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self._look.theme.px(200), self._look.theme.px(50))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        view = option.widget
        view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, view)
        theme, app = self._look.theme, index.data(Qt.ItemDataRole.UserRole)
        left, words = index.data(LEFT_ROLE), index.data(WORDS_ROLE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        tone = "muted" if left > FEW_DAYS else "warning" if left > 1 else "danger"

        def place(room: QRect) -> QRect:
            return QStyle.visualRect(option.direction, option.rect, room)

        def write(room: QRect, text: str, font: QFont, token: str) -> None:
            painter.setFont(font)
            painter.setPen(theme.color(theme.ink(token, selected=selected)))
            leading = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
            shown = QFontMetrics(font).elidedText(text, ELIDE, room.width())
            painter.drawText(place(room), leading | Qt.AlignmentFlag.AlignVCenter, shown)

        painter.save()
        inner = option.rect.adjusted(theme.px(10), theme.px(6), -theme.px(10), -theme.px(6))
        width, height = theme.px(BAR[0]), theme.px(BAR[1])
        aside = max(width, QFontMetrics(theme.font(12)).horizontalAdvance(words) + 2)
        half = inner.height() // 2
        first = QRect(inner.left(), inner.top(), inner.width() - aside - theme.px(12), half)
        write(first, app.label, theme.font(13, QFont.Weight.Medium), "text")
        write(first.translated(0, half), f"{app.key_ends.head}…{app.key_ends.tail}", theme.mono, "muted")
        beside = QRect(inner.right() - aside + 1, inner.top(), aside, half)
        write(beside, words, theme.font(12), tone)
        groove = QRect(beside.left(), inner.top() + half + (half - height) // 2, width, height)
        painter.fillRect(place(groove), theme.color("disabled_ground"))
        painter.setPen(theme.color("disabled_line"))  # seen in high contrast, where the ground is that of the list
        painter.drawRect(place(groove))
        groove.setWidth(max(2, round(width * min(1, left / max(1, periods.RESTORABLE.days)))))
        painter.fillRect(
            place(groove), theme.color(theme.ink("accent" if tone == "muted" else tone, selected=selected))
        )
        painter.restore()


def _days_left(app: App, now: datetime) -> int:
    """The days until the app is removed for good, a part of one counted in full."""
    return 0 if app.purge_after is None else max(0, math.ceil((app.purge_after - now) / timedelta(days=1)))
