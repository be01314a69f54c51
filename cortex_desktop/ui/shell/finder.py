"""What the command palette finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence

from ...domain.folding import fold
from ...domain.model import Org
from ..kit.actions import Action, Actions, Menu, plain
from ..kit.finding import Hit, Source, best
from ..kit.i18n import environment_of
from ..kit.page import PageEntry
from ..kit.settings import Settings
from ..workspace import Workspace

MOST = 60
"""Maximum number of results shown."""

RECENT = 4
"""Maximum number of actions listed as recent."""

DANGEROUS = frozenset({"delete", "remove_data"})
"""Names of actions that take something away: found only by their own words, and never recent."""


class OrgFinder:
    """Finds orgs by name, code and environment."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def search(self, query: str) -> list[Hit]:
        """The hits for what was typed, best first; for nothing, all orgs by name."""
        return best(self.sources(), query, len(self._workspace.orgs))

    def sources(self, text: str = "{org}", section: str = "") -> Iterable[Source]:
        """All orgs. text: what is listed for one; section: the heading they are listed under."""
        return [
            Source(
                fold(f"{text.format(org=org.name)} {org.code} {environment_of(org)}"),
                partial(self._hits, org, text, section),
                (fold(org.code), fold(org.name)),
            )
            for org in self._workspace.orgs
        ]

    def _hits(self, org: Org, text: str, section: str) -> list[Hit]:
        current = self._workspace.org
        here = current is not None and org.id == current.id
        icon = "check" if here else "triangle-alert" if org.production else "building-2"
        hint = f"{environment_of(org)} · {org.code} · {self._workspace.count_words(org.id)}"
        tone = "danger" if org.production else ""
        return [Hit(icon, text.format(org=org.name), hint, partial(self._workspace.enter, org.id), tone, section)]


class Finder:
    """Finds actions, orgs, and what pages let be found. settings: remember which actions were run from the palette."""

    def __init__(self, actions: Actions, workspace: Workspace, pages: Sequence[PageEntry], settings: Settings) -> None:
        self._actions = actions
        self._orgs = OrgFinder(workspace)
        self._pages = pages
        self._settings = settings
        self._synonyms = _synonyms()

    def search(self, query: str) -> list[Hit]:
        """The hits for what was typed, by section, the best first; for nothing, what can be done now, recent first."""
        if query.strip():
            return by_section(best(self._sources(fold(query).split()), query, MOST))
        recent = {name: rank for rank, name in enumerate(self._recent())}
        sources = list(self._action_sources())
        known = [(recent[name], source) for name, source in sources if name in recent]
        title = QCoreApplication.translate("Finder", "Recent")
        first = [hit._replace(section=title) for hit in best((source for _, source in sorted(known)), "", RECENT)]
        others = (source for name, source in sources if name not in recent)
        return [*first, *by_section(best(others, "", MOST - len(first)))]

    def _sources(self, words: Sequence[str]) -> Iterator[Source]:
        for _, source in self._action_sources():
            yield source
        text = QCoreApplication.translate("Finder", "Switch to {org}")
        yield from self._orgs.sources(text, QCoreApplication.translate("Finder", "Organizations"))
        for page in self._pages:
            yield from page.found(words)

    def _action_sources(self) -> Iterator[tuple[str, Source]]:
        """What can be done now, with the actions' names; in the App menu, with the app that it would be done to."""
        subject = next(filter(None, (page.subject() for page in self._pages)), "")
        for menu, (title, actions) in zip(Menu, self._actions.listed(), strict=True):
            about = subject if menu is Menu.APP else ""
            for action in actions:
                if action.isEnabled():
                    name, words = _name(action), _words(action)
                    text = fold(f"{words} {self._synonyms.get(name, '')}".rstrip())
                    dangerous = name in DANGEROUS
                    section = QCoreApplication.translate("Finder", "Removing") if dangerous else title
                    hits = partial(self._hits, action, about, section)
                    yield name, Source(text, hits, (fold(words),), fold(about), dangerous)

    def _hits(self, action: QAction, about: str, section: str) -> list[Hit]:
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        text = _words(action)
        if about:
            text = QCoreApplication.translate("Finder", "{action}: {app}").format(action=text, app=about)
        icon = action.icon_name if isinstance(action, Action) else "terminal"
        return [Hit(icon, text, keys, partial(self._run, action), section=section)]

    def _run(self, action: QAction) -> None:
        if (run := _name(action)) and run not in DANGEROUS:
            names = [run, *(name for name in self._recent() if name != run)]
            self._settings.set_text("recent_actions", " ".join(names[:RECENT]))
        action.trigger()

    def _recent(self) -> list[str]:
        """The names of the actions that were run last, the last one first."""
        return self._settings.text("recent_actions").split()[:RECENT]


def by_section(hits: Iterable[Hit]) -> list[Hit]:
    """The hits with each section's together, where its best one stands."""
    sections: dict[str, list[Hit]] = {}
    for hit in hits:
        sections.setdefault(hit.section, []).append(hit)
    return list(chain.from_iterable(sections.values()))


def _name(action: QAction) -> str:
    """The action's name for code; empty for one that a menu made for itself."""
    return action.name if isinstance(action, Action) else ""


def _words(action: QAction) -> str:
    """What the action is called outside its menu, as its tool tip says; a submenu's entries need more words there."""
    return plain(action.toolTip())


def _synonyms() -> dict[str, str]:
    """Other words for actions, by their names, as people may type them."""
    translate = QCoreApplication.translate
    return {
        "deleted": translate("Finder", "restore undo bring back trash"),
        "filter": translate("Finder", "expired expires attention disabled status"),
        "preferences": translate("Finder", "settings dark light theme appearance lock clipboard backup storage"),
        "shortcuts": translate("Finder", "help keys"),
        "about": translate("Finder", "help version license"),
        "check_keychain": translate("Finder", "repair missing keys"),
        "unlock": translate("Finder", "locked password"),
        "import_key": translate("Finder", "import paste"),
        "rotate": translate("Finder", "replace expired"),
    }
