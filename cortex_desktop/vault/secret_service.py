"""Linux: the Secret Service (GNOME Keyring, KWallet, KeePassXC) through SecretStorage.

Not through keyring's own class, which takes a new connection and key exchange for each call, prompts without
a time limit, and loads ssl and urllib. Items are laid out as keyring lays them out, so that it finds them.

Whether there is a keychain and it is unlocked is asked through jeepney alone: SecretStorage and the encryption it
needs take 8 MB, and wait for the first key.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import SecretMissing, VaultError, VaultProblem, VaultTimeout
from ..domain.ports import VaultState
from ..domain.secret import Secret, SecretKind, SecretRef

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection
    from secretstorage import Collection, Item
    from secretstorage.dhcrypto import Session

_BUS_NAME = "org.freedesktop.secrets"
_APPLICATION = "Python keyring library"
# Labels can be read while the keychain is locked, so they name neither org nor app (H-K14).
_LABELS = {SecretKind.API_KEY: "Cortex Desktop API key", SecretKind.API_SECRET: "Cortex Desktop API secret"}
_NAMES = {  # by the name of the service's process, which Linux cuts at 15 characters
    "gnome-keyring-d": "GNOME Keyring",
    "keepassxc": "KeePassXC",
    "ksecretd": "KWallet",
    "kwalletd5": "KWallet",
    "kwalletd6": "KWallet",
}
_PROBLEMS = {
    "org.freedesktop.DBus.Error.AccessDenied": VaultProblem.DENIED,
    "org.freedesktop.DBus.Error.NameHasNoOwner": VaultProblem.MISSING,
    "org.freedesktop.DBus.Error.ServiceUnknown": VaultProblem.MISSING,
    "org.freedesktop.Secret.Error.IsLocked": VaultProblem.LOCKED,
}
_DEFAULT = "/org/freedesktop/secrets/aliases/default"
_NO_COLLECTION = (
    "org.freedesktop.DBus.Error.UnknownMethod",
    "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.Secret.Error.NoSuchObject",
)
_SPAWN_ERROR = "org.freedesktop.DBus.Error.Spawn."
_REMOVE_ROUNDS = 5


class SecretServiceVault:
    """The default collection of the Secret Service, over one connection and one key exchange."""

    backend = "SecretService"

    def __init__(self, unlock_seconds: float = 120) -> None:
        self.name = "Secret Service"
        self._unlock_seconds = unlock_seconds
        self._connection: DBusConnection | None = None
        self._session: Session | None = None
        self._owner = ""
        self._abandoned = False

    def state(self) -> VaultState:
        """Look, without a prompt. No default collection yet counts as locked: unlock() makes one."""
        try:
            with self._errors_told():
                self._reach_unlocked()
        except VaultError as error:
            if error.problem is VaultProblem.MISSING:
                return VaultState.MISSING
            return VaultState.LOCKED if error.problem is VaultProblem.LOCKED else VaultState.FAILED
        return VaultState.UNLOCKED

    def unlock(self) -> None:
        """Let the system prompt for the password, or for a new one where there is no default collection."""
        import secretstorage

        with self._errors_told():
            connection = self._connect()
            locked = self._is_locked()
            if locked is None:
                secretstorage.create_collection(connection, "Default", "default", self._exchanged())
            elif locked:
                self._collection().unlock(timeout=self._unlock_seconds)
                if self._is_locked():
                    raise VaultError(VaultProblem.DENIED, self.name, "prompt dismissed")

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """Store a secret and read it back. What is there already is never overwritten."""
        with self._errors_told():
            collection = self._open_collection()
            found = self._stored(collection, ref)
            if found is None:
                attributes = {**_query(ref), "application": _APPLICATION}
                # replace: where two of the same request arrive, the second must not leave a double (H-K15).
                collection.create_item(_LABELS[ref.kind], attributes, secret.reveal().encode(), replace=True)
                found = self._stored(collection, ref)
            if found != secret:
                raise VaultError(VaultProblem.FAILED, self.name, "read back something else")

    def read(self, ref: SecretRef) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""
        with self._errors_told():
            found = self._stored(self._open_collection(), ref)
        if found is None:
            raise SecretMissing(self.name)
        return found

    def remove(self, ref: SecretRef) -> None:
        """Remove the item and every double of it (H-K15)."""
        with self._errors_told():
            collection = self._open_collection()
            for _ in range(_REMOVE_ROUNDS):
                items = _find(collection, ref)
                if not items:
                    return
                for item in items:
                    item.delete()
            raise VaultError(VaultProblem.FAILED, self.name, "still there after removal")

    def stop_waiting(self) -> None:
        """Cut the connection: what waits on it ends, nothing more is sent. A prompt may stay on screen."""
        self._abandoned = True
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        self._session, self._owner = None, ""
        if connection is not None:
            connection.close()

    def _open_collection(self) -> Collection:
        """The default collection, ready for use. Raises LOCKED, at once and without a prompt, unless it can be used."""
        self._reach_unlocked()
        return self._collection()

    def _reach_unlocked(self) -> None:
        self._connect()
        if self._is_locked() is not False:
            raise VaultError(VaultProblem.LOCKED, self.name)

    def _is_locked(self) -> bool | None:
        """Whether the default collection is locked; None when there is none."""
        from jeepney import DBusAddress, DBusErrorResponse, Properties
        from jeepney.wrappers import unwrap_msg

        assert self._connection is not None  # noqa: S101 (for mypy)
        look = Properties(DBusAddress(_DEFAULT, _BUS_NAME, "org.freedesktop.Secret.Collection")).get("Locked")
        try:
            ((_, locked),) = unwrap_msg(self._connection.send_and_get_reply(look))
        except DBusErrorResponse as error:
            if error.name in _NO_COLLECTION:
                return None
            raise
        return bool(locked)

    def _collection(self) -> Collection:
        import secretstorage

        return secretstorage.Collection(self._connection, session=self._exchanged())

    def _exchanged(self) -> Session:
        """The session of this connection, for which keys are exchanged at the first need."""
        from secretstorage.util import add_match_rules, open_session

        if self._session is None:
            add_match_rules(self._connection)  # to hear how a prompt ended
            self._session = open_session(self._connection)
        return self._session

    def _connect(self) -> DBusConnection:
        """The connection to the service that runs now, made anew when the service or the bus was restarted.

        Looked at before each operation rather than repeating one that failed half-way: the keys of an old
        session mean nothing to a new service, and no operation is ever sent twice.
        """
        if self._abandoned:
            raise VaultTimeout(self.name)
        if self._connection is not None:
            if self._owner and self._owner == _owner_of_service(self._connection):
                return self._connection
            self.close()
        connection = self._connection = self._reach_bus()
        # After the field is set: stop_waiting() sets its flag first, so one of the two sees the other.
        if self._abandoned:
            raise VaultTimeout(self.name)
        self._is_locked()  # starts the service where it waits to be started
        self._owner = _owner_of_service(connection)
        self.name = _name_of_service(connection, self._owner)
        return connection

    def _reach_bus(self) -> DBusConnection:
        from jeepney.io.blocking import open_dbus_connection

        try:
            return open_dbus_connection()
        except TimeoutError:
            raise
        except Exception as error:
            # No address, a stale one, one of a foreign kind: an error class for each, and all mean no bus.
            raise VaultError(VaultProblem.MISSING, self.name, type(error).__name__) from None

    def _stored(self, collection: Collection, ref: SecretRef) -> Secret | None:
        for item in _find(collection, ref):
            return Secret(item.get_secret().decode())
        return None

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except VaultError:
            raise
        except Exception as error:
            # From None: texts and frames of the original may quote what was stored.
            raise self._told(error) from None

    def _told(self, error: Exception) -> VaultError:
        from jeepney import DBusErrorResponse

        if isinstance(error, TimeoutError):
            return VaultTimeout(self.name)
        response = error if isinstance(error, DBusErrorResponse) else error.__cause__
        if isinstance(response, DBusErrorResponse):
            problem = _PROBLEMS.get(response.name, VaultProblem.FAILED)
            if response.name.startswith(_SPAWN_ERROR):
                problem = VaultProblem.MISSING
            return VaultError(problem, self.name, response.name)
        import secretstorage

        if isinstance(error, secretstorage.LockedException):
            return VaultError(VaultProblem.LOCKED, self.name)
        if isinstance(error, secretstorage.PromptDismissedException):
            return VaultError(VaultProblem.DENIED, self.name, "prompt dismissed")
        return VaultError(VaultProblem.FAILED, self.name, type(error).__name__)


def _query(ref: SecretRef) -> dict[str, str]:
    return {"service": ref.service, "username": ref.username}


def _find(collection: Collection, ref: SecretRef) -> list[Item]:
    return list(collection.search_items(_query(ref)))


def _owner_of_service(connection: DBusConnection) -> str:
    """Who serves the name now, e.g. ":1.7"; "" when nobody does or the bus is gone."""
    from jeepney import DBusErrorResponse
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy

    try:
        return str(Proxy(message_bus, connection).GetNameOwner(_BUS_NAME)[0])
    except (DBusErrorResponse, OSError):
        return ""


def _name_of_service(connection: DBusConnection, owner: str) -> str:
    from jeepney import DBusErrorResponse
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy

    try:
        (pid,) = Proxy(message_bus, connection).GetConnectionUnixProcessID(owner)
        process = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except (DBusErrorResponse, OSError):
        process = ""
    return _NAMES.get(process, "Secret Service")
