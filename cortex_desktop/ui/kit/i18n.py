"""Words and dates in the person's own language."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTranslator

from ...domain.model import Environment, Org
from ...domain.text import Text


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
    """Load the translation for the system's language. English has one too: it holds the plural forms."""
    translator = QTranslator(app)
    if translator.load(QLocale(), "cortex", "_", str(folder)) or translator.load("cortex_en", str(folder)):
        app.installTranslator(translator)


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


def _medium(day: QDate) -> str:
    return QLocale().toString(day, day_format())


def day_format() -> str:
    """How a day is written in the person's locale, medium length, in the letters of Qt, e.g. "d MMM yyyy"."""
    pattern = QLocale().dateFormat(QLocale.FormatType.LongFormat)
    # The long format spells out weekday and month; the table has room for the short month only.
    for weekday in ("dddd, ", "dddd ", ", dddd", "dddd،", "dddd"):
        pattern = pattern.replace(weekday, "")
    return pattern.replace("MMMM", "MMM").strip()


def short(text: str) -> str:
    """A label for the middle of a sentence: at most 40 characters."""
    return text if len(text) <= 40 else text[:39] + "…"
