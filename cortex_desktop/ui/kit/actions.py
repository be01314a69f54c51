"""What a person can do, as actions in menus. Each says itself when it is enabled and what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

Keys = QKeySequence.StandardKey | str


class Menu(Enum):
    """The menus of the menu bar, from left to right."""

    FILE = "file"
    EDIT = "edit"
    APP = "app"
    VIEW = "view"
    HELP = "help"


def _always() -> bool:
    return True


class Action(QAction):
    """Something that a person can do.

    name: for code; icon: for the palette, as menus go without; run: does it; keys: its shortcut; at: in which menus it
    stands, and its rank in each, with a line between hundreds; nowhere if a submenu holds it. tip: what it is called
    outside its menu.

    enabled, shown, checked: asked when something has changed; words: likewise, for a text that depends on it.
    """

    def __init__(
        self,
        name: str,
        icon: str,
        text: str,
        run: Callable[[], object],
        keys: Keys = "",
        *,
        at: Mapping[Menu, int] = MappingProxyType({}),
        tip: str = "",
        role: QAction.MenuRole = QAction.MenuRole.NoRole,
        enabled: Callable[[], bool] = _always,
        shown: Callable[[], bool] = _always,
        checked: Callable[[], bool] | None = None,
        words: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(text)
        self.name = name
        self.icon_name = icon
        self.at = at
        self._enabled = enabled
        self._shown = shown
        self._checked = checked
        self._words = words
        self.setShortcut(QKeySequence(keys))
        self.setMenuRole(role)
        self.setCheckable(checked is not None)
        if tip:
            self.setToolTip(tip)
        self.triggered.connect(lambda: run())

    def only_in(self, widget: QWidget) -> Action:
        """Limit its shortcut to this widget and those in it. Returns itself."""
        widget.addAction(self)
        self.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return self

    def refresh(self) -> None:
        """Ask whether it is enabled, shown and checked, and what it is called now."""
        self.setEnabled(self._enabled())
        self.setVisible(self._shown())
        if self._checked is not None:
            self.setChecked(self._checked())
        if self._words is not None:
            self.setText(self._words())


@dataclass(frozen=True)
class Submenu:
    """A menu inside a menu. fill: puts its actions into it; at: as in `Action`."""

    name: str
    title: str
    at: Mapping[Menu, int]
    fill: Callable[[QMenu], object]


class Actions(QObject):
    """All actions of the window, in its menu bar. Menus, palette and the list of shortcuts read from here.

    After `changed` they are brought up to date once, when the events that are waiting have been dealt with.
    """

    def __init__(self, window: QMainWindow, actions: Sequence[Action], submenus: Sequence[Submenu]) -> None:
        super().__init__(window)
        self._actions = {action.name: action for action in actions}
        self._parts: list[Action | Submenu] = [*actions, *submenus]
        self.menus: dict[str, QMenu] = {}
        """The submenus in the menu bar, by their names."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        self._bar = window.menuBar()
        for menu, title in _titles().items():
            shown = self._bar.addMenu(title)
            self.menus |= self.fill(shown, menu)
            shown.aboutToShow.connect(self.refresh)
        for action in actions:
            action.setParent(self)
        self.refresh()

    def __getitem__(self, name: str) -> Action:
        """The action of this name."""
        return self._actions[name]

    def fill(self, shown: QMenu, menu: Menu) -> dict[str, QMenu]:
        """Put into `shown` what stands in `menu`. Returns its submenus by their names."""
        made: dict[str, QMenu] = {}
        parts = sorted((part for part in self._parts if menu in part.at), key=lambda part: part.at[menu])
        groups = [part.at[menu] // 100 for part in parts]
        for number, part in enumerate(parts):
            if number and groups[number] != groups[number - 1]:
                shown.addSeparator()
            if isinstance(part, Submenu):
                made[part.name] = QMenu(part.title, shown)
                part.fill(made[part.name])
                shown.addMenu(made[part.name])
            else:
                shown.addAction(part)
        return made

    def listed(self) -> list[tuple[str, list[QAction]]]:
        """The menus' titles and what is in them, which is everything that can be done, each once."""
        seen: set[QAction] = set()
        listed = []
        for menu in (action.menu() for action in self._bar.actions()):
            if isinstance(menu, QMenu):
                new = [action for action in _leaves(menu) if action not in seen]
                seen.update(new)
                listed.append((plain(menu.title()), new))
        return listed

    @Slot()
    def changed(self) -> None:
        """Bring them up to date soon."""
        self._soon.start()

    @Slot()
    def refresh(self) -> None:
        """Bring them up to date now."""
        self._soon.stop()
        for action in self._actions.values():
            action.refresh()


def plain(text: str) -> str:
    """The text of a menu or an action without what is for menus only: the underlined letter and the dots."""
    return re.sub(r"&(.)", r"\1", text).removesuffix("…")


def _titles() -> dict[Menu, str]:
    translate = QCoreApplication.translate
    return {
        Menu.FILE: translate("Actions", "&File"),
        Menu.EDIT: translate("Actions", "&Edit"),
        Menu.APP: translate("Actions", "&App"),
        Menu.VIEW: translate("Actions", "&View"),
        Menu.HELP: translate("Actions", "&Help"),
    }


def _leaves(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            yield from _leaves(below)
        elif not action.isSeparator():
            yield action
