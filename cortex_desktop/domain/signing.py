"""Request signatures of apps without Sessions, and the diagnosis of a signature that does not match.

The headers are documented; what is signed, and how, is as Medable's published tools do it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, product
from urllib.parse import unquote

from .secret import Secret
from .text import QT_TRANSLATE_NOOP, Text

KEY_HEADER = "Medable-Client-Key"
SIGNATURE_HEADER = "Medable-Client-Signature"
TIMESTAMP_HEADER = "Medable-Client-Timestamp"
NONCE_HEADER = "Medable-Client-Nonce"
ACCOUNT_HEADER = "Medable-Client-Account"

_NONCE = re.compile(r"[A-Za-z0-9]{16}")
_API_PREFIX = re.compile(r"/[^/]+/v2(?=/|$)")
_NEAR_MILLISECONDS = 100
"""How far from the timestamp sent a client's second reading of its clock is looked for."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of one request. `message` is what was signed; it holds no secret."""

    message: str
    timestamp: int
    nonce: str
    signature: str

    def headers(self, key: Secret) -> dict[str, str]:
        """The four headers that a signed request carries."""
        return {
            KEY_HEADER: key.reveal(),
            SIGNATURE_HEADER: self.signature,
            TIMESTAMP_HEADER: str(self.timestamp),
            NONCE_HEADER: self.nonce,
        }


def command_of(path: str) -> str:
    """The part of a message that names the resource.

    path: percent-encoded, as the request line has it, below `/<org>/v2`. The query is cut off, repeated slashes are
    merged, "." and ".." are resolved, and there is no slash at the end; the root is "/".
    """
    parts: list[str] = []
    for part in path.partition("?")[0].split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def message_of(method: str, path: str, timestamp: int) -> str:
    """What is signed for this request. path: as for `command_of`; timestamp: milliseconds since 1970."""
    return f"{command_of(path)};{method.upper()};{timestamp}"


def signature_of(key: Secret, secret: Secret, message: str) -> str:
    """The signature of a message: HMAC-SHA256 with the API key followed by the API secret, in lower-case hex."""
    return _hmac(key.reveal() + secret.reveal(), message).hex()


def sign(key: Secret, secret: Secret, method: str, path: str, timestamp: int) -> Signed:
    """Sign a request. path: as for `command_of`; timestamp: milliseconds since 1970."""
    message = message_of(method, path, timestamp)
    return Signed(message, timestamp, new_nonce(), signature_of(key, secret, message))


def new_nonce() -> str:
    """16 random letters and digits, new for each request."""
    import secrets  # loads OpenSSL, 3 MB that the start does not need

    return secrets.token_hex(8)


def is_nonce(text: str) -> bool:
    """True if this is 16 letters and digits."""
    return _NONCE.fullmatch(text) is not None


def same_signature(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    import hmac

    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


class Mistake(Enum):
    """A usual mistake in a client's signature, or in how it is sent."""

    QUERY = "query"
    WHOLE_PATH = "whole path"
    WHOLE_ADDRESS = "whole address"
    TRAILING_SLASH = "trailing slash"
    NO_SLASH = "no slash"
    NOT_ENCODED = "not encoded"
    ENCODED_TWICE = "encoded twice"
    LOWER_METHOD = "lower-case method"
    SECONDS = "seconds"
    OTHER_TIME = "other time"
    NO_TIME = "no time"
    SECRET_ALONE = "secret alone"  # noqa: S105
    KEY_ALONE = "key alone"
    SECRET_FIRST = "secret first"  # noqa: S105
    BASE64 = "base64"
    UPPER_HEX = "upper-case hex"
    CLOCK = "clock"

    @property
    def words(self) -> Text:
        """One sentence that names the mistake and its cure."""
        return Text(_WORDS[self])


_WORDS = {
    Mistake.QUERY: QT_TRANSLATE_NOOP("core", "Your client signed the query string too. Sign the path only."),
    Mistake.WHOLE_PATH: QT_TRANSLATE_NOOP(
        "core", "Your client signed the org code and the version too. Sign the path after /v2."
    ),
    Mistake.WHOLE_ADDRESS: QT_TRANSLATE_NOOP("core", "Your client signed the whole address. Sign the path after /v2."),
    Mistake.TRAILING_SLASH: QT_TRANSLATE_NOOP(
        "core", "Your client signed a slash at the end of the path. Sign the path without it."
    ),
    Mistake.NO_SLASH: QT_TRANSLATE_NOOP(
        "core", "Your client signed the path without the slash at its beginning. The path begins with a slash."
    ),
    Mistake.NOT_ENCODED: QT_TRANSLATE_NOOP(
        "core", "Your client signed the path before it was percent-encoded. Sign it as the request line has it."
    ),
    Mistake.ENCODED_TWICE: QT_TRANSLATE_NOOP(
        "core", "Your client percent-encoded the path twice before it signed it. Encode it once."
    ),
    Mistake.LOWER_METHOD: QT_TRANSLATE_NOOP(
        "core", "Your client signed the method in lower case. Sign it in capital letters."
    ),
    Mistake.SECONDS: QT_TRANSLATE_NOOP(
        "core", "Your client counts the time in seconds. Use milliseconds since 1970, in the header and the signature."
    ),
    Mistake.OTHER_TIME: QT_TRANSLATE_NOOP(
        "core", "Your client signed another time than it sent. Read the clock once and use that value for both."
    ),
    Mistake.NO_TIME: QT_TRANSLATE_NOOP(
        "core", "Your client left the timestamp out of the signature. Sign path;METHOD;timestamp."
    ),
    Mistake.SECRET_ALONE: QT_TRANSLATE_NOOP(
        "core", "Your client signed with the API secret alone. Sign with the API key followed by the API secret."
    ),
    Mistake.KEY_ALONE: QT_TRANSLATE_NOOP(
        "core", "Your client signed with the API key alone. Sign with the API key followed by the API secret."
    ),
    Mistake.SECRET_FIRST: QT_TRANSLATE_NOOP(
        "core", "Your client put the API secret before the API key. The API key comes first."
    ),
    Mistake.BASE64: QT_TRANSLATE_NOOP(
        "core", "Your client sent the signature in base64. Send it in lower-case hexadecimal digits."
    ),
    Mistake.UPPER_HEX: QT_TRANSLATE_NOOP(
        "core", "Your client sent the signature in capital letters. Send it in lower-case hexadecimal digits."
    ),
    Mistake.CLOCK: QT_TRANSLATE_NOOP(
        "core",
        "The signature is right, but your client’s clock is off. Set it, or correct the time by the header "
        "Medable-Server-Time of any answer.",
    ),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request as a client signed it.

    target: the request line's path and query, with `/<org>/v2`; host: the Host header; timestamp, signature: the
    headers as sent.
    """

    method: str
    target: str
    host: str
    timestamp: str
    signature: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a signature.

    mistakes: fewest that explain it, empty if none were recognised; expected, signed: the message that should have
    been signed, and the one that was (empty if not recognised). Neither holds a secret.
    """

    mistakes: tuple[Mistake, ...]
    expected: str
    signed: str = ""


def diagnose(key: Secret, secret: Secret, attempt: Attempt, now: int, drift: int) -> Diagnosis:
    """Look for the mistakes that yield a client's signature.

    now: the server's time in milliseconds; drift: how far a timestamp may be from it. The right signature yields
    CLOCK if its time is off, and no mistake otherwise.
    """
    expected, keys = _right_message(attempt), _keys(key, secret)
    best: Diagnosis | None = None
    for used, message in _messages(attempt):
        for key_mistake, key_text in keys:
            digest = _hmac(key_text, message)
            encoding = _encoding(digest, attempt.signature)
            if encoding is None:
                continue
            mistakes = (*used, *key_mistake, *encoding)
            if best is None or len(mistakes) < len(best.mistakes):
                best = Diagnosis(mistakes, expected, message)
    if best is None:
        return Diagnosis((Mistake.SECONDS,) if _is_seconds(attempt.timestamp) else (), expected)
    if _is_seconds(attempt.timestamp) and Mistake.SECONDS not in best.mistakes:
        return Diagnosis((*best.mistakes, Mistake.SECONDS), expected, best.signed)
    if not best.mistakes and attempt.timestamp.isdecimal() and abs(int(attempt.timestamp) - now) > drift:
        return Diagnosis((Mistake.CLOCK,), expected, best.signed)
    return best


def _right_message(attempt: Attempt) -> str:
    return f"{command_of(_below_version(attempt.target))};{attempt.method.upper()};{attempt.timestamp}"


def _below_version(target: str) -> str:
    return _API_PREFIX.sub("", target, count=1)


def _messages(attempt: Attempt) -> Iterator[tuple[tuple[Mistake, ...], str]]:
    """Messages that a client may have signed for this request, with the mistakes in them."""
    times, near = _times(attempt.timestamp)
    methods = [((), attempt.method.upper()), ((Mistake.LOWER_METHOD,), attempt.method.lower())]
    for (path_mistakes, path), (method_mistakes, method) in product(_paths(attempt), methods):
        used = (*path_mistakes, *method_mistakes)
        for time_mistakes, time in times:
            yield (*used, *time_mistakes), f"{path};{method};{time}"
        yield (*used, Mistake.NO_TIME), f"{path};{method}"
        for other in near if not used else ():  # hundreds, so not for each of the others
            yield (Mistake.OTHER_TIME,), f"{path};{method};{other}"


def _paths(attempt: Attempt) -> list[tuple[tuple[Mistake, ...], str]]:
    """The right path, then those with one or two mistakes, the fewest first."""
    whole, _, query = attempt.target.partition("?")
    right = command_of(_below_version(whole))

    def with_mistakes(mistakes: Sequence[Mistake]) -> str:
        path = right
        if Mistake.WHOLE_PATH in mistakes:
            path = command_of(whole)
        if Mistake.WHOLE_ADDRESS in mistakes:
            path = f"http://{attempt.host}{command_of(whole)}"
        if Mistake.NOT_ENCODED in mistakes:
            path = unquote(path)
        if Mistake.ENCODED_TWICE in mistakes:
            path = path.replace("%", "%25")
        if Mistake.TRAILING_SLASH in mistakes:
            path = path.rstrip("/") + "/"
        if Mistake.NO_SLASH in mistakes:
            path = path.removeprefix("/")
        if Mistake.QUERY in mistakes:
            path += f"?{query}"
        return path

    possible = [
        Mistake.QUERY,
        Mistake.WHOLE_PATH,
        Mistake.WHOLE_ADDRESS,
        Mistake.TRAILING_SLASH,
        Mistake.NO_SLASH,
        Mistake.NOT_ENCODED,
        Mistake.ENCODED_TWICE,
    ]
    found: dict[str, tuple[Mistake, ...]] = {}
    for count in range(3):
        for mistakes in combinations(possible, count):
            found.setdefault(with_mistakes(mistakes), mistakes)
    return [(mistakes, path) for path, mistakes in found.items()]


def _times(timestamp: str) -> tuple[list[tuple[tuple[Mistake, ...], str]], list[int]]:
    """The times that a client may have signed: as sent and in seconds, and those near the one sent."""
    if _is_seconds(timestamp):
        return [((Mistake.SECONDS,), timestamp)], []
    if not timestamp.isdecimal() or len(timestamp) > 20:
        return [((), timestamp)], []
    sent = int(timestamp)
    near = [sent + step for step in range(-_NEAR_MILLISECONDS, _NEAR_MILLISECONDS + 1) if step]
    return [((), timestamp), ((Mistake.SECONDS,), str(sent // 1000))], near


def _is_seconds(timestamp: str) -> bool:
    """True if this is a time of our century in seconds: in milliseconds it would be in January 1970."""
    return timestamp.isdecimal() and len(timestamp) <= 10


def _keys(key: Secret, secret: Secret) -> list[tuple[tuple[Mistake, ...], str]]:
    key_text, secret_text = key.reveal(), secret.reveal()
    return [
        ((), key_text + secret_text),
        ((Mistake.SECRET_ALONE,), secret_text),
        ((Mistake.KEY_ALONE,), key_text),
        ((Mistake.SECRET_FIRST,), secret_text + key_text),
    ]


def _encoding(digest: bytes, signature: str) -> tuple[Mistake, ...] | None:
    """The mistake in how this digest was written, none if it was right; None if it is another digest."""
    import base64

    if same_signature(digest.hex(), signature):
        return ()
    if same_signature(digest.hex(), signature.lower()):
        return (Mistake.UPPER_HEX,)
    standard = base64.b64encode(digest).decode()
    url_safe = base64.urlsafe_b64encode(digest).decode()
    texts = {standard, url_safe, standard.rstrip("="), url_safe.rstrip("=")}
    return (Mistake.BASE64,) if signature in texts else None


def _hmac(key: str, message: str) -> bytes:
    import hashlib  # with OpenSSL's 3 MB, which a start needs not
    import hmac

    return hmac.digest(key.encode(), message.encode(errors="surrogateescape"), hashlib.sha256)
