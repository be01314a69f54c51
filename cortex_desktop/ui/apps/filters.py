"""Filters for people: what each one means, the menu that puts them into the search, and those that were saved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu

from ...domain.folding import fold, sort_key
from ...domain.query import completions, has_filter, parse, quoted, tokens, with_filter
from ..kit.plain import entry
from ..kit.settings import Settings
from ..kit.suggestions import Suggestion

OWNERS = 12
"""Most owners in the menu; suggestions know all of them."""


class Group(NamedTuple):
    """Filters of which a person chooses one. every: the text for choosing none of them."""

    name: str
    title: str
    every: str
    choices: Sequence[tuple[str, str]]


class SavedFilters(QObject):
    """Searches that a person gave a name, in the settings."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def all(self) -> dict[str, str]:
        """What to search for, by name, in the order of the names."""
        try:
            found = json.loads(self._settings.text("filters", "{}"))
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        texts = {name: text for name, text in found.items() if isinstance(text, str)}
        return dict(sorted(texts.items(), key=lambda pair: sort_key(pair[0])))

    def save(self, name: str, text: str) -> None:
        """Keep a search under this name, in place of another of that name."""
        self._keep({**self.all(), name: text})

    def remove(self, name: str) -> None:
        """Delete this search."""
        self._keep({other: text for other, text in self.all().items() if other != name})

    def _keep(self, filters: Mapping[str, str]) -> None:
        self._settings.set_text("filters", json.dumps(filters))
        self._settings.save()
        self.changed.emit()


class Filters(QObject):
    """Fills the filter menu from the text in the search box, which alone says what is filtered.

    wanted(str): the search that a person chose; save_asked: they want to keep it.
    """

    wanted = Signal(str)
    save_asked = Signal()

    def __init__(self, saved: SavedFilters, parent: QObject) -> None:
        super().__init__(parent)
        self.saved = saved
        self._meanings = {
            word: title if group.name == "is" else self.tr("{group}: {choice}").format(group=group.title, choice=title)
            for group in self._groups()
            for word, title in group.choices
        }

    def summary(self, text: str) -> str:
        """The text of the menu's button for this search."""
        named = [token for token in tokens(text) if token.name and (token.value or token.quoted)]
        words = [word for token in named if parse(word := f"{token.name}:{quoted(token.value)}").terms]
        if not words:
            return self.tr("All statuses")
        if len(words) > 1:
            return self.tr("%n filter(s)", "", len(words))
        return self.meaning(words[0])

    def meaning(self, word: str) -> str:
        """Meaning of a filter, e.g. Disabled for is:disabled; the filter itself if it is not a suggested one."""
        if word.endswith(":"):
            return {
                "label:": self.tr("In the label alone"),
                "key:": self.tr("In the key's ends alone"),
                "owner:": self.tr("In the owner alone"),
                "notes:": self.tr("In the notes alone"),
            }.get(word, "")
        if word == 'notes:""':
            return self.tr("No notes")
        if word.lower() in self._meanings:
            return self._meanings[word.lower()]
        name, _, value = word.partition(":")
        if name == "owner":
            return self.tr("Owner: {owner}").format(owner=tokens(word)[0].value)
        return f"{name}: {value}" if value else word

    def suggestions(self, text: str, position: int, owners: Sequence[str]) -> tuple[int, list[Suggestion]]:
        """What the word at `position` may become: filters, and saved searches whose name the text begins."""
        begin, words = completions(text, position, owners)
        found = [Suggestion(word, self.meaning(word)) for word in words]
        begun = fold(text.strip())
        if len(begun) > 1 and position == len(text):
            saved = self.saved.all().items()
            found += [Suggestion(kept, name, whole=True) for name, kept in saved if fold(name).startswith(begun)]
        return begin, found

    def fill(self, menu: QMenu, text: str, owners: Sequence[str]) -> None:
        """Put all filters into the menu, those in the text ticked."""
        menu.clear()
        status, *others = self._groups(owners)
        self._add_group(menu, status, text)
        menu.addSeparator()
        for group in others:
            self._add_group(menu.addMenu(group.title), group, text)
        menu.addSeparator()
        saved = self.saved.all()
        for name, kept in saved.items():
            self._add(menu, name, kept, kept == text.strip())
        save = menu.addAction(self.tr("Save this filter…"), self.save_asked.emit)
        save.setEnabled(bool(text.strip()))
        if saved:
            remove = menu.addMenu(self.tr("Remove a saved filter"))
            for name in saved:
                remove.addAction(entry(name), partial(self.saved.remove, name))
        clear = menu.addAction(self.tr("Show all apps"), partial(self.wanted.emit, ""))
        clear.setEnabled(bool(text.strip()))

    def _add_group(self, menu: QMenu, group: Group, text: str) -> None:
        # What stands in the text of this group but is not suggested, like created:2026, is ticked by none.
        without = with_filter(text, group.name)
        self._add(menu, group.every, without, not any(token.name == group.name for token in tokens(text)))
        for word, title in group.choices:
            there = has_filter(text, word)
            self._add(menu, title, without if there else with_filter(text, group.name, word), there)

    def _add(self, menu: QMenu, title: str, text: str, ticked: bool) -> None:
        action = menu.addAction(entry(title), partial(self.wanted.emit, text))
        action.setCheckable(True)
        action.setChecked(ticked)

    def _groups(self, owners: Sequence[str] = ()) -> tuple[Group, ...]:
        on_off = (self.tr("On"), self.tr("Off"))
        return (
            Group(
                "is",
                self.tr("Status"),
                self.tr("All statuses"),
                (
                    ("is:enabled", self.tr("Enabled")),
                    ("is:disabled", self.tr("Disabled")),
                    ("is:attention", self.tr("Needs attention")),
                    ("is:expired", self.tr("Expired")),
                    ("is:expiring", self.tr("Expires soon")),
                    ("is:review", self.tr("Review due")),
                    ("is:missing", self.tr("Key missing")),
                    ("is:unfinished", self.tr("Not finished")),
                ),
            ),
            Group(
                "sessions",
                self.tr("Sessions"),
                self.tr("On or off"),
                tuple(zip(("sessions:on", "sessions:off"), on_off, strict=True)),
            ),
            Group(
                "csrf",
                self.tr("CSRF Protection"),
                self.tr("On or off"),
                tuple(zip(("csrf:on", "csrf:off"), on_off, strict=True)),
            ),
            Group(
                "created",
                self.tr("Created"),
                self.tr("Any time"),
                (
                    ("created:<7d", self.tr("In the last 7 days")),
                    ("created:<30d", self.tr("In the last 30 days")),
                    ("created:<90d", self.tr("In the last 90 days")),
                    ("created:>365d", self.tr("More than a year ago")),
                ),
            ),
            Group(
                "rotated",
                self.tr("Age of the key"),
                self.tr("Any"),
                (
                    ("rotated:<30d", self.tr("Less than 30 days")),
                    ("rotated:>90d", self.tr("More than 90 days")),
                    ("rotated:>365d", self.tr("More than a year")),
                    ("rotated:none", self.tr("Never rotated")),
                ),
            ),
            Group(
                "from",
                self.tr("Key from"),
                self.tr("Anywhere"),
                (
                    ("from:here", self.tr("Made here")),
                    ("from:cortex", self.tr("From Cortex")),
                    ("from:unknown", self.tr("Not known")),
                ),
            ),
            Group(
                "works",
                self.tr("Works at Cortex"),
                self.tr("Yes, no or not asked"),
                (
                    ("works:yes", self.tr("Yes")),
                    ("works:no", self.tr("No")),
                    ("works:unchecked", self.tr("Not asked")),
                ),
            ),
            Group(
                "checked",
                self.tr("Checked with Cortex"),
                self.tr("Any time, or never"),
                (
                    ("checked:<30d", self.tr("In the last 30 days")),
                    ("checked:>30d", self.tr("More than 30 days ago")),
                    ("checked:>90d", self.tr("More than 90 days ago")),
                    ("checked:none", self.tr("Never")),
                ),
            ),
            Group(
                "expires",
                self.tr("Expires"),
                self.tr("Any time, or never"),
                (
                    ("expires:<30d", self.tr("Within 30 days, or expired")),
                    ("expires:<90d", self.tr("Within 90 days, or expired")),
                    ("expires:none", self.tr("Never")),
                ),
            ),
            Group(
                "review",
                self.tr("Review"),
                self.tr("Any time, or never"),
                (
                    ("review:<30d", self.tr("Within 30 days, or due")),
                    ("review:none", self.tr("Never")),
                ),
            ),
            Group(
                "owner",
                self.tr("Owner"),
                self.tr("Anyone"),
                (
                    *((f"owner:{quoted(name)}", name) for name in sorted(owners[:OWNERS], key=sort_key)),
                    ('owner:""', self.tr("No owner")),
                ),
            ),
        )
