"""The vault: what the program asks of a keychain, through keyring's interface on every system."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, NoKeyringError, PasswordDeleteError

from ..domain.errors import (
    ItemRefused,
    KeychainEmpty,
    NumberTaken,
    SecretMissing,
    SecretNotText,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from ..domain.ports import Item, VaultState
from ..domain.secret import ClaimRef, ItemRef, LoginRef, Secret, SecretRef, parse_ref

_NOT_FOUND = -25300  # macOS: errSecItemNotFound
# What the system reports, where it says more than the class of keyring's error.
_PROBLEMS: dict[int | str | None, VaultProblem] = {
    # Windows (winerror.h)
    5: VaultProblem.DENIED,  # ERROR_ACCESS_DENIED
    8: VaultProblem.FULL,  # ERROR_NOT_ENOUGH_MEMORY: the store holds no more credentials
    1223: VaultProblem.DENIED,  # ERROR_CANCELLED
    1783: VaultProblem.FULL,  # RPC_X_BAD_STUB_DATA: the secret is too long
    # macOS (SecBase.h)
    -128: VaultProblem.DENIED,  # errSecUserCanceled
    -25291: VaultProblem.MISSING,  # errSecNotAvailable
    -25293: VaultProblem.DENIED,  # errSecAuthFailed
    -25307: VaultProblem.MISSING,  # errSecNoDefaultKeychain
    -25308: VaultProblem.LOCKED,  # errSecInteractionNotAllowed: locked, and no screen to ask on
    # Linux
    "PromptDismissedException": VaultProblem.DENIED,
    "org.freedesktop.DBus.Error.AccessDenied": VaultProblem.DENIED,
}
_REMOVE_ROUNDS = 5
_LONGEST = 1280
"""Characters of the longest text that is read: a credential of Windows holds no more."""

Names = Sequence[tuple[str, str]]
"""Service and user name of each item, once for each time that it is there."""


class Claims(Protocol):
    """Reads and writes claims where keyring's own way to read an item could prompt. The methods raise KeyringError."""

    def read(self, service: str, username: str) -> str | None:
        """Return the text of the item of this name, None where there is none. Never prompts."""

    def write(self, service: str, username: str, text: str) -> None:
        """Have the item of this name hold this text."""


class ItemLocked(KeyringLocked):
    """The item is locked apart from its keychain: the person must be asked about it."""


class KeyringEmpty(KeyringError):
    """The keychain holds nothing at all, which is not to be believed."""


class LockableKeyring(KeyringBackend):
    """A keyring class whose keychain locks apart from the session: what keyring's interface lacks for that.

    Its calls never prompt, except `unlock`; a locked keychain raises KeyringLocked. Of its errors, all keyring's own
    but for TimeoutError, the text is the name of what the system reported, and never quotes what was stored.

    service_name: the keychain's name for people, exact once it was reached.
    """

    service_name: str

    @abstractmethod
    def is_locked(self) -> bool:
        """True if it must be unlocked before use. Does not prompt."""

    @abstractmethod
    def unlock(self) -> None:
        """Prompt the person, and wait for the answer until `stop_waiting`. Raises KeyringError when refused."""

    @abstractmethod
    def unlock_item(self, service: str, username: str) -> None:
        """Have the person asked about an item that is locked by itself. Raises KeyringError when refused."""

    @abstractmethod
    def passwords(self, service: str, username: str) -> Sequence[str | None]:
        """Return what each item of this name holds, None for what is no text. The person may be asked."""

    @abstractmethod
    def keep_one(self, service: str, username: str, password: str) -> bool:
        """Remove all items of this name but one that holds this. False, with nothing removed, where none does."""

    @abstractmethod
    def add_double(self, service: str, username: str, password: str) -> None:
        """Store a secret in one more item of this name."""

    @abstractmethod
    def names(self) -> Names:
        """Return the names of all our items, without their secrets."""

    @abstractmethod
    def stop_waiting(self) -> None:
        """End the call that is waiting and refuse all later ones. From any thread; returns at once."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class KeyringVault:
    """A keychain behind an instance of a keyring class, used on one thread.

    name: the keychain's name for people, unless the keyring knows it better; max_units: how many UTF-16 units an entry
    holds, where the keychain itself reports that too late; names: lists the items of a keyring that cannot; claims:
    makes what reads and writes claims, by default the keyring.
    """

    def __init__(
        self,
        keyring: KeyringBackend,
        name: str,
        max_units: int | None = None,
        names: Callable[[], Names] | None = None,
        claims: Callable[[], Claims] | None = None,
    ) -> None:
        self._keyring = keyring
        self._claims = claims
        self._names = names
        self._lockable = keyring if isinstance(keyring, LockableKeyring) else None
        self._name = name
        self._max_units = max_units
        self._abandoned = False

    @property
    def name(self) -> str:
        """The keychain's name for people."""
        return self._name if self._lockable is None else self._lockable.service_name

    def state(self) -> VaultState:
        """LOCKED or UNLOCKED, without a prompt. Raises VaultError.

        Keychains that are no LockableKeyring unlock with the session, and cannot be asked without a prompt.
        """
        with self._vault_errors():
            is_locked = self._lockable is not None and self._lockable.is_locked()
        return VaultState.LOCKED if is_locked else VaultState.UNLOCKED

    def unlock(self) -> None:
        """Prompt for the keychain's password. macOS and Windows do so by themselves, at the first read."""
        if self._lockable is not None:
            with self._vault_errors():
                self._lockable.unlock()

    def store(self, ref: SecretRef | LoginRef, secret: Secret) -> None:
        """Store a secret, read it back and compare. Never overwrites another one: raises NumberTaken."""
        try:
            found = self._find(ref)
        except SecretNotText:
            raise NumberTaken(self.name) from None
        except KeychainEmpty:  # the first item ever, or a number that was looked at before
            found = None
        if found is None:
            self._set(ref, secret)
        elif found != secret:
            raise NumberTaken(self.name)

    def replace(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in place of what the item holds, read it back and compare."""
        self._set(ref, secret)

    def read(self, ref: ItemRef, *, may_ask: bool = False) -> Secret:
        """Return the stored secret. Raises SecretMissing when there is none, SecretNotText when it can be no secret."""
        found = self._find(ref, may_ask)
        if found is None:
            raise SecretMissing(self.name)
        return found

    def remove(self, ref: ItemRef, *, may_ask: bool = False) -> None:
        """Remove the item and every double of it: Windows' compound name (H-K4), Linux' items of one name (H-K15)."""
        for _ in range(_REMOVE_ROUNDS):
            with self._vault_errors():
                try:
                    self._delete(ref, may_ask)
                except PasswordDeleteError as error:
                    code = _code(error)
                    if code == _NOT_FOUND:
                        return
                    if code is not None:
                        raise
                    # Windows and Linux: there was none, or not of this user. Only a look tells.
                    with suppress(UnicodeError):  # something is there
                        if self._keyring.get_password(ref.service, ref.username) is None:
                            return
        raise VaultError(VaultProblem.FAILED, self.name, "still there after removal")

    def read_all(self, ref: ItemRef) -> Sequence[Secret | None]:
        """Return what each item of this name holds, None for what can be no secret.

        The keychains of Windows and macOS hold one; what keyring leaves under Windows' compound name is not read.
        """
        if self._lockable is None:
            found = self._find(ref)
            return [] if found is None else [found]
        with self._vault_errors():
            texts = self._lockable.passwords(ref.service, ref.username)
        return [Secret(text) if text is not None and 0 < len(text) <= _LONGEST else None for text in texts]

    def keep_one(self, ref: ItemRef, kept: Secret) -> None:
        """Remove all items of this name but one that holds `kept`. Raises SecretMissing where none does."""
        if self._lockable is not None:
            with self._vault_errors():
                is_kept = self._lockable.keep_one(ref.service, ref.username, kept.reveal())
            if not is_kept:
                raise SecretMissing(self.name)

    def add_double(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in one more item of this name."""
        if self._lockable is not None:
            with self._vault_errors():
                self._lockable.add_double(ref.service, ref.username, secret.reveal())

    def list_items(self) -> Sequence[Item]:
        """Return all items of this program."""
        with self._vault_errors():
            names = self._lockable.names() if self._lockable is not None else self._names() if self._names else ()
        times = Counter(ref for name in names if (ref := parse_ref(*name)) is not None)
        return [Item(ref, number) for ref, number in times.items()]

    def stop_waiting(self) -> None:
        """Begin no further step, and end the present one where the system allows. From any thread."""
        self._abandoned = True
        if self._lockable is not None:
            self._lockable.stop_waiting()

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self._lockable is not None:
            self._lockable.close()

    def _set(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret, read it back and compare."""
        units = len(secret.reveal().encode("utf-16-le")) // 2
        if self._max_units is not None and units > self._max_units:
            raise VaultError(VaultProblem.FULL, self.name, "secret too long")
        with self._vault_errors():
            if self._claims is not None and isinstance(ref, ClaimRef):
                self._claims().write(ref.service, ref.username, secret.reveal())
            else:
                self._keyring.set_password(ref.service, ref.username, secret.reveal())
        try:
            is_right = self._find(ref) == secret
        except SecretNotText:
            is_right = False
        if not is_right:
            raise VaultError(VaultProblem.FAILED, self.name, "read back something else")

    def _find(self, ref: ItemRef, may_ask: bool = False) -> Secret | None:
        with self._vault_errors():
            try:
                if self._claims is not None and isinstance(ref, ClaimRef):
                    text = self._claims().read(ref.service, ref.username)
                else:
                    text = self._keyring.get_password(ref.service, ref.username)
            except ItemLocked:
                if self._lockable is None or not may_ask:
                    raise
                self._lockable.unlock_item(ref.service, ref.username)
                text = self._keyring.get_password(ref.service, ref.username)
        if text is not None and not 0 < len(text) <= _LONGEST:
            raise SecretNotText(self.name)
        return None if text is None else Secret(text)

    def _delete(self, ref: ItemRef, may_ask: bool) -> None:
        try:
            self._keyring.delete_password(ref.service, ref.username)
        except ItemLocked:
            if self._lockable is None or not may_ask:
                raise
            self._lockable.unlock_item(ref.service, ref.username)
            self._keyring.delete_password(ref.service, ref.username)

    @contextmanager
    def _vault_errors(self) -> Iterator[None]:
        """Raise VaultError in place of keyring's and the system's errors."""
        if self._abandoned:
            raise VaultTimeout(self.name)
        try:
            yield
        except VaultError:
            raise
        except UnicodeError:
            raise SecretNotText(self.name) from None
        except Exception as error:
            # From None: texts and frames of the original may quote what was stored.
            raise self._vault_error(error) from None

    def _vault_error(self, error: Exception) -> VaultError:
        if isinstance(error, TimeoutError):
            return VaultTimeout(self.name)
        if isinstance(error, ItemLocked):
            return ItemRefused(self.name)
        if isinstance(error, KeyringEmpty):
            return KeychainEmpty(self.name)
        reported = str(error) if self._lockable is not None and isinstance(error, KeyringError) else _code(error)
        problem = VaultProblem.FAILED
        if reported in _PROBLEMS:
            problem = _PROBLEMS[reported]
        elif isinstance(error, KeyringLocked):
            problem = VaultProblem.LOCKED
        elif isinstance(error, NoKeyringError):
            problem = VaultProblem.MISSING
        kind = type(error).__name__
        return VaultError(problem, self.name, f"{kind} {reported}" if reported else kind)


def _code(error: Exception) -> int | None:
    """The system's own number: of a Windows error, or of the macOS error that keyring's was raised from."""
    code = getattr(error, "winerror", None)
    if code is None and error.__cause__ is not None and error.__cause__.args:
        code = error.__cause__.args[0]
    return code if isinstance(code, int) else None
