"""Stores and services of a data folder, put together. No Qt.

Nothing here touches the disk or the keychain: each store opens at its first call, which belongs on a lane.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from . import __version__
from .domain.errors import CortexError
from .domain.ports import Inventory, NewFiles, Vault
from .services.activity import Recorder
from .services.apps.logins import RememberedLogins
from .services.apps.origins import KeyOrigins
from .services.apps.services import AppServices
from .services.apps.two_stores import TwoStores
from .services.damage import Damage
from .services.doctor import Doctor
from .services.history import History
from .services.keychain import KeychainService
from .services.orgs import OrgService
from .services.speech import Speech
from .storage.activity import ActivityFile
from .storage.new_file import Exports
from .storage.repository import TinyRepository
from .system.identity import user_and_computer
from .vault.opening import open_vault

if TYPE_CHECKING:
    from .domain.sandbox import Message, Received, SandboxProcess
    from .net.client import HttpNetwork
    from .services.health_report import HealthReports
    from .services.updates import UpdateCheck
    from .services.workbench import RequestServices

T = TypeVar("T")


class OpenVault(Vault, Inventory, Protocol):
    """A keychain that can list its items, and be closed."""

    def close(self) -> None:
        """Take no more calls, and wait for none."""


@dataclass(frozen=True)
class Stores:
    """Where orgs, apps and activity (`folder`) and keys (`vault`) are kept."""

    folder: Path
    repository: TinyRepository
    vault: OpenVault

    @classmethod
    def of(cls, folder: Path) -> Stores:
        """The stores of this data folder, with the system's keychain."""
        return cls(folder, TinyRepository(folder), open_vault())

    def damage(self) -> Damage:
        """What was wrong with the database when it was opened."""
        recovery, unreadable = self.repository.recovered, self.repository.unreadable
        if recovery is None:
            outside = self.repository.changed_outside
            return Damage(unreadable > 0, unreadable=unreadable, changed_outside=outside)
        set_aside = recovery.set_aside.name if recovery.set_aside is not None else ""
        return Damage(True, set_aside, recovery.restored_from, recovery.apps, unreadable)

    def sandbox(
        self,
        *,
        on_received: Callable[[Received], object],
        on_message: Callable[[Message], object],
        on_ended: Callable[[], object],
    ) -> SandboxProcess:
        """The sandbox of this data folder, as a process that ends with this one. It does not run yet."""
        from .sandbox.child import ChildSandbox

        program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "cortex_desktop"]
        command = [*program, "--data-dir", str(self.folder), "sandbox", "--parent"]
        return ChildSandbox(command, on_received=on_received, on_message=on_message, on_ended=on_ended)

    def find_sandbox(self) -> str | None:
        """Where a sandbox of this data folder answers, one in a terminal too; None if none runs."""
        from .sandbox.folder_lock import running_at

        with suppress(OSError):
            return running_at(self.folder)
        return None

    def close(self) -> None:
        """Let go of the keychain, and leave a database that plain TinyDB reads."""
        self.vault.close()
        self.repository.close()


@dataclass(frozen=True)
class Services:
    """The use cases on these stores."""

    stores: Stores
    recorder: Recorder
    apps: AppServices
    origins: KeyOrigins
    doctor: Doctor
    history: History
    keychain: KeychainService
    orgs: OrgService
    requests: Callable[[], RequestServices]
    """Builds what the Requests page works with, once, and loads the HTTP library."""
    updates: Callable[[], UpdateCheck]
    """Builds the check for updates on the same HTTP client."""
    check_ca_file: Callable[[Path], None]
    """Raises CaFileError unless the file holds certificates. For the disk lane."""
    files: NewFiles
    speech: Speech

    def health_reports(self) -> HealthReports:
        """What saves reports on the health of keys, loaded when first asked for."""
        from .services.health_report import HealthReports

        return HealthReports(self.files, self.recorder, self.speech)


def compose(
    stores: Stores,
    *,
    speech: Speech | None = None,
    recorded: Callable[[], None] | None = None,
    not_recorded: Callable[[CortexError], None] | None = None,
) -> Services:
    """Build the services on `stores`.

    speech: the person's language, for exports and for finding entries; recorded, not_recorded: called on the thread of
    an operation after it was written to the activity log, or could not be.
    """
    log = ActivityFile(stores.folder)
    repository, vault = stores.repository, stores.vault
    recorder = Recorder(repository, log, user_and_computer, not_recorded, recorded=recorded)
    apps = AppServices.build(TwoStores(repository, vault, recorder))
    files, speech = Exports(stores.folder), speech or Speech(str, str)
    network = Once(_network)
    return Services(
        stores=stores,
        recorder=recorder,
        apps=apps,
        origins=KeyOrigins(apps.stores, log),
        doctor=Doctor(apps, vault),
        history=History(log, files, recorder, speech),
        keychain=KeychainService(vault),
        orgs=OrgService(repository, recorder=recorder, folder=apps.stores.folder),
        files=files,
        speech=speech,
        requests=Once(lambda: _request_services(stores, network(), apps.logins)),
        updates=Once(lambda: _update_check(network())),
        check_ca_file=_check_ca_file,
    )


class Once(Generic[T]):
    """Makes something at the first call, which may take a while, and returns it at each. From any thread."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        """Return it."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


def _network() -> HttpNetwork:
    from .net.client import HttpNetwork

    return HttpNetwork(agent=f"Cortex-Desktop/{__version__}")


def _request_services(stores: Stores, network: HttpNetwork, logins: RememberedLogins) -> RequestServices:
    from .services.request_history import FILE_NAME, RequestHistory
    from .services.workbench import RequestServices, Workbench
    from .storage.document_file import DocumentFile

    history = RequestHistory(DocumentFile(stores.folder / FILE_NAME))
    return RequestServices(Workbench(network, stores.vault, logins), logins, history, stores.sandbox)


def _check_ca_file(path: Path) -> None:
    from .net.authorities import check_ca_file

    check_ca_file(path)


def _update_check(network: HttpNetwork) -> UpdateCheck:
    from .net.feed import read_feed
    from .services.updates import UpdateCheck

    return UpdateCheck(network, partial(read_feed, network))
