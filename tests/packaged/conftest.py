"""Tests of what people install. `dev.py package` runs them on what it made; otherwise there is nothing to test."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if config.getoption("--packaged") else True


@pytest.fixture(scope="session")
def packaged(request: pytest.FixtureRequest) -> Path:
    """The packaged program: the one that prints."""
    return Path(request.config.getoption("--packaged"))
