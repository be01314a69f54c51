"""Which apps bulk work changed, passed over or could not change, to look at and to copy their labels."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QStringListModel, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from ...services.bulk import Bulk
from ..kit.boxes import ComboBox
from ..kit.dialog import Dialog
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, label


class BulkReport(Dialog):
    """The apps in groups, those first that something is wrong about. copied(str): put these lines on the clipboard.

    It never holds a key.
    """

    copied = Signal(str)

    def __init__(self, look: Look, title: str, bulk: Bulk, parent: QWidget) -> None:
        text = QCoreApplication.translate("BulkReport", "The labels of the apps, and why some could not be changed.")
        super().__init__(look, title, text, 560, parent)
        self.groups = ComboBox()
        self.groups.setAccessibleName(self.tr("Which apps"))
        self._lines: list[list[str]] = []
        self._labels: list[list[str]] = []
        for name, labels, lines in (
            (
                self.tr("Could not be changed"),
                [refused.app.label for refused in bulk.refused],
                [
                    self.tr("{label}: {reason}").format(
                        label=refused.app.label,
                        reason=f"{translate_text(refused.error.title)}. {translate_text(refused.error.message)}",
                    )
                    for refused in bulk.refused
                ],
            ),
            (self.tr("Left as they were"), [app.label for app in bulk.rest], None),
            (self.tr("Needed no change"), [app.label for app in bulk.already], None),
            (self.tr("Changed"), [app.label for app in bulk.changed], None),
        ):
            if labels:
                count = self.locale().toString(len(labels))
                self.groups.addItem(self.tr("{group} ({count})").format(group=name, count=count))
                self._labels.append(labels)
                self._lines.append(lines or labels)
        self._model = QStringListModel(self)
        self.apps = QListView()
        self.apps.setObjectName("list")
        self.apps.setModel(self._model)
        self.apps.setAccessibleName(self.tr("Apps"))
        self.apps.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.apps.setUniformItemSizes(not bulk.refused)  # thousands of plain labels; reasons wrap
        self.apps.setWordWrap(bool(bulk.refused))
        self.apps.setMinimumHeight(look.theme.px(220))
        which = label(self.tr("Which apps"), "strong")
        which.setBuddy(self.groups)
        self.form.addWidget(which)
        self.form.addSpacing(7)
        self.form.addWidget(self.groups)
        self.form.addSpacing(12)
        self.form.addWidget(self.apps, 1)
        copy = Button(self.tr("Copy labels"), look, icon="copy")
        copy.setAutoDefault(False)
        self.foot.insertWidget(0, copy)
        self.add_close()
        copy.clicked.connect(self._copy)
        self.groups.currentIndexChanged.connect(self._show_group)
        self._show_group()

    @Slot()
    def _show_group(self) -> None:
        self._model.setStringList(self._lines[self.groups.currentIndex()])
        self.apps.setCurrentIndex(self._model.index(0))

    @Slot()
    def _copy(self) -> None:
        self.copied.emit("\n".join(self._labels[self.groups.currentIndex()]))
