"""What the command palette finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence

from ...domain.folding import fold
from ...domain.model import App, AppState, Org
from ...services.snippets import masked
from ..apps.model import AppsModel
from ..kit.i18n import environment_of
from .actions import Actions, plain
from .palette import Hit, Source, best

MOST = 60
"""Hits in the list. Who gets that many types another letter."""


class OrgFinder:
    """Finds orgs by name, code and environment.

    enter: make the org with this id the current one; count: how many apps it has, in words.
    """

    def __init__(
        self, orgs: Sequence[Org], current: Org | None, enter: Callable[[str], object], count: Callable[[str], str]
    ) -> None:
        self._orgs = orgs
        self._current = current
        self._enter = enter
        self._count = count

    def search(self, query: str) -> list[Hit]:
        """The hits for what was typed, best first; for nothing, all orgs by name."""
        return best(iter(self.sources()), query, len(self._orgs))

    def sources(self, text: str = "{org}") -> list[Source]:
        """All orgs. text: what is listed for one."""
        return [
            Source(
                fold(f"{text.format(org=org.name)} {org.code} {environment_of(org)}"), partial(self._hits, org, text)
            )
            for org in self._orgs
        ]

    def _hits(self, org: Org, text: str) -> list[Hit]:
        here = self._current is not None and org.id == self._current.id
        icon = "check" if here else "triangle-alert" if org.production else "building-2"
        hint = f"{environment_of(org)} · {org.code} · {self._count(org.id)}"
        tone = "danger" if org.production else ""
        return [Hit(icon, text.format(org=org.name), hint, partial(self._enter, org.id), tone)]


class Finder:
    """Finds actions, orgs and apps. go_to, copy_key: what can be done with an app that was found."""

    def __init__(
        self,
        actions: Actions,
        orgs: OrgFinder,
        model: AppsModel,
        go_to: Callable[[App], object],
        copy_key: Callable[[App], object],
    ) -> None:
        self._actions = actions
        self._orgs = orgs
        self._model = model
        self._go_to = go_to
        self._copy_key = copy_key

    def search(self, query: str) -> list[Hit]:
        """The hits for what was typed, best first; for nothing, what can be done now."""
        return best(self._sources(query), query, MOST)

    def _sources(self, query: str) -> Iterator[Source]:
        for _, actions in self._actions.listed():
            for action in actions:
                if action.isEnabled():
                    yield Source(fold(_name(action)), partial(_action, action))
        if query.strip():
            yield from self._orgs.sources(QCoreApplication.translate("Finder", "Switch to {org}"))
            for text, app in self._model.searched():
                yield Source(text, partial(self._app, app))

    def _app(self, app: App) -> list[Hit]:
        translate = QCoreApplication.translate
        hits = [
            Hit(
                "layout-grid",
                translate("Finder", "Go to {label}").format(label=app.label),
                "" if app.state is AppState.ACTIVE else masked(app),
                partial(self._go_to, app),
            )
        ]
        if app.state is AppState.ACTIVE:
            copy = translate("Finder", "Copy key: {label}").format(label=app.label)
            ends = f"{app.key_ends.head}…{app.key_ends.tail}"
            hits.insert(0, Hit("copy", copy, ends, partial(self._copy_key, app)))
        return hits


def _action(action: QAction) -> list[Hit]:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return [Hit(str(action.data() or "terminal"), _name(action), keys, action.trigger)]


def _name(action: QAction) -> str:
    """What the action is called outside its menu, as its tool tip says; a submenu's entries need more words there."""
    return plain(action.toolTip())
