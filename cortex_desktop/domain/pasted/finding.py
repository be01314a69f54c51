"""Rank the values of a pasted text: which are meant, and which a person must choose from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ..secret import Look, Secret, SecretKind, look, redact, shaped, well_formed
from . import lines, structure
from .names import Says, belongs, is_api_secret, is_old, may_be_anothers, of_key, of_secret
from .naming import is_ours
from .place import Place, Value, without_armor
from .values import whole as whole_value

MOST_READ = 1_000_000
"""Of a longer text the structure is not read: what has the shape of a key is found and named by its own line."""
_MOST_NAMED = 5_000
"""Nor of one with so many values."""
_MOST_OFFERED = 20
_BLANK = re.compile("[\u00a0\u2000-\u200f\u202a-\u202f\u2060\ufeff]")
_SOFT_BREAK = re.compile(r"^(?=.{70,76}$)(.*(?:\w \S+ \w|=3D).*[^\s=])=\n", re.MULTILINE)
"""Of a mail's source: a line that goes on in the next one."""
_CHECKSUM = re.compile("[0-9a-fA-F]+")
_SHORT = 400
"""In so short a text a c_ name that nothing calls a key may be meant."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be the key, or the secret.

    called: its name in the text; with what that stands in ("stripe / key") where another has the same. Empty if none.
    says: what the name says. aside: commented out, disabled, or called old. line: from 1; 0 if not known.
    beside: of a key, the API secret that stands beside it and is named as its own.
    """

    secret: Secret
    called: str
    says: Says
    aside: bool = False
    line: int = 0
    beside: Secret | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a text.

    keys, secrets: what may be meant, likeliest first. key, secret: what is meant, where that is sure; otherwise ask,
    also if only one may be meant. whole: False if the text was too long to read its structure; then nothing is sure
    but what is named as a key of this API. placeholder: what stands where a key should, if no key was found.
    """

    keys: tuple[Candidate, ...] = ()
    secrets: tuple[Candidate, ...] = ()
    key: Candidate | None = None
    secret: Secret | None = None
    whole: bool = True
    placeholder: str = ""


def find_keys(text: str) -> Found:
    """Find the API keys (22 letters and digits, or c_ and a name) and API secrets (64) in a text.

    A key is ranked by what it is called, then by whether it looks drawn at random. A key is meant if it is called one
    and no other is called so as well, or if there is nothing else that may be one. A secret is meant if it is named as
    the key's and stands beside it, or if it is all there is. Words, placeholders and values that are called something
    else (tokens, checksums, other companies' keys) are not offered.
    """
    text = _cleaned(text)
    whole = len(text) <= MOST_READ and sum(1 for _ in zip(range(_MOST_NAMED), shaped(text), strict=False)) < _MOST_NAMED
    values: Iterable[Value]
    if whole:
        try:
            values = list(structure.read(text, Place()))
        except RecursionError:
            whole = False
    if not whole:
        values = lines.scan(text, Place())
    alone = whole_value(text.strip(" \t\r\n\"'`“”<>,;.:()[]{}*"))
    keys = _ranked(_rate_keys(values, alone, short=len(text) <= _SHORT))
    secrets = _ranked(_rate_secrets(values))
    sure = bool(keys) and _is_meant(keys, alone, named=_names_a_key(values))
    if sure and keys[0].says is not Says.OURS:
        named = keys[0].says is Says.KIND
        sure = whole and not (named and may_be_anothers(keys[0].place.names) and not is_ours(text))
    offered = _offered(keys, sure)
    beside = [_beside(key, secrets) for key in offered]
    candidates = tuple(_candidates(text, offered, beside))
    secret = beside[0] if sure else None
    if not keys and len(secrets) == 1 and (secrets[0].text == alone or is_api_secret(secrets[0].place.names)):
        secret = None if secrets[0].aside else secrets[0]
    others = [secret] if secret else [other for other in secrets if other not in beside]
    return Found(
        candidates,
        tuple(_candidates(text, others[:_MOST_OFFERED])),
        candidates[0] if sure else None,
        Secret(secret.text) if secret else None,
        whole,
        "" if keys else _placeholder(values, alone),
    )


@dataclass(frozen=True, slots=True)
class _Rated:
    """A value with what speaks for and against it."""

    aside: bool
    says: Says
    look: Look
    is_name: bool
    order: int
    text: str
    place: Place


def _weight(rated: _Rated) -> tuple[bool, bool, int, int, bool, int]:
    return rated.aside, rated.place.doubt, rated.says, rated.look, rated.is_name, rated.order


def _cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "")  # of UTF-16 that was read as something else
    if "=\n" in text:
        text = _SOFT_BREAK.sub(r"\1", text)
    if not text.isascii():
        text = _BLANK.sub(" ", text)
    if "\x1b" in text:  # a terminal's colours
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return without_armor(text) if "BEGIN" in text else text


def _rate_keys(values: Iterable[Value], alone: str, *, short: bool) -> list[_Rated]:
    found = []
    for order, value in enumerate(values):
        if not well_formed(SecretKind.API_KEY, Secret(value.text)):
            continue
        is_name = value.text.startswith("c_")
        says = of_key(value.place.called)
        looks = Look.DRAWN if is_name else look(value.text)
        named = says <= Says.KIND
        if is_name and not named:
            may_be = value.text == alone or (short and not value.place.names and not value.place.doubt)
        else:
            is_clear = named or value.text == alone or (short and not value.place.names)
            may_be = looks is Look.DRAWN or (looks is Look.DOUBTFUL and is_clear)
        if may_be and not (is_name and value.place.doubt):
            found.append(_rated(value, says, looks, is_name, order))
    return found


def _rate_secrets(values: Iterable[Value]) -> list[_Rated]:
    found = []
    for order, value in enumerate(values):
        if well_formed(SecretKind.API_SECRET, Secret(value.text)):
            says = of_secret(value.place.called)
            if says is not Says.ELSE and look(value.text) is Look.DRAWN:
                found.append(_rated(value, says, Look.DRAWN, False, order))
    return found


def _rated(value: Value, says: Says, looks: Look, is_name: bool, order: int) -> _Rated:
    aside = value.place.aside or is_old(value.place.names)
    return _Rated(aside, says, looks, is_name, order, value.text, value.place)


def _ranked(rated: list[_Rated]) -> list[_Rated]:
    """Each text once, at its best, likeliest first; without what is called something else anywhere."""
    foreign = {one.text for one in rated if one.says is Says.FOREIGN}
    best: dict[str, _Rated] = {}
    for one in sorted(rated, key=_weight):
        if one.says <= Says.PERHAPS or one.text not in foreign:
            best.setdefault(one.text, one)
    return list(best.values())


def _names_a_key(values: Iterable[Value]) -> bool:
    """True if something is called a key, whatever it looks like."""
    return any(
        well_formed(SecretKind.API_KEY, Secret(value.text)) and of_key(value.place.called) <= Says.KIND
        for value in values
    )


def _placeholder(values: Iterable[Value], alone: str) -> str:
    """The first word of a key's shape that is called a key or is all there is; empty if there is none."""
    for value in values:
        is_key = well_formed(SecretKind.API_KEY, Secret(value.text)) and not value.text.startswith("c_")
        if is_key and (value.text == alone or of_key(value.place.called) <= Says.KIND):
            may_be_secret = look(value.text) is not Look.MADE or _CHECKSUM.fullmatch(value.text)
            if not may_be_secret or len(set(value.text)) < 5:
                return value.text
    return ""


def _is_meant(keys: list[_Rated], alone: str, *, named: bool) -> bool:
    """True if the first key is meant, whatever the others are. named: something in the text is called a key."""
    best = keys[0]
    if best.says is Says.NOTHING and named:
        return False
    if best.aside or best.place.doubt or best.look is not Look.DRAWN or best.says in (Says.PERHAPS, Says.ELSE):
        return False
    if best.is_name and best.says is Says.NOTHING and best.text != alone:
        return False
    rivals = [key for key in keys[1:] if not key.aside]
    if best.is_name:
        return not any(not key.is_name or key.says <= best.says for key in rivals)
    worst = {Says.OURS: Says.OURS, Says.KIND: Says.PERHAPS}.get(best.says, Says.ELSE)
    return not any(key.says <= worst and not key.is_name and not key.place.doubt for key in rivals)


def _offered(keys: list[_Rated], sure: bool) -> list[_Rated]:
    if not keys:
        return []
    best = keys[0]
    if sure:
        return [best, *(key for key in keys[1:] if key.aside and key.says <= best.says)][:_MOST_OFFERED]
    worst = {Says.OURS: Says.OURS, Says.KIND: Says.PERHAPS}.get(best.says, Says.ELSE)
    if best.is_name or best.place.doubt:
        worst = Says.ELSE
    return [key for key in keys if key.says <= worst][:_MOST_OFFERED]


def _beside(key: _Rated, secrets: list[_Rated]) -> _Rated | None:
    """The one secret that is named as the key's and stands beside it."""
    its = [
        secret
        for secret in secrets
        if secret.place.group is key.place.group
        and secret.aside == key.aside
        and not secret.place.doubt
        and belongs(secret.place.called, key.place.called)
    ]
    return its[0] if len(its) == 1 else None


def _candidates(text: str, offered: list[_Rated], beside: Sequence[_Rated | None] = ()) -> Iterator[Candidate]:
    names = [_shown(one.place.called) for one in offered]
    called = [""] * len(offered)
    for length in (1, 2, 3):
        called = [" / ".join(each[-length:]) for each in names]
        if len(set(called)) == len(called):
            break
    for one, name, secret in zip_longest(offered, called, beside):
        at = text.find(one.text)
        line = text.count("\n", 0, at) + 1 if at >= 0 else 0
        yield Candidate(Secret(one.text), name, one.says, one.aside, line, Secret(secret.text) if secret else None)


def _shown(names: Sequence[str]) -> list[str]:
    """Names as they may be shown: short, in one line, without a key in them."""
    shown = [redact(" ".join(name.split())[:60]) for name in names]
    return [name for n, name in enumerate(shown) if name and name not in shown[:n]]
