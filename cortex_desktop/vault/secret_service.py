"""Linux: keyring's interface to the Secret Service (GNOME Keyring, KWallet, KeePassXC), through SecretStorage."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import secretstorage
from jeepney import DBusErrorResponse
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy
from keyring.errors import KeyringError, KeyringLocked, NoKeyringError, PasswordDeleteError, PasswordSetError
from secretstorage.dhcrypto import Session
from secretstorage.util import BUS_NAME, open_session

from ..domain.errors import NothingExposed, VaultError
from ..domain.secret import SERVICE, SecretKind
from .keyring_vault import ItemLocked, KeyringEmpty, LockableKeyring, Names

# Labels can be read while the keychain is locked, so they name neither org nor app (H-K14).
_LABEL = "Cortex Desktop"
_LABELS = {
    SecretKind.API_KEY.value: "Cortex Desktop API key",
    SecretKind.API_SECRET.value: "Cortex Desktop API secret",
}
_NAMES = {  # by the name of the service's process, which Linux cuts at 15 characters
    "gnome-keyring-d": "GNOME Keyring",
    "keepassxc": "KeePassXC",
    "ksecretd": "KWallet",
    "kwalletd5": "KWallet",
    "kwalletd6": "KWallet",
}
_ERRORS: dict[str, type[KeyringError]] = {
    "LockedException": KeyringLocked,
    "org.freedesktop.Secret.Error.IsLocked": KeyringLocked,
    "org.freedesktop.DBus.Error.NameHasNoOwner": NoKeyringError,
    "org.freedesktop.DBus.Error.ServiceUnknown": NoKeyringError,
}
_APPLICATION = {"application": "Python keyring library"}
_SPAWN_ERROR = "org.freedesktop.DBus.Error.Spawn."


class SecretServiceKeyring(LockableKeyring):
    """The default collection of the Secret Service, over one connection and one key exchange.

    It stands beside keyring's own class, of which every method would have to be replaced: that one closes its
    connection after each call, prompts without a time limit, removes one of several items, and puts service and user
    into labels. Items have the same attributes, so that each class finds what the other has stored.
    """

    priority: float = -1  # below all others: keyring never chooses it by itself

    def __init__(self) -> None:
        # Not keyring's own, which sets attributes from the environment (H-K1).
        self.service_name = "Secret Service"
        self._connection: DBusConnection | None = None
        self._session: Session | None = None
        self._owner = ""
        self._abandoned = False

    def is_locked(self) -> bool:
        """True if the default collection is locked, or does not exist yet: `unlock` makes it."""
        with _keyring_errors():
            collection = self._shared_collection()
            return collection is None or collection.is_locked()

    def unlock(self) -> None:
        """Let the system prompt for the password, or for a new one where there is no default collection."""
        with _keyring_errors():
            collection = self._shared_collection()
            if collection is None:
                secretstorage.create_collection(self._connection, "Default", "default", self._session)
            elif collection.is_locked():
                collection.unlock()
                if collection.is_locked():
                    raise secretstorage.PromptDismissedException

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret of an item, or None when there is none. Raises UnicodeError for what is no text."""
        with self._item_errors():
            for item in self._search(service, username):
                return str(item.get_secret().decode())
            self._require_loaded()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a secret in the item of this name; make it where there is none."""
        # Where two of the same request arrive, the second must not leave a double (H-K15).
        self._create(service, username, password, replace=True)

    def delete_password(self, service: str, username: str) -> None:
        """Remove all items of this name. Raises PasswordDeleteError when there is none."""
        with self._item_errors():
            items = self._search(service, username)
            for item in items:
                item.delete()
        if not items:
            raise PasswordDeleteError("no such item")

    def unlock_item(self, service: str, username: str) -> None:
        """Have the system ask the person about items that are locked by themselves, as KeePassXC's can be."""
        with _keyring_errors():
            for item in self._search(service, username):
                if item.is_locked() and item.unlock():
                    raise secretstorage.PromptDismissedException

    def passwords(self, service: str, username: str) -> list[str | None]:
        """Return what each item of this name holds, None for what is no text. The person may be asked."""
        self.unlock_item(service, username)
        with self._item_errors():
            return [_text_of(item) for item in self._search(service, username)]

    def keep_one(self, service: str, username: str, password: str) -> bool:
        """Remove all items of this name but one that holds this. False, with nothing removed, where none does."""
        with self._item_errors():
            items = self._search(service, username)
            kept = next((item for item in items if _text_of(item) == password), None)
            for item in items if kept is not None else ():
                if item is not kept:
                    item.delete()
        return kept is not None

    def add_double(self, service: str, username: str, password: str) -> None:
        """Store a secret in one more item of this name."""
        self._create(service, username, password, replace=False)

    def names(self) -> Names:
        """Return the names of all our items, locked ones too, without their secrets."""
        with _keyring_errors():
            found = [item.get_attributes() for item in self._unlocked_collection().search_items(_APPLICATION)]
            if not found:
                self._require_loaded()
        names = [(each.get("service", ""), each.get("username", "")) for each in found]
        return [name for name in names if name[0].startswith(SERVICE + "/")]

    def stop_waiting(self) -> None:
        """Cut the connection: what waits on it ends, nothing more is sent. A prompt may stay on screen."""
        self._abandoned = True
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection. The next call opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _create(self, service: str, username: str, password: str, *, replace: bool) -> None:
        attributes = {**_query(service, username), **_APPLICATION}
        label = _LABELS.get(username, _LABEL)
        with _keyring_errors(PasswordSetError):
            self._unlocked_collection().create_item(label, attributes, password.encode(), replace=replace)

    def _search(self, service: str, username: str) -> list[secretstorage.Item]:
        return list(self._unlocked_collection().search_items(_query(service, username)))

    @contextmanager
    def _item_errors(self) -> Iterator[None]:
        """As `_keyring_errors`, and raise ItemLocked for what is locked in a keychain that is not."""
        try:
            with _keyring_errors():
                yield
        except KeyringLocked as error:
            with _keyring_errors():
                self._unlocked_collection()
            raise ItemLocked(str(error)) from error

    def _require_loaded(self) -> None:
        """Raise KeyringEmpty where the keychain may only seem to hold nothing: KWallet, after it came back (H-K18)."""
        if self.service_name == "KWallet" and not any(True for _ in self._unlocked_collection().get_all_items()):
            raise KeyringEmpty("empty")

    def _shared_collection(self) -> secretstorage.Collection | None:
        """The default collection, None when there is none yet.

        KeePassXC's is a group that the person exposes; asked for a new one, it would begin a new database. So raise
        NothingExposed there.
        """
        collection = self._collection()
        if collection is None and self.service_name == "KeePassXC":
            raise NothingExposed(self.service_name)
        return collection

    def _unlocked_collection(self) -> secretstorage.Collection:
        """The default collection, ready for use. Raises KeyringLocked, at once and without a prompt, when it is not."""
        collection = self._shared_collection()
        if collection is None or collection.is_locked():
            raise KeyringLocked("locked")
        return collection

    def _collection(self) -> secretstorage.Collection | None:
        """The default collection, None when there is none."""
        self._connect()
        try:
            return secretstorage.Collection(self._connection, session=self._session)
        except secretstorage.ItemNotFoundException:
            return None

    def _connect(self) -> None:
        """Connect to the service that runs now, unless connected: anew when the service or the bus was restarted.

        This is checked before each operation rather than repeating one that failed half-way: the keys of an old session
        mean nothing to a new service, and no operation is ever sent twice.
        """
        if self._connection is not None:
            if self._owner and self._owner == _owner_of_service(self._connection):
                return
            self.close()
        self._owner = ""
        self._connection = connection = _open_bus()
        # After the field is set: stop_waiting() sets its flag first, so one of the two sees the other.
        if self._abandoned:
            raise KeyringError("abandoned")
        self._session = open_session(connection)  # starts the service where it waits to be started
        self._owner = _owner_of_service(connection)
        self.service_name = _name_of_service(connection, self._owner)


@contextmanager
def _keyring_errors(otherwise: type[KeyringError] = KeyringError) -> Iterator[None]:
    """Raise keyring's errors in place of SecretStorage's and D-Bus' own: `otherwise` for those without a class."""
    try:
        yield
    except (KeyringError, TimeoutError, UnicodeError, VaultError):
        raise
    except Exception as error:
        response = error if isinstance(error, DBusErrorResponse) else error.__cause__
        reported = response.name if isinstance(response, DBusErrorResponse) else type(error).__name__
        kind = NoKeyringError if reported.startswith(_SPAWN_ERROR) else _ERRORS.get(reported, otherwise)
        raise kind(reported) from error


def _text_of(item: secretstorage.Item) -> str | None:
    """The secret of an item, None where it is no text."""
    try:
        return str(item.get_secret().decode())
    except UnicodeError:
        return None


def _query(service: str, username: str) -> dict[str, str]:
    return {"service": service, "username": username}


def _open_bus() -> DBusConnection:
    try:
        return secretstorage.dbus_init()
    except TimeoutError:
        raise
    except Exception as error:
        # No address, a stale one, one of a foreign kind: an error class for each, and all mean no bus.
        raise NoKeyringError(type(error).__name__) from error


def _owner_of_service(connection: DBusConnection) -> str:
    """The connection that serves the name now, e.g. ":1.7"; "" when there is none or the bus is gone."""
    try:
        return str(Proxy(message_bus, connection).GetNameOwner(BUS_NAME)[0])
    except (DBusErrorResponse, OSError):
        return ""


def _name_of_service(connection: DBusConnection, owner: str) -> str:
    try:
        (pid,) = Proxy(message_bus, connection).GetConnectionUnixProcessID(owner)
        process = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except (DBusErrorResponse, OSError):
        process = ""
    return _NAMES.get(process, "Secret Service")
