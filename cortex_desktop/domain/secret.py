"""Secrets: a type that does not show itself, what keys look like, and how they are made."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

ALPHABET = string.ascii_letters + string.digits
KEY = "[0-9A-Za-z]{22}"
"""An API key, as a regular expression. Its length is that of every sample in Cortex's documentation."""
APP_NAME = "c_[0-9A-Za-z_]{1,98}"
"""The name of an app, which Cortex takes in place of its key: at most 100 characters are accepted here."""
API_SECRET = "[0-9A-Za-z]{64}"  # noqa: S105 (a pattern, not a secret)
"""An API secret, as a regular expression."""
_SECRET_SHAPED = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"  # a repr's line break and a URL's escape end in letters
    rf"(?:{API_SECRET}|{KEY})(?![0-9A-Za-z])"
    rf"|(?<!ctypes\.)(?<![0-9A-Za-z_]){APP_NAME}(?![0-9A-Za-z_])"
)


class SecretKind(Enum):
    """What a keychain item holds. The value is the item's user name in the keychain."""

    API_KEY = "api-key"
    API_SECRET = "api-secret"  # noqa: S105 (a name, not a secret)


class Secret:
    """A string that must not appear anywhere by accident: blank repr, no pickling, no formatting.

    Python cannot wipe it from memory, so hold it only for seconds. `reveal` is the one way to its text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret text."""
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
    """The place of one version of one secret in the keychain.

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


_LENGTHS = {SecretKind.API_KEY: 22, SecretKind.API_SECRET: 64}
_FORMS = {SecretKind.API_KEY: re.compile(f"{KEY}|{APP_NAME}"), SecretKind.API_SECRET: re.compile(API_SECRET)}


def generate(kind: SecretKind) -> Secret:
    """Draw a new secret of letters and digits, without bias, from the operating system's random numbers."""
    import secrets  # as hmac above

    return Secret("".join(secrets.choice(ALPHABET) for _ in range(_LENGTHS[kind])))


def well_formed(kind: SecretKind, secret: Secret) -> bool:
    """True if `secret` can be of this kind: as `generate` makes it or, for a key, the name of an app."""
    return _FORMS[kind].fullmatch(secret.reveal()) is not None


def redact(text: str) -> str:
    """Return `text` with everything that looks like an API key, an app's name or an API secret blotted out."""
    return _SECRET_SHAPED.sub("[redacted]", text)
