"""How long what was deleted, replaced or left unfinished is kept."""

from __future__ import annotations

from datetime import timedelta

RESTORABLE = timedelta(days=30)
"""How long a deleted app or removed org can be restored before its secrets leave the keychain."""

SECRET_KEPT = timedelta(days=7)
"""How long an API secret that Sessions made superfluous is kept. Switching Sessions off meanwhile brings it back."""

ROLLED_BACK_KEPT = timedelta(days=7)
"""How long the newer key is kept after rolling back: it may be in use somewhere already."""

KEPT_BY_RECOVERY = timedelta(days=7)
"""How long recovery keeps the old key of a rotation that it finishes: the period that was chosen is not stored."""

LATE = timedelta(days=7)
"""How long a store without an answer may still take effect: some day a person answers the forgotten prompt."""
