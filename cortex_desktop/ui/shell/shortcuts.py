"""The list of keyboard shortcuts, as the menus have them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ..kit.actions import Actions, plain
from ..kit.dialog import Dialog
from ..kit.widgets import Look, label


class ShortcutsDialog(Dialog):
    """Every action that has a shortcut, by menu, and what keys do in the table."""

    about_org = False

    def __init__(self, look: Look, actions: Actions, parent: QWidget) -> None:
        super().__init__(look, QCoreApplication.translate("ShortcutsDialog", "Keyboard shortcuts"), "", 720, parent)
        groups = [
            (
                title,
                [(plain(action.toolTip()), action.shortcut()) for action in listed if not action.shortcut().isEmpty()],
            )
            for title, listed in actions.listed()
        ]
        groups.append(
            (
                self.tr("In the table"),
                [
                    (self.tr("Details"), QKeySequence(Qt.Key.Key_Return)),
                    (self.tr("Reveal or hide the key, in its column"), QKeySequence(Qt.Key.Key_Space)),
                    (self.tr("Next or earlier column"), QKeySequence(Qt.Key.Key_Right)),
                    (self.tr("Menu of the app"), QKeySequence("Shift+F10")),
                ],
            )
        )
        columns = [QVBoxLayout(), QVBoxLayout()]
        groups = [group for group in groups if group[1]]
        rows = sum(len(keys) + 2 for _, keys in groups)
        filled = 0
        for title, keys in groups:
            columns[filled * 2 >= rows].addLayout(self._group(title, keys))
            filled += len(keys) + 2
        body = QFrame()
        body.setObjectName("dialogBody")
        beside = QHBoxLayout(body)
        beside.setContentsMargins(0, 0, 8, 0)
        beside.setSpacing(32)
        for column in columns:
            column.setSpacing(18)
            column.addStretch()
            beside.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setObjectName("dialogScroll")
        scroll.setAccessibleName(self.tr("Keyboard shortcuts"))
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        room = min(self.screen().availableGeometry().height(), parent.height()) - look.theme.px(220)
        scroll.setMinimumHeight(min(body.sizeHint().height() + 4, max(room, look.theme.px(200))))
        self.form.addWidget(scroll, 1)
        digits = self.tr("Where a digit needs Shift, as on French keyboards, press Shift too: Ctrl+Shift+1 for Ctrl+1.")
        self.form.addSpacing(10)
        self.form.addWidget(label(digits, "hint", wrap=True))
        self.add_close().setFocus()

    def _group(self, title: str, keys: list[tuple[str, QKeySequence]]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(label(title, "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        for row, (text, sequence) in enumerate(keys):
            grid.addWidget(label(text, "factName", wrap=True), row, 0)
            shown = label(sequence.toString(QKeySequence.SequenceFormat.NativeText), "keys")
            grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(grid)
        return column
