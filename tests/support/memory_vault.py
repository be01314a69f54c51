"""A keychain in memory that fails when and where a test says."""

from __future__ import annotations

from collections.abc import Callable

from cortex_desktop.domain.errors import CortexError, SecretMissing, VaultError, VaultProblem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import Secret, SecretRef

Hook = Callable[[str, SecretRef | None], None]

_PROBLEMS = {
    VaultState.LOCKED: VaultProblem.LOCKED,
    VaultState.MISSING: VaultProblem.MISSING,
    VaultState.FAILED: VaultProblem.FAILED,
}


class InMemoryVault:
    """Holds secrets until it is dropped.

    items: what is stored; current: the state to be in; person_unlocks: what the person does at the prompt;
    calls: what was asked for, as (operation, ref); before, after: called around each operation's effect, with
    its name ("state", "unlock", "store", "read" or "remove") and ref, and may raise.
    """

    def __init__(self, name: str = "Test keychain", backend: str = "InMemory") -> None:
        self.name = name
        self.backend = backend
        self.items: dict[SecretRef, Secret] = {}
        self.current = VaultState.UNLOCKED
        self.person_unlocks = True
        self.calls: list[tuple[str, SecretRef | None]] = []
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

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """Store a secret. What is there already is never overwritten."""
        self._enter("store", ref)
        self._demand_unlocked()
        if self.items.setdefault(ref, secret) != secret:
            raise VaultError(VaultProblem.FAILED, self.name, "read back something else")
        self._leave("store", ref)

    def read(self, ref: SecretRef) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""
        self._enter("read", ref)
        self._demand_unlocked()
        if ref not in self.items:
            raise SecretMissing(self.name)
        secret = self.items[ref]
        self._leave("read", ref)
        return secret

    def remove(self, ref: SecretRef) -> None:
        """Remove the item. No error when there is none."""
        self._enter("remove", ref)
        self._demand_unlocked()
        self.items.pop(ref, None)
        self._leave("remove", ref)

    def stop_waiting(self) -> None:
        """Nothing is ever waited for."""

    def close(self) -> None:
        """Nothing is held."""

    def _demand_unlocked(self) -> None:
        if self.current is not VaultState.UNLOCKED:
            raise VaultError(_PROBLEMS[self.current], self.name)

    def _enter(self, operation: str, ref: SecretRef | None) -> None:
        self.calls.append((operation, ref))
        if self.before is not None:
            self.before(operation, ref)
        self._fail(operation, after=False)

    def _leave(self, operation: str, ref: SecretRef | None) -> None:
        self._fail(operation, after=True)
        if self.after is not None:
            self.after(operation, ref)

    def _fail(self, operation: str, *, after: bool) -> None:
        errors = self._failures.get((operation, after))
        if errors:
            raise errors.pop(0)
