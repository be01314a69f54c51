"""What can be done with orgs.

A removed org keeps its row, and its apps stay as they are, hidden with it, until it is restored or can no longer be.
Then `Recovery.recover` removes the apps, secrets first, and the org's row last. So everything here is one write to one
row, and needs no keychain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from ..domain.activity import Action, Detail
from ..domain.errors import OnlyOrg, OrgGone
from ..domain.model import AppState, Environment, Org, OrgState, new_id
from ..domain.ports import Repository
from ..domain.rules import clean_org
from . import periods, transitions
from .activity import Recorder
from .folder import Folder


@dataclass(frozen=True)
class Content:
    """How many apps an org holds, and how many deleted ones that can be restored."""

    apps: int = 0
    deleted: int = 0

    @property
    def empty(self) -> bool:
        """True if nothing is lost with the org."""
        return not self.apps and not self.deleted


class OrgService:
    """Lists, adds, changes, removes and restores orgs. Use it on the disk lane, but for `restore`.

    now: returns the time, aware, in UTC; recorder: gets an activity entry for what was done; folder: is told before
    the apps of a restored org are needed again. All methods raise StorageError.
    """

    def __init__(
        self,
        repository: Repository,
        now: Callable[[], datetime] | None = None,
        recorder: Recorder | None = None,
        folder: Folder | None = None,
    ) -> None:
        self._repository = repository
        self._folder = folder
        self._record = recorder or Recorder(repository)
        self._now = now or (lambda: datetime.now(UTC))

    def orgs(self) -> list[Org]:
        """Return the orgs that a person sees, oldest first."""
        return [org for org in self._repository.orgs() if org.state is OrgState.ACTIVE]

    def removed(self) -> list[Org]:
        """Return the orgs that can be restored, last removed first."""
        found = [org for org in self._repository.orgs() if org.state is OrgState.REMOVED]
        return sorted(found, key=lambda org: org.purge_after or self._now(), reverse=True)

    def content(self, org_id: str) -> Content:
        """Return what would go with the org."""
        states = [app.state for app in self._repository.apps() if app.org_id == org_id]
        deleted = states.count(AppState.DELETED)
        return Content(len(states) - deleted - states.count(AppState.DELETING), deleted)

    def add(self, org: Org) -> Org:
        """Add an org with these details under a new id. Raises OrgError."""
        org = replace(clean_org(org), id=new_id(), state=OrgState.ACTIVE, purge_after=None)
        self._repository.save_org(org)
        self._record.org(Action.ORG_ADDED, org, code=org.code, environment=_environment(org), endpoint=org.endpoint)
        return org

    def change(self, org: Org) -> Org:
        """Change the org's name, code, environment and endpoint. Raises OrgError, OrgGone."""
        org = clean_org(org)
        differences: dict[str, Detail] = {}

        def changed(before: Org) -> Org:
            if before.state is not OrgState.ACTIVE:
                raise OrgGone
            differences.update(_differences(before, org))
            return replace(org, state=before.state, purge_after=before.purge_after)

        org = self._repository.change_org(org.id, changed)
        if differences:
            self._record.org(Action.ORG_CHANGED, org, **differences)
        return org

    def remove(self, org_id: str) -> Org:
        """Hide the org with its apps; it can be restored until RESTORABLE has passed. Raises OnlyOrg, OrgGone."""
        if [org.id for org in self.orgs()] == [org_id]:
            raise OnlyOrg
        now = self._folder.now() if self._folder is not None else self._now()
        until = now + periods.RESTORABLE
        org = self._repository.change_org(org_id, partial(transitions.mark_org_removed, until=until))
        self._record.org(Action.ORG_REMOVED, org, apps=self.content(org_id).apps, restorable_until=until)
        return org

    def restore(self, org_id: str) -> Org:
        """Restore a removed org, its apps as they were. For the vault lane. Raises OrgGone once their removal began.

        Raises VaultError with nothing restored: the keychain must hear of it first, as for an app.
        """
        for org in self._repository.orgs():
            if org.id == org_id:
                transitions.restore_org(org)  # one on its way out needs no keychain to say so
        if self._folder is not None:
            self._folder.announce()
        org = self._repository.change_org(org_id, transitions.restore_org)
        self._record.org(Action.ORG_RESTORED, org)
        return org

    def purge(self, org_id: str) -> Org:
        """Mark a removed org with its apps for removal by the next recovery, and return it. Raises OrgGone.

        An org that was restored meanwhile is left alone.
        """
        return self._repository.change_org(org_id, transitions.mark_org_for_purge)


def _environment(org: Org) -> str:
    return org.own_environment if org.environment is Environment.OWN else org.environment.value


def _differences(before: Org, after: Org) -> dict[str, Detail]:
    """What is different about an org, for the activity log."""
    found: dict[str, Detail] = {"label_before": before.name} if after.name != before.name else {}
    if after.code != before.code:
        found["code"] = after.code
    if _environment(after) != _environment(before):
        found["environment"] = _environment(after)
    if after.like_production != before.like_production:
        found["like_production"] = after.like_production
    if after.endpoint != before.endpoint:
        found["endpoint"] = after.endpoint
    return found
