"""What the services need from the outside. `storage` and `vault` implement these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Protocol

from .activity import ActivityEntry, ActivityQuery, ChainHead, Logged, Piece
from .model import App, Org
from .secret import Secret, SecretRef


class VaultState(Enum):
    """What a person should know about the keychain now."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    MISSING = "missing"
    FAILED = "failed"  # there, but it does not work or does not answer


class Repository(Protocol):
    """Orgs and apps on disk. Every write is durable when the call returns. Safe to call from any thread.

    All methods raise StorageError.
    """

    def orgs(self) -> Sequence[Org]:
        """All orgs in every state, oldest first. There is one for each app, and one at least that is ACTIVE."""

    def apps(self) -> Sequence[App]:
        """All apps of all orgs in every state, oldest first."""

    def app(self, app_id: str) -> App:
        """One app. Raises AppGone."""

    def save_org(self, org: Org) -> None:
        """Add or replace an org by its id."""

    def change_org(self, org_id: str, change: Callable[[Org], Org]) -> Org:
        """Replace an org by `change` of its present state, in one step. Returns the new state. Raises OrgGone."""

    def drop_org(self, org_id: str) -> None:
        """Remove an org's row, unless an app's row names it. No error when it is gone already."""

    def add_app(self, app: App) -> None:
        """Add an app under its id, which must be new."""

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        """Replace an app by `change` of its present state, in one step. Returns the new state. Raises AppGone."""

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        """Replace apps by `change` of their present states, all in one step. Returns those that changed.

        Ids that are gone are passed over, and so is an app that `change` returns as it is.
        """

    def drop_app(self, app_id: str) -> None:
        """Remove an app's row. No error when it is gone already."""


class ActivityLog(Protocol):
    """The activity log: entries are added at its end and never changed. Safe to call from any thread.

    All methods raise StorageError. What goes through the whole log does so in pieces of a few milliseconds, so that
    other work can come between them.
    """

    def append(self, entries: Sequence[ActivityEntry]) -> None:
        """Add entries, oldest first, in one durable step."""

    def head(self) -> ChainHead:
        """What the log ends with."""

    def find(self, query: ActivityQuery) -> Iterator[Piece]:
        """Go through the log, newest first, for what `query` asks for."""

    def read(self, places: Sequence[int]) -> list[Logged]:
        """The lines that begin at these places, in the same order."""

    def check(self) -> Iterator[Piece]:
        """Go through the log, oldest first, and see whether each entry is the one that was written."""


class NewFile(Protocol):
    """A text file that is being written for a person. Line ends are as given. The methods raise StorageError."""

    def write(self, text: str) -> None:
        """Add to it."""

    def finish(self) -> None:
        """Have it on the disk under its name."""

    def drop(self) -> None:
        """Leave nothing behind of a file that is not finished. Never raises; from any thread."""


class NewFiles(Protocol):
    """Makes them."""

    def begin(self, path: Path) -> NewFile:
        """A new file that takes this name, and the place of what has it, when it is finished. Raises StorageError."""


class Vault(Protocol):
    """The operating system's keychain. Blocks, up to its deadlines; never call it on the GUI thread.

    All methods raise VaultError; a deadline passed is VaultTimeout.
    """

    @property
    def name(self) -> str:
        """The keychain's own name, for people, e.g. "GNOME Keyring"."""

    @property
    def backend(self) -> str:
        """The keychain class in use, as rows remember it, e.g. "SecretService"."""

    def state(self) -> VaultState:
        """Look, without asking the person anything. Never raises."""

    def unlock(self) -> None:
        """Ask the system to unlock the keychain; the person may be prompted."""

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """Store a secret in a new item, read it back and compare. Never prompts a locked keychain."""

    def read(self, ref: SecretRef) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""

    def remove(self, ref: SecretRef) -> None:
        """Remove the item and every double of it. No error when there is none."""

    def stop_waiting(self) -> None:
        """Make the call that is waiting now end with VaultTimeout. From any thread; returns at once."""
