"""The formats of an export: a table for spreadsheets, and a report to read, print and file."""

from __future__ import annotations

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from ..domain.activity import ACTION_WORDS, ActivityEntry, Break, ChainHead, Logged
from ..domain.text import QT_TRANSLATE_NOOP, Text
from .speech import Speech


@dataclass(frozen=True)
class Facts:
    """What an export states beside its entries. made: when, aware; head, breaks: of the whole log at that time."""

    title: str
    filter: str
    count: int
    made: datetime
    who: str
    computer: str
    head: ChainHead
    breaks: Sequence[Break]


class Report(ABC):
    """Text in three parts: the beginning, each entry, the end."""

    def __init__(self, speech: Speech, facts: Facts) -> None:
        self.speech = speech
        self.facts = facts

    @abstractmethod
    def begin(self) -> str:
        """Return the beginning."""

    @abstractmethod
    def entry(self, logged: Logged) -> str:
        """Return one entry."""

    @abstractmethod
    def end(self) -> str:
        """Return the end."""

    def say(self, source: str, **values: object) -> str:
        """Translate a sentence."""
        return self.speech.say(Text(source, {name: str(value) for name, value in values.items()}))

    def what(self, entry: ActivityEntry | None) -> str:
        """Return the words for the entry's action."""
        return self.say(ACTION_WORDS[entry.action]) if entry is not None else self.say(_UNREADABLE)


class CsvReport(Report):
    """RFC 4180 in UTF-8, with the byte order mark that Excel needs. Times are in UTC; the chain's head comes last."""

    def begin(self) -> str:
        return "\ufeff" + _row([self.say(name) for name in _COLUMNS])

    def entry(self, logged: Logged) -> str:
        entry = logged.entry
        if entry is None:
            return self._row(logged.number, "", self.what(None), sha256=logged.sha256)
        return self._row(
            logged.number,
            _utc(entry.when),
            self.what(entry),
            entry.label,
            self.speech.details(entry),
            entry.org_name,
            entry.who,
            entry.computer,
            entry.app_id,
            logged.sha256,
        )

    def end(self) -> str:
        facts, made = self.facts, _utc(self.facts.made)
        harmed = [
            self._row("", made, self.say(_HARMED), details=self.speech.say(each.text), who=facts.who)
            for each in facts.breaks
        ]
        head = self._row(
            facts.head.number,
            made,
            self.say(_CHAIN_HEAD),
            who=facts.who,
            computer=facts.computer,
            sha256=facts.head.sha256,
        )
        return "".join([*harmed, head])

    def _row(
        self,
        number: int | str,
        when: str,
        what: str,
        app: str = "",
        details: str = "",
        org: str = "",
        who: str = "",
        computer: str = "",
        app_id: str = "",
        sha256: str = "",
    ) -> str:
        return _row([str(number), when, what, app, details, org, who, computer, app_id, sha256])


class HtmlReport(Report):
    """A page in one file, without scripts, that prints with its heading on each sheet."""

    def begin(self) -> str:
        facts = self.facts
        lines = [
            (self.say(_MADE), f"{_local(facts.made)} · {facts.who} · {facts.computer}"),
            (self.say(_SHOWN), facts.filter),
            (self.say(_ENTRIES), str(facts.count)),
            (self.say(_CHAIN_HEAD), self.say(_HEAD_OF, number=facts.head.number, sha256=facts.head.sha256)),
            (self.say(_CHAIN), self.say(_BROKEN if facts.breaks else _WHOLE)),
        ]
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>\n" for name, text in lines)
        breaks = "".join(f"<li>{escape(self.speech.say(each.text))}</li>\n" for each in facts.breaks)
        heads = "".join(f"<th>{escape(self.say(name))}</th>" for name in _SHORT_COLUMNS)
        title = escape(facts.title)
        return (
            f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n{_POLICY}\n<title>{title}</title>\n'
            f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>\n{rows}</dl>\n"
            + (f'<ul class="harm">\n{breaks}</ul>\n' if breaks else "")
            + f'<p class="note">{escape(self.say(_NOTE))}</p>\n'
            f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        )

    def entry(self, logged: Logged) -> str:
        entry = logged.entry
        if entry is None:
            cells = [str(logged.number or ""), "", self.what(None), "", "", "", ""]
        else:
            cells = [
                str(logged.number),
                _local(entry.when),
                self.what(entry),
                entry.label,
                self.speech.details(entry),
                entry.org_name,
                entry.who,
            ]
        return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"

    def end(self) -> str:
        return "</tbody>\n</table>\n</body>\n</html>\n"


FORMATS: Mapping[str, Callable[[Speech, Facts], Report]] = {"html": HtmlReport, "csv": CsvReport}
"""By the ending of the file's name."""


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula, also when the file is read with another separator.

    Different cells stay different: an apostrophe before a formula gets one more.
    """
    return _FORMULA.sub(r"\1'\2\3", cell)


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(harmless, cells))
    return line.getvalue()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _local(moment: datetime) -> str:
    """The time in the computer's time zone, with its offset."""
    return moment.astimezone().isoformat(" ", "seconds")


# The beginnings of a formula, in both widths, with or without blanks before.
_FORMULA = re.compile(r"((?:^|[;\t\r\n|])\s*)('*[=+\-@\uff1d\uff0b\uff0d\uff20])|^('*[\t\r])")

_COLUMNS = (
    QT_TRANSLATE_NOOP("core", "Number"),
    QT_TRANSLATE_NOOP("core", "When (UTC)"),
    QT_TRANSLATE_NOOP("core", "What"),
    QT_TRANSLATE_NOOP("core", "App"),
    QT_TRANSLATE_NOOP("core", "Details"),
    QT_TRANSLATE_NOOP("core", "Organization"),
    QT_TRANSLATE_NOOP("core", "Who"),
    QT_TRANSLATE_NOOP("core", "Computer"),
    QT_TRANSLATE_NOOP("core", "App ID"),
    QT_TRANSLATE_NOOP("core", "SHA-256"),
)
_SHORT_COLUMNS = (
    QT_TRANSLATE_NOOP("core", "Number"),
    QT_TRANSLATE_NOOP("core", "When"),
    QT_TRANSLATE_NOOP("core", "What"),
    QT_TRANSLATE_NOOP("core", "App"),
    QT_TRANSLATE_NOOP("core", "Details"),
    QT_TRANSLATE_NOOP("core", "Organization"),
    QT_TRANSLATE_NOOP("core", "Who"),
)
_UNREADABLE = QT_TRANSLATE_NOOP("core", "Unreadable line")
_HARMED = QT_TRANSLATE_NOOP("core", "Chain broken")
_CHAIN_HEAD = QT_TRANSLATE_NOOP("core", "Chain head")
_HEAD_OF = QT_TRANSLATE_NOOP("core", "Entry {number}, SHA-256 {sha256}")
_MADE = QT_TRANSLATE_NOOP("core", "Made")
_SHOWN = QT_TRANSLATE_NOOP("core", "Shown")
_ENTRIES = QT_TRANSLATE_NOOP("core", "Entries")
_CHAIN = QT_TRANSLATE_NOOP("core", "Chain")
_WHOLE = QT_TRANSLATE_NOOP("core", "Checked: no entry of the log was changed, moved or removed.")
_BROKEN = QT_TRANSLATE_NOOP("core", "Broken: the log was changed outside Cortex Desktop.")
_NOTE = QT_TRANSLATE_NOOP(
    "core",
    "Each entry of the log holds the SHA-256 hash of the one before it. The chain head is the hash of the last entry. "
    "Keep it: with it you can show later that nothing up to this entry was changed. Keys are never written to the log.",
)
_POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
_STYLE = """
body { font: 13px/1.45 system-ui, sans-serif; color: #182230; margin: 32px; }
h1 { font-size: 20px; margin: 0 0 12px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 12px; }
dt { color: #667085; } dd { margin: 0; overflow-wrap: anywhere; }
.harm { color: #B42318; } .note { color: #667085; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: #667085; font-size: 12px; }
th, td { padding: 5px 8px; border-bottom: 1px solid #E4E7EC; vertical-align: top; overflow-wrap: anywhere; }
td:nth-child(1), td:nth-child(2) { white-space: nowrap; font-variant-numeric: tabular-nums; }
@media print {
  @page { margin: 14mm; }
  body { margin: 0; font-size: 10px; }
  thead { display: table-header-group; } tr { break-inside: avoid; }
}
"""
