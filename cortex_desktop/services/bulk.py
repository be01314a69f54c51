"""Bulk actions: the same thing done to many apps, in steps that can be watched, stopped, resumed and reversed.

What changes rows only is done a batch at a time, each in one durable step. What needs the keychain is done app by app
through the use cases of `apps`, so that wherever it stops no app is half-done.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import ClassVar

from ..domain.activity import Action
from ..domain.errors import (
    AppGone,
    ChangedSince,
    CortexError,
    NotFinished,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from ..domain.model import App, AppState
from . import periods, transitions
from .apps.services import AppServices

BATCH = 100
"""Apps that are changed in one durable step: so many that the disk's time does not count, so few that other work
waits for a few hundredths of a second only."""

MAX_FAILURES = 3
"""After this many failures of the keychain in a row, assume the fault is the keychain's and not the apps'."""


@dataclass(frozen=True)
class Refused:
    """An app that could not be changed, and why."""

    app: App
    error: CortexError


@dataclass(frozen=True)
class StepResult:
    """What a step did. changed: apps as they are now; already: apps that needed no change."""

    changed: Sequence[App] = ()
    already: Sequence[App] = ()
    refused: Sequence[Refused] = ()


class BulkAction(ABC):
    """What is done to each app.

    needs_keychain: its steps belong on the vault lane, else on the disk lane; batch: how many apps a step takes.
    """

    needs_keychain: ClassVar[bool] = False
    batch: ClassVar[int] = BATCH

    @abstractmethod
    def step(self, apps: Sequence[App], services: AppServices) -> StepResult:
        """Do it to these apps. Raises CortexError when none of them was changed."""

    @abstractmethod
    def opposite(self) -> BulkAction | None:
        """Return the action that reverses this one for the apps that it changed, or None if there is none."""


class RowAction(BulkAction):
    """A bulk action that changes rows only. recorded_as: the activity entry of each app that it changes."""

    recorded_as: ClassVar[Action]

    @abstractmethod
    def change(self, app: App, now: datetime) -> App:
        """Return the app as it should be; the same object when it is so already. Raises CortexError."""

    def step(self, apps: Sequence[App], services: AppServices) -> StepResult:
        stores = services.stores
        gone = {app.id: app for app in apps}
        already: list[App] = []
        refused: list[Refused] = []
        now = stores.folder.now()

        def change(app: App) -> App:
            del gone[app.id]
            try:
                after = self.change(app, now)
            except CortexError as error:
                refused.append(Refused(app, error))
                return app
            if after is app:
                already.append(app)
            return after

        changed = stores.repository.change_apps([app.id for app in apps], change)
        with stores.record.batch():
            for app in changed:
                details = {"restorable_until": app.purge_after} if app.purge_after is not None else {}
                stores.record.app(self.recorded_as, app, **details)
        return StepResult(changed, already, [*refused, *(Refused(app, AppGone()) for app in gone.values())])


class Enable(RowAction):
    """Enable apps in this console."""

    recorded_as = Action.ENABLED

    def change(self, app: App, now: datetime) -> App:
        _require_active(app)
        return app if app.enabled else replace(app, enabled=True)

    def opposite(self) -> BulkAction:
        return Disable()


class Disable(RowAction):
    """Disable apps in this console."""

    recorded_as = Action.DISABLED

    def change(self, app: App, now: datetime) -> App:
        _require_active(app)
        return replace(app, enabled=False) if app.enabled else app

    def opposite(self) -> BulkAction:
        return Enable()


class Delete(RowAction):
    """Delete apps so that they can be restored."""

    recorded_as = Action.DELETED

    def change(self, app: App, now: datetime) -> App:
        return app if app.state is AppState.DELETED else transitions.mark_deleted(app, now + periods.RESTORABLE)

    def opposite(self) -> BulkAction:
        return Restore()


class Restore(RowAction):
    """Restore deleted apps. The keychain hears of it first, as for `AppDeletion.restore`."""

    needs_keychain = True
    batch = 10 * BATCH  # each step has to wait for the keychain too
    recorded_as = Action.RESTORED

    def step(self, apps: Sequence[App], services: AppServices) -> StepResult:
        services.stores.folder.announce()
        return super().step(apps, services)

    def change(self, app: App, now: datetime) -> App:
        return transitions.restore(app)

    def opposite(self) -> BulkAction:
        return Delete()


@dataclass
class Rotate(BulkAction):
    """Give each app a new key. keep: how long the old keys are kept.

    before: the version that each rotated app had, by its id.
    """

    needs_keychain = True
    batch = 1

    keep: timedelta
    before: dict[str, int] = field(default_factory=dict)
    _left_to_recovery: set[str] = field(default_factory=set)

    def step(self, apps: Sequence[App], services: AppServices) -> StepResult:
        (known,) = apps
        try:
            after = self._rotate(known, services)
        except NotFinished:
            self._left_to_recovery.add(known.id)
            raise
        return StepResult(already=[known]) if after is None else StepResult([after])

    def opposite(self) -> BulkAction | None:
        return RollBack(self.before) if self.keep else None

    def _rotate(self, known: App, services: AppServices) -> App | None:
        """Returns None when the app was rotated by somebody else since the person chose it."""
        _require_active(services.stores.repository.app(known.id))
        app = services.recovery.settle_rotation(known.id)
        if app.key_ends == known.key_ends:
            app = services.rotation.rotate(known.id, self.keep).app
        elif known.id not in self._left_to_recovery:
            return None
        before = next((kept.number for kept in app.kept if kept.key_ends == known.key_ends), None)
        if before is None:
            return app
        if known.id in self._left_to_recovery:  # recovery may have finished it, which does not know how long to keep
            with suppress(VaultError):  # else it is kept as long as recovery keeps it
                app = services.rotation.keep_until(known.id, before, services.stores.folder.now() + self.keep)
        self.before[known.id] = before
        if not self.keep:
            with suppress(CortexError):  # else recovery does
                app = services.removal.drop_kept(known.id, before)
        return app


@dataclass
class RollBack(BulkAction):
    """Make the version that each app had before its rotation the current one. before: those versions, by app id."""

    needs_keychain = True
    batch = 1

    before: Mapping[str, int]

    def step(self, apps: Sequence[App], services: AppServices) -> StepResult:
        (known,) = apps
        app = services.recovery.settle_rotation(known.id)
        _require_active(app)
        number = self.before.get(known.id)
        if number is None or app.version != known.version or number not in {kept.number for kept in app.kept}:
            raise ChangedSince(app.label)
        return StepResult([services.rotation.roll_back(known.id, number, periods.ROLLED_BACK_KEPT)])

    def opposite(self) -> None:
        return None


class Bulk:
    """One bulk action on many apps. Call `step` on the action's lane until `over`; read the rest between steps only.

    total: how many apps; changed: those that were changed, as they are now; already: those that needed no change;
    refused: those that could not be changed; stopped: what a person must see to before `resume`; is_undo: True if
    this reverses another action.
    """

    def __init__(
        self, action: BulkAction, apps: Iterable[App], services: AppServices, *, is_undo: bool = False
    ) -> None:
        self.action = action
        self.is_undo = is_undo
        self._services = services
        self._rest = deque(apps)
        self._failures = 0
        self.total = len(self._rest)
        self.changed: list[App] = []
        self.already: list[App] = []
        self.refused: list[Refused] = []
        self.stopped: CortexError | None = None

    @property
    def reached(self) -> int:
        """How many apps are done."""
        return self.total - len(self._rest)

    @property
    def rest(self) -> Sequence[App]:
        """The apps that are not done yet."""
        return tuple(self._rest)

    @property
    def over(self) -> bool:
        """True if all apps are done, or something stopped it."""
        return not self._rest or self.stopped is not None

    def resume(self) -> None:
        """Go on with the rest after something stopped it."""
        self.stopped = None
        self._failures = 0

    def step(self) -> list[App]:
        """Do a part. Returns the apps that changed, as they are now.

        Never raises CortexError: one about an app goes to `refused`, any other to `stopped`.
        """
        if self.over:
            return []
        apps = list(islice(self._rest, self.action.batch))
        try:
            result = self.action.step(apps, self._services)
        except CortexError as error:
            self._refuse(apps, error)
            return []
        self._failures = 0
        self._pass(apps)
        self.changed += result.changed
        self.already += result.already
        self.refused += result.refused
        return list(result.changed)

    def undo(self) -> Bulk | None:
        """Return what reverses it for the apps that changed; None if nothing can, or if this is an undo itself."""
        opposite = None if self.is_undo or not self.changed else self.action.opposite()
        return None if opposite is None else Bulk(opposite, self.changed, self._services, is_undo=True)

    def _refuse(self, apps: Sequence[App], error: CortexError) -> None:
        cause = error.__cause__ if isinstance(error, NotFinished) else error
        self._failures = self._failures + 1 if isinstance(cause, VaultError) else 0
        if isinstance(cause, CortexError) and _concerns_all(cause):
            self.stopped = cause
            return
        self._pass(apps)
        self.refused += [Refused(app, error) for app in apps]
        if self._failures == MAX_FAILURES:
            self.stopped = error

    def _pass(self, apps: Sequence[App]) -> None:
        for _ in apps:
            self._rest.popleft()


def _require_active(app: App) -> None:
    """Raise NotFinished while the app is being created, AppGone when it is deleted."""
    if app.state is AppState.CREATING:
        raise NotFinished(app.label)
    if app.state is not AppState.ACTIVE:
        raise AppGone


def _concerns_all(error: CortexError) -> bool:
    """True if the next app would fail in the same way."""
    if isinstance(error, VaultError):
        return isinstance(error, VaultTimeout) or error.problem is not VaultProblem.FAILED
    return isinstance(error, StorageError)
