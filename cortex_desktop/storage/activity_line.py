"""One line of the activity log:

    {"before":"<sha256 of the line before>","when":"2026-11-23T14:02:11.123Z","n":12,"what":"created",…}

The fields that searching and checking need stand at fixed places in front. Each line holds the hash of the one before
it, so that none can be changed, moved or taken out without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from ..domain.activity import Action, ActivityEntry

FIRST = "0" * 64
"""The hash that the first line holds."""

WHEN = slice(85, 109)
"""The place of the time in a line."""

_FRONT = re.compile(
    rb'\{"before":"([0-9a-f]{64})","when":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","n":([1-9]\d{0,15}),'
)
_ACTIONS = {action.value: action for action in Action}
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(entry: ActivityEntry, number: int, before: str) -> bytes:
    """Return the line, without its line feed. Raises ValueError for a text that cannot be written as UTF-8."""
    rest: dict[str, Any] = {
        "before": before,
        "when": when_text(entry.when),
        "n": number,
        "what": entry.action.value,
        "who": entry.who,
        "computer": entry.computer,
        "org": entry.org_id,
        "org_name": entry.org_name,
        "app": entry.app_id,
        "label": entry.label,
        "details": dict(entry.details),
    }
    always = ("before", "when", "n", "what", "who")
    return _compact({name: value for name, value in rest.items() if value or name in always}).encode()


def decode(line: bytes) -> ActivityEntry | None:
    """Return the entry, or None when the line is none."""
    try:
        doc = json.loads(line)
        texts = {name: doc.get(name, "") for name in ("who", "computer", "org", "org_name", "app", "label")}
        details = doc.get("details", {})
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(details, dict):
            return None
        if not all(isinstance(value, str | int) for value in details.values()):
            return None
        return ActivityEntry(
            when=datetime.fromisoformat(doc["when"]).astimezone(UTC),
            who=texts["who"],
            computer=texts["computer"],
            action=_ACTIONS.get(doc["what"], Action.UNKNOWN),
            org_id=texts["org"],
            org_name=texts["org_name"],
            app_id=texts["app"],
            label=texts["label"],
            details=details,
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def front(line: bytes) -> tuple[int, str] | None:
    """Return the entry's number and the hash that it holds, or None when the line is no entry."""
    match = _FRONT.match(line)
    return (int(match[2]), match[1].decode()) if match else None


def is_next(line: bytes, number: int, before: str) -> bool:
    """Return True if the line is the entry of this number after the line with this hash. Quicker than `front`."""
    return line.startswith(b'{"before":"%b","when":"' % before.encode()) and line.startswith(
        b'","n":%d,' % number, WHEN.stop
    )


def checksum(line: bytes) -> str:
    """Return the hash that the next line holds of this one, given without its line feed."""
    return hashlib.sha256(line).hexdigest()


def when_text(when: datetime) -> str:
    """Return the time as 24 characters, in UTC, which compare as the times do."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
