"""Searches and sorts in the real window, or, in a folder with several orgs, goes from org to org.

child_table.py FOLDER ROUNDS: prints one JSON object: for each keystroke, click or org the ms until repainted, one
entry for each round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opened import OpenProgram, pause, until_painted
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from cortex_desktop.ui.apps.model import AppColumn

WORDS = ("patient", "köln 7", "nothing here", "is:disabled owner:ada", "created:<90d por", "is:attention")
"""Typed letter by letter and erased again: many matches, few, none; and filters, which are suggested meanwhile."""


class Bench(OpenProgram):
    """One program on a data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.page, self.model = self.apps.page, self.apps.model
        self._rearranged = False
        self.model.rearranged.connect(self._note)

    def search_and_sort(self) -> None:
        """Type each word and erase it; click each column's head twice."""
        field = self.page.search
        field.setFocus()
        for word in WORDS:
            for end, letter in enumerate(word, 1):
                self.until_repainted(f"type {word[:end]}", partial(_press, field, letter))
            for end in reversed(range(len(word))):
                self.until_repainted(f"erase {word[:end]}", partial(_press, field, "\b"))
        assert not field.text()
        header = self.page.table.horizontalHeader()
        for column in AppColumn:
            name = self.model.headerData(column, Qt.Orientation.Horizontal)
            if column is not AppColumn.MENU:
                for way in ("first", "again"):
                    self.until_repainted(f"sort {name}, {way}", partial(header.sectionClicked.emit, column))

    def enter_orgs(self) -> None:
        """Enter each org once, with the details closed and open."""
        for what in ("closed", "open"):
            if what == "open":
                self.page.open_details()
            for org in [*self.workspace.orgs[1:], self.workspace.orgs[0]]:
                self.until_repainted(what, partial(self.workspace.enter, org.id))
        self.page.close_details()

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
