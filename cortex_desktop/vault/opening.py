"""Choose the keychain by the operating system, and by nothing else (H-K1).

keyring's own functions would let the environment, a configuration file or an installed plug-in choose, and hand them
the plain text. So each system has one class here, and those functions are never called. keyring takes a moment to load,
so that happens at the first call, on the vault's thread.
"""

from __future__ import annotations

import os
import sys

from ..domain.errors import VaultError, VaultProblem
from .deadline import DeadlineVault, Limits, RawVault

_KEYCHAIN = "Keychain"
_CREDENTIAL_MANAGER = "Credential Manager"
_MAX_UNITS = 1280  # of a credential, 2,560 bytes (H-K5)


def open_vault(platform: str = sys.platform) -> DeadlineVault:
    """Return the keychain of this system. It is first touched by the first call, on a thread of its own."""
    _forget_keyring_settings()
    if platform == "darwin":
        # Each read may wait for a person at a prompt.
        return DeadlineVault(_open_keychain, _KEYCHAIN, "macOS", Limits(call=120))
    if platform == "win32":
        return DeadlineVault(_open_credential_manager, _CREDENTIAL_MANAGER, "Windows")
    return DeadlineVault(_open_secret_service, "Secret Service", "SecretService")


def _forget_keyring_settings() -> None:
    # Before a keyring object is made: KEYRING_PROPERTY_* sets any attribute of it, even a method.
    for name in list(os.environ):
        if name == "PYTHON_KEYRING_BACKEND" or name.startswith("KEYRING_PROPERTY_"):
            del os.environ[name]


def _open_secret_service() -> RawVault:
    from .keyring_vault import KeyringVault
    from .secret_service import SecretServiceKeyring

    return KeyringVault(SecretServiceKeyring(), "Secret Service")


def _open_keychain() -> RawVault:
    from keyring.backends.macOS import Keyring

    from .claims import KeychainClaims
    from .inventory import keychain_items
    from .keyring_vault import KeyringVault

    keyring = Keyring()  # type: ignore[no-untyped-call]
    _insist(keyring, "keyring.backends.macOS", "Keyring", _KEYCHAIN)
    keyring.keychain = None  # comes from the environment, and would only make keyring warn that it ignores it
    return KeyringVault(keyring, _KEYCHAIN, names=keychain_items, claims=KeychainClaims)


def _open_credential_manager() -> RawVault:
    from keyring.backends.Windows import WinVaultKeyring

    from .inventory import credentials
    from .keyring_vault import KeyringVault

    keyring = WinVaultKeyring()  # type: ignore[no-untyped-call]
    _insist(keyring, "keyring.backends.Windows", "WinVaultKeyring", _CREDENTIAL_MANAGER)
    # keyring's own choice would let domain profiles carry keys to other machines (H-K6).
    keyring.persist = "local machine"
    return KeyringVault(keyring, _CREDENTIAL_MANAGER, _MAX_UNITS, credentials)


def _insist(keyring: object, module: str, name: str, keychain: str) -> None:
    """Raise unless `keyring` is of exactly this class, unchanged, and works on this system."""
    kind = type(keyring)
    if (kind.__module__, kind.__qualname__) != (module, name) or vars(keyring):
        raise VaultError(VaultProblem.FAILED, keychain, "not the expected class")
    if not getattr(kind, "viable", False):
        raise VaultError(VaultProblem.MISSING, keychain, "not usable here")
