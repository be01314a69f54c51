"""Sentences that start below the user interface and are translated by it.

The core knows no Qt, yet what it says reaches a person. So it names its sentences with QT_TRANSLATE_NOOP, where
Qt's lupdate finds them, and hands the English source with its values upwards; `ui.kit.i18n` translates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def QT_TRANSLATE_NOOP(context: str, source: str) -> str:  # noqa: N802 (the name lupdate looks for)
    """Mark `source` for translation in `context` and return it unchanged."""
    return source


@dataclass(frozen=True)
class Text:
    """An English sentence of context "core" with named values, e.g. Text("Delete {label}?", {"label": "x"})."""

    source: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.source.format(**self.values)
