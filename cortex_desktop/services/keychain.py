"""The state of the keychain, as a person should see it."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.ports import Vault, VaultState


@dataclass(frozen=True)
class KeychainStatus:
    """name: the keychain's own name, e.g. "GNOME Keyring"; state: what it can do now."""

    name: str
    state: VaultState


class KeychainService:
    """Looks at the keychain and unlocks it. Blocks; use it on the vault lane, except for `stop_waiting`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def status(self) -> KeychainStatus:
        """Look, without a prompt. Never raises."""
        state = self._vault.state()
        return KeychainStatus(self._vault.name, state)

    def unlock(self) -> KeychainStatus:
        """Ask the system to unlock the keychain; the person may be prompted. Raises VaultError."""
        self._vault.unlock()
        return self.status()

    def stop_waiting(self) -> None:
        """Make the call that is waiting now end with VaultTimeout. From any thread, at once."""
        self._vault.stop_waiting()
