"""Measure the program and report each figure against its budget, as a Markdown table.

docs/budgets.md lists the budgets, tests/bench/README.md says how each figure is measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from measures import Measures, Row

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def main() -> int:
    """Measure and print. Exit status 0 even when a budget is not met: on a busy machine that says little."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="how often each thing is done (20)")
    parser.add_argument("--only", action="append", metavar="NAME", help="one measure; may be repeated")
    parser.add_argument("--packaged", type=Path, metavar="PROGRAM", help="also measure this packaged program")
    parser.add_argument("--write", action="store_true", help="put the table into tests/bench/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cortex-desktop-bench-") as folder:
        measures = Measures(Path(folder), options.rounds, options.packaged)
        unknown = set(options.only or ()) - set(measures.all)
        if unknown:
            parser.error(f"--only knows {', '.join(measures.all)}")
        if options.rounds < 1:
            parser.error("--rounds needs a number from 1 on")
        if os.environ.get("CORTEX_DESKTOP_PRIVATE_SESSION") != "1":
            parser.error("it fills a keychain, and so needs the private session of dev.py bench, on Linux")
        before, rows = load(), []
        for name, act in measures.all.items():
            if not options.only or name in options.only:
                print(f"Measuring {name}…", file=sys.stderr, flush=True)
                rows += act()
    text = f"{machine(before)}\n\n{table(rows)}\n\n{summary(rows)}"
    print(text)
    if options.write:
        write_into(README, text)
    return 0


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| what | found | beside it | result | budget | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        met = {True: "met", False: "**not met**", None: "not measured" if row.budget else ""}[row.met]
        lines.append(f"| {row.what} | {row.found} | {row.beside} | {row.result} | {row.budget} | {met} |")
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """One line on all budgets."""
    held = [row.met for row in rows if row.budget]
    return f"Budgets: {held.count(True)} met, {held.count(False)} not met, {held.count(None)} not measured."


def machine(load_before: str) -> str:
    """One paragraph on the machine, and on how busy it was."""
    import PySide6
    from PySide6.QtCore import qVersion

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.freedesktop_os_release()['PRETTY_NAME']}, kernel {platform.release()}"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {processor()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB of memory; {system}; "
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, Qt {qVersion()}. "
        f"Load average (1 min) {load_before} before, {load()} after, of which the bench itself makes about 1."
    )


def processor() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def load() -> str:
    """The load average of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def write_into(readme: Path, text: str) -> None:
    """Put `text` between the markers of the README."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"{readme} has no {BEGIN} … {END}")
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
