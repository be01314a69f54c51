"""The person's language, for what is put into words below the user interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..domain.activity import ActivityEntry, describe
from ..domain.text import Text


@dataclass(frozen=True)
class Speech:
    """say: a sentence; moment: a time, with its date. Both from any thread."""

    say: Callable[[Text], str]
    moment: Callable[[datetime], str]

    def details(self, entry: ActivityEntry) -> str:
        """The entry's details on one line."""
        return ", ".join(map(self.say, describe(entry, self.moment)))
