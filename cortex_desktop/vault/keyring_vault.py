"""macOS and Windows: one of keyring's own classes, with its answers checked and its errors told apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..domain.errors import SecretMissing, VaultError, VaultProblem, VaultTimeout
from ..domain.ports import VaultState
from ..domain.secret import Secret, SecretRef

_NOT_FOUND = -25300  # macOS: errSecItemNotFound
_PROBLEMS = {
    # Windows (winerror.h)
    5: VaultProblem.DENIED,  # ERROR_ACCESS_DENIED
    8: VaultProblem.FULL,  # ERROR_NOT_ENOUGH_MEMORY: the store holds no more credentials
    1223: VaultProblem.DENIED,  # ERROR_CANCELLED
    1312: VaultProblem.FAILED,  # ERROR_NO_SUCH_LOGON_SESSION: a logon without a store, e.g. over ssh
    1783: VaultProblem.FULL,  # RPC_X_BAD_STUB_DATA: the secret is too long
    # macOS (SecBase.h)
    -128: VaultProblem.DENIED,  # errSecUserCanceled
    -25291: VaultProblem.MISSING,  # errSecNotAvailable
    -25293: VaultProblem.DENIED,  # errSecAuthFailed
    -25307: VaultProblem.MISSING,  # errSecNoDefaultKeychain
    -25308: VaultProblem.LOCKED,  # errSecInteractionNotAllowed: locked, and no screen to ask on
}
_REMOVE_ROUNDS = 5


class Backend(Protocol):
    """What is used of a keyring class."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class KeyringVault:
    """A keychain through an instance of a keyring class.

    most_units: how many UTF-16 units the keychain can hold in one entry, where it says so only too late.
    """

    def __init__(self, keyring: Backend, name: str, backend: str, most_units: int | None = None) -> None:
        self.name = name
        self.backend = backend
        self._keyring = keyring
        self._most_units = most_units
        self._abandoned = False

    def state(self) -> VaultState:
        """Unlocked: both systems unlock with the session, and cannot be asked without a prompt."""
        return VaultState.UNLOCKED

    def unlock(self) -> None:
        """Nothing to do: both systems prompt at the first read, by themselves."""

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """Store a secret and read it back. What is there already is never overwritten."""
        units = len(secret.reveal().encode("utf-16-le")) // 2
        if self._most_units is not None and units > self._most_units:
            raise VaultError(VaultProblem.FULL, self.name, "secret too long")
        found = self._stored(ref)
        if found is None:
            with self._errors_told():
                self._keyring.set_password(ref.service, ref.username, secret.reveal())
            found = self._stored(ref)
        if found != secret:
            raise VaultError(VaultProblem.FAILED, self.name, "read back something else")

    def read(self, ref: SecretRef) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""
        found = self._stored(ref)
        if found is None:
            raise SecretMissing(self.name)
        return found

    def remove(self, ref: SecretRef) -> None:
        """Remove the entry, and on Windows the one under the compound name too (H-K4)."""
        from keyring.errors import PasswordDeleteError

        for _ in range(_REMOVE_ROUNDS):
            with self._errors_told():
                try:
                    self._keyring.delete_password(ref.service, ref.username)
                except PasswordDeleteError as error:
                    if _code(error) == _NOT_FOUND:
                        return
                    if _code(error) is not None:
                        raise
                    # Windows tells no reason. Its look-up tries the compound name too: None means both gone.
                    if self._keyring.get_password(ref.service, ref.username) is None:
                        return
        raise VaultError(VaultProblem.FAILED, self.name, "still there after removal")

    def stop_waiting(self) -> None:
        """A call into the system cannot be ended from outside, so let it be the last one."""
        self._abandoned = True

    def close(self) -> None:
        """Nothing is held."""

    def _stored(self, ref: SecretRef) -> Secret | None:
        with self._errors_told():
            text = self._keyring.get_password(ref.service, ref.username)
        return None if text is None else Secret(text)

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        if self._abandoned:
            raise VaultTimeout(self.name)
        try:
            yield
        except Exception as error:
            # From None: texts and frames of the original may quote what was stored.
            raise self._told(error) from None

    def _told(self, error: Exception) -> VaultError:
        from keyring.errors import KeyringLocked, NoKeyringError

        code = _code(error)
        if code is not None:
            problem = _PROBLEMS.get(code, VaultProblem.FAILED)
            return VaultError(problem, self.name, f"{type(error).__name__} {code}")
        problem = VaultProblem.FAILED
        if isinstance(error, KeyringLocked):
            problem = VaultProblem.LOCKED
        elif isinstance(error, NoKeyringError):
            problem = VaultProblem.MISSING
        return VaultError(problem, self.name, type(error).__name__)


def _code(error: Exception) -> int | None:
    """The system's own number: of a Windows error, or of the macOS error that keyring's was raised from."""
    code = getattr(error, "winerror", None)
    if code is None and error.__cause__ is not None and error.__cause__.args:
        code = error.__cause__.args[0]
    return code if isinstance(code, int) else None
