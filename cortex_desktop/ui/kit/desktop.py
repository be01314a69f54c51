"""Other programs of the desktop."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_folder(folder: str) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


def open_web_page(address: str) -> None:
    """Show a page in the person's browser."""
    QDesktopServices.openUrl(QUrl(address))
