"""Measures what the program promises about speed and memory: `python3 dev.py bench [OPTIONS]`.

Prints a Markdown table; with --write also puts it into README.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from measures import Measures
from report import load, machine, table, write_into

README = Path(__file__).resolve().parent / "README.md"


def main() -> int:
    """Measure and print. Exit status 0 even when a bar is not met: on a busy machine that says little."""
    with tempfile.TemporaryDirectory(prefix="cortex-desktop-bench-") as folder:
        parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
        parser.add_argument("--rounds", type=int, default=20, metavar="N", help="how often each thing is done (20)")
        parser.add_argument("--write", action="store_true", help="put the table into tests/bench/README.md")
        only = parser.add_argument("--only", action="append", metavar="NAME", help="one measure; may be repeated")
        measures = Measures(Path(folder), 1)
        only.choices = list(measures.all)
        options = parser.parse_args()
        if options.rounds < 1:
            parser.error("--rounds needs a number from 1 on")
        if os.environ.get("CORTEX_DESKTOP_PRIVATE_SESSION") != "1":
            parser.error("it fills a keychain, and so needs the private session of dev.py bench, on Linux")
        return measure(Measures(Path(folder), options.rounds), options.only, options.write)


def measure(measures: Measures, only: list[str] | None, write: bool) -> int:
    """Run the chosen measures, all unless told, and tell what they found."""
    before, rows = load(), []
    for name, act in measures.all.items():
        if not only or name in only:
            print(f"Measuring {name}…", file=sys.stderr, flush=True)
            rows += act()
    text = f"{machine(before)}\n\n{table(rows)}"
    print(text)
    if write:
        write_into(README, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
