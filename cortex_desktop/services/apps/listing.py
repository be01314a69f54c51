"""The apps that a person sees."""

from __future__ import annotations

from ...domain.model import App, AppState, OrgState
from ...domain.ports import Repository

_HIDDEN = (AppState.DELETED, AppState.DELETING)


class AppListing:
    """Lists apps. Use it on the disk lane. All methods raise StorageError."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def of_org(self, org_id: str) -> list[App]:
        """Return the org's apps but for deleted ones, oldest first."""
        return [a for a in self._repository.apps() if a.org_id == org_id and a.state not in _HIDDEN]

    def of_all_orgs(self) -> list[App]:
        """Return the apps of all orgs but for deleted ones, oldest first."""
        active = {org.id for org in self._repository.orgs() if org.state is OrgState.ACTIVE}
        return [a for a in self._repository.apps() if a.org_id in active and a.state not in _HIDDEN]

    def deleted(self, org_id: str) -> list[App]:
        """Return the org's deleted apps that can still be restored, last deleted first."""
        found = [a for a in self._repository.apps() if a.org_id == org_id and a.state is AppState.DELETED]
        return sorted(found, key=lambda app: app.purge_after or app.created, reverse=True)
