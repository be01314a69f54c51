"""Searches, filters, sorts and selects in the real window, or, in a folder with several orgs, goes from org to org and
opens the command palette.

child_table.py FOLDER ROUNDS: prints one JSON object: for each keystroke, click or org the ms until repainted, one
entry for each round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opened import AfterPaint, OpenProgram, pause, until_called, until_painted
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from cortex_desktop.ui.apps.chips import Chip
from cortex_desktop.ui.apps.filter_panel import FilterPanel
from cortex_desktop.ui.apps.model import AppColumn
from cortex_desktop.ui.shell.palette import Palette

WORDS = ("patient", "köln 7", "nothing here", "is:disabled owner:ada", "created:<90d por", "is:attention")
"""Typed letter by letter and erased again: many matches, few, none; and filters, which are suggested meanwhile and
become chips."""

SOUGHT = ("patient 7", "rotate", "request", "organization 4")
"""Typed into the command palette."""

CHIPS = "is:enabled created:>90d csrf:on"


class Bench(OpenProgram):
    """One program on a data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.page, self.model = self.apps.page, self.apps.model
        self._rearranged = False
        self.model.rearranged.connect(self._note)

    def search_and_sort(self) -> None:
        """Type each word and erase it, chips included; choose filters; click each column's head twice; select all."""
        field, bar = self.page.search, self.page.bar
        field.setFocus()
        for word in WORDS:
            for end, letter in enumerate(word, 1):
                self.until_repainted(f"type {word[:end]}", partial(_press, field, letter))
            while before := bar.text:
                self.until_repainted(f"erase {before}", partial(_press, field, "\b"))
        bar.show_filters()
        panel = QApplication.activePopupWidget()
        assert isinstance(panel, FilterPanel)
        for option in panel.options[:12]:
            self.until_repainted(f"choose {option.word}", option.click)
        panel.close()
        for chip in bar.findChildren(Chip):
            if chip.isVisible():
                self.until_repainted(f"chip {chip.text()}", chip.click)
        assert not bar.text
        viewport = self.page.table.viewport()
        for name, act in (("all", self.page.select_all), ("none", self.page.table.clearSelection)):
            self.found[f"select {name}"].append(until_painted(act, [viewport], lambda: True))
            pause(30)
        header = self.page.table.horizontalHeader()
        for column in AppColumn:
            name = self.model.headerData(column, Qt.Orientation.Horizontal)
            if column is not AppColumn.MENU:
                for way in ("first", "again"):
                    self.until_repainted(f"sort {name}, {way}", partial(header.sectionClicked.emit, column))

    def enter_orgs(self) -> None:
        """Enter each org once, with the details closed, with filters on, and with the details open; then seek."""
        for what in ("closed", "filtered", "open"):
            if what == "open":
                self.page.open_details()
            for org in [*self.workspace.orgs[1:], self.workspace.orgs[0]]:
                if what == "filtered":
                    self.page.look_for(CHIPS)
                    pause(30)
                self.until_repainted(what, partial(self.workspace.enter, org.id))
        self.page.close_details()
        for sought in SOUGHT:
            self.found["palette"].append(until_called(self._open_palette))
            palette = self.program.window.findChildren(Palette)[-1]
            for end, letter in enumerate(sought, 1):
                press = partial(_press, palette.edit, letter)
                self.found[f"seek {sought[:end]}"].append(
                    until_painted(press, [palette.list.viewport(), palette], lambda: True)
                )
                pause(30)
            palette.leave()
            pause(30)

    def _open_palette(self, done: Callable[..., None]) -> None:
        """Open it, and call `done` once it has painted what it found."""
        self.program.console.show_palette()
        AfterPaint([self.program.window.findChildren(Palette)[-1].list.viewport()], done)

    def until_repainted(self, name: str, act: Callable[[], object]) -> None:
        """Note how long it takes until the table, or the message that takes its place, is repainted."""
        self._rearranged = False
        widgets = [self.page.table.viewport(), self.page.empty]
        self.found[name].append(until_painted(act, widgets, lambda: self._rearranged))
        pause(30)

    def _note(self) -> None:
        self._rearranged = True


def _press(field: QLineEdit, letter: str) -> None:
    """Send a key as the window system would. Not QTest: it knows ASCII only."""
    key = Qt.Key.Key_Backspace if letter == "\b" else Qt.Key.Key_unknown
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.sendEvent(field, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter))


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    several = len(bench.workspace.orgs) > 1
    bench.measure(bench.enter_orgs if several else bench.search_and_sort, int(sys.argv[2]))
    bench.close_and_print()


if __name__ == "__main__":
    main()
