"""About: what this is, whose names it uses, and under which licences its parts come."""

from __future__ import annotations

import json
from importlib import metadata

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from ... import __version__
from ..kit.dialog import Dialog
from ..kit.icons import app_icon
from ..kit.widgets import Look, label

COLUMNS = 80
"""Characters in most lines of a licence that has its own."""

OWN_LINE = 140
"""A licence with longer lines, in characters, leaves it to the reader where they end."""


class AboutDialog(Dialog):
    """The program's name and version, and a list of licences with their texts."""

    about_org = False

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, QCoreApplication.translate("AboutDialog", "About Cortex Desktop"), "", 860, parent)
        self._folder = look.resources / "licences"
        picture = QLabel()
        picture.setPixmap(app_icon(look.resources).pixmap(56, 56))
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(label("Cortex Desktop", "strong"))
        words.addWidget(label(self.tr("Version {version}").format(version=__version__), "subtitle"))
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture)
        head.addLayout(words, 1)
        toast = label(
            self.tr(
                "An independent desktop org console for Medable Cortex. It is not made, endorsed or supported by "
                "Medable; “Medable” and “Cortex” are marks of their owner and are used here only to say what this "
                "program works with."
            ),
            wrap=True,
        )
        qt = label(
            self.tr(
                "Uses Qt and PySide6 under the GNU LGPL version 3, as separate libraries that you may replace. "
                "The texts and the offer of sources are below."
            ),
            "hint",
            wrap=True,
        )
        self._parts: list[dict[str, str | None]] = json.loads((self._folder / "index.json").read_text("utf-8"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Licences"))
        self.list.setFixedWidth(look.theme.px(220))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)  # it would cut before it wraps
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMinimumHeight(look.theme.px(250))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.addItems([_title(part) for part in self._parts])
        self._has_own_lines = False
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setObjectName("licence")
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Licence text"))
        parts = QHBoxLayout()
        parts.setSpacing(8)
        parts.addWidget(self.list)
        parts.addWidget(self.text, 1)
        form = self.form
        form.setSpacing(12)
        form.addLayout(head)
        form.addWidget(toast)
        form.addWidget(qt)
        form.addWidget(label(self.tr("Licences"), "strong"))
        form.addLayout(parts, 1)
        self.add_close()
        self.list.currentRowChanged.connect(self._show)
        self.list.setCurrentRow(0)

    @Slot(int)
    def _show(self, row: int) -> None:
        if 0 <= row < len(self._parts):
            text = (self._folder / str(self._parts[row]["file"])).read_text("utf-8")
            self._has_own_lines = max(map(len, text.splitlines())) <= OWN_LINE
            self.text.setPlainText(text)
            self._wrap()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wrap()

    def _wrap(self) -> None:
        """Keep a licence's own lines where there is room: wrapped once more, they would end anywhere."""
        modes = QPlainTextEdit.LineWrapMode
        room = self.text.viewport().width() // self.text.fontMetrics().horizontalAdvance("x")
        keeps = self._has_own_lines and room > COLUMNS
        self.text.setLineWrapMode(modes.NoWrap if keeps else modes.WidgetWidth)


def _title(part: dict[str, str | None]) -> str:
    name, distribution = str(part["name"]), part.get("version_of")
    if not distribution:
        return name
    try:
        return f"{name} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return name  # installed on another platform only
