"""A Secret Service in memory, for what a real one cannot be made to answer. SecretStorage and keyring work on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

DBUS = "org.freedesktop.DBus.Error."
SECRET = "org.freedesktop.Secret.Error."
COLLECTION = "/org/freedesktop/secrets/aliases/default"
PROMPT = "/prompt"


class FakeSecretService:
    """The service and a D-Bus connection to it in one: whoever connects gets this object.

    items: attributes, label and secret by object path; exists, locked: the default collection; locked_items: paths of
    items that refuse; asks_to_delete: deleting prompts; keeps: deleting has no effect; dismisses: what the person does
    at a prompt; stored: changes a secret on its way in; errors: what a D-Bus method or "connect" raises each time, an
    exception or the name of a D-Bus error; calls: the D-Bus methods called; opened, closed: connections.
    """

    def __init__(self) -> None:
        self.items: dict[str, tuple[dict[str, str], str, bytes]] = {}
        self.exists = True
        self.locked = self.asks_to_delete = self.keeps = self.dismisses = False
        self.locked_items: set[str] = set()
        self.stored: Callable[[bytes], bytes] = bytes
        self.errors: dict[str, Exception | str] = {}
        self.calls: list[str] = []
        self.opened = self.closed = 0
        self.sock = SimpleNamespace(shutdown=lambda _: None)
        self.made = 0

    def connect(self) -> FakeSecretService:
        self._fail("connect", None)
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def send_and_get_reply(self, message: Any, *, timeout: float | None = None) -> SimpleNamespace:
        from jeepney import HeaderFields, MessageType

        fields = message.header.fields
        method = fields[HeaderFields.member]
        self.calls.append(method)
        self._fail(method, message)
        path = fields[HeaderFields.path]
        if path != COLLECTION and path.startswith("/items/") and path not in self.items:
            raise dbus_error(SECRET + "NoSuchObject", message)
        if path == COLLECTION and not self.exists:
            raise dbus_error(DBUS + "UnknownMethod", message)
        body = getattr(self, f"_{method}")(path, *message.body)
        return SimpleNamespace(header=SimpleNamespace(message_type=MessageType.method_return), body=body)

    def filter(self, rule: object) -> nullcontext[None]:
        return nullcontext()

    def recv_until_filtered(self, queue: object, *, timeout: float | None = None) -> SimpleNamespace:
        """How the prompt ended."""
        if not self.dismisses:
            self._effect()
        return SimpleNamespace(body=(self.dismisses, self._result))

    def _fail(self, method: str, message: object) -> None:
        error = self.errors.get(method)
        if error is not None:
            raise dbus_error(error, message) if isinstance(error, str) else error

    def _ask(self, effect: Callable[[], None], result: tuple[str, object]) -> str:
        """Have the person asked when the caller says so. result: what the caller hears then."""
        self._effect, self._result = effect, result
        return PROMPT

    def _GetNameOwner(self, path: str, name: str) -> tuple[str]:
        return (":1.7",)

    def _GetConnectionUnixProcessID(self, path: str, name: str) -> tuple[int]:
        return (0,)

    def _OpenSession(self, path: str, algorithm: str, value: object) -> tuple[tuple[str, str], str]:
        if algorithm != "plain":
            raise dbus_error(DBUS + "NotSupported")
        return (("s", ""), "/session")

    def _Get(self, path: str, interface: str, name: str) -> tuple[tuple[str, object]]:
        if name == "Locked":
            return (("b", self.locked or path in self.locked_items),)
        if name == "Items":
            return (("ao", list(self.items)),)
        if name == "Attributes":
            return (("a{ss}", self.items[path][0]),)
        return (("s", self.items[path][1] if path in self.items else "Default"),)

    def _Unlock(self, path: str, paths: list[str]) -> tuple[list[str], str]:
        def unlock() -> None:
            self.locked_items.difference_update(paths)
            self.locked = self.locked and COLLECTION not in paths

        return ([], self._ask(unlock, ("ao", paths)))

    def _CreateCollection(self, path: str, properties: object, alias: str) -> tuple[str, str]:
        return ("/", self._ask(lambda: setattr(self, "exists", True), ("o", COLLECTION)))

    def _Prompt(self, path: str, window: str) -> tuple[()]:
        return ()

    def _SearchItems(self, path: str, query: dict[str, str]) -> tuple[list[str]]:
        return ([path for path, (attributes, _, _) in self.items.items() if query.items() <= attributes.items()],)

    def _CreateItem(self, path: str, properties: Any, secret: Any, replace: bool) -> tuple[str, str]:
        _, attributes = properties["org.freedesktop.Secret.Item.Attributes"]
        _, label = properties["org.freedesktop.Secret.Item.Label"]
        same = [path for path, (known, _, _) in self.items.items() if replace and known == attributes]
        self.made += 1
        item = same[0] if same else f"/items/{self.made}"
        self.items[item] = (attributes, label, self.stored(secret[2]))
        return (item, "/")

    def _GetSecret(self, path: str, session: str) -> tuple[tuple[str, bytes, bytes, str]]:
        return ((session, b"", self.items[path][2], "text/plain"),)

    def _Delete(self, path: str) -> tuple[str]:
        def delete() -> None:
            if not self.keeps:
                del self.items[path]

        if self.asks_to_delete:
            return (self._ask(delete, ("s", "")),)
        delete()
        return ("/",)


def dbus_error(name: str, message: Any = None) -> Exception:
    """The error that jeepney raises for an answer with this name."""
    from jeepney import DBusAddress, DBusErrorResponse, new_error, new_method_call

    message = message or new_method_call(DBusAddress("/x", "x.y", "x.y"), "Z")
    message.header.serial = 1
    return DBusErrorResponse(new_error(message, name, "s", ("a text that may quote a secret",)))


@contextmanager
def on_secret_service() -> Iterator[FakeSecretService]:
    """Whoever connects to the Secret Service inside gets the one that is given."""
    import secretstorage

    service = FakeSecretService()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secretstorage, "dbus_init", service.connect)
        yield service
