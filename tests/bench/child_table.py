"""Searches and sorts in the real window.

child_table.py FOLDER ROUNDS APPS: prints one JSON object with lists of ms from keystroke or click to repainted.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from cortex_desktop.bootstrap import Program, make_application
from cortex_desktop.ui.apps.model import Column
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from watching import pause, timed, wait

WORDS = ("patient", "köln 7", "nothing here")
"""Typed letter by letter and taken back again: many matches, few, none."""


class Bench:
    """One program on a data folder."""

    def __init__(self, folder: Path, apps: int) -> None:
        self.app = make_application()
        self.program = Program(self.app, folder)
        self.page = self.program.window.page
        self.model = self.program.window.model
        self.found: dict[str, list[float]] = defaultdict(list)
        self._rearranged = False
        self.model.rearranged.connect(self._note)
        self.program.show()
        wait(lambda: self.model.total == apps, "the apps were not loaded")
        wait(lambda: self.program.controller.status is not None, "the keychain gave no answer")
        pause(300)

    def search(self) -> None:
        """Type each word and take it back."""
        field = self.page.search
        field.setFocus()
        for word in WORDS:
            for letter in word:
                self.found["type"].append(self._until_painted(lambda key=letter: QTest.keyClicks(field, key)))
            for _ in word:
                self.found["erase"].append(
                    self._until_painted(lambda: QTest.keyClick(field, Qt.Key.Key_Backspace))
                )
        assert not field.text()

    def sort(self) -> None:
        """Click each column's head twice."""
        header = self.page.table.horizontalHeader()
        for column in Column:
            if column is not Column.MENU:
                for _ in range(2):
                    took = self._until_painted(lambda c=column: header.sectionClicked.emit(c))
                    self.found[f"sort {column.name}"].append(took)

    def close(self) -> None:
        """End the program as a person would."""
        self.program.window.close()
        self.program.close()

    def _until_painted(self, act) -> float:  # noqa: ANN001
        self._rearranged = False
        # Where nothing matches, a message takes the table's place.
        took = timed(act, [self.page.table.viewport(), self.page.empty], lambda: self._rearranged)
        pause(30)
        return took

    def _note(self) -> None:
        self._rearranged = True


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]), int(sys.argv[3]))
    bench.search()  # once for nothing: pictures and fonts that are drawn for the first time
    bench.found.clear()
    for _ in range(int(sys.argv[2])):
        bench.search()
        bench.sort()
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
