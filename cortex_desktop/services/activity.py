"""Writes what was done to the activity log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from ..domain.activity import Action, ActivityEntry, Detail
from ..domain.errors import CortexError, StorageError
from ..domain.model import App, Org
from ..domain.ports import ActivityLog, Repository
from ..domain.secret import redact
from ..domain.text import QT_TRANSLATE_NOOP

LONGEST = 300
"""Maximum number of characters of a text in an entry. Labels have 120; a text from elsewhere must not swell the log."""


class Recorder:
    """Records what was done. Call it on a lane, after the operation succeeded; it never raises.

    repository: names the orgs; log: gets the entries, None to keep none; by: returns the operating system's user and
    the computer's name, which may take a while; now: returns the time, aware. On the lane's thread, not_recorded gets
    the first error of several in a row, and recorded is called after each write.
    """

    def __init__(
        self,
        repository: Repository,
        log: ActivityLog | None = None,
        by: Callable[[], tuple[str, str]] = lambda: ("", ""),
        not_recorded: Callable[[CortexError], None] | None = None,
        now: Callable[[], datetime] | None = None,
        recorded: Callable[[], None] | None = None,
    ) -> None:
        self._repository = repository
        self._log = log
        self.by = cache(by)
        self._not_recorded = not_recorded
        self._now = now or (lambda: datetime.now(UTC))
        self._recorded = recorded
        self._failing = False
        self._batch = threading.local()  # two lanes record at the same time

    def app(self, action: Action, app: App, **details: Detail | datetime) -> None:
        """Record an action on an app. details: those of `domain.activity.DETAIL_WORDS`; never a key."""
        if self._log is not None:
            self._add(action, details, app.org_id, self._org_name(app.org_id), app.id, app.label)

    def org(self, action: Action, org: Org, **details: Detail | datetime) -> None:
        """Record an action on an org."""
        if self._log is not None:
            self._add(action, details, org.id, org.name)

    def log_itself(self, action: Action, **details: Detail) -> None:
        """Record an action on the log itself."""
        if self._log is not None:
            self._add(action, details)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Collect what this thread records inside, and write it at the end with one sync.

        It is written after an error inside too: what was recorded has been done.
        """
        if getattr(self._batch, "entries", None) is not None:
            yield  # the outer batch writes
            return
        self._batch.entries = []
        try:
            yield
        finally:
            entries, self._batch.entries = self._batch.entries, None
            self._write(entries)

    def _add(self, action: Action, details: Mapping[str, Detail | datetime], *about: str) -> None:
        org_id, org_name, app_id, label = (*about, "", "", "", "")[:4]
        entry = ActivityEntry(
            when=self._now(),
            who=_safe(self.by()[0]),
            computer=_safe(self.by()[1]),
            action=action,
            org_id=org_id,
            org_name=_safe(org_name),
            app_id=app_id,
            label=_safe(label),
            details={name: _detail(value) for name, value in details.items()},
        )
        batch = getattr(self._batch, "entries", None)
        if batch is not None:
            batch.append(entry)
        else:
            self._write([entry])

    def _org_name(self, org_id: str) -> str:
        try:
            return next((org.name for org in self._repository.orgs() if org.id == org_id), "")
        except StorageError:
            return ""

    def _write(self, entries: list[ActivityEntry]) -> None:
        if self._log is None or not entries:
            return
        try:
            self._log.append(entries)
        except StorageError as error:
            # What was done stays done. Report once: a full disk would fail every step.
            if self._not_recorded is not None and not self._failing:
                self._not_recorded(_recording_error(error))
            self._failing = True
        else:
            self._failing = False
            if self._recorded is not None:
                self._recorded()


def _safe(text: str) -> str:
    """The text without anything that looks like a key, which may have been pasted into a label."""
    return redact(text)[:LONGEST].encode("utf-8", "replace").decode()


def _detail(value: Detail | datetime) -> Detail:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return _safe(value) if isinstance(value, str) else value


def _recording_error(error: StorageError) -> StorageError:
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Activity is not recorded now"),
        QT_TRANSLATE_NOOP("core", "Your action was completed, but the activity log could not be written."),
        error.advice.source,
        error.advice.values,
    )
