"""Says that something went wrong inside the program, with a report that the person may pass on."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ..kit.dialog import Dialog
from ..kit.widgets import Button, Look, announce, label


class CrashDialog(Dialog):
    """report: what happened, for developers, without keys. folder_asked: show where the log is."""

    about_org = False

    folder_asked = Signal()

    def __init__(self, look: Look, report: str, parent: QWidget) -> None:
        title = QCoreApplication.translate("CrashDialog", "Something went wrong inside Cortex Desktop")
        text = QCoreApplication.translate(
            "CrashDialog",
            "Apps and keys that were stored before are still there. Your last action may not be complete, so "
            "check before you rely on it. If the window behaves oddly from now on, quit and start it again.",
        )
        super().__init__(look, title, text, 620, parent)
        self.report = QPlainTextEdit(report)
        self.report.setObjectName("licence")  # the same box of small text as in About
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setMinimumHeight(look.theme.px(220))
        note = label(
            self.tr(
                "This report helps to repair the program. Everything that could be a key is left out. "
                "It was not sent to anyone; it is in the data folder, beside the log."
            ),
            "hint",
            wrap=True,
        )
        self.form.addWidget(self.report, 1)
        self.form.addSpacing(10)
        self.form.addWidget(note)
        self._copy = Button(self.tr("Copy report"), look)
        folder = Button(self.tr("Open log folder"), look)
        for button in (self._copy, folder):
            button.setAutoDefault(False)
        self.foot.insertWidget(0, self._copy)
        self.foot.insertWidget(1, folder)
        close = self.add_close()
        self._copy.clicked.connect(self._copy_report)
        folder.clicked.connect(self.folder_asked)
        close.setFocus()

    def add(self, report: str) -> None:
        """Show another report below the ones that are there."""
        self.report.appendPlainText("\n" + "-" * 60 + "\n\n" + report)

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())
        self._copy.setText(self.tr("Copied"))
        announce(self, self.tr("Copied"))
