"""The person's language, for texts that are made below the user interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..domain.activity import ActivityEntry, describe
from ..domain.text import Text


@dataclass(frozen=True)
class Speech:
    """say: translates a sentence; moment: writes a time with its date. Both work from any thread."""

    say: Callable[[Text], str]
    moment: Callable[[datetime], str]

    def details(self, entry: ActivityEntry) -> str:
        """Return the entry's details on one line."""
        return ", ".join(map(self.say, describe(entry, self.moment)))
