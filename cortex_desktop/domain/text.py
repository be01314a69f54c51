"""Sentences that start below the user interface and are translated by it.

The core has no Qt, but its sentences reach a person. It marks them with QT_TRANSLATE_NOOP, where Qt's lupdate finds
them, and returns the English source with its values; `ui.kit.i18n.translate_text` translates.
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
