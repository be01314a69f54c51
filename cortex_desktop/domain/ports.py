"""What the services need from outside. `storage` and `vault` implement these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Protocol

from .activity import ActivityEntry, ActivityQuery, ChainHead, Logged, Piece
from .model import App, Org
from .secret import Secret, SecretRef


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


class ActivityLog(Protocol):
    """The activity log: entries are added at its end and never changed. Safe to call from any thread.

    All methods raise StorageError. `find` and `check` yield after a few milliseconds, so that other work can run.
    """

    def append(self, entries: Sequence[ActivityEntry]) -> None:
        """Add entries, oldest first, in one durable step."""

    def head(self) -> ChainHead:
        """Return the head of the chain."""

    def find(self, query: ActivityQuery) -> Iterator[Piece]:
        """Find the entries that match `query`, newest first."""

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

    def state(self) -> VaultState:
        """Return the keychain's state, without a prompt. Never raises."""

    def unlock(self) -> None:
        """Have the system unlock the keychain, which may prompt the person."""

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """Store a secret in a new item, read it back and compare. Never prompts a locked keychain."""

    def read(self, ref: SecretRef) -> Secret:
        """Return the stored secret. Raises SecretMissing when there is none."""

    def remove(self, ref: SecretRef) -> None:
        """Remove the item and all duplicates of it. No error when there is none."""

    def stop_waiting(self) -> None:
        """End the call that is waiting now with VaultTimeout. Returns at once; from any thread."""
