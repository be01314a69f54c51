"""Between the Organization page and the services. Which org is current is the apps' controller's to know."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject

from ...domain.errors import CortexError
from ...domain.model import Org
from ...services.orgs import Content, OrgService
from ...tasks.runner import Lane, Runner
from ..apps.controller import AppsController

T = TypeVar("T")


class OrgsController(QObject):
    """Intents in; outcomes go to the callbacks, and what there is then to `apps`. Until `attach` intents do nothing."""

    def __init__(self, runner: Runner, apps: AppsController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._orgs: OrgService | None = None
        self.apps = apps

    def attach(self, orgs: OrgService) -> None:
        """Start to work with this service."""
        self._orgs = orgs

    def add(self, org: Org, done: Callable[[Org], None], failed: Callable[[CortexError], None]) -> None:
        """Make an org with these details, and enter it."""
        if self._orgs is None:
            return

        def added(made: Org) -> None:
            self.apps.enter(made.id)
            done(made)

        self._change(partial(self._orgs.add, org), added, failed)

    def change(self, org: Org, done: Callable[[Org], None], failed: Callable[[CortexError], None]) -> None:
        """Keep the org's new details."""
        if self._orgs is not None:
            self._change(partial(self._orgs.change, org), done, failed)

    def remove(self, org: Org, done: Callable[[Org], None]) -> None:
        """Hide the org with its apps; `restore` brings it back, `purge` makes it final."""
        if self._orgs is not None:
            self._change(partial(self._orgs.remove, org.id), done, self.apps.failed.emit)

    def restore(self, org: Org) -> None:
        """Bring a removed org back, and enter it."""
        if self._orgs is not None:
            self._submit(partial(self._orgs.restore, org.id), self._restored)

    def purge(self, org: Org) -> None:
        """Remove an org's apps for good, secrets first. While the keychain cannot, they wait."""
        if self._orgs is not None:
            self._submit(partial(self._orgs.purge, org.id), self._purging)

    def find_removed(self, done: Callable[[list[Org]], None]) -> None:
        """The orgs that can be restored."""
        if self._orgs is not None:
            self._submit(self._orgs.removed, done)

    def look_into(self, org: Org, done: Callable[[Content], None]) -> None:
        """What would go with the org."""
        if self._orgs is not None:
            self._submit(partial(self._orgs.content, org.id), done)

    def _change(
        self, work: Callable[[], Org], done: Callable[[Org], None], failed: Callable[[CortexError], None]
    ) -> None:
        """Do it, and list the orgs anew."""
        orgs = self._orgs
        assert orgs is not None

        def changed(outcome: tuple[Org, list[Org]]) -> None:
            org, now = outcome
            self.apps.take_orgs(now)
            done(org)

        self._runner.submit(Lane.DISK, lambda: (work(), orgs.orgs()), self, changed, failed)

    def _restored(self, org: Org) -> None:
        self.apps.wished = org.id
        self.apps.reload()

    def _purging(self, _: Org) -> None:
        self.apps.recover()

    def _submit(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._runner.submit(Lane.DISK, work, self, done, self.apps.failed.emit)
