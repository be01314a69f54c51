"""Tables in a text: CSV, tab-separated, Markdown, drawn with lines, aligned by spaces."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from .names import NAMES, VALUES, is_id, is_telling, words
from .values import may_hold_values


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its header, its rows with as many cells, and which lines it took."""

    header: list[str]
    rows: list[list[str]]
    lines: range


_RULE = re.compile(r"[\s|+:=─│┼┌┐└┘├┤┬┴═-]+")
_SPACES = re.compile(r"\s{2,}|\t")


def find_tables(rows: Sequence[str]) -> list[Table]:
    """Find tables with a header above values: CSV, tab-separated, Markdown, drawn with lines, aligned by spaces."""
    found: list[Table] = []
    taken: set[int] = set()
    counted = [(n, row) for n, row in enumerate(rows) if row and not _RULE.fullmatch(row)]
    for mark in ("\t", "|", "│", ",", ";", "  "):
        counts = [(n, _count(row, mark)) for n, row in counted]
        for count, numbered in groupby(counts, lambda pair: pair[1]):
            numbers = [n for n, _ in numbered] if count else []
            if len(numbers) < 2 or taken & set(numbers) or numbers[-1] - numbers[0] > 2 * len(numbers):
                continue
            header = _cells(rows[numbers[0]], mark)
            if not is_header(header) or not any(may_hold_values(rows[n]) for n in numbers[1:]):
                continue
            cells = [_cells(rows[n], mark) for n in numbers[1:]]
            if all(len(row) == len(header) for row in cells):
                found.append(Table(header, cells, range(numbers[0], numbers[-1] + 1)))
                taken |= set(numbers)
    return sorted(found, key=lambda table: table.lines.start)


def _count(row: str, mark: str) -> int:
    if mark == "  ":
        return len(_SPACES.findall(row.strip())) if mark in row else 0
    return len(_cells(row, mark)) - 1 if mark in row and '"' in row else row.count(mark)


def _cells(row: str, mark: str) -> list[str]:
    if mark == "  ":
        return [cell.strip() for cell in _SPACES.split(row.strip())]
    if mark in "|│":
        return [cell.strip(" \t*`") for cell in row.strip().strip(mark).split(mark)]
    try:
        return [cell.strip() for cell in next(csv.reader([row.strip("\r\n")], delimiter=mark), [])]
    except csv.Error:
        return []


def is_header(cells: Sequence[str]) -> bool:
    """True if the cells of a row name those below."""
    if not all(len(cell) <= 40 and not is_id(cell) for cell in cells) or any(may_hold_values(cell) for cell in cells):
        return False
    telling = [cell for cell in cells if is_telling(cell) or ((words(cell) or [""])[-1] in VALUES | NAMES and cell)]
    plain = not any(re.search(r"[=:{}()<>\"';]|^[#/-]", cell) for cell in cells)
    return plain and bool(telling) and (len(cells) > 2 or cells[-1] in telling)
