"""Pages: what stands beside the sidebar, and how the window knows a page before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cached_property

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from .actions import Action, Menu, Submenu
from .finding import Source


class Section(Enum):
    """The parts of the sidebar, from top to bottom. The first has no heading."""

    TOP = "top"
    SETTINGS = "settings"
    DEVELOPER = "developer"


class Page(QWidget):
    """A page. inset_changed: `inset` or `foot` is another one."""

    inset_changed = Signal()

    @property
    def inset(self) -> int:
        """Width in pixels at the far side that toasts must not cover."""
        return 0

    @property
    def foot(self) -> int:
        """Height in pixels at the bottom that toasts must not cover."""
        return 0

    def come_to_front(self) -> None:
        """Take the keyboard, as a person has chosen the page in the sidebar."""
        self.setFocus()

    def take_keyboard(self) -> None:
        """Put the keyboard where the person goes on, as they have chosen the page by a command."""
        self.setFocus()

    def focus_search(self) -> bool:
        """Put the cursor into the page's search. False if there is none."""
        return False


class PageEntry(QObject):
    """A page as the window knows it: made when it is first opened.

    A subclass names itself, lists its actions, and makes its page. It is registered in `Program.pages` in `ui.app`.

    name: for code and settings; icon, title: in the sidebar, the menu and the palette; section: where in the sidebar;
    keys: its shortcut.

    open_asked: bring it to the front, and put the keyboard where the person goes on; changed: its
    actions may be enabled or not; counted(int): so many things are on it; attention_changed(int): so many need
    attention; status_changed(str, str): a line for the sidebar on what runs for the page, and more about it, empty for
    nothing; menu_asked(Menu, QPoint): open this menu there; idle: what kept the window from closing has ended; stays:
    the window is to stay, as the person has said so.
    """

    open_asked = Signal()
    changed = Signal()
    counted = Signal(int)
    attention_changed = Signal(int)
    status_changed = Signal(str, str)
    menu_asked = Signal(Menu, QPoint)
    idle = Signal()
    stays = Signal()

    def __init__(self, name: str, icon: str, title: str, section: Section, keys: str) -> None:
        super().__init__()
        self.name = name
        self.icon = icon
        self.title = title
        self.section = section
        self.keys = keys
        self.in_front = False
        """True while the page is shown."""

    def actions(self) -> list[Action]:
        """What can be done on the page, and elsewhere because of it. Called once, before the page is made."""
        return []

    def submenus(self) -> list[Submenu]:
        """Menus inside the window's menus."""
        return []

    def make(self) -> Page:
        """Make the page."""
        raise NotImplementedError

    @cached_property
    def page(self) -> Page:
        """The page, made when first asked for."""
        return self.make()

    @property
    def is_made(self) -> bool:
        """True once there is a page."""
        return "page" in self.__dict__

    def set_in_front(self, in_front: bool) -> None:
        """The window shows the page, or another one."""
        self.in_front = in_front
        self.changed.emit()

    def open(self) -> None:
        """Bring the page to the front, and put the keyboard where the person goes on."""
        self.open_asked.emit()

    def show_attention(self) -> None:
        """Show what needs attention."""

    def found(self) -> Iterable[Source]:
        """What the palette can find of it."""
        return ()

    def subject(self) -> str:
        """What the App menu's actions are about now; empty if it is not this page that knows, or not one thing."""
        return ""

    def hold_window(self) -> bool:
        """Whether the window must wait with closing, until `idle`."""
        return False

    def in_use(self) -> str:
        """Why somebody would miss the program now, in a sentence; empty if nobody would."""
        return ""

    def remember(self) -> None:
        """Put into the settings what the page should look like next time."""
