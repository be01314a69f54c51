"""What the command palette finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence

from ...domain.folding import fold
from ...domain.model import Org
from ..kit.actions import Action, Actions, plain
from ..kit.finding import Hit, Source, best
from ..kit.i18n import environment_of
from ..kit.page import PageEntry
from ..workspace import Workspace

MOST = 60
"""Maximum number of results shown."""


class OrgFinder:
    """Finds orgs by name, code and environment."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def search(self, query: str) -> list[Hit]:
        """The hits for what was typed, best first; for nothing, all orgs by name."""
        return best(self.sources(), query, len(self._workspace.orgs))

    def sources(self, text: str = "{org}") -> Iterable[Source]:
        """All orgs. text: what is listed for one."""
        return [
            Source(
                fold(f"{text.format(org=org.name)} {org.code} {environment_of(org)}"),
                partial(self._hits, org, text),
                (fold(org.code), fold(org.name)),
            )
            for org in self._workspace.orgs
        ]

    def _hits(self, org: Org, text: str) -> list[Hit]:
        current = self._workspace.org
        here = current is not None and org.id == current.id
        icon = "check" if here else "triangle-alert" if org.production else "building-2"
        hint = f"{environment_of(org)} · {org.code} · {self._workspace.count_words(org.id)}"
        tone = "danger" if org.production else ""
        return [Hit(icon, text.format(org=org.name), hint, partial(self._workspace.enter, org.id), tone)]


class Finder:
    """Finds actions, orgs, and what pages let be found."""

    def __init__(self, actions: Actions, workspace: Workspace, pages: Sequence[PageEntry]) -> None:
        self._actions = actions
        self._orgs = OrgFinder(workspace)
        self._pages = pages

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
            for page in self._pages:
                yield from page.found()


def _action(action: QAction) -> list[Hit]:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    icon = action.icon_name if isinstance(action, Action) else "terminal"
    return [Hit(icon, _name(action), keys, action.trigger)]


def _name(action: QAction) -> str:
    """What the action is called outside its menu, as its tool tip says; a submenu's entries need more words there."""
    return plain(action.toolTip())
