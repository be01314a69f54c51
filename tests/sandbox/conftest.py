"""A sandbox with orgs, apps and a keychain in memory, and clients to talk to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from cortex_desktop.domain.documents import Document
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App, Environment, KeptVersion, Org, new_id
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.sandbox import Message, Received, Settings
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.domain.signing import sign
from cortex_desktop.sandbox.app import Sandbox
from cortex_desktop.sandbox.server import Server
from tests.support.memory_vault import InMemoryVault

NOW = 1_700_000_000.0
PASSWORD = "sandbox"


class MemoryStore:
    """`DocumentStore` in memory, as JSON, so that nothing is shared by accident."""

    def __init__(self) -> None:
        self.text = "{}"
        self.is_broken = False

    def load(self) -> dict[str, dict[str, Document]]:
        self._check()
        return json.loads(self.text)

    def change(self, changes: Mapping[str, Mapping[str, Document | None]]) -> None:
        self._check()
        tables = json.loads(self.text)
        for name, documents in changes.items():
            for key, document in documents.items():
                if document is None:
                    tables.setdefault(name, {}).pop(key, None)
                else:
                    tables.setdefault(name, {})[key] = document
        self.text = json.dumps(tables)

    def clear(self) -> None:
        self._check()
        self.text = "{}"

    def _check(self) -> None:
        if self.is_broken:
            raise StorageError("The disk is full", "Nothing was written.", "Make room.")


class MemoryApps:
    """`LocalApps` in memory, with a keychain that holds their secrets."""

    def __init__(self, vault: InMemoryVault) -> None:
        self.vault = vault
        self._orgs: dict[str, Org] = {}
        self._apps: dict[str, App] = {}
        self._version = 0

    def version(self) -> object:
        return self._version

    def orgs(self) -> list[Org]:
        return list(self._orgs.values())

    def apps(self) -> list[App]:
        return list(self._apps.values())

    def add_org(self, code: str = "acme", name: str = "Acme") -> Org:
        org = Org(new_id(), name, code, Environment.DEVELOPMENT, "https://api.dev.medable.com")
        self.put_org(org)
        return org

    def put_org(self, org: Org) -> None:
        self._orgs[org.id] = org
        self._version += 1

    def put(self, app: App) -> None:
        self._apps[app.id] = app
        self._version += 1

    def add(self, org: Org, label: str = "App", *, sessions: bool = False, csrf: bool = True, **more: Any) -> Made:
        app_id = new_id()
        key, secret = generate(SecretKind.API_KEY), generate(SecretKind.API_SECRET)
        created = datetime.fromtimestamp(NOW, UTC)
        app = App(app_id, org.id, label, sessions, csrf, created, KeyEnds.of(key), "memory", **more)
        self.vault.store(app.ref(SecretKind.API_KEY), key)
        if not sessions:
            self.vault.store(app.ref(SecretKind.API_SECRET), secret)
        self.put(app)
        return Made(org, app, key, secret)

    def rotate(self, made: Made, until: datetime) -> Made:
        app = self._apps[made.app.id]
        key, secret = generate(SecretKind.API_KEY), generate(SecretKind.API_SECRET)
        kept = KeptVersion(app.version, app.key_ends, app.sessions, until)
        number = app.last_version + 1
        app = replace(app, version=number, last_version=number, key_ends=KeyEnds.of(key), kept=(kept, *app.kept))
        self.vault.store(app.ref(SecretKind.API_KEY), key)
        if not app.sessions:
            self.vault.store(app.ref(SecretKind.API_SECRET), secret)
        self.put(app)
        return replace(made, app=app, key=key, secret=secret)

    def now(self, made: Made) -> App:
        return self._apps[made.app.id]

    def change(self, made: Made, **changes: Any) -> None:
        self.put(replace(self._apps[made.app.id], **changes))

    def drop(self, made: Made) -> None:
        del self._apps[made.app.id]
        self._version += 1


@dataclass(frozen=True)
class Made:
    """An app with its secrets."""

    org: Org
    app: App
    key: Secret
    secret: Secret

    @property
    def base(self) -> str:
        return f"/{self.org.code}/v2"


class CountingVault(InMemoryVault):
    """Counts reads, and can be locked."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[SecretRef] = []
        self.is_locked = False

    def state(self) -> VaultState:
        return VaultState.LOCKED if self.is_locked else super().state()

    def read(self, ref: SecretRef) -> Secret:
        self.reads.append(ref)
        return super().read(ref)


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time

    def now(self) -> None:
        """Show the real time, for clients that know no other."""
        self.time = time.time()


@dataclass
class World:
    """Everything a test needs."""

    vault: CountingVault
    apps: MemoryApps
    store: MemoryStore
    clock: Clock
    sandbox: Sandbox
    received: list[Received]
    messages: list[Message]
    cookies: list[str] = field(default_factory=list)  # that were set over a real connection

    def restart(self) -> None:
        """Begin anew on the same store."""
        self.sandbox.close()
        self.sandbox = _sandbox(self)

    def settings(self, **changes: Any) -> None:
        self.sandbox.state.put_settings(replace(self.sandbox.state.settings, **changes))

    def app_settings(self, made: Made, **changes: Any) -> None:
        state = self.sandbox.state
        state.put_app_settings(made.app.id, replace(state.app_settings(made.app.id), **changes))

    def browser(self, made: Made) -> Browser:
        return Browser(self, made)


def _sandbox(world: World) -> Sandbox:
    return Sandbox(
        world.apps,
        world.vault,
        world.store,
        now=world.clock,
        on_received=world.received.append,
        on_message=world.messages.append,
    )


class Browser:
    """A client of one app that keeps cookies and the latest token."""

    def __init__(self, world: World, made: Made) -> None:
        self.world, self.made = world, made
        self.token = ""
        self.client = Client(world.sandbox)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """Send, signed if the app signs, with the latest token."""
        found = {"Medable-Client-Key": self.made.key.reveal()}
        if not self.made.app.sessions:
            now = int(self.world.clock() * 1000)
            signed = sign(self.made.key, self.made.secret, method, path.partition("?")[0], now)
            found.update(signed.headers(self.made.key))
        if self.token:
            found["Medable-Csrf-Token"] = self.token
        found.update(headers or {})
        found = {name: value for name, value in found.items() if value}
        self.client.application = self.world.sandbox
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        if data is not None:
            more.setdefault("content_type", "application/json")
        response = self.client.open(
            self.made.base + path, method=method, headers=found, data=data, base_url="http://127.0.0.1:8631", **more
        )
        self.token = response.headers.get("Medable-Csrf-Token", self.token)
        return response

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of a GET."""
        return self.ask("GET", path, **more).get_json()

    def cookie(self, name: str) -> str:
        """The value of a cookie that the sandbox has set."""
        path = f"/{self.made.org.code}" if name == "md.sid" else "/"
        found = self.client.get_cookie(name, domain="127.0.0.1", path=path)
        assert found is not None
        return found.value

    def log_in(self, name: str = "john", password: str = PASSWORD, **location: object) -> TestResponse:
        """Log in as one of the made-up people."""
        body: dict[str, object] = {"email": f"{name}@{self.made.org.code}.example", "password": password}
        if location:
            body["location"] = location
        return self.ask("POST", "/accounts/login", body)

    def logged_in(self, name: str = "john", *, remember: bool = False) -> Browser:
        """Log in with the code from the inbox, where one is needed."""
        response = self.log_in(name)
        if response.get_json()["object"] == "fault":
            assert response.get_json()["code"] == "kNewLocation", response.get_json()
            code = self.world.sandbox.messages()[-1].code
            response = self.log_in(name, verificationToken=code, singleUse=not remember)
        assert response.get_json()["object"] == "account", response.get_json()
        return self


@pytest.fixture
def world() -> Iterator[World]:
    """A sandbox without apps."""
    vault = CountingVault()
    apps = MemoryApps(vault)
    parts: Any = World(vault, apps, MemoryStore(), Clock(), None, [], [])  # type: ignore[arg-type]
    parts.sandbox = _sandbox(parts)
    with closing(parts.sandbox):
        yield parts
        parts.sandbox.close()


@pytest.fixture
def endpoint(world: World) -> Iterator[str]:
    """The address of the world's sandbox on a real socket; the same after a restart."""

    def app(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            world.cookies += [value for name, value in headers if name == "Set-Cookie"]
            return start_response(status, headers)

        return world.sandbox(environ, start)

    server = Server(app)
    server.start()
    yield server.address
    server.stop()


@pytest.fixture
def signing(world: World) -> Browser:
    """A client of an app that signs."""
    return world.browser(world.apps.add(world.apps.add_org(), "Signing app"))


@pytest.fixture
def browser(world: World) -> Browser:
    """A client of an app with Sessions and CSRF Protection."""
    return world.browser(world.apps.add(world.apps.add_org(), "Session app", sessions=True))


@pytest.fixture
def pages() -> Callable[[Browser, str], list[Any]]:
    """All pages of a list."""

    def read(browser: Browser, path: str) -> list[Any]:
        found, more = [], True
        while more:
            document = browser.get(f"{path}&skip={len(found)}")
            found += document["data"]
            more = document["hasMore"]
        return found

    return read


__all__ = ["NOW", "PASSWORD", "Browser", "Made", "Settings", "World"]
