"""The services on stores that a test chooses, with a clock to turn and a disk that can refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cortex_desktop.domain.activity import Action, ActivityEntry, ActivityQuery
from cortex_desktop.domain.errors import CortexError, StorageError, VaultError, VaultProblem
from cortex_desktop.domain.model import App, AppDetails, AppState, Org
from cortex_desktop.domain.ports import Repository, Vault
from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.apps.create import Created
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.apps.two_stores import TwoStores
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from tests.support.vaults import LateVault

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def app_services(
    repository: Repository,
    vault: Vault,
    now: Callable[[], datetime] | None = None,
    recorder: Recorder | None = None,
) -> AppServices:
    """The use cases of apps on these stores."""
    return AppServices.build(TwoStores(repository, vault, recorder, now))


def create(apps: AppServices, org_id: str, label: str, *, sessions: bool = False, csrf: bool = True) -> Created:
    """Create an app with these details."""
    return apps.creation.create(org_id, AppDetails(label, sessions, csrf))


def failed(problem: VaultProblem = VaultProblem.FAILED) -> VaultError:
    """What the keychain in memory raises for this problem."""
    return VaultError(problem, "Test keychain")


def disk_full() -> StorageError:
    """What a full disk raises."""
    return StorageError("The disk is full", "Not saved.", "Free some space.")


class Disk(TinyRepository):
    """The real database. writes: the changes of apps, in order."""

    def __init__(self, folder: Path, now: Callable[[], datetime] | None = None) -> None:
        super().__init__(folder, now)
        self.writes: list[str] = []
        self._refused: dict[str, int] = {}

    def refuse(self, method: str, nth: int = 1) -> None:
        """Let the nth call of add_app, change_app or drop_app from now on fail."""
        self._refused[method] = nth

    def add_app(self, app: App) -> None:
        self._write("add_app")
        super().add_app(app)

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self._write("change_app")
        return super().change_app(app_id, change)

    def drop_app(self, app_id: str) -> None:
        self._write("drop_app")
        super().drop_app(app_id)

    def _write(self, method: str) -> None:
        left = self._refused[method] = self._refused.get(method, 0) - 1
        if left == 0:
            raise disk_full()
        self.writes.append(method)


class Office:
    """All services on a real database, a real activity log and a keychain in memory that may answer late.

    time: what the services take for now; reported: errors of the activity log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = LateVault()
        self.time = NOON
        self.reported: list[CortexError] = []
        self.repository = Disk(folder, self.now)
        self.log = ActivityFile(folder)
        self.recorder = Recorder(self.repository, self.log, lambda: ("john", "desk-7"), self.reported.append, self.now)
        self.apps = app_services(self.repository, self.vault, self.now, self.recorder)
        self.creation, self.editing, self.use = self.apps.creation, self.apps.editing, self.apps.use
        self.rotation, self.deletion, self.listing = self.apps.rotation, self.apps.deletion, self.apps.listing
        self.removal = self.apps.removal
        self.orgs = OrgService(self.repository, self.now, self.recorder)
        self.doctor = Doctor(self.apps, self.vault)
        self.org: Org = self.repository.orgs()[0]

    def now(self) -> datetime:
        return self.time

    def make(self, label: str = "NewHealth App", org: Org | None = None, *, sessions: bool = False) -> Created:
        """Create an app in this org, the first one by default."""
        return create(self.apps, (org or self.org).id, label, sessions=sessions)

    def recover(self) -> RecoveryReport:
        """Recover, with a clock that is taken for right."""
        self.apps.stores.folder.accept_clock()
        return self.apps.recovery.recover()

    def restart(self) -> AppServices:
        """The program ends, and starts anew on the same folder and keychain. Nothing is recovered yet."""
        return app_services(TinyRepository(self.folder, self.now), self.vault, self.now)

    # What the next start would find

    def on_disk(self) -> Sequence[App]:
        return TinyRepository(self.folder).apps()

    def states(self) -> list[AppState]:
        return [app.state for app in self.on_disk()]

    def row(self, app: App) -> App:
        return TinyRepository(self.folder).app(app.id)

    def set_state(self, app: App, state: AppState) -> App:
        """Write this state into the app's row, and nothing else."""
        return self.repository.change_app(app.id, lambda row: replace(row, state=state))

    def entries(self) -> list[ActivityEntry]:
        """What the activity log holds, oldest first."""
        places = [place for piece in self.log.find(ActivityQuery()) for place in piece.places]
        return [logged.entry for logged in reversed(self.log.read(places)) if logged.entry is not None]

    def actions(self) -> list[Action]:
        return [entry.action for entry in self.entries()]

    def last_entry(self) -> tuple[Action, dict[str, object]]:
        entry = self.entries()[-1]
        return entry.action, dict(entry.details)

    # The keychain

    def ref(self, app: App, number: int, kind: SecretKind = SecretKind.API_KEY) -> SecretRef:
        return SecretRef(app.org_id, app.id, kind, number)

    def key(self, app: App) -> Secret:
        """The app's current key."""
        return self.use.secret(app.id)

    def held(self, app: App, kind: SecretKind = SecretKind.API_KEY) -> Secret:
        """What the keychain holds for the app, whatever its state."""
        return self.vault.items[app.ref(kind)]

    def is_whole(self, app: App) -> bool:
        """True if the keychain check finds nothing, and the keychain holds only what the row names."""
        row = self.row(app)
        named = {ref for number in row.versions for ref in row.refs_of(number)}
        return not self.doctor.check(app.id) and set(self.vault.items) == named

    def numbers(self) -> list[int]:
        """Which versions the keychain holds, once for each secret."""
        return sorted(ref.version for ref in self.vault.items)

    def called(self) -> list[str]:
        """What the keychain was asked for."""
        return [call for call, _ in self.vault.calls]

    def fail_at(self, call: str, nth: int, error: CortexError, *, after: bool = False) -> None:
        """Let the nth call of this kind from now on fail, before or after its effect."""
        calls: list[SecretRef | None] = []

        def hook(name: str, ref: SecretRef | None) -> None:
            if name == call:
                calls.append(ref)
                if len(calls) == nth:
                    raise error

        self.vault.before, self.vault.after = (None, hook) if after else (hook, None)

    def in_peace(self) -> None:
        """Let the keychain work again."""
        self.vault.before = self.vault.after = None
