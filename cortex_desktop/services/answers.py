"""An answer as it may be shown: masked, as a tree and as text. Large ones take a while; never on the GUI thread."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..domain.request import Answer, Credentials, Form, mask_document, without_keys

MASK = "…"
_SECRET_IN_TEXT = re.compile(
    r'("(?:api_?key|apisecret|password|secret|token|verificationtoken|key)"\s*:\s*)("(?:[^"\\]|\\.)*"?|\{[^}]*\}?)',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shown:
    """What a person sees of a body. document: for the tree, None without one; text: for Raw. Both are masked."""

    document: object | None
    text: str


def shown(answer: Answer, credentials: Credentials) -> Shown:
    """The body of an answer as it may be shown. credentials: what was sent, which the body may repeat."""
    text = answer.body.decode("utf-8", "replace")
    for secret in (credentials.key, credentials.secret):
        if secret is not None:
            text = text.replace(secret.reveal(), MASK)
    if answer.form is Form.JSON and answer.is_whole:
        try:
            document = mask_document(json.loads(text))
        except (ValueError, RecursionError):
            return Shown(None, masked_text(text))
        return Shown(document, json.dumps(document, ensure_ascii=False, indent=2))
    if answer.form is Form.LINES:
        lines = list(_lines(text))
        return Shown(lines, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    return Shown(None, masked_text(text))


def masked_text(text: str) -> str:
    """A text that is no complete JSON, with everything masked that looks like a secret."""
    return without_keys(_SECRET_IN_TEXT.sub(rf'\1"{MASK}"', text))


def _lines(text: str) -> Iterator[object]:
    """The documents of a body that has one a line; a line that is none, such as a cut one, as text."""
    for line in text.splitlines():
        if line.strip():
            try:
                yield mask_document(json.loads(line))
            except (ValueError, RecursionError):
                yield masked_text(line)
