"""Recently deleted: apps that can still be brought back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ...domain.model import App
from ..i18n import long_date
from ..sheet import Sheet
from ..widgets import Button, Look, label


class DeletedDialog(Sheet):
    """restore_asked(App): bring it back; purge_asked(App): remove it for good now."""

    restore_asked = Signal(object)
    purge_asked = Signal(object)

    def __init__(self, look: Look, apps: Sequence[App], parent: QWidget) -> None:
        title = QCoreApplication.translate("DeletedDialog", "Recently deleted")
        text = QCoreApplication.translate(
            "DeletedDialog", "Deleted apps keep their keys for 30 days. Restore brings an app back as it was."
        )
        super().__init__(look, title, text, 520, parent)
        self._list = QListWidget()
        self._list.setAccessibleName(title)
        self._list.setMinimumHeight(look.theme.px(160))
        self._empty = label(self.tr("No deleted apps."), "subtitle")
        self.form.addWidget(self._list, 1)
        self.form.addWidget(self._empty)
        self.purge = Button(self.tr("Delete now"), look, "danger")
        self.purge.setAutoDefault(False)
        self.restore = Button(self.tr("Restore"), look, "primary")
        self.restore.setDefault(True)
        close = Button(self.tr("Close"), look)
        close.setAutoDefault(False)
        self.foot.insertWidget(0, self.purge)
        self.foot.addWidget(close)
        self.foot.addWidget(self.restore)
        for app in apps:
            when = long_date(app.purge_after) if app.purge_after else ""
            item = QListWidgetItem(self.tr("{label} (until {date})").format(label=app.label, date=when))
            item.setData(Qt.ItemDataRole.UserRole, app)
            self._list.addItem(item)
        close.clicked.connect(self.reject)
        self.restore.clicked.connect(self._restore)
        self.purge.clicked.connect(self._purge)
        self._list.setCurrentRow(0)
        self._show_state()

    @Slot()
    def _restore(self) -> None:
        self._take(self.restore_asked)

    @Slot()
    def _purge(self) -> None:
        self._take(self.purge_asked)

    def _take(self, signal: object) -> None:
        item = self._list.takeItem(self._list.currentRow())
        if item is not None:
            signal.emit(item.data(Qt.ItemDataRole.UserRole))  # type: ignore[attr-defined]
        self._show_state()

    def _show_state(self) -> None:
        some = self._list.count() > 0
        self._list.setVisible(some)
        self._empty.setVisible(not some)
        self.restore.setEnabled(some)
        self.purge.setEnabled(some)
