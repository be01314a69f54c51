"""The same thing done to many apps: in steps, so that it can be watched, stopped, gone on with and taken back.

What changes rows only is done a batch at a time, each in one durable step. What needs the keychain is done app by app,
each through the two-store protocol of `apps`, so that wherever it stops no app is half-done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

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
from ..domain.ports import Repository
from .activity import Recorder
from .apps import RESTORABLE, ROLLED_BACK_KEPT, AppService
from .transitions import bring_back, hide

BATCH = 100
"""Apps that are changed in one durable step: many enough that the disk's time does not count, few enough that other
work waits for a few hundredths of a second only."""

ODD_ONES = 3
"""The keychain may fail over an app of which something is odd. Over so many in a row, it is the keychain that is."""


class Deed(Enum):
    """What is done to each of the apps."""

    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    RESTORE = "restore"
    ROTATE = "rotate"
    ROLL_BACK = "roll back"

    @property
    def needs_keychain(self) -> bool:
        """Whether a step calls the keychain, and so belongs on the vault lane; others belong on the disk lane."""
        return self in (Deed.ROTATE, Deed.ROLL_BACK)


_OPPOSITES = {
    Deed.ENABLE: Deed.DISABLE,
    Deed.DISABLE: Deed.ENABLE,
    Deed.DELETE: Deed.RESTORE,
    Deed.RESTORE: Deed.DELETE,
    Deed.ROTATE: Deed.ROLL_BACK,
}


_ACTIONS = {
    Deed.ENABLE: Action.ENABLED,
    Deed.DISABLE: Action.DISABLED,
    Deed.DELETE: Action.DELETED,
    Deed.RESTORE: Action.RESTORED,
}
"""As what a batch is recorded. `AppService` records the others."""


@dataclass(frozen=True)
class Refused:
    """An app to which it could not be done, and why."""

    app: App
    error: CortexError


class Bulk:
    """One deed for many apps. Call `step` on the deed's lane until `over`, and look at the rest between steps only.

    deed; total: how many apps; changed: those that it was done to, as they are now; already: those that were so before;
    refused: those that could not be; stopped: what keeps it from going on, for the person to see to before `resume`.
    """

    def __init__(
        self,
        deed: Deed,
        apps: Iterable[App],
        services: BulkService,
        *,
        keep: timedelta = timedelta(0),
        undoes: Mapping[str, int] | None = None,
    ) -> None:
        self.deed = deed
        self._rest = deque(apps)
        self._services = services
        self._service = services.apps
        self._repository = services.repository
        self._now = services.now
        self._keep = keep
        self._undoes = undoes
        self._befores: dict[str, int] = {}  # which version each app had that was rotated
        self._begun: set[str] = set()  # rotations that were left to recovery
        self._odd = 0
        self.total = len(self._rest)
        self.changed: list[App] = []
        self.already: list[App] = []
        self.refused: list[Refused] = []
        self.stopped: CortexError | None = None

    @property
    def reached(self) -> int:
        """How many apps it is through with."""
        return self.total - len(self._rest)

    @property
    def rest(self) -> Sequence[App]:
        """The apps it has not come to."""
        return tuple(self._rest)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do, or something in the way."""
        return not self._rest or self.stopped is not None

    @property
    def is_undo(self) -> bool:
        """Whether it takes another one back."""
        return self._undoes is not None

    def resume(self) -> None:
        """Go on with the rest, now that what was in the way may be gone."""
        self.stopped = None
        self._odd = 0

    def step(self) -> list[App]:
        """Do a part of it. Returns the apps that changed, as they are now.

        Never raises a CortexError: one that concerns an app is kept in `refused`, any other in `stopped`.
        """
        if self.over:
            return []
        return self._step_app() if self.deed.needs_keychain else self._step_batch()

    def undo(self) -> Bulk | None:
        """What takes it back: done to the apps that it changed. None when it cannot be, or was a taking back itself."""
        if self.is_undo or not self.changed or (self.deed is Deed.ROTATE and not self._keep):
            return None
        opposite = _OPPOSITES[self.deed]
        return Bulk(opposite, self.changed, self._services, keep=ROLLED_BACK_KEPT, undoes=self._befores)

    # In batches

    def _step_batch(self) -> list[App]:
        batch = [self._rest[number] for number in range(min(BATCH, len(self._rest)))]
        gone = {app.id: app for app in batch}
        already: list[App] = []
        refused: list[Refused] = []

        def change(app: App) -> App:
            del gone[app.id]
            try:
                after = self._after(app)
            except CortexError as error:
                refused.append(Refused(app, error))
                return app
            if after is app:
                already.append(app)
            return after

        try:
            changed = list(self._repository.change_apps([app.id for app in batch], change))
        except StorageError as error:
            self.stopped = error
            return []
        with self._services.record.batch():
            for app in changed:
                details = {"restorable_until": app.purge_after} if app.purge_after is not None else {}
                self._services.record.app(_ACTIONS[self.deed], app, **details)
        for _ in batch:
            self._rest.popleft()
        self.changed += changed
        self.already += already
        self.refused += [*refused, *(Refused(app, AppGone()) for app in gone.values())]
        return changed

    def _after(self, app: App) -> App:
        """The app as it is to be, the same object when it is so already."""
        match self.deed:
            case Deed.DELETE:
                return app if app.state is AppState.DELETED else hide(app, self._now() + RESTORABLE)
            case Deed.RESTORE:
                return bring_back(app)
            case _:
                _require_active(app)
                enabled = self.deed is Deed.ENABLE
                return app if app.enabled is enabled else replace(app, enabled=enabled)

    # App by app

    def _step_app(self) -> list[App]:
        known = self._rest[0]
        try:
            after = self._rotated(known) if self.deed is Deed.ROTATE else self._rolled_back(known)
        except CortexError as error:
            cause = error.__cause__ if isinstance(error, NotFinished) else error
            self._odd = self._odd + 1 if isinstance(cause, VaultError) else 0
            if isinstance(error, NotFinished):
                self._begun.add(known.id)
            if isinstance(cause, CortexError) and _is_in_the_way(cause):
                self.stopped = cause
                return []
            self._rest.popleft()
            self.refused.append(Refused(known, error))
            if self._odd == ODD_ONES:
                self.stopped = error
            return []
        self._odd = 0
        self._rest.popleft()
        if after is None:
            self.already.append(known)
            return []
        self.changed.append(after)
        return [after]

    def _rotated(self, known: App) -> App | None:
        """The app with a new key. None when somebody gave it one since the person looked."""
        _require_active(self._repository.app(known.id))
        app = self._service.settle_rotation(known.id)
        if app.key_ends == known.key_ends:
            app = self._service.rotate(known.id, self._keep).app
        elif known.id not in self._begun:
            return None
        before = next((kept.number for kept in app.kept if kept.key_ends == known.key_ends), None)
        if before is None:
            return app
        if known.id in self._begun:  # it may be recovery that finished it, which does not know for how long to keep
            app = self._service.keep_until(known.id, before, self._now() + self._keep)
        self._befores[known.id] = before
        if not self._keep:
            with suppress(CortexError):  # else recovery does
                app = self._service.drop_kept(known.id, before)
        return app

    def _rolled_back(self, known: App) -> App:
        """The app with the key that it had before, unless it was changed since."""
        app = self._service.settle_rotation(known.id)
        _require_active(app)
        number = (self._undoes or {}).get(known.id)
        if number is None or app.version != known.version or number not in {kept.number for kept in app.kept}:
            raise ChangedSince(app.label)
        return self._service.roll_back(known.id, number, self._keep)


class BulkService:
    """Makes bulk work. apps: does what concerns one app; repository: their rows; now, recorder: as for AppService."""

    def __init__(
        self,
        apps: AppService,
        repository: Repository,
        now: Callable[[], datetime] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.apps = apps
        self.repository = repository
        self.now = now or (lambda: datetime.now(UTC))
        self.record = recorder or Recorder(repository)

    def make(self, deed: Deed, apps: Iterable[App], keep: timedelta = timedelta(0)) -> Bulk:
        """Work that does this to these apps, as the person sees them; nothing is done yet.

        keep: for ROTATE, how long the old keys stay.
        """
        return Bulk(deed, apps, self, keep=keep)


def _require_active(app: App) -> None:
    """Raises NotFinished while the app is created, AppGone when it is deleted."""
    if app.state is AppState.CREATING:
        raise NotFinished(app.label)
    if app.state is not AppState.ACTIVE:
        raise AppGone


def _is_in_the_way(error: CortexError) -> bool:
    """Whether it would happen with the next app too."""
    if isinstance(error, VaultError):
        return isinstance(error, VaultTimeout) or error.problem is not VaultProblem.FAILED
    return isinstance(error, StorageError)
