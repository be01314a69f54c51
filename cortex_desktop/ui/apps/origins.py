"""Who made the keys of apps of older versions: learned from the activity log, or said by a person, once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Slot

from ...domain.model import App, Origin
from ...services.apps.origins import KeyOrigins
from ..kit.i18n import short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import ListedApp, Workspace


class OriginPresenter(QObject):
    """Learns what the log knows, once a run, and keeps what a person says."""

    def __init__(self, tools: Tools, workspace: Workspace, origins: KeyOrigins) -> None:
        super().__init__(tools.toasts)
        self._toasts = tools.toasts
        self._workspace = workspace
        self._origins = origins
        self._has_learned = False
        workspace.loaded.connect(self._learn)

    @Slot()
    def _learn(self) -> None:
        if not self._has_learned and any(app.origin is Origin.UNKNOWN for app in self._workspace.all_apps()):
            self._has_learned = True
            self._workspace.on_disk(lambda: [ListedApp(app) for app in self._origins.learn()], self._put)

    def note(self, apps: Sequence[App], origin: Origin) -> None:
        """Keep what a person says of the keys of those apps of which it is not known. Can be undone."""
        unsure = [app for app in apps if app.origin is Origin.UNKNOWN]
        if unsure:
            self._workspace.on_disk(partial(self._note, unsure, origin), partial(self._noted, origin))

    def _note(self, apps: Sequence[App], origin: Origin) -> list[ListedApp]:
        return [ListedApp(app) for app in self._origins.note([app.id for app in apps], origin)]

    def _noted(self, origin: Origin, changed: list[ListedApp]) -> None:
        self._put(changed)
        if not changed:
            return
        apps = [listed.app for listed in changed]
        name = f"“{short(apps[0].label)}”" if len(apps) == 1 else self.tr("%Ln app(s)", "", len(apps))
        if origin is Origin.CORTEX:
            title = self.tr("{what}: the key is from Cortex").format(what=name)
        else:
            title = self.tr("{what}: the key was made here").format(what=name)
        toast = self._toasts.show(title, action=self.tr("Undo"), topic="origin")
        undo = partial(self._note, apps, Origin.UNKNOWN)
        toast.acted.connect(lambda: self._workspace.on_disk(undo, self._put))
        toast.count_down(TOAST_SECONDS)

    def _put(self, changed: list[ListedApp]) -> None:
        if changed:
            self._workspace.put_all(changed)
