"""Text that a person typed, where Qt would read marks into it."""

from __future__ import annotations

import re

from PySide6.QtGui import Qt  # this module's has the functions for texts
from PySide6.QtWidgets import QWidget

_LONG_WORD = re.compile(r"\S{25,}")
_JOINT = re.compile(r"[./@_-](?=\w)")


def tip(text: str) -> str:
    """Return the tool tip that shows this text as it is. Qt takes a tip for HTML where it looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text


def set_tip(widget: QWidget, text: str) -> None:
    """Set a tool tip that shows this text as it is, on screen and to a screen reader."""
    widget.setToolTip(tip(text))
    if not widget.accessibleDescription() and Qt.mightBeRichText(text):
        widget.setAccessibleDescription(text)  # for which Qt would take the tip


def breakable(text: str) -> str:
    """Return the text with places where long words, such as addresses, may be broken. Not for what is copied."""
    return _LONG_WORD.sub(lambda word: _JOINT.sub("\\g<0>\u200b", word[0]), text)


def entry(text: str) -> str:
    """Return the text for a menu's entry or a button, without a letter underlined."""
    return text.replace("&", "&&")


def title(text: str) -> str:
    """Return the text for a window's title, where [*] stands for "not saved"."""
    return text.replace("[*]", "[*][*]")
