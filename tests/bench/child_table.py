"""Searches and sorts in the real window.

child_table.py FOLDER ROUNDS APPS: prints one JSON object: for each keystroke and each click the ms until repainted,
one entry for each round.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit
from watching import pause, timed, wait

from cortex_desktop.ui.app import make_application, open_program
from cortex_desktop.ui.apps.model import AppColumn

WORDS = ("patient", "köln 7", "nothing here", "is:disabled owner:ada", "created:<90d por", "is:attention")
"""Typed letter by letter and taken back again: many matches, few, none; and filters, which are offered meanwhile."""


class Bench:
    """One program on a data folder."""

    def __init__(self, folder: Path, apps: int) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.page = self.program.apps.presenter.page
        self.model = self.program.apps.presenter.model
        self.found: dict[str, list[float]] = defaultdict(list)
        self._rearranged = False
        self.model.rearranged.connect(self._note)
        self.program.window.show()
        self.program.start()
        wait(lambda: self.model.total == apps, "the apps were not loaded")
        wait(lambda: self.program.workspace.status is not None, "the keychain gave no answer")
        pause(300)

    def search(self) -> None:
        """Type each word and take it back."""
        field = self.page.search
        field.setFocus()
        for word in WORDS:
            for end, letter in enumerate(word, 1):
                self.found[f"type {word[:end]}"].append(self._until_painted(partial(_press, field, letter)))
            for end in reversed(range(len(word))):
                self.found[f"erase {word[:end]}"].append(self._until_painted(partial(_press, field, "\b")))
        assert not field.text()

    def sort(self) -> None:
        """Click each column's head twice."""
        header = self.page.table.horizontalHeader()
        names = [self.model.headerData(column, Qt.Orientation.Horizontal) for column in AppColumn]
        for column in AppColumn:
            if column is not AppColumn.MENU:
                for way in ("first", "again"):
                    took = self._until_painted(partial(header.sectionClicked.emit, column))
                    self.found[f"sort {names[column]}, {way}"].append(took)

    def close(self) -> None:
        """End the program as a person would."""
        self.program.window.close()
        self.program.close()

    def _until_painted(self, act: Callable[[], object]) -> float:
        self._rearranged = False
        # Where nothing matches, a message takes the table's place.
        took = timed(act, [self.page.table.viewport(), self.page.empty], lambda: self._rearranged)
        pause(30)
        return took

    def _note(self) -> None:
        self._rearranged = True


def _press(field: QLineEdit, letter: str) -> None:
    """Send a key as the window system would. Not QTest: it knows ASCII only."""
    key = Qt.Key.Key_Backspace if letter == "\b" else Qt.Key.Key_unknown
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.sendEvent(field, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter))


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]), int(sys.argv[3]))
    bench.search()  # once for nothing: pictures and fonts that are drawn for the first time
    bench.sort()
    bench.found.clear()
    for _ in range(int(sys.argv[2])):
        bench.search()
        bench.sort()
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
