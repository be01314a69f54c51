"""Secrets: a type that does not show itself, what keys look like, and how they are made."""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NoReturn, Protocol

SERVICE = "cortex-desktop"
"""What the service name of each of our keychain items begins with."""

ALPHABET = string.ascii_letters + string.digits
KEY = "[0-9A-Za-z]{22}"
"""An API key, as a regular expression. Its length is that of every sample in Cortex's documentation."""
APP_NAME = "c_[0-9A-Za-z_]{1,98}"
"""The name of an app, which Cortex takes in place of its key: at most 100 characters are accepted here."""
API_SECRET = "[0-9A-Za-z]{64}"  # noqa: S105 (a pattern, not a secret)
"""An API secret, as a regular expression."""
_RUN = re.compile("[0-9A-Za-z]{22,}")
_ESCAPED = re.compile(r"(?<=\\)(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtbfv0])|(?<=%)(?:25)*[0-9A-Fa-f]{2}|(?<==)3D")
"""The letters and digits that end an escape: `\\n`, `\\u0022`, `%3D`, a mail's `=3D`. No key begins with them."""
_NAMES = re.compile("c_[0-9A-Za-z_]+")
_BEFORE_NAME = re.compile(r"(?:^|[^0-9A-Za-z_]|\\[nrt]|%[0-9A-Fa-f]{2})(?<!ctypes\.)$")

_PART = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_PAIRS = frozenset(
    "ab ac ad ag ai al am an ap ar as at ba be bl bo bu ca ce ch ck cl co ct da de di do ea ec ed ee ef eg el em en "
    "ep er es et ex ey fa fi fo ge gr ha he hi ho ia ic id ie ig il im in io is it ke la le lf li ll lo ls lt lu ma "
    "mb me mi mm mo mp na nc nd ne ng ni no ns nt nu oc od ok ol om on op or os ot ou ow pa pe pl po pr pt pu py ra "
    "rc rd re ri rn ro rr rs rt sc se sh si so sp ss st su ta tc te th ti to tr ts tt tu ty ua ue ui ul um un up ur "
    "us ut va ve wh wi wo xe xt yo yp".split()
)
"""Pairs of letters that words are made of."""
_SAID = ("medable", "cortex", "client", "replace", "example", "placeholder", "sample", "changeme", "apikey")
"""Words of placeholders: each in one of a million keys that look made."""
_KEYBOARD = str.maketrans("qwertyuiopasdfghjklzxcvbnm", string.ascii_lowercase)
_LEET = str.maketrans("013457", "oleast")


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


class ItemRef(Protocol):
    """The name of a keychain item."""

    @property
    def service(self) -> str: ...
    @property
    def username(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ClaimRef:
    """The place of a data folder's claim in the keychain. folder_id: lower-case hex."""

    folder_id: str

    @property
    def service(self) -> str:
        """The keychain item's service name."""
        return f"{SERVICE}/{self.folder_id}/claim"

    @property
    def username(self) -> str:
        """The keychain item's user name."""
        return "claim"


@dataclass(frozen=True, slots=True)
class LoginRef:
    """The place of a remembered login in the keychain. org_id: lower-case hex; number: from 1, of the org's logins."""

    org_id: str
    number: int

    @property
    def service(self) -> str:
        """The keychain item's service name."""
        return f"{SERVICE}/{self.org_id}/login/{self.number}"

    @property
    def username(self) -> str:
        """The keychain item's user name."""
        return "fingerprint"


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
        return f"{SERVICE}/{self.org_id}/{self.app_id}/{self.version}"

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


def parse_ref(service: str, username: str) -> SecretRef | LoginRef | ClaimRef | None:
    """Return the place that a keychain item's name stands for, None for one that is not ours."""
    match = _NAME.fullmatch(service)
    if match is None:
        return None
    first, app_id, number, login = match.groups()
    if login is not None:
        return LoginRef(first, int(login)) if username == "fingerprint" else None
    if number is None:
        return ClaimRef(first) if username == "claim" else None
    kinds = [kind for kind in SecretKind if kind.value == username]
    return SecretRef(first, app_id, kinds[0], int(number)) if kinds else None


_NAME = re.compile(
    rf"{SERVICE}/([0-9a-f]+)/(?:([0-9a-f]+)/([1-9][0-9]{{0,5}})|login/([1-9][0-9]{{0,5}})|claim)", re.ASCII
)
_LENGTHS = {SecretKind.API_KEY: 22, SecretKind.API_SECRET: 64}
_FORMS = {SecretKind.API_KEY: re.compile(f"{KEY}|{APP_NAME}"), SecretKind.API_SECRET: re.compile(API_SECRET)}


def generate(kind: SecretKind) -> Secret:
    """Draw a new secret of letters and digits, without bias, from the operating system's random numbers."""
    import secrets  # as hmac above

    return Secret("".join(secrets.choice(ALPHABET) for _ in range(_LENGTHS[kind])))


def well_formed(kind: SecretKind, secret: Secret) -> bool:
    """True if `secret` can be of this kind: as `generate` makes it or, for a key, the name of an app."""
    return _FORMS[kind].fullmatch(secret.reveal()) is not None


def shaped(text: str) -> Iterator[tuple[int, int]]:
    """Find everything of the shape of an API key (22 letters and digits, or c_ and a name) or secret (64).

    Yields start and end, in order, none within another. What follows an escape stands alone: `\\n` in JSON, `%3D` in a
    URL.
    """
    spans = []
    for run in _RUN.finditer(text):
        start, end = run.span()
        escape = _ESCAPED.match(text, start) if text[start - 1 : start] in ("\\", "%", "=") else None
        for begin in (start, escape.end() if escape else start):
            if end - begin in _LENGTHS.values():
                spans.append((begin, end))
                break
    names = [
        name.span()
        for name in _NAMES.finditer(text)
        if re.fullmatch(APP_NAME, name[0]) and _BEFORE_NAME.search(text[max(0, name.start() - 7) : name.start()])
    ]
    last = 0
    for start, end in sorted(spans + names) if names else spans:
        if start >= last:
            yield start, end
            last = end


class Look(IntEnum):
    """How much a run of letters and digits looks drawn at random, as Cortex draws its keys."""

    DRAWN = 0
    DOUBTFUL = 1
    MADE = 2  # a word, a placeholder, a checksum


def look(text: str) -> Look:
    """Tell a drawn key or secret from words written together, placeholders, checksums and encoded text.

    Of 10,000 drawn keys about 25 are doubtful and 2 taken for a word.
    """
    lowered = text.lower()
    triples = {lowered[n : n + 3] for n in range(len(text) - 2)}
    if len(triples) < 0.8 * (len(text) - 2) or _in_order(lowered) or _in_order(lowered.translate(_KEYBOARD)):
        return Look.MADE  # xxxx, fooBarfooBar, abcd1234, a1b2c3, qwertz
    if _readable(lowered.translate(_LEET)) > 0.7 * len(text):
        return Look.MADE  # pl4c3h0ld3r
    if set(lowered) <= set("0123456789abcdef") or _encodes_text(text):
        return Look.MADE
    parts = _PART.findall(lowered if text.isupper() else text)
    readable = sum(map(_readable, map(str.lower, parts)))
    one_case = text.isupper() or text.islower()
    if len(parts) > readable and len(parts) > 5:
        return Look.DOUBTFUL if one_case else Look.DRAWN
    return Look.DOUBTFUL if len(parts) > readable - 3 and len(parts) > 3 and not one_case else Look.MADE


def is_made_up(text: str) -> bool:
    """True if `text` cannot have been drawn (once in a million million keys), so that it may be shown."""
    lowered = text.lower()
    return len(set(lowered)) < 5 or (look(text) is Look.MADE and any(word in lowered for word in _SAID))


def _in_order(text: str) -> bool:
    """True if most characters follow the one before, or the last but one: abcd, a1b2c3."""
    return any(
        2 * sum(abs(ord(a) - ord(b)) < 2 for a, b in zip(text, text[gap:], strict=False)) > len(text) for gap in (1, 2)
    )


def _readable(text: str) -> int:
    """How many pairs of letters in `text` are such as words are made of."""
    return sum(text[n : n + 2] in _PAIRS for n in range(len(text) - 1))


def _encodes_text(text: str) -> bool:
    return all(31 < byte < 127 for byte in binascii.a2b_base64(text + "=" * (-len(text) % 4)))


def redact(text: str) -> str:
    """Return `text` with everything that looks like an API key, an app's name or an API secret blotted out."""
    kept, last = [], 0
    for start, end in shaped(text):
        kept += [text[last:start], "[redacted]"]
        last = end
    return "".join([*kept, text[last:]])
