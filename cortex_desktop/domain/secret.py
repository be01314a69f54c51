"""Secrets: a type that does not show itself, and the generation of keys."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

ALPHABET = string.ascii_letters + string.digits
_SECRET_SHAPED = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"  # a repr's line break and a URL's escape end in letters
    r"(?:[0-9A-Za-z]{64}|[0-9A-Za-z]{22})(?![0-9A-Za-z])"
    r"|(?<!ctypes\.)(?<![0-9A-Za-z_])c_[0-9A-Za-z_]{1,98}(?![0-9A-Za-z_])"
)
_NAME = re.compile(r"c_[0-9A-Za-z_]{1,98}")


class SecretKind(Enum):
    """What a keychain item holds. The value is the item's user name in the keychain."""

    API_KEY = "api-key"
    API_SECRET = "api-secret"  # noqa: S105 (a name, not a secret)

    @property
    def length(self) -> int:
        """Letters and digits: 22 for a key, 64 for a secret, as in every sample of Cortex's documentation."""
        return 22 if self is SecretKind.API_KEY else 64

    @classmethod
    def of(cls, sessions: bool) -> tuple[SecretKind, ...]:
        """Which secrets an app has: one that signs its requests has an API secret beside its key."""
        return (cls.API_KEY,) if sessions else (cls.API_KEY, cls.API_SECRET)


class Secret:
    """A string that must not turn up anywhere by accident: blank repr, no pickling, no formatting.

    Python cannot wipe it from memory, so hold it for seconds. `reveal()` is the one way to its text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        import hmac  # with OpenSSL's 3 MB, which a start needs not

        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would be a stable trace of the text

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not serialised")


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where one version of one secret lies in the keychain.

    org_id, app_id: lower-case hex; version: from 1.
    """

    org_id: str
    app_id: str
    kind: SecretKind
    version: int

    @property
    def service(self) -> str:
        """The keychain item's service name. No label text, since keychains show it while locked (H-K14)."""
        return f"cortex-desktop/{self.org_id}/{self.app_id}/{self.version}"

    @property
    def username(self) -> str:
        """The keychain item's user name."""
        return self.kind.value


@dataclass(frozen=True, slots=True)
class KeyEnds:
    """The first and last four characters of an API key: all of it that the database holds.

    Of an app's name that serves as its key less, where it is short: never more than half of it.
    """

    head: str
    tail: str

    @classmethod
    def of(cls, secret: Secret) -> KeyEnds:
        """The ends of `secret`."""
        text = secret.reveal()
        length = min(4, len(text) // 4)
        return cls(text[:length], text[len(text) - length :])


def generate(kind: SecretKind) -> Secret:
    """A new random secret of letters and digits, drawn without bias from the operating system (`secrets.choice`)."""
    import secrets  # as hmac above

    return Secret("".join(secrets.choice(ALPHABET) for _ in range(kind.length)))


def well_formed(kind: SecretKind, secret: Secret) -> bool:
    """Whether `secret` can be of this kind: as `generate` makes them or, for a key, an app's name.

    Cortex takes the name of an app in place of its key: c_, then letters, digits and underscores; 100 characters
    are the most that is taken here.
    """
    text = secret.reveal()
    if kind is SecretKind.API_KEY and _NAME.fullmatch(text):
        return True
    return len(text) == kind.length and text.isascii() and text.isalnum()


def redact(text: str) -> str:
    """`text` with everything of the shape of an API key (22 letters and digits, or c_…) or secret (64) blotted out."""
    return _SECRET_SHAPED.sub("[redacted]", text)
