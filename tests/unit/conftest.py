"""What tests without a screen share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.services import Office


@pytest.fixture
def office(folder: Path) -> Office:
    """All services on real files and a keychain in memory."""
    return Office(folder)
