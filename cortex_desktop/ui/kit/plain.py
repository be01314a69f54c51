"""Text that a person typed, where Qt would read marks into it."""

from __future__ import annotations

from PySide6.QtGui import Qt  # this module's has the functions for texts
from PySide6.QtWidgets import QWidget


def tip(text: str) -> str:
    """Return the tool tip that shows this text as it is. Qt takes a tip for HTML where it looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text


def set_tip(widget: QWidget, text: str) -> None:
    """Set a tool tip that shows this text as it is, on screen and to a screen reader."""
    widget.setToolTip(tip(text))
    if not widget.accessibleDescription() and Qt.mightBeRichText(text):
        widget.setAccessibleDescription(text)  # for which Qt would take the tip


def entry(text: str) -> str:
    """Return the text for a menu's entry or a button, without a letter underlined."""
    return text.replace("&", "&&")


def title(text: str) -> str:
    """Return the text for a window's title, where [*] stands for "not saved"."""
    return text.replace("[*]", "[*][*]")
