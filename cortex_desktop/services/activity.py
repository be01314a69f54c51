"""Recording what was done."""

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
"""Characters of a text in an entry: labels have 120, and one from elsewhere must not swell the log."""


class Recorder:
    """Writes down what was done. Call it on a lane, after the operation succeeded; it never raises.

    repository: knows the orgs' names; log: where entries go, None to keep none; by: looks up the operating system's
    user and the computer's name, which may take a while; tell: gets, on the lane's thread, the first error of a row
    of failures.
    """

    def __init__(
        self,
        repository: Repository,
        log: ActivityLog | None = None,
        by: Callable[[], tuple[str, str]] = lambda: ("", ""),
        tell: Callable[[CortexError], None] | None = None,
        now: Callable[[], datetime] | None = None,
        recorded: Callable[[], None] | None = None,
    ) -> None:
        self._repository = repository
        self._log = log
        self.by = cache(by)
        self._tell = tell
        self._now = now or (lambda: datetime.now(UTC))
        self._recorded = recorded
        self._failing = False
        self._batch = threading.local()  # two lanes record at the same time

    def app(self, action: Action, app: App, **details: Detail | datetime) -> None:
        """Record that something was done to an app. details: see `domain.activity.DETAIL_WORDS`; never a key."""
        if self._log is not None:
            self._add(action, details, app.org_id, self._org_name(app.org_id), app.id, app.label)

    def org(self, action: Action, org: Org, **details: Detail | datetime) -> None:
        """Record that something was done to an org."""
        if self._log is not None:
            self._add(action, details, org.id, org.name)

    def log_itself(self, action: Action, **details: Detail) -> None:
        """Record that something was done with the log."""
        if self._log is not None:
            self._add(action, details)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Keep what this thread records inside together, and write it at the end, with one sync.

        It is written as well when the work inside ends with an error: what was recorded has been done.
        """
        if getattr(self._batch, "entries", None) is not None:
            yield  # inside another one, which writes
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
            # What was done stays done. Once is enough: a full disk would have us say it with every step.
            if self._tell is not None and not self._failing:
                self._tell(_not_recorded(error))
            self._failing = True
        else:
            self._failing = False
            if self._recorded is not None:
                self._recorded()


def _safe(text: str) -> str:
    """The text as it may be written: without anything of the shape of a key, in case one was pasted into a label."""
    return redact(text)[:LONGEST].encode("utf-8", "replace").decode()


def _detail(value: Detail | datetime) -> Detail:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return _safe(value) if isinstance(value, str) else value


def _not_recorded(error: StorageError) -> StorageError:
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Activity is not recorded now"),
        QT_TRANSLATE_NOOP("core", "What you did was done, but the activity log could not be written."),
        error.advice.source,
        error.advice.values,
    )
