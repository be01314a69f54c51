"""The services on the stores that a test chooses, and a clock to turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cortex_desktop.domain.model import AppDetails
from cortex_desktop.domain.ports import Repository, Vault
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.apps.create import Created
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.apps.two_stores import TwoStores

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """Returns `time`, which a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


def app_services(
    repository: Repository,
    vault: Vault,
    now: Callable[[], datetime] | None = None,
    recorder: Recorder | None = None,
) -> AppServices:
    """The use cases of apps on these stores."""
    return AppServices.build(TwoStores(repository, vault, recorder, now))


def create(apps: AppServices, org_id: str, label: str, *, sessions: bool = False, csrf: bool = True) -> Created:
    """Create an app with these details."""
    return apps.creation.create(org_id, AppDetails(label, sessions, csrf))
