"""The dialog that asks where to save a file."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget

from .widgets import Look

_ICONS = {
    "backButton": "chevron-left",
    "forwardButton": "chevron-right",
    "toParentButton": "arrow-up",
    "newFolderButton": "plus",
}
"""By Qt's names of the buttons. Its own pictures of these are black, in dark too."""


def save_dialog(look: Look, title: str, parent: QWidget) -> QFileDialog:
    """Return a dialog that asks for the name of a new file: the system's own, or else Qt's with icons of the theme."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    for name, icon in _ICONS.items():
        button = dialog.findChild(QToolButton, name)
        if button is not None:
            button.setIcon(look.icons.icon(icon))
    return dialog
