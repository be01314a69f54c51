"""Recently deleted: apps that can still be brought back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from ...domain.model import App
from ..kit.dialog import Dialog, Question
from ..kit.i18n import long_date, short
from ..kit.widgets import Button, Look, label


class DeletedDialog(Dialog):
    """restore_asked(list[App]): bring these back; purge_asked(App): remove it for good now."""

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
        self._list.setMinimumHeight(look.theme.px(160))
        self._empty = label(self.tr("No deleted apps."), "subtitle")
        self.form.addWidget(self._list, 1)
        self.form.addWidget(self._empty)
        self.purge = Button(self.tr("Delete now"), look, "danger")
        self.purge.setAutoDefault(False)
        self.restore = Button(self.tr("Restore"), look, "primary")
        self.restore.setDefault(True)
        self.foot.insertWidget(0, self.purge)
        self.foot.addWidget(self.restore)
        self.add_close(is_default=False)
        for app in apps:
            when = long_date(app.purge_after) if app.purge_after else ""
            item = QListWidgetItem(self.tr("{label} (until {date})").format(label=app.label, date=when))
            item.setData(Qt.ItemDataRole.UserRole, app)
            self._list.addItem(item)
        self.restore.clicked.connect(self._restore)
        self.purge.clicked.connect(self._ask_purge)
        self._list.itemSelectionChanged.connect(self._show_state)
        self._list.setCurrentRow(0)
        self._show_state()

    @Slot()
    def _restore(self) -> None:
        self.restore_asked.emit(self._take())

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
        self.restore.setEnabled(chosen > 0)
        self.restore.setText(self.tr("Restore") if chosen < 2 else self.tr("Restore %Ln app(s)", "", chosen))
        self.purge.setEnabled(chosen == 1)
