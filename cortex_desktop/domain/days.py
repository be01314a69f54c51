"""Days where the person is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def midnight(day: date) -> datetime:
    """Return the moment when the day begins in the computer's time zone, in UTC."""
    return datetime.combine(day, time.min).astimezone().astimezone(UTC)
