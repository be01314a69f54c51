"""Words and dates in the person's own language."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTranslator

from ...domain.model import Environment, Org
from ...domain.text import Text

_DIRECTION = re.compile("[\u200e\u200f\u061c]")
_YEAR = re.compile(r"(\s*'[^']*')?[\s,./-]*y+(\.|'[^']*'|[^\W\d_MdyE'])?\s*")
"""The year in a date's pattern, with what belongs to it."""


def translate_text(text: Text) -> str:
    """Translate a sentence of the core into the person's language, its values filled in."""
    return QCoreApplication.translate("core", text.source).format(**text.values)


def environment_of(org: Org) -> str:
    """The name of the org's environment for people."""
    return org.own_environment if org.environment is Environment.OWN else environment_name(org.environment)


def place_of(org: Org) -> str:
    """The org and its environment in one line, for dialogs."""
    return f"{org.name} · {environment_of(org)}"


def environment_name(environment: Environment) -> str:
    """The name of a kind of environment for people."""
    translate = QCoreApplication.translate
    return {
        Environment.DEVELOPMENT: translate("Environment", "Development"),
        Environment.TEST: translate("Environment", "Test"),
        Environment.STAGING: translate("Environment", "Staging"),
        Environment.PRODUCTION: translate("Environment", "Production"),
        Environment.OWN: translate("Environment", "Own name…"),
    }[environment]


def install_translations(app: QCoreApplication, folder: Path) -> None:
    """Load the translation for the system's language. English has one too: it holds the plural forms.

    Where the words are English and the system's digits are others, dates and numbers are English too.
    """
    translator = QTranslator(app)
    if translator.load(QLocale(), "cortex", "_", str(folder)) or translator.load("cortex_en", str(folder)):
        app.installTranslator(translator)
    spoken = QLocale(translator.language()) if translator.language() else QLocale(QLocale.Language.English)
    if QLocale().language() != spoken.language() and QLocale().zeroDigit() != spoken.zeroDigit():
        QLocale.setDefault(spoken)


def local(moment: datetime) -> QDateTime:
    """The moment (aware) in the computer's time zone."""
    return QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))


def long_time(moment: datetime) -> str:
    """Date and time of the moment in the person's locale, e.g. "23 Nov 2026, 14:02"."""
    time = QLocale().toString(local(moment).time(), QLocale.FormatType.ShortFormat)
    return f"{long_date(moment)}, {time}"


def long_date(moment: datetime) -> str:
    """Date of the moment in the person's locale, medium length, e.g. "12 Nov 2026"."""
    return _medium(local(moment).date())


def long_day(day: date) -> str:
    """The day in the person's locale, as `long_date` writes it."""
    return _medium(QDate(day.year, day.month, day.day))


def full_day(day: date) -> str:
    """The day in the person's locale with its month spelled out, e.g. "12 November 2026"."""
    return QLocale().toString(QDate(day.year, day.month, day.day), day_format().replace("MMM", "MMMM"))


def _medium(day: QDate) -> str:
    return QLocale().toString(day, day_format())


def day_format() -> str:
    """How a day is written in the person's locale, medium length, in the letters of Qt, e.g. "d MMM yyyy"."""
    pattern = QLocale().dateFormat(QLocale.FormatType.LongFormat)
    # The long format spells out weekday and month; the table has room for the short month only.
    for weekday in ("dddd, ", "dddd ", ", dddd", "dddd،", "dddd"):
        pattern = pattern.replace(weekday, "")
    return pattern.replace("MMMM", "MMM").strip()


def read_day(text: str) -> date | None:
    """Return the day that a person typed, or None where the text is none.

    Taken are ISO (2027-01-05), and the short and the medium form of the locale, with leading zeros or without.
    """
    text = _DIRECTION.sub("", text).strip()
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if len(numbers) == 3 and not any(char.isalpha() for char in text):
        return _day_of(numbers)
    text = " ".join(text.replace(",", " ").split())
    for locale in (QLocale(), QLocale.c()):
        for pattern in (day_format(), "d MMM yyyy", "d MMMM yyyy", "MMM d yyyy", "MMMM d yyyy"):
            found = locale.toDate(text, " ".join(pattern.replace(",", " ").split()))
            if found.isValid():
                return date(found.year(), found.month(), found.day())
    return None


def _day_of(numbers: list[int]) -> date | None:
    """The day of three numbers: year first if that has four digits, else in the order of the locale's short form."""
    pattern = QLocale().dateFormat(QLocale.FormatType.ShortFormat)
    order = "yMd" if numbers[0] > 999 else "".join(sorted("yMd", key=pattern.find))
    values = dict(zip(order, numbers, strict=True))
    year = values["y"] + (2000 if values["y"] < 100 else 0)
    if year < 1000:
        return None
    try:
        return date(year, values["M"], values["d"])
    except ValueError:
        return None


def day_words(day: date, *, long: bool = False) -> str:
    """The day without its year in the person's locale, e.g. "4 Dec", or if `long` "4 December"."""
    pattern = _YEAR.sub("", day_format()).strip(" ,/-")
    shown = QDate(day.year, day.month, day.day)
    return QLocale().toString(shown, pattern.replace("MMM", "MMMM") if long else pattern)


def weekday_name(weekday: int) -> str:
    """The short name of a day of the week, from 0 for Monday."""
    return QLocale().standaloneDayName(weekday + 1, QLocale.FormatType.ShortFormat)


def first_weekday() -> int:
    """The day on which the person's week begins, from 0 for Monday."""
    return int(QLocale().firstDayOfWeek().value) - 1


def short(text: str) -> str:
    """A label for the middle of a sentence: at most 40 characters."""
    return text if len(text) <= 40 else text[:39] + "…"
