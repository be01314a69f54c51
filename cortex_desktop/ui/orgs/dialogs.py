"""Adding an org, and bringing a removed one back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ...domain.errors import CortexError
from ...domain.model import Environment, Org
from ..kit.dialog import Dialog
from ..kit.i18n import environment_of, long_date, translate_text
from ..kit.widgets import Button, Look, announce, label
from .form import ENDPOINTS, OrgForm


class AddOrgDialog(Dialog):
    """submitted(Org): make one with these details, then call `accept` or `fail`."""

    submitted = Signal(Org)
    about_org = False

    def __init__(self, look: Look, others: Sequence[Org], parent: QWidget) -> None:
        title = QCoreApplication.translate("AddOrgDialog", "Add organization")
        text = QCoreApplication.translate(
            "AddOrgDialog", "An organization or environment whose keys you keep here. Nothing changes in Cortex."
        )
        super().__init__(look, title, text, 480, parent)
        self.fields = OrgForm(look)
        self.fields.show_org(Org("", "", "", Environment.DEVELOPMENT, ENDPOINTS[0]), others)
        self._problem = label("", "fieldNote", wrap=True)
        self._problem.setProperty("tone", "danger")
        self._problem.hide()
        self.form.addWidget(self.fields)
        self.form.addWidget(self._problem)
        self.form.addStretch()
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.add = Button(self.tr("Add"), look, "primary")
        self.add.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self.add)
        cancel.clicked.connect(self.reject)
        self.add.clicked.connect(self._submit)
        self.fields.changed.connect(self._check)
        self._check()
        self.fields.name.setFocus()

    def fail(self, error: CortexError) -> None:
        """Stay open with what was typed, and say why it was not added."""
        text = f"{translate_text(error.title)}. {translate_text(error.message)} {translate_text(error.advice)}"
        self._problem.setText(text)
        self._problem.show()
        self.add.setEnabled(True)
        self.fit()
        announce(self, text)

    @Slot()
    def _check(self) -> None:
        self.add.setEnabled(self.fields.check())

    @Slot()
    def _submit(self) -> None:
        if self.fields.check(strict=True):
            self.add.setEnabled(False)
            self._problem.hide()
            self.submitted.emit(self.fields.typed())


class RemovedOrgsDialog(Dialog):
    """The orgs that can be restored. restore_asked(Org): bring it back; purge_asked(Org): delete it for good."""

    restore_asked = Signal(Org)
    purge_asked = Signal(Org)
    about_org = False

    def __init__(self, look: Look, orgs: Sequence[Org], parent: QWidget) -> None:
        title = QCoreApplication.translate("RemovedOrgsDialog", "Recently removed")
        text = QCoreApplication.translate(
            "RemovedOrgsDialog", "Removed organizations keep their apps and keys for 30 days."
        )
        super().__init__(look, title, text, 520, parent)
        self._list = QListWidget()
        self._list.setAccessibleName(title)
        self._list.setMinimumHeight(look.theme.px(160))
        self._empty = label(self.tr("No removed organizations."), "subtitle")
        self.form.addWidget(self._list, 1)
        self.form.addWidget(self._empty)
        self.purge = Button(self.tr("Delete now…"), look, "danger")
        self.purge.setAutoDefault(False)
        self.restore = Button(self.tr("Restore"), look, "primary")
        self.restore.setDefault(True)
        self.foot.insertWidget(0, self.purge)
        self.foot.addWidget(self.restore)
        self.add_close(is_default=False)
        for org in orgs:
            words = self.tr("{org} ({code}, {environment}), until {date}")
            if org.purge_after is None:
                words = self.tr("{org} ({code}, {environment})")
            date = long_date(org.purge_after) if org.purge_after is not None else ""
            item = QListWidgetItem(
                words.format(org=org.name, code=org.code, environment=environment_of(org), date=date)
            )
            item.setData(Qt.ItemDataRole.UserRole, org)
            self._list.addItem(item)
        some = bool(orgs)
        self._list.setVisible(some)
        self._empty.setVisible(not some)
        self.restore.setEnabled(some)
        self.purge.setEnabled(some)
        self.restore.clicked.connect(self._restore)
        self.purge.clicked.connect(self._purge)
        self._list.setCurrentRow(0)

    @Slot()
    def _restore(self) -> None:
        org = self._chosen()
        if org is not None:
            self.restore_asked.emit(org)

    @Slot()
    def _purge(self) -> None:
        org = self._chosen()
        if org is not None:
            self.purge_asked.emit(org)

    def _chosen(self) -> Org | None:
        """Close the dialog; return the org that was chosen in it."""
        item = self._list.currentItem()
        if item is None:
            return None
        self.accept()
        org: Org = item.data(Qt.ItemDataRole.UserRole)
        return org
