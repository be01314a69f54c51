"""Figures to a Markdown table, and the machine that they come from."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


@dataclass(frozen=True)
class Row:
    """One line of the table. met: None where there is no bar."""

    what: str
    found: str
    beside: str = ""
    result: str = ""
    bar: str = ""
    met: bool | None = None


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float], unit: str = "ms", digits: int = 0) -> str:
    """Median, with the 10th and the 90th percentile: e.g. "84 ms (80–97)"."""
    tenths = statistics.quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    return f"{middle(values):.{digits}f} {unit} ({tenths[0]:.{digits}f}–{tenths[-1]:.{digits}f})"


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| what | found | beside it | result | bar | met |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        lines.append(f"| {row.what} | {row.found} | {row.beside} | {row.result} | {row.bar} | {met} |")
    return "\n".join(lines)


def machine(load_before: str) -> str:
    """One paragraph on the machine, and on how busy it was."""
    import PySide6
    from PySide6.QtCore import qVersion

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {_processor()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB of memory; {_system()}; "
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, Qt {qVersion()}. "
        f"Load average (1 min) {load_before} before, {load()} after, of which the bench itself makes about 1."
    )


def load() -> str:
    """The load average of the last minute, where the system tells one."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def write_into(readme: Path, text: str) -> None:
    """Put `text` between the markers of the README."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"{readme} has no {BEGIN} … {END}")
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform()
    return f"{name}, kernel {platform.release()}"
