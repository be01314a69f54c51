"""Finds, checks and exports entries of the activity log. What reads the whole log is an iterator of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..domain.activity import (
    ACTION_WORDS,
    DETAIL_WORDS,
    Action,
    ActivityQuery,
    ActivityWord,
    Break,
    ChainHead,
    Counted,
    Logged,
    Piece,
)
from ..domain.folding import fold
from ..domain.ports import ActivityLog, NewFile, NewFiles
from ..domain.text import Text
from .activity import Recorder
from .speech import Speech

BATCH = 500
"""Entries exported in one step."""

CHECKED = 0.3
"""Part of an export's progress that is given to checking the chain."""


@dataclass(frozen=True)
class Export:
    """What to export. places: of the entries; format: a name of `FORMATS`; title, filter: for the report's heading."""

    places: Sequence[int]
    path: Path
    format: str
    title: str
    filter: str


class History:
    """The activity log as a person reads it. Use it on the disk lane, except for `abandon`.

    files: makes the files of exports; recorder: names who exports, and records it; speech: the person's language.
    """

    def __init__(self, log: ActivityLog, files: NewFiles, recorder: Recorder, speech: Speech) -> None:
        self._log = log
        self._files = files
        self._recorder = recorder
        self._speech = speech
        self._writing: NewFile | None = None

    def find(
        self,
        text: str = "",
        org_id: str = "",
        app_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        action: Action | None = None,
    ) -> Iterator[Piece]:
        """Find the entries that hold all words of `text`, newest first. until: before when. Raises StorageError.

        Searches the action, the app's label, the details except for dates, and the user; without an org_id also the
        org's name.
        """
        return self._log.find(ActivityQuery(org_id, app_id, since, self._words(text), until, action))

    def count(
        self,
        edges: Sequence[datetime],
        after: int = 0,
        *,
        text: str = "",
        org_id: str = "",
        app_id: str = "",
        action: Action | None = None,
    ) -> Iterator[Counted]:
        """Count the entries that `find` would find, from each edge to before the next. Raises StorageError.

        after: the `end` of an earlier count, to count only what was added since.
        """
        query = ActivityQuery(org_id, app_id, words=self._words(text), action=action)
        return self._log.count(query, edges, after)

    def count_copies(self, org_id: str, edges: Sequence[datetime], after: int = 0) -> Iterator[Counted]:
        """Count how often keys of this org were copied from each edge to before the next; see `count`."""
        return self.count(edges, after, org_id=org_id, action=Action.KEY_COPIED)

    def read(self, places: Sequence[int]) -> list[Logged]:
        """Return the entries at these places. Raises StorageError."""
        return self._log.read(places)

    def head(self) -> ChainHead:
        """Return the chain head. Raises StorageError."""
        return self._log.head()

    def check(self) -> Iterator[Piece]:
        """Check that each entry is as it was written, oldest first. Raises StorageError."""
        return self._log.check()

    def export(self, export: Export) -> Iterator[float]:
        """Write the entries to a new file, which appears at the end. Yields the progress, 0 to 1.

        Raises StorageError. After an error, or when closed before its end, there is no new file.
        """
        from .reports import FORMATS, Facts  # loads csv and html, which nothing else needs

        written = self._writing = self._files.begin(export.path)
        try:
            breaks: list[Break] = []
            head = self._log.head()
            for piece in self._log.check():
                breaks += piece.breaks
                yield piece.done * CHECKED
            who, computer = self._recorder.by()
            facts = Facts(
                export.title, export.filter, len(export.places), datetime.now(UTC), who, computer, head, breaks
            )
            report = FORMATS[export.format](self._speech, facts)
            written.write(report.begin())
            for start in range(0, len(export.places), BATCH):
                places = export.places[start : start + BATCH]
                written.write("".join(map(report.entry, self._log.read(places))))
                yield CHECKED + (1 - CHECKED) * (start + len(places)) / len(export.places)
            written.write(report.end())
            written.finish()
        finally:
            self._writing = None
            written.drop()
        self._recorder.log_itself(Action.EXPORTED, count=len(export.places), format=export.format)

    def abandon(self) -> None:
        """Drop a half-written file, because the program ends. From any thread."""
        if self._writing is not None:
            self._writing.drop()

    def _words(self, text: str) -> tuple[ActivityWord, ...]:
        return tuple(map(self._word, fold(text).split()))

    def _word(self, word: str) -> ActivityWord:
        say = self._speech.say
        actions = {action for action, words in ACTION_WORDS.items() if word in fold(say(Text(words)))}
        details = {
            (name, value)
            for (name, value), words in DETAIL_WORDS.items()
            if word in fold(say(Text(words, {"value": "" if value is None else str(value)})))
        }
        return ActivityWord(word, frozenset(actions), frozenset(details))
