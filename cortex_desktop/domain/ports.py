"""What the services need from outside. `storage` and `vault` implement these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from .activity import Action, ActivityEntry, ActivityQuery, ChainHead, Counted, Logged, Piece
from .errors import VaultError
from .findings import Finding, Stray
from .folder import FolderRecord
from .model import App, Org
from .secret import ClaimRef, ItemRef, LoginRef, Secret, SecretRef


class VaultState(Enum):
    """What the keychain can do now."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    MISSING = "missing"
    FAILED = "failed"  # it is there, but fails or does not answer


class Repository(Protocol):
    """Orgs and apps on disk. Every write is durable when the call returns. Safe to call from any thread.

    All methods raise StorageError.
    """

    def orgs(self) -> Sequence[Org]:
        """Return all orgs in every state, oldest first: one for each app, and at least one that is ACTIVE."""

    def apps(self) -> Sequence[App]:
        """Return all apps of all orgs in every state, oldest first."""

    def app(self, app_id: str) -> App:
        """Return one app. Raises AppGone."""

    def save_org(self, org: Org) -> None:
        """Add or replace an org by its id."""

    def change_org(self, org_id: str, change: Callable[[Org], Org]) -> Org:
        """Replace an org by what `change` returns for it, in one step. Returns the new org. Raises OrgGone."""

    def drop_org(self, org_id: str) -> None:
        """Remove an org, unless an app names it. No error when it is gone already."""

    def add_app(self, app: App) -> None:
        """Add an app under its id, which must be new."""

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        """Replace an app by what `change` returns for it, in one step. Returns the new app. Raises AppGone."""

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        """Replace apps by what `change` returns for each, all in one durable step. Returns those that changed.

        Skips ids that are gone, and apps that `change` returns as they are.
        """

    def drop_app(self, app_id: str) -> None:
        """Remove an app. No error when it is gone already."""

    def is_unreadable(self, app_id: str) -> bool:
        """True if a row that makes no sense to this version may be this app's."""

    def place(self) -> str:
        """Return the path of the data folder, the same for every way to name it."""

    def stands_at(self, path: str, folder_id: str) -> bool:
        """True if another data folder with this identity is at `path`. Never raises."""

    def folder_record(self) -> FolderRecord:
        """Return what the database says of its folder."""

    def change_folder(self, change: Callable[[FolderRecord], FolderRecord]) -> FolderRecord:
        """Replace it by what `change` returns for it, in one durable step; nothing is written where that is the same.

        The generation and the sessions are the database's own, unless the identity changes: then it has no history.
        """

    def count_up(self) -> FolderRecord:
        """Begin a generation that no earlier state of the folder has, in one durable step. Returns the record."""

    def findings(self) -> Sequence[Finding]:
        """Return what the last keychain check found about apps, where it can still be so."""

    def keep_findings(self, findings: Iterable[Finding], app_ids: Iterable[str]) -> None:
        """Keep these findings in place of all that are kept for these apps, in one durable step."""

    def strays(self) -> Sequence[Stray]:
        """Return the keychain items without a row that the last keychain check found."""

    def keep_strays(self, strays: Iterable[Stray]) -> None:
        """Keep these strays in place of all that are kept, in one durable step."""


class ActivityLog(Protocol):
    """The activity log: entries are added at its end and never changed. Safe to call from any thread.

    All methods raise StorageError. `find`, `count` and `check` yield after a few milliseconds, so that other work can
    run.
    """

    def append(self, entries: Sequence[ActivityEntry]) -> None:
        """Add entries, oldest first, in one durable step."""

    def head(self) -> ChainHead:
        """Return the chain head."""

    def find(self, query: ActivityQuery) -> Iterator[Piece]:
        """Find the entries that match `query`, newest first."""

    def count(self, org_id: str, action: Action, edges: Sequence[datetime], after: int = 0) -> Iterator[Counted]:
        """Count the org's entries of this action from each edge to before the next, newest part of the log first.

        after: the place in the log where to stop; what lies before is not counted.
        """

    def read(self, places: Sequence[int]) -> list[Logged]:
        """Return the lines that begin at these places, in the same order."""

    def check(self) -> Iterator[Piece]:
        """Check that each entry is as it was written, oldest first."""


class NewFile(Protocol):
    """A text file that is being written for a person, line ends as given. The methods raise StorageError."""

    def write(self, text: str) -> None:
        """Append text."""

    def finish(self) -> None:
        """Put the file under its name, durably."""

    def drop(self) -> None:
        """Remove a file that is not finished. Never raises; from any thread."""


class NewFiles(Protocol):
    """Makes new files."""

    def begin(self, path: Path) -> NewFile:
        """Begin a file that gets this name, and replaces what has it, when it is finished. Raises StorageError."""


class Vault(Protocol):
    """The operating system's keychain. Calls block up to their deadlines; never call it on the GUI thread.

    All methods raise VaultError; VaultTimeout after a deadline.
    """

    @property
    def name(self) -> str:
        """The keychain's own name, for people, e.g. "GNOME Keyring"."""

    @property
    def backend(self) -> str:
        """The keychain class in use, as rows remember it, e.g. "SecretService"."""

    @property
    def trouble(self) -> VaultError | None:
        """Why the keychain could not be used when `state` last asked; None when it could, or is only locked."""

    def state(self) -> VaultState:
        """Return the keychain's state, without a prompt. Never raises."""

    def unlock(self) -> None:
        """Have the system unlock the keychain, which may prompt the person."""

    def store(self, ref: SecretRef | LoginRef, secret: Secret) -> None:
        """Store a secret in a new item, read it back and compare. Never prompts a locked keychain.

        Raises NumberTaken, with nothing stored, when the item holds something else.
        """

    def replace(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in an item, in place of what it holds. For claims only."""

    def read(self, ref: ItemRef, *, may_ask: bool = False) -> Secret:
        """Return the stored secret. Raises SecretMissing when there is none, SecretNotText when it can be no secret.

        A claim is read without a prompt, also where a keychain asks before it hands out a secret.
        may_ask: where items are locked one by one, the person may be asked about this one.
        """

    def remove(self, ref: ItemRef, *, may_ask: bool = False) -> None:
        """Remove the item and all duplicates of it. No error when there is none. may_ask: as for `read`."""

    def read_all(self, ref: ItemRef) -> Sequence[Secret | None]:
        """Return what each item of this name holds, None for what can be no secret. Several on Linux only."""

    def keep_one(self, ref: ItemRef, kept: Secret) -> None:
        """Remove all items of this name but one that holds `kept`. Raises SecretMissing where none does."""

    def add_double(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in one more item of this name: what takes `keep_one` back."""

    def stop_waiting(self) -> None:
        """End the call that is waiting now with VaultTimeout. Returns at once; from any thread."""


@dataclass(frozen=True, slots=True)
class Item:
    """A keychain item of this program. times: how many items have this name."""

    ref: SecretRef | LoginRef | ClaimRef
    times: int = 1


class Inventory(Protocol):
    """Lists our items in the keychain, without reading a secret or prompting. For the vault lane."""

    def list_items(self) -> Sequence[Item]:
        """Return all items of this program, of every data folder. Raises VaultError."""
