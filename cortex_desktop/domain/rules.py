"""The rules for what a person types: labels, notes, owners, and the fields of an org."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from .errors import DetailError, LabelError, OrgError
from .folding import fold, is_invisible, look
from .model import AppDetails, Environment, Org
from .text import QT_TRANSLATE_NOOP

LABEL_LENGTH = 120
NOTES_LENGTH = 4000
OWNER_LENGTH = 120
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDPOINT = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


def clean_label(text: str) -> str:
    """Return the label trimmed and in composed form (NFC).

    Raises LabelError unless it has 1 to 120 characters, one of them visible, and no control characters (line breaks,
    tabs, and the invisible characters that turn the direction of text around and so could make one label pass for
    another).
    """
    label = _trimmed(text)
    if not label:
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "Enter a label"),
            QT_TRANSLATE_NOOP("core", "An app needs a name that you recognise it by."),
            QT_TRANSLATE_NOOP("core", "Type 1 to 120 characters."),
        )
    if len(label) > LABEL_LENGTH:
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "This label is too long"),
            QT_TRANSLATE_NOOP("core", "It has {count} characters, and 120 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten it to 120 characters."),
            {"count": str(len(label))},
        )
    if any(_is_control(c) for c in label):
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "This label has invisible characters"),
            QT_TRANSLATE_NOOP("core", "Line breaks, tabs and other control characters are not allowed."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the label by hand."),
        )
    return label


def clean_notes(text: str) -> str:
    """Return the notes trimmed and in composed form (NFC), each line break a line feed; empty when blank.

    Raises DetailError unless they have at most 4,000 characters, none of them a control character but line breaks and
    tabs.
    """
    notes = _trimmed(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(notes) > NOTES_LENGTH:
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "These notes are too long"),
            QT_TRANSLATE_NOOP("core", "They have {count} characters, and 4,000 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten them to 4,000 characters."),
            {"count": str(len(notes))},
        )
    if any(_is_control(c) and c not in "\n\t" for c in notes):
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "These notes have invisible characters"),
            QT_TRANSLATE_NOOP("core", "Control characters are not allowed, except for line breaks and tabs."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the notes by hand."),
        )
    return notes


def clean_owner(text: str) -> str:
    """Return the owner trimmed and in composed form (NFC); empty when blank.

    Raises DetailError unless it has at most 120 characters and no control characters (`clean_label` says which).
    """
    owner = _trimmed(text)
    if len(owner) > OWNER_LENGTH:
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "This owner is too long"),
            QT_TRANSLATE_NOOP("core", "It has {count} characters, and 120 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten it to 120 characters."),
            {"count": str(len(owner))},
        )
    if any(_is_control(c) for c in owner):
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "This owner has invisible characters"),
            QT_TRANSLATE_NOOP("core", "Line breaks, tabs and other control characters are not allowed."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the owner by hand."),
        )
    return owner


def clean_details(details: AppDetails) -> AppDetails:
    """Return the details with label, notes and owner cleaned. Raises LabelError, DetailError."""
    return replace(
        details,
        label=clean_label(details.label),
        notes=clean_notes(details.notes),
        owner=clean_owner(details.owner),
    )


def clean_org(org: Org) -> Org:
    """Return the org with name, own environment, code and endpoint trimmed.

    An own environment with the name of one of the four becomes that one. Raises OrgError unless the names follow
    `clean_label`, the code is a path segment without spaces, and the endpoint is a plain https address: a key must
    never travel in the clear.
    """
    name = _clean_name("name", org.name, QT_TRANSLATE_NOOP("core", "This name cannot be used"))
    code, endpoint = org.code.strip(), org.endpoint.strip().rstrip("/")
    if not _CODE.fullmatch(code):
        raise OrgError(
            "code",
            QT_TRANSLATE_NOOP("core", "This code cannot be used"),
            QT_TRANSLATE_NOOP(
                "core", "The code is a part of the API's address: letters, digits, “-”, “_” and “.” only."
            ),
            QT_TRANSLATE_NOOP("core", "Copy it from the address of your web console."),
        )
    environment, own, like_production = org.environment, "", False
    if environment is Environment.OWN:
        title = QT_TRANSLATE_NOOP("core", "This environment's name cannot be used")
        own = _clean_name("own_environment", org.own_environment, title)
        environment = environment_called(own)
        own, like_production = (own, org.like_production) if environment is Environment.OWN else ("", False)
    if not _ENDPOINT.fullmatch(endpoint):
        raise OrgError(
            "endpoint",
            QT_TRANSLATE_NOOP("core", "This endpoint cannot be used"),
            QT_TRANSLATE_NOOP("core", "It must be an address that begins with https:// and names a host."),
            QT_TRANSLATE_NOOP("core", "For example: https://api.dev.medable.com"),
        )
    return replace(
        org,
        name=name,
        code=code,
        environment=environment,
        endpoint=endpoint,
        own_environment=own,
        like_production=like_production,
    )


def _clean_name(field: str, text: str, title: str) -> str:
    if not _trimmed(text):
        message = QT_TRANSLATE_NOOP("core", "It is empty.")
        raise OrgError(field, title, message, QT_TRANSLATE_NOOP("core", "Type 1 to 120 characters."))
    try:
        return clean_label(text)
    except LabelError as error:
        raise OrgError(field, title, error.message.source, error.advice.source, error.message.values) from None


def environment_called(name: str) -> Environment:
    """Return the one of the four with this name, in upper or lower case; otherwise OWN."""
    found = [e for e in Environment if e is not Environment.OWN and e.value == fold(name.strip())]
    return found[0] if found else Environment.OWN


def same_name(org: Org, others: Iterable[Org]) -> Org | None:
    """Return another org with a name that looks the same but for case and accents, or None."""
    return next((other for other in others if other.id != org.id and _alike(other.name, org.name)), None)


def same_place(org: Org, others: Iterable[Org]) -> Org | None:
    """Return another org with the same code and endpoint, or None. A code alone may repeat, per environment."""
    place = (org.code.strip(), _host(org))
    return next((other for other in others if other.id != org.id and (other.code.strip(), _host(other)) == place), None)


def _alike(one: str, other: str) -> bool:
    return look(one) == look(other)


def _host(org: Org) -> str:
    return org.endpoint.strip().rstrip("/").lower()


def _trimmed(text: str) -> str:
    """The text trimmed and in composed form; empty when nothing of it is visible."""
    trimmed = unicodedata.normalize("NFC", text.strip())
    return "" if all(map(is_invisible, trimmed)) else trimmed


def _is_control(char: str) -> bool:
    # Cs: a lone surrogate cannot be written as UTF-8. Bidi overrides and isolates are of category Cf, which also
    # holds the joiners that emoji and several scripts need, so those few are named.
    return (
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
