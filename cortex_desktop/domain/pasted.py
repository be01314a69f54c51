"""Finds API keys and API secrets in what a person pastes: the key alone, a curl line, an .env file, JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .secret import API_SECRET, APP_NAME, KEY, Secret

LONGEST = 200_000
"""So many characters of a text are looked at."""

# As in Cortex, and standing alone: no part of a longer word, of a token with dots or dashes, of base64.
_RUN = re.compile(
    rf"(?<!\w)(?<!\w[-.+])(?:(?P<name>{APP_NAME})|(?P<key>{KEY})|(?P<secret>{API_SECRET}))"
    r"(?!\w)(?![-.+]\w)(?!=)"
)
_OTHERS = ("token", "signature", "fingerprint", "nonce", "hash", "digest", "checksum", "sha")
_CALLED = 60
"""So many characters before a value are looked at for what it is called there."""


@dataclass(frozen=True)
class Found:
    """What may be the key, and what may be the secret, in the order of the text. More than one: ask which."""

    keys: tuple[Secret, ...] = ()
    secrets: tuple[Secret, ...] = ()


def find_keys(text: str) -> Found:
    """The API keys (22 letters and digits, or c_ and a name) and API secrets (64) in a text.

    Where some are called so (`Medable-Client-Key: …`, `apiSecret=…`), only those. Otherwise those that look drawn
    at random; otherwise any of the shape. CSRF tokens, signatures and checksums have the shape of a secret, and are
    none.
    """
    text = text[:LONGEST]
    keys: list[tuple[int, str]] = []  # how little it looks like one, and it
    secrets: list[tuple[int, str]] = []
    for run in _RUN.finditer(text):
        called = _called(text, run.start())
        if run["secret"] is None:
            # A word of 22 letters looks like a key that happens to have no digit and no capital; a name like any other.
            doubt = 0 if called.endswith("key") else 1 if run["key"] and _mixed(run["key"]) else 2
            keys.append((doubt, run[0]))
        elif called.endswith("secret"):
            secrets.append((0, run[0]))
        elif not called.endswith(_OTHERS) and not re.fullmatch("[0-9a-f]+|[0-9A-F]+", run[0]):
            secrets.append((1, run[0]))
    return Found(_likeliest(keys), _likeliest(secrets))


def _called(text: str, start: int) -> str:
    """The letters of what stands before a value, small: `-H "Medable-Client-Key: ` gives "medableclientkey"."""
    before = text[max(0, start - _CALLED) : start]
    return re.sub("[^a-z]", "", re.sub(r"[^A-Za-z]+$", "", before).lower())


def _mixed(text: str) -> bool:
    return sum(any(test(c) for c in text) for test in (str.islower, str.isupper, str.isdigit)) > 1


def _likeliest(candidates: list[tuple[int, str]]) -> tuple[Secret, ...]:
    least = min((doubt for doubt, _ in candidates), default=0)
    return tuple(Secret(text) for text in dict.fromkeys(text for doubt, text in candidates if doubt == least))
