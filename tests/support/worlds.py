"""A data folder as people treat it: closed, copied, put back, moved, opened again, by programs that come and go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cortex_desktop.domain.folder import Standing
from cortex_desktop.domain.model import App, Org
from cortex_desktop.domain.ports import Vault
from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef
from cortex_desktop.services.apps.create import Created
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.storage.repository import TinyRepository
from tests.support.memory_vault import InMemoryVault
from tests.support.services import NOON, app_services, create


class Clock:
    """The time that programs take for now."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, by: timedelta) -> None:
        self.time += by


class Run:
    """The program on a data folder, with a start's recovery done, until `quit`."""

    def __init__(self, folder: Path, vault: Vault, now: Callable[[], datetime], *, recovers: bool = True) -> None:
        self.vault = vault
        self.repository = TinyRepository(folder, now)
        self.apps = app_services(self.repository, vault, now)
        self.orgs = OrgService(self.repository, now, folder=self.apps.stores.folder)
        self.doctor = Doctor(self.apps, vault)  # type: ignore[arg-type]  # the vaults of tests list their items
        self.folder = self.apps.stores.folder
        if recovers:
            self.recover()

    def recover(self) -> RecoveryReport:
        return self.apps.recovery.recover()

    def quit(self) -> None:
        """Close the program as a person does."""
        self.repository.close()

    @property
    def org(self) -> Org:
        return self.repository.orgs()[0]

    @property
    def standing(self) -> Standing:
        return self.folder.standing()

    def make(self, label: str = "Alpha", *, sessions: bool = True) -> Created:
        return create(self.apps, self.org.id, label, sessions=sessions)

    def app(self, label: str = "Alpha") -> App:
        return next(app for app in self.repository.apps() if app.label == label)

    def key(self, label: str = "Alpha") -> Secret:
        return self.apps.use.secret(self.app(label).id)

    def held(self, app: App, number: int) -> Secret | None:
        """What the keychain holds for this version, None for nothing."""
        ref = SecretRef(app.org_id, app.id, SecretKind.API_KEY, number)
        return self.vault.read(ref) if self.apps.stores.holds(ref) else None


class Desk:
    """A computer with a data folder and a keychain."""

    def __init__(self, place: Path, vault: Vault | None = None) -> None:
        self.folder = place / "home"
        self.vault = vault or InMemoryVault()
        self.clock = Clock()
        self._place = place

    def start(self, folder: Path | None = None, *, recovers: bool = True) -> Run:
        return Run(folder or self.folder, self.vault, self.clock, recovers=recovers)

    def copy(self, name: str, folder: Path | None = None) -> Path:
        """Copy the folder, as it is, to a place of this name."""
        target = self._place / name
        shutil.copytree(folder or self.folder, target)
        return target

    def put_back(self, saved: Path) -> None:
        """Put a saved copy in the folder's place."""
        shutil.rmtree(self.folder)
        shutil.copytree(saved, self.folder)

    def move(self, name: str) -> Path:
        target = self._place / name
        shutil.move(self.folder, target)
        return target
