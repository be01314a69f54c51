"""The keychain's state, as a person sees it."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.errors import VaultError
from ..domain.ports import Vault, VaultState


@dataclass(frozen=True)
class KeychainStatus:
    """name: the keychain's own name, e.g. "GNOME Keyring"; state: what it can do now; why: it is MISSING, if known."""

    name: str
    state: VaultState
    why: VaultError | None = None


class KeychainService:
    """Looks at the keychain and unlocks it. Use it on the vault lane, except for `stop_waiting`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def status(self) -> KeychainStatus:
        """Return the keychain's state, without a prompt. Never raises."""
        state = self._vault.state()
        return KeychainStatus(self._vault.name, state, self._vault.trouble if state is VaultState.MISSING else None)

    def unlock(self) -> KeychainStatus:
        """Ask the system to unlock the keychain, which may prompt the person. Raises VaultError."""
        self._vault.unlock()
        return self.status()

    def stop_waiting(self) -> None:
        """End the call that is waiting now with VaultTimeout. Returns at once; from any thread."""
        self._vault.stop_waiting()
