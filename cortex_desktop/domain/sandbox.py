"""What the sandbox needs from the outside, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Protocol

from .documents import Document
from .errors import CortexError
from .model import App, Org
from .ports import VaultState
from .secret import Secret, SecretRef
from .text import QT_TRANSLATE_NOOP

FIRST_PORT = 8631
STATE_FILE = "sandbox.json"
LOCK_FILE = "sandbox.lock"


class LocalApps(Protocol):
    """The orgs and apps of this computer, read anew whenever they change. From any thread.

    All methods raise StorageError.
    """

    def version(self) -> object:
        """A value that differs from the last one whenever an org or app has changed. Asked at each request."""

    def orgs(self) -> Sequence[Org]:
        """All orgs in every state."""

    def apps(self) -> Sequence[App]:
        """All apps of all orgs in every state."""


class SecretReader(Protocol):
    """The part of a vault that the sandbox uses. Raises VaultError."""

    def state(self) -> VaultState:
        """Look, without asking the person anything."""

    def read(self, ref: SecretRef) -> Secret:
        """The stored secret. Raises SecretMissing when there is none."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request that the sandbox answered, for its log. Holds no key, no body and no value of the query.

    time: milliseconds since 1970; app_label: empty if the key is not known; key: its ends; expected, signed: what
    should have been signed and what was, on a wrong signature; own: Cortex Desktop itself made the request.
    """

    number: int
    time: int
    method: str
    path: str
    status: int
    basis: str
    milliseconds: float
    size: int
    org_id: str = ""
    app_id: str = ""
    app_label: str = ""
    key: str = ""
    err_code: str = ""
    reason: str = ""
    agent: str = ""
    account: str = ""
    expected: str = ""
    signed: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A text message that Cortex would have sent: the code of a login from a new place.

    time: milliseconds since 1970.
    """

    time: int
    org_id: str
    email: str
    mobile: str
    code: str
    app_label: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sandbox behaves. The defaults and their basis are in `sandbox.table`.

    csrf_each_reply: a new token with each reply instead of one for the session; rate_limit: requests of one address
    within rate_window seconds, 0 for any number; policy_redirect: where a policy sends whoever exceeds the rate, empty
    for a fault; drift: seconds that a signature's time may be off; code_life: seconds that a login code is good for.
    """

    csrf_each_reply: bool = False
    rate_limit: int = 300
    rate_window: int = 300
    policy_redirect: str = ""
    drift: int = 300
    code_life: int = 600


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Settings of an app that only Cortex and the sandbox know. Cortex's own names."""

    read_only: bool = field(default=False, metadata={"name": "readOnly"})
    auth_duration: int = field(default=900, metadata={"name": "authDuration"})
    cors: tuple[str, ...] = ()
    whitelist: tuple[str, ...] = ()
    blacklist: tuple[str, ...] = ()
    principal_override: bool = field(default=False, metadata={"name": "principalOverride"})

    def document(self) -> Document:
        """As JSON, with Cortex's names."""
        return {
            found.metadata.get("name", found.name): list(value) if isinstance(value, tuple) else value
            for found in fields(self)
            for value in [getattr(self, found.name)]
        }

    @classmethod
    def of(cls, document: Mapping[str, object]) -> AppSettings:
        """Read from JSON; what is missing or of another type keeps its default."""
        values: dict[str, Any] = {}
        for found in fields(cls):
            value = document.get(found.metadata.get("name", found.name))
            if isinstance(found.default, tuple):
                if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
                    values[found.name] = tuple(value)
            elif type(value) is type(found.default):
                values[found.name] = value
        return cls(**values)


def settings_of(document: Mapping[str, object]) -> Settings:
    """Read from JSON; what is missing or of another type keeps its default."""
    known = {found.name: document.get(found.name) for found in fields(Settings)}
    default = asdict(Settings())
    values: dict[str, Any] = {name: value for name, value in known.items() if type(value) is type(default[name])}
    return Settings(**values)


class SandboxRunning(CortexError):
    """Another sandbox of this data folder runs. address: where."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The sandbox runs already"),
            QT_TRANSLATE_NOOP("core", "It answers at {address}. There is one for each data folder."),
            QT_TRANSLATE_NOOP("core", "Use that one, or stop it first."),
            {"address": address},
        )


class PortTaken(CortexError):
    """The port that was asked for cannot be used."""

    def __init__(self, port: int) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The sandbox can’t use port {port}"),
            QT_TRANSLATE_NOOP("core", "Another program uses it, or the system does not allow it."),
            QT_TRANSLATE_NOOP("core", "Choose another port, or none: then a free one is found."),
            {"port": str(port)},
        )


class SandboxNotStarted(CortexError):
    """The sandbox's process ended before it was ready. reason: its last words."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The sandbox did not start"),
            QT_TRANSLATE_NOOP("core", "{reason} Apps and keys are not affected."),
            QT_TRANSLATE_NOOP("core", "Try again. If it happens again, look at the program’s log."),
            {"reason": reason},
        )


class SandboxProcess(Protocol):
    """A sandbox in a process of its own. From any thread, but no two calls at a time. `start` and `stop` block.

    settings: how it behaves, once it runs.
    """

    address: str
    settings: Settings

    @property
    def is_running(self) -> bool:
        """True from a successful `start` until the process ends."""

    def start(self) -> str:
        """Start it and wait until it answers; returns its address. Raises SandboxRunning, SandboxNotStarted."""

    def stop(self) -> None:
        """Stop it and wait until it is gone."""

    def reset(self) -> None:
        """Forget people, objects, settings, logins and the log."""

    def change(self, settings: Settings) -> None:
        """Change how it behaves."""

    def change_app(self, app_id: str, settings: AppSettings) -> None:
        """Change the settings of an app that only the sandbox knows."""
