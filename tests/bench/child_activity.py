"""Opens, scrolls and searches a long activity log in the real window.

child_activity.py FOLDER ROUNDS: prints one JSON object: for each thing done the ms until it was painted with its
words; for each search also the ms until all was found, and the longest stall meanwhile.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opened import OpenProgram, pause, until_painted, wait

WORDS = ("kiosk", "john", "created", "ärzte portal 7", "nowhere")
"""In a third of the entries, in all, in the words of one action, in a few, in none."""


class Bench(OpenProgram):
    """One program on a data folder with a long log."""

    def __init__(self, folder: Path) -> None:
        checked: list[object] = []
        super().__init__(folder, wait_until_loaded=False)
        reader = self.program.activity.reader
        reader.broken.connect(checked.append)
        reader.begun.connect(self._begun)
        reader.complete.connect(self._completed)
        wait(lambda: checked, "the log was not checked")

    def open(self) -> None:
        """Open the page for the first time."""
        begin = time.perf_counter()
        self.program.activity.open()
        opened = self.program.activity.presenter
        self.page, self.model = opened.page, opened.model
        self.page.apps.setCurrentIndex(1)  # the entries are of made-up orgs
        wait(self._words_are_there, "nothing was listed")
        self.found["open"].append((time.perf_counter() - begin) * 1000)
        wait(lambda: self.is_complete, "not all was listed")

    def search_and_scroll(self) -> None:
        """Search for each word, and for nothing again; jump to places all over the log, and page down from there."""
        for word in (*WORDS, ""):
            self.watch("search", partial(self._search, word))
        bar, chance = self.page.table.verticalScrollBar(), random.Random(1)
        for _ in range(20):
            place = chance.randrange(bar.maximum())
            self._scroll("jump", partial(bar.setValue, place))
            self._scroll("page down", partial(bar.setValue, place + bar.pageStep()))

    def _search(self, word: str) -> None:
        begin = time.perf_counter()
        self.found[f"first {word}"].append(self._until_painted(partial(self.page.search.setText, word)))
        wait(lambda: self.is_complete, "the search did not end")
        self.found[f"all {word}"].append((time.perf_counter() - begin) * 1000)

    def _scroll(self, name: str, act: Callable[[], object]) -> None:
        self.found[name].append(self._until_painted(act))
        pause(20)

    def _until_painted(self, act: Callable[[], object]) -> float:
        def ready() -> bool:
            return self._words_are_there() or (self.is_complete and not self.model.rowCount())

        return until_painted(act, [self.page.table.viewport(), self.page.empty], ready)

    def _words_are_there(self) -> bool:
        """Whether each row on screen is known."""
        table, count = self.page.table, self.model.rowCount()
        first, last = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
        rows = range(max(first, 0), (last if last >= 0 else count - 1) + 1)
        model = self.model
        return count > 0 and all(model.line(row) is not None or model.day_of(row) is not None for row in rows)

    def _begun(self) -> None:
        self.is_complete = False

    def _completed(self) -> None:
        self.is_complete = True


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.open()
    opened = bench.found["open"]
    bench.measure(bench.search_and_scroll, int(sys.argv[2]))
    bench.found["open"] = opened
    bench.close_and_print()


if __name__ == "__main__":
    main()
