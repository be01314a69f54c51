"""A keychain in memory that fails when and where a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cortex_desktop.domain.errors import (
    CortexError,
    NumberTaken,
    SecretMissing,
    SecretNotText,
    VaultError,
    VaultProblem,
)
from cortex_desktop.domain.ports import Item, VaultState
from cortex_desktop.domain.secret import ClaimRef, ItemRef, LoginRef, Secret, SecretRef

Hook = Callable[[str, SecretRef | LoginRef | None], None]

_PROBLEMS = {
    VaultState.LOCKED: VaultProblem.LOCKED,
    VaultState.MISSING: VaultProblem.MISSING,
    VaultState.FAILED: VaultProblem.FAILED,
}


class InMemoryVault:
    """Holds secrets until it is dropped.

    items: what is stored; claims: the same of data folders, by their id; not_text: items whose secret is none;
    doubles: what further items of a name hold; current: the state to be in; person_unlocks: what the
    person does at the prompt; calls: what was asked for, as (operation, ref), but for claims; before, after: called
    around each operation's effect, with its name ("state", "unlock", "store", "read", "read all", "remove", "keep one",
    "add double", "read claim", "write claim" or "items") and ref, and may raise.
    """

    trouble = None

    def __init__(self, name: str = "Test keychain", backend: str = "InMemory") -> None:
        self.name = name
        self.backend = backend
        self.items: dict[SecretRef | LoginRef, Secret] = {}
        self.claims: dict[str, str] = {}
        self.not_text: set[SecretRef | LoginRef] = set()
        self.doubles: dict[SecretRef | LoginRef, list[Secret]] = {}
        self.current = VaultState.UNLOCKED
        self.person_unlocks = True
        self.calls: list[tuple[str, SecretRef | LoginRef | None]] = []
        self.before: Hook | None = None
        self.after: Hook | None = None
        self._failures: dict[tuple[str, bool], list[CortexError]] = {}

    def fail_next(self, operation: str, error: CortexError, *, after: bool = False) -> None:
        """Let the next call of `operation` raise `error`, before or after its effect. Several are queued."""
        self._failures.setdefault((operation, after), []).append(error)

    def state(self) -> VaultState:
        """The state it was put in."""
        self._enter("state", None)
        self._leave("state", None)
        return self.current

    def unlock(self) -> None:
        """Unlock, if the person does."""
        self._enter("unlock", None)
        if self.current is VaultState.LOCKED:
            if not self.person_unlocks:
                raise VaultError(VaultProblem.DENIED, self.name)
            self.current = VaultState.UNLOCKED
        elif self.current is not VaultState.UNLOCKED:
            raise VaultError(_PROBLEMS[self.current], self.name)
        self._leave("unlock", None)

    def store(self, ref: SecretRef | LoginRef, secret: Secret) -> None:
        """Store a secret. What is there already is never overwritten."""
        self._enter("store", ref)
        self._demand_unlocked()
        if self.items.setdefault(ref, secret) != secret:
            raise NumberTaken(self.name)
        self._leave("store", ref)

    def replace(self, ref: ItemRef, secret: Secret) -> None:
        """Store a claim in place of the one before."""
        assert isinstance(ref, ClaimRef)
        self._enter("write claim", None)
        self._demand_unlocked()
        self.claims[ref.folder_id] = secret.reveal()
        self._leave("write claim", None)

    def read(self, ref: ItemRef, *, may_ask: bool = False) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""
        if isinstance(ref, ClaimRef):
            return self._read_claim(ref)
        assert isinstance(ref, SecretRef | LoginRef)
        self._enter("read", ref)
        self._demand_unlocked()
        if ref in self.not_text:
            raise SecretNotText(self.name)
        if ref not in self.items:
            raise SecretMissing(self.name)
        secret = self.items[ref]
        self._leave("read", ref)
        return secret

    def remove(self, ref: ItemRef, *, may_ask: bool = False) -> None:
        """Remove the item. No error when there is none."""
        if isinstance(ref, ClaimRef):
            self._demand_unlocked()
            self.claims.pop(ref.folder_id, None)
            return
        assert isinstance(ref, SecretRef | LoginRef)
        self._enter("remove", ref)
        self._demand_unlocked()
        self.items.pop(ref, None)
        self.not_text.discard(ref)
        self.doubles.pop(ref, None)
        self._leave("remove", ref)

    def read_all(self, ref: ItemRef) -> Sequence[Secret | None]:
        """What each item of this name holds."""
        assert isinstance(ref, SecretRef)
        self._enter("read all", ref)
        self._demand_unlocked()
        found = [self.items[ref], *self.doubles.get(ref, ())] if ref in self.items else []
        self._leave("read all", ref)
        return found

    def keep_one(self, ref: ItemRef, kept: Secret) -> None:
        """Remove the others. Raises SecretMissing where none holds `kept`."""
        assert isinstance(ref, SecretRef)
        self._enter("keep one", ref)
        self._demand_unlocked()
        if kept not in (self.items.get(ref), *self.doubles.get(ref, ())):
            raise SecretMissing(self.name)
        self.items[ref] = kept
        self.doubles.pop(ref, None)
        self._leave("keep one", ref)

    def add_double(self, ref: ItemRef, secret: Secret) -> None:
        """Store one more item of this name."""
        assert isinstance(ref, SecretRef)
        self._enter("add double", ref)
        self._demand_unlocked()
        self.doubles.setdefault(ref, []).append(secret)
        self._leave("add double", ref)

    def list_items(self) -> Sequence[Item]:
        """All items, those of claims too."""
        self._enter("items", None)
        self._demand_unlocked()
        refs = {**self.items, **dict.fromkeys(self.not_text)}
        found = [Item(ref, 1 + len(self.doubles.get(ref, ()))) for ref in refs]
        return [*found, *(Item(ClaimRef(folder_id)) for folder_id in self.claims)]

    def _read_claim(self, ref: ClaimRef) -> Secret:
        self._enter("read claim", None)
        self._demand_unlocked()
        if ref.folder_id not in self.claims:
            raise SecretMissing(self.name)
        text = self.claims[ref.folder_id]
        self._leave("read claim", None)
        return Secret(text)

    def stop_waiting(self) -> None:
        """Nothing is ever waited for."""

    def close(self) -> None:
        """Nothing is held."""

    def _demand_unlocked(self) -> None:
        if self.current is not VaultState.UNLOCKED:
            raise VaultError(_PROBLEMS[self.current], self.name)

    def _enter(self, operation: str, ref: SecretRef | LoginRef | None) -> None:
        if "claim" not in operation:
            self.calls.append((operation, ref))
        if self.before is not None:
            self.before(operation, ref)
        self._fail(operation, after=False)

    def _leave(self, operation: str, ref: SecretRef | LoginRef | None) -> None:
        self._fail(operation, after=True)
        if self.after is not None:
            self.after(operation, ref)

    def _fail(self, operation: str, *, after: bool) -> None:
        errors = self._failures.get((operation, after))
        if errors:
            raise errors.pop(0)
