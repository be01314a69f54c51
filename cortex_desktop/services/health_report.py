"""The report on the health of an org's keys: one HTML file to read, print and file. It holds no part of a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path

from ..domain.activity import Action
from ..domain.model import App, AppState, Org
from ..domain.ports import NewFiles
from ..domain.secret import redact
from ..domain.text import QT_TRANSLATE_NOOP, Text
from .activity import Recorder
from .health import Health, Standing
from .speech import Speech


@dataclass(frozen=True)
class ReportFacts:
    """What a report states. environment: the org's, in words; keychain: its name; weeks: the first days of the weeks
    of `copies`, which is None where they are not known; made: when, aware."""

    org: Org
    environment: str
    keychain: str
    health: Health
    apps: Sequence[App]
    weeks: Sequence[date]
    copies: Sequence[int] | None
    made: datetime


class HealthReports:
    """Saves reports. Use it on the disk lane.

    files: makes the file; recorder: names who saves it, and records it; speech: the person's language.
    """

    def __init__(self, files: NewFiles, recorder: Recorder, speech: Speech) -> None:
        self._files = files
        self._recorder = recorder
        self._speech = speech

    def save(self, path: Path, facts: ReportFacts) -> None:
        """Write the report to `path`, in place of what is there. Raises StorageError; then no new file is there."""
        page = _Page(self._speech, facts, " · ".join(filter(None, self._recorder.by())))
        written = self._files.begin(path)
        try:
            written.write(page.html())
            written.finish()
        finally:
            written.drop()
        self._recorder.org(Action.REPORT_SAVED, facts.org)


class _Page:
    """A report as HTML. Every text goes through `_text`, which escapes it and blots out what looks like a key."""

    def __init__(self, speech: Speech, facts: ReportFacts, who: str) -> None:
        self._speech = speech
        self._facts = facts
        self._who = who

    def html(self) -> str:
        title = self._say(_TITLE, org=self._facts.org.name)
        return (
            f'<!DOCTYPE html>\n<html lang="{self._say(_LANGUAGE)}">\n<head>\n<meta charset="utf-8">\n{_POLICY}\n<title>{title}</title>\n'
            f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{self._facts_list()}{self._numbers()}"
            f"{self._attention()}{self._ahead()}{self._ages()}{self._copies()}{self._check()}{self._apps()}"
            f'<p class="note">{self._say(_NOTE)}</p>\n</body>\n</html>\n'
        )

    def _facts_list(self) -> str:
        facts, org = self._facts, self._facts.org
        made = facts.made.astimezone().isoformat(" ", "seconds")
        lines = [
            (self._say(_MADE), _text(" · ".join(filter(None, [made, self._who])))),
            (self._say(_ORG), _text(f"{org.name} ({org.code})")),
            (self._say(_ENVIRONMENT), _text(facts.environment)),
            (self._say(_ENDPOINT), _text(org.endpoint)),
        ]
        return "<dl>\n" + "".join(f"<dt>{name}</dt><dd>{text}</dd>\n" for name, text in lines) + "</dl>\n"

    def _numbers(self) -> str:
        health = self._facts.health
        figures = [
            (health.apps.count, self._say(_APPS)),
            (health.attention.count, self._say(_ATTENTION)),
            (health.expiring.count, self._say(_EXPIRE_BY, date=health.last_day.isoformat())),
            (health.old.count, self._say(_OLD)),
        ]
        return '<ul class="numbers">\n' + "".join(f"<li><b>{n}</b> {words}</li>\n" for n, words in figures) + "</ul>\n"

    def _attention(self) -> str:
        health = self._facts.health
        rows = [
            (
                _typed(concern.app.label),
                self._say(_STANDINGS[concern.standing]),
                concern.day.isoformat() if concern.day is not None else "",
                _typed(concern.app.owner),
            )
            for concern in health.concerns
        ]
        heads = (_APP, _STATUS, _SINCE, _OWNER)
        return self._table(_NEED, heads, rows, _NOTHING)

    def _ahead(self) -> str:
        rows = []
        for day in self._facts.health.days:
            for source, apps in ((_EXPIRES, day.expiring), (_REVIEW, day.reviews)):
                rows += [(day.day.isoformat(), self._say(source), _typed(app.label), _typed(app.owner)) for app in apps]
        return self._table(_AHEAD, (_DATE, _WHAT, _APP, _OWNER), rows, _NOTHING_AHEAD)

    def _ages(self) -> str:
        most = max(1, *(age.apps.count for age in self._facts.health.ages))
        rows = []
        for age in self._facts.health.ages:
            source = _UNDER if not age.low else _BETWEEN if age.high else _OVER
            words = self._say(source, low=age.low, high=age.high)
            rows.append((words, str(age.apps.count), _bar(age.apps.count, most)))
        return self._table(_AGE, (_AGE_OF_KEY, _KEYS, ""), rows, "")

    def _copies(self) -> str:
        copies = self._facts.copies
        if copies is None:
            return ""
        most = max(1, *copies)
        rows = [
            (f"{week.isoformat()} – {(week + timedelta(days=6)).isoformat()}", str(count), _bar(count, most))
            for week, count in zip(self._facts.weeks, copies, strict=True)
        ]
        return self._table(_COPIED, (_WEEK, _KEYS, ""), rows, "") + f'<p class="note">{self._say(_FROM_LOG)}</p>\n'

    def _check(self) -> str:
        check, keychain = self._facts.health.check, self._facts.keychain
        words = []
        if check.troubled:
            words.append(self._say(_TROUBLED, count=len(check.troubled), keychain=keychain))
            words.append(_text(", ".join(app.label for app in check.troubled) + "."))
        elif check.checked is not None:
            words.append(self._say(_WHOLE, keychain=keychain))
        if check.checked is not None:
            words.append(self._say(_CHECKED, time=check.checked.astimezone().isoformat(" ", "seconds")))
        else:
            words.append(self._say(_NOT_CHECKED, keychain=keychain))
        listed = self._say(_LISTED, keys=check.keys, secrets=check.secrets, earlier=check.earlier)
        return f"<h2>{self._say(_KEYCHAIN)}</h2>\n<p>{' '.join(words)} {listed}</p>\n"

    def _apps(self) -> str:
        rows = [
            (
                _typed(app.label),
                self._say(_UNFINISHED if app.state is not AppState.ACTIVE else _ENABLED if app.enabled else _DISABLED),
                _typed(app.owner),
                _day(app.created),
                _day(app.rotated),
                app.expires.isoformat() if app.expires is not None else "",
                app.review.isoformat() if app.review is not None else "",
                _day(app.last_copied),
            )
            for app in self._facts.apps
        ]
        heads = (_APP, _STATUS, _OWNER, _CREATED, _ROTATED, _EXPIRES, _REVIEW, _LAST_COPIED)
        return self._table(_ALL, heads, rows, _NO_APPS)

    def _table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> str:
        """A table with a heading. rows: cells as HTML; nothing: the sentence for none."""
        begin = f"<h2>{self._say(title)}</h2>\n"
        lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
        if not lines:
            return f"{begin}<p>{self._say(nothing)}</p>\n"
        head = "".join(f'<th scope="col">{self._say(name) if name else ""}</th>' for name in heads)
        kind = ' class="bars"' if not heads[-1] else ""
        return f"{begin}<table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n"

    def _say(self, source: str, **values: object) -> str:
        return _text(self._speech.say(Text(source, {name: str(value) for name, value in values.items()})))


def _text(text: str) -> str:
    """The text as HTML, without anything that looks like a key, which may have been pasted into it."""
    return escape(redact(text))


def _typed(text: str) -> str:
    """What a person typed, as HTML: it alone may break anywhere, and has the direction of its own letters."""
    return f'<bdi class="typed">{_text(text)}</bdi>' if text else ""


def _bar(count: int, most: int) -> str:
    """A bar of the part that `count` is of `most`. Nothing is drawn for none."""
    bar = f'<span class="bar" style="width: {count / most * 100:.0f}%"></span>' if count else ""
    return f'<div class="scale">{bar}</div>'


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).astimezone().date().isoformat() if moment is not None else ""


_LANGUAGE = QT_TRANSLATE_NOOP("core", "en")
"""A translation puts its own code here (BCP 47), for those who have the report read to them."""
_TITLE = QT_TRANSLATE_NOOP("core", "Health of the keys of {org}")
_MADE = QT_TRANSLATE_NOOP("core", "Made")
_ORG = QT_TRANSLATE_NOOP("core", "Organization")
_ENVIRONMENT = QT_TRANSLATE_NOOP("core", "Environment")
_ENDPOINT = QT_TRANSLATE_NOOP("core", "API endpoint")
_APPS = QT_TRANSLATE_NOOP("core", "apps")
_ATTENTION = QT_TRANSLATE_NOOP("core", "need attention")
_EXPIRE_BY = QT_TRANSLATE_NOOP("core", "expire by {date}")
_OLD = QT_TRANSLATE_NOOP("core", "older than a year")
_NEED = QT_TRANSLATE_NOOP("core", "Apps that need attention")
_NOTHING = QT_TRANSLATE_NOOP("core", "Nothing needs attention.")
_AHEAD = QT_TRANSLATE_NOOP("core", "Next 90 days")
_NOTHING_AHEAD = QT_TRANSLATE_NOOP("core", "Nothing is due.")
_AGE = QT_TRANSLATE_NOOP("core", "Age of keys")
_AGE_OF_KEY = QT_TRANSLATE_NOOP("core", "Since made or rotated")
_UNDER = QT_TRANSLATE_NOOP("core", "Under {high} days")
_BETWEEN = QT_TRANSLATE_NOOP("core", "{low} to {high} days")
_OVER = QT_TRANSLATE_NOOP("core", "Over a year")
_COPIED = QT_TRANSLATE_NOOP("core", "Keys copied per week")
_FROM_LOG = QT_TRANSLATE_NOOP("core", "From the activity log of this computer. The last week was not over.")
_KEYCHAIN = QT_TRANSLATE_NOOP("core", "Keychain check")
_TROUBLED = QT_TRANSLATE_NOOP("core", "Apps that do not match {keychain}: {count}.")
_WHOLE = QT_TRANSLATE_NOOP("core", "Nothing is missing from {keychain}.")
_CHECKED = QT_TRANSLATE_NOOP("core", "Checked {time}.")
_NOT_CHECKED = QT_TRANSLATE_NOOP("core", "{keychain} was not checked.")
_LISTED = QT_TRANSLATE_NOOP("core", "The list names {keys} API keys, {secrets} API secrets and {earlier} earlier keys.")
_ALL = QT_TRANSLATE_NOOP("core", "All apps")
_NO_APPS = QT_TRANSLATE_NOOP("core", "No apps yet")
_APP = QT_TRANSLATE_NOOP("core", "App")
_STATUS = QT_TRANSLATE_NOOP("core", "Status")
_SINCE = QT_TRANSLATE_NOOP("core", "Since or until")
_OWNER = QT_TRANSLATE_NOOP("core", "Owner")
_DATE = QT_TRANSLATE_NOOP("core", "Date")
_WHAT = QT_TRANSLATE_NOOP("core", "What")
_KEYS = QT_TRANSLATE_NOOP("core", "Keys")
_WEEK = QT_TRANSLATE_NOOP("core", "Week")
_CREATED = QT_TRANSLATE_NOOP("core", "Created")
_ROTATED = QT_TRANSLATE_NOOP("core", "Rotated")
_EXPIRES = QT_TRANSLATE_NOOP("core", "Expires")
_REVIEW = QT_TRANSLATE_NOOP("core", "Review")
_LAST_COPIED = QT_TRANSLATE_NOOP("core", "Last copied")
_ENABLED = QT_TRANSLATE_NOOP("core", "Enabled")
_DISABLED = QT_TRANSLATE_NOOP("core", "Disabled")
_UNFINISHED = QT_TRANSLATE_NOOP("core", "Not finished")
_STANDINGS = {
    Standing.MISSING: QT_TRANSLATE_NOOP("core", "Key missing"),
    Standing.EXPIRED: QT_TRANSLATE_NOOP("core", "Expired"),
    Standing.REVIEW_DUE: QT_TRANSLATE_NOOP("core", "Review due"),
    Standing.EXPIRES_SOON: QT_TRANSLATE_NOOP("core", "Expires soon"),
}
_NOTE = QT_TRANSLATE_NOOP(
    "core", "This report holds no key and no part of one. Expiry and review dates were set by people, for information."
)
_POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
_STYLE = """
body { font: 13px/1.45 system-ui, sans-serif; color: #182230; margin: 32px auto; max-width: 960px; padding: 0 24px; }
h1 { font-size: 20px; margin: 0 0 12px; } h2 { font-size: 14px; margin: 28px 0 8px; break-after: avoid; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 16px; }
dt, .note, th { color: #5D6779; } dd { margin: 0; overflow-wrap: anywhere; } p { margin: 0 0 8px; }
.numbers { list-style: none; padding: 12px 16px; margin: 0; display: flex; flex-wrap: wrap; gap: 8px 40px;
  border: 1px solid #E4E7EC; border-radius: 10px; }
.numbers b { font-size: 20px; font-weight: 600; color: #0B7285; padding-right: 4px; }
table { border-collapse: collapse; width: 100%; } .bars { width: auto; }
th { text-align: start; font-size: 12px; }
th, td { padding: 5px 8px; border-bottom: 1px solid #E4E7EC; vertical-align: top; }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
.typed { white-space: normal; overflow-wrap: anywhere; }
.scale { width: 280px; margin-inline-start: 24px; }
.bar { display: block; min-width: 3px; height: 8px; margin-top: 5px; border-radius: 2px;
  background: #0B7285; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.note { margin-top: 8px; }
@media print {
  @page { margin: 14mm; }
  body { margin: 0; max-width: none; padding: 0; font-size: 10px; } th, td { padding: 4px 5px; font-size: 10px; }
  thead { display: table-header-group; } tr, .bars { break-inside: avoid; }
}
"""
