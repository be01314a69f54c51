"""Filters in words for people, and searches that a person saved under a name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from PySide6.QtCore import QObject

from ...domain.folding import fold, sort_key
from ...domain.query import WORDS, Token, When, completions, parse, quoted, tokens
from ..kit.i18n import long_day
from ..kit.settings import Settings
from ..kit.suggestions import Suggestion

OWNERS = 12
"""Most owners to choose from; suggestions know all of them."""


class Choice(NamedTuple):
    """A filter to choose. word: as it is typed; title: below the title of its group; meaning: alone."""

    word: str
    title: str
    meaning: str


class Group(NamedTuple):
    """Filters of one name, of which a person chooses one."""

    name: str
    title: str
    choices: Sequence[Choice]


class SavedFilters:
    """Searches that a person gave a name, in the settings, for each org."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._name = "filters"

    def enter(self, org_id: str) -> None:
        """Take those of this org from now on."""
        self._name = f"filters_{org_id}"

    def all(self) -> dict[str, str]:
        """What to search for, by name, in the order of the names."""
        # Without an org: those that an earlier version kept for all orgs.
        kept = self._settings.text(self._name) or self._settings.text("filters") or "{}"
        try:
            found = json.loads(kept)
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        texts = {name: text for name, text in found.items() if isinstance(text, str)}
        return dict(sorted(texts.items(), key=lambda pair: sort_key(pair[0])))

    def save(self, name: str, text: str) -> None:
        """Keep a search under this name, in place of another of that name."""
        self._keep({**self.all(), name: text})

    def rename(self, name: str, new: str) -> None:
        """Give this search another name, in place of another of that name."""
        filters = self.all()
        if name in filters:
            text = filters.pop(name)
            self._keep({**filters, new: text})

    def remove(self, name: str) -> None:
        """Delete this search."""
        self._keep({other: text for other, text in self.all().items() if other != name})

    def _keep(self, filters: Mapping[str, str]) -> None:
        self._settings.set_text(self._name, json.dumps(filters))
        self._settings.save()


def same_search(text: str, other: str) -> bool:
    """True if both searches mean the same."""
    return set(parse(text).terms) == set(parse(other).terms)


class FilterWords(QObject):
    """Says in words what a filter means."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        on_off = {"on": self.tr("On"), "off": self.tr("Off")}
        self._titles = {
            "is": self.tr("Status"),
            "sessions": self.tr("Sessions"),
            "csrf": self.tr("CSRF Protection"),
            "from": self.tr("Key"),
            "works": self.tr("Works at Cortex"),
            "checked": self.tr("Checked with Cortex"),
            "created": self.tr("Created"),
            "rotated": self.tr("Key made"),
            "expires": self.tr("Expires"),
            "review": self.tr("Review"),
            "due": self.tr("Expiry or review"),
            "owner": self.tr("Owner"),
            "label": self.tr("Label"),
            "key": self.tr("API key"),
            "notes": self.tr("Notes"),
        }
        self._values = {
            "is": {
                "enabled": self.tr("Enabled"),
                "disabled": self.tr("Disabled"),
                "attention": self.tr("Needs attention"),
                "expired": self.tr("Expired"),
                "expiring": self.tr("Expires soon"),
                "review": self.tr("Review due"),
                "missing": self.tr("Key missing"),
                "unfinished": self.tr("Not finished"),
            },
            "sessions": on_off,
            "csrf": on_off,
            "from": {
                "here": self.tr("Made here"),
                "cortex": self.tr("From Cortex"),
                "unknown": self.tr("Origin not known"),
            },
            "works": {"yes": self.tr("Yes"), "no": self.tr("No"), "unchecked": self.tr("Not asked")},
            "rotated": {"none": self.tr("Never rotated")},
            "owner": {"": self.tr("No owner")},
            "notes": {"": self.tr("No notes")},
        }

    def groups(self, owners: Sequence[str]) -> list[Group]:
        """The filters to choose from. owners: of the apps, those with most apps first."""
        found = []
        for name, values in WORDS.items():
            words = [f"{name}:{value}" for value in values]
            if name == "owner":
                words = [f"owner:{quoted(owner)}" for owner in sorted(owners[:OWNERS], key=sort_key)] + words
            if words:
                choices = [Choice(word, *self._words_of(tokens(word)[0])) for word in words]
                found.append(Group(name, self._titles.get(name, name), choices))
        return found

    def meaning(self, word: str) -> str:
        """Meaning of a filter, e.g. Status: Disabled for is:disabled."""
        if word.endswith(":"):
            return {
                "label:": self.tr("In the label alone"),
                "key:": self.tr("In the key's ends alone"),
                "owner:": self.tr("In the owner alone"),
                "notes:": self.tr("In the notes alone"),
            }.get(word, "")
        return self._words_of(tokens(word)[0])[1]

    def suggestions(
        self, text: str, position: int, owners: Sequence[str], saved: Mapping[str, str]
    ) -> tuple[int, list[Suggestion]]:
        """What the word at `position` may become: filters, and saved searches whose name the text begins."""
        begin, words = completions(text, position, owners)
        found = [Suggestion(word, self.meaning(word)) for word in words]
        begun = fold(text.strip())
        if len(begun) > 1 and position == len(text):
            begin_so = (name for name in saved if fold(name).startswith(begun))
            found += [Suggestion(saved[name], name, whole=True) for name in begin_so]
        return begin, found

    def _words_of(self, token: Token) -> tuple[str, str]:
        """What a filter's value means under the filter's title, and what the filter means alone."""
        title, value = self._titles.get(token.name, token.name), token.value.lower()
        values = self._values.get(token.name, {})
        if value in values and (value or token.quoted):
            chosen = values[value]
            if not value or value == "none":
                return chosen, chosen
            return chosen, self.tr("{filter}: {value}").format(filter=title, value=chosen)
        term = next(iter(parse(f"{token.name}:{quoted(token.value)}").terms), None)
        if value == "none" and token.name not in ("label", "key", "owner", "notes"):
            when = self.tr("never")
        elif isinstance(term, When):
            when = self._when(term, token.value)
        else:
            return token.value, self.tr("{filter}: {value}").format(filter=title, value=token.value)
        return when[:1].upper() + when[1:], self.tr("{filter} {when}").format(filter=title, when=when)

    def _when(self, term: When, value: str) -> str:
        """When something lies. value: as it is typed."""
        if term.period is not None:
            return self._in_period(term.sign, *term.period, value.lstrip("<>="))
        if term.name not in ("expires", "review", "due"):
            if term.sign in (">", ">="):
                return self.tr("more than %n day(s) ago", "", term.days)
            return self.tr("in the last %n day(s)", "", term.days)
        if not term.days:
            today = {"<": self.tr("before today"), ">": self.tr("after today"), ">=": self.tr("today or later")}
            return today.get(term.sign, self.tr("today or earlier"))
        match term.sign:
            case "<":
                return self.tr("in less than %n day(s)", "", term.days)
            case ">":
                return self.tr("in more than %n day(s)", "", term.days)
            case ">=":
                return self.tr("in %n day(s) or more", "", term.days)
            case _:
                return self.tr("within %n day(s)", "", term.days)

    def _in_period(self, sign: str, first: date, after: date, typed: str) -> str:
        is_day = after - first == timedelta(days=1)
        words = {
            "<": self.tr("before {period}"),
            "<=": self.tr("until the end of {period}"),
            ">": self.tr("after {period}"),
            ">=": self.tr("from {period} on"),
        }.get(sign, self.tr("on {period}") if is_day else self.tr("in {period}"))
        return words.format(period=long_day(first) if is_day else typed)
