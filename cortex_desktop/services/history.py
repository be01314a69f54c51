"""Reading the activity log: finding, checking, exporting. Whatever goes through all of it is an iterator of steps."""

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
    Logged,
    Piece,
)
from ..domain.folding import fold
from ..domain.ports import ActivityLog, NewFile, NewFiles
from ..domain.text import Text
from .activity import Recorder
from .speech import Speech

BATCH = 500
"""Lines that are exported in one step."""

CHECKED = 0.3
"""Which part of an export's time goes into checking the chain."""


@dataclass(frozen=True)
class Export:
    """What is to be exported. places: of the entries; format: a name of `FORMATS`; title, filter: words for the head
    of a report."""

    places: Sequence[int]
    path: Path
    format: str
    title: str
    filter: str


class History:
    """The activity log as a person reads it. Blocks; use it on the disk lane, except for `abandon`.

    files: makes the files of exports; recorder: knows who exports, and writes it down; speech: says things in the
    person's language.
    """

    def __init__(self, log: ActivityLog, files: NewFiles, recorder: Recorder, speech: Speech) -> None:
        self._log = log
        self._files = files
        self._recorder = recorder
        self._speech = speech
        self._writing: NewFile | None = None

    def find(
        self, text: str = "", org_id: str = "", app_id: str = "", since: datetime | None = None
    ) -> Iterator[Piece]:
        """Where the entries are that hold all words of `text`, newest first. Raises StorageError.

        Words are looked for in what was done, the app's label, the details (but for their dates), and who did it;
        across all orgs (no org_id) also in the org's name.
        """
        words = tuple(map(self._word, fold(text).split()))
        return self._log.find(ActivityQuery(org_id, app_id, since, words))

    def read(self, places: Sequence[int]) -> list[Logged]:
        """The lines at these places. Raises StorageError."""
        return self._log.read(places)

    def head(self) -> ChainHead:
        """What the log ends with. Raises StorageError."""
        return self._log.head()

    def check(self) -> Iterator[Piece]:
        """Whether each entry is the one that was written, oldest first. Raises StorageError."""
        return self._log.check()

    def export(self, export: Export) -> Iterator[float]:
        """Write the entries into a new file, which is there once this is over. Yields how much is done, 0 to 1.

        Raises StorageError; then, and when it is closed before its end, there is no new file.
        """
        from .reports import FORMATS, Facts  # with csv and html, which nothing else needs

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
        """Leave no half-written file behind: the program ends. From any thread."""
        if self._writing is not None:
            self._writing.drop()

    def _word(self, word: str) -> ActivityWord:
        say = self._speech.say
        actions = {action for action, words in ACTION_WORDS.items() if word in fold(say(Text(words)))}
        details = {
            (name, value)
            for (name, value), words in DETAIL_WORDS.items()
            if word in fold(say(Text(words, {"value": "" if value is None else str(value)})))
        }
        return ActivityWord(word, frozenset(actions), frozenset(details))
