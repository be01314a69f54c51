"""The dialog that asks where to save a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget

from .widgets import Look

_ICONS = {
    "backButton": "chevron-left",
    "forwardButton": "chevron-right",
    "toParentButton": "arrow-up",
    "newFolderButton": "plus",
}
"""By Qt's names of the buttons. Its own pictures of these are black, in dark too."""


def save_dialog(look: Look, title: str, name: str, parent: QWidget) -> QFileDialog:
    """Return a dialog that asks where to save a new file: the system's own, or else Qt's with icons of the theme.

    name: what the file is called unless the person says otherwise. It opens on the person's documents.
    """
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    places = QStandardPaths.StandardLocation
    folders = [QStandardPaths.writableLocation(place) for place in (places.DocumentsLocation, places.HomeLocation)]
    dialog.setDirectory(next((folder for folder in folders if Path(folder).is_dir()), folders[-1]))
    dialog.selectFile(name)
    dialog.finished.connect(dialog.deleteLater)
    for button_name, icon in _ICONS.items():
        button = dialog.findChild(QToolButton, button_name)
        if button is not None:
            button.setIcon(look.icons.icon(icon))
    return dialog


def with_ending(name: str, endings: Sequence[str], otherwise: str) -> Path:
    """Return the path with one of these endings: its own, or `otherwise` behind its name.

    Where that is taken it gets a number, as nobody was asked about replacing it.
    """
    path = Path(name)
    if path.suffix.lower().removeprefix(".") in endings:
        return path
    found = path.with_name(f"{path.name}.{otherwise}")
    number = 2
    while found.exists():
        found = path.with_name(f"{path.name} ({number}).{otherwise}")
        number += 1
    return found
