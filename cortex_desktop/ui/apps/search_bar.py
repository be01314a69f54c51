"""The bar above the table of apps: search, filters, problems of the search, and the count."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ...domain.query import has_filter, take_filters, with_filter
from ..kit.i18n import translate_text
from ..kit.plain import entry
from ..kit.search import SearchField
from ..kit.suggestions import Suggestion
from ..kit.table import CountLabel
from ..kit.widgets import Button, Look, Picture, announce, label, set_property
from .chips import Chips
from .filters import FilterWords, SavedFilters, same_search
from .model import AppsModel

if TYPE_CHECKING:
    from .filter_panel import FilterPanel

FIELD = 140, 720
"""Least and most width of the field, in pixels at 13 px text."""

ICONS_ALONE = 470
"""Width of the bar below which its buttons show their icons alone, in pixels at 13 px text."""

PAUSE_MS = 700
"""How long after a keystroke a screen reader announces how much was found."""


class SearchBar(QWidget):
    """Filters the model by what is typed and by the filters that are on, which stand below as chips.

    left: the person goes on to what was found; save_asked(text): keep this search; rename_asked, delete_asked(name):
    of a saved one.
    """

    left = Signal()
    save_asked = Signal(str)
    rename_asked = Signal(str)
    delete_asked = Signal(str)

    def __init__(self, look: Look, model: AppsModel, saved: SavedFilters) -> None:
        super().__init__()
        self._look = look
        self._model = model
        self.saved = saved
        self._words = FilterWords(self)
        self._on: list[str] = []  # filters
        self._panel: FilterPanel | None = None
        px = look.theme.px
        self.search = SearchField(look, self.tr("Search apps"), self._suggest)
        self.search.setMinimumWidth(px(FIELD[0]))
        self.search.setMaximumWidth(px(FIELD[1]))
        self._titles = {self.tr("Filter"): "sliders-horizontal", self.tr("Saved"): "bookmark"}
        self.filter, self.saved_button = (Button(title, look, icon=icon) for title, icon in self._titles.items())
        self.filter.setAccessibleName(self.tr("Filter"))
        self.saved_button.setAccessibleName(self.tr("Saved filters"))
        self.chips = Chips(look, self.saved_button)
        self._count = CountLabel()
        self._wrong = QWidget()
        self._wrong_text = label("", "fieldNote", wrap=True)
        set_property(self._wrong_text, "tone", "warning")
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.filter)
        tools.addWidget(self.saved_button)
        tools.addStretch()
        tools.addWidget(self._count)
        wrong = QHBoxLayout(self._wrong)
        wrong.setContentsMargins(0, 0, 0, 0)
        wrong.setSpacing(8)
        wrong.addWidget(Picture("triangle-alert", look, "warning", 15))
        wrong.addWidget(self._wrong_text, 1)
        self._wrong.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(tools)
        column.addWidget(self.chips)
        column.addWidget(self._wrong)
        self._connect()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.search.left.connect(self.left)
        self.search.finished.connect(self._finish)
        self.search.editingFinished.connect(self._show_wrong)
        self.search.erased_before.connect(self._remove_last)
        self.search.whole_chosen.connect(self.set_text)
        self.filter.clicked.connect(self.show_filters)
        self.saved_button.clicked.connect(self.show_saved)
        self.chips.removed.connect(self._remove)
        self.chips.cleared.connect(self._clear)
        self.chips.save_asked.connect(self._ask_to_save)
        self.chips.left.connect(self.search.setFocus)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._announce_found)

    @property
    def text(self) -> str:
        """The whole search: the filters that are on, and what stands in the field."""
        return " ".join(filter(None, (*self._on, self.search.text().strip())))

    @Slot(str)
    def set_text(self, text: str) -> None:
        """Search for this. Its filters become chips."""
        self._on = []
        self.search.replace_text(text.strip(), len(text))
        self._take_filters(-1)
        self._filter()

    @Slot()
    def show_filters(self) -> None:
        """Open the panel of all filters, unless something else is in front."""
        if not self._is_in_front(self.filter):
            return
        from .filter_panel import FilterPanel

        self._panel = panel = FilterPanel(self._look, self._words.groups(self._model.owners()), self)
        panel.toggled.connect(self._toggle)
        panel.cleared.connect(self._clear)
        panel.closed.connect(self._forget_panel)
        panel.open_below(self.filter, self.text, self._count.text())

    @Slot()
    def show_saved(self) -> None:
        """Open the menu of saved filters, unless something else is in front."""
        if not self._is_in_front(self.saved_button):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_saved(menu)
        below = QPoint(0, self.saved_button.height() + 4)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            below.setX(self.saved_button.width() - menu.sizeHint().width())
        menu.popup(self.saved_button.mapToGlobal(below))

    @Slot()
    def show_saving(self) -> None:
        """Show whether the search has a name, after the saved ones have changed."""
        on, chips = self._on, self.chips
        saved = not on or any(same_search(self.text, kept) for kept in self.saved.all().values())
        room = chips.isHidden(), chips.height()
        chips.show_filters({word: self._words.meaning(word) for word in on}, saved=saved)
        if room != (chips.isHidden(), chips.height()):  # lay out now, and not in several turns that would be seen
            for widget in (self, self.parentWidget()):
                if widget is not None and (layout := widget.layout()) is not None:
                    layout.activate()

    def set_found(self, visible: int, total: int) -> None:
        """Show how many apps were found, of how many."""
        every = self.tr("%n app(s)", "", total)
        some = self.tr("{shown} of %n app(s)", "", total)
        number = self.locale().toString
        text = every if visible == total else some.format(shown=number(visible))
        if self.text:
            self._count.set_text(text, every, some.format(shown=number(total)))
        else:
            self._count.set_text(text)
        if self._panel is not None:
            self._panel.show_state(self.text, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        alone = self.width() < self._look.theme.px(ICONS_ALONE)
        for button, title in zip((self.filter, self.saved_button), self._titles, strict=True):
            button.setText("" if alone else title)
            button.setToolTip(button.accessibleName() if alone else "")

    # Inside

    def _suggest(self, text: str, position: int) -> tuple[int, list[Suggestion]]:
        owners = self._model.owners() if "owner:" in text.lower() else ()
        return self._words.suggestions(text, position, owners, self.saved.all())

    @Slot()
    def _filter(self) -> None:
        """Search for what stands here now. A filter that the cursor has left becomes a chip."""
        self._take_filters(self.search.cursorPosition())
        self._model.filter(self.text)
        self._show_state()
        self._pause.start()

    @Slot()
    def _finish(self) -> None:
        """Make a chip of the filter at the cursor. Not at a click elsewhere, which would hit what moves up."""
        self._take_filters(-1)
        self._show_state()

    def _take_filters(self, position: int) -> None:
        words, rest, position = take_filters(self.search.text(), position)
        if words:
            self.search.replace_text(rest, len(rest) if position < 0 else position)
        self._on += [word for word in dict.fromkeys(words) if not has_filter(self.text, word)]

    def _show_state(self) -> None:
        self.show_saving()
        self.filter.setAccessibleDescription(", ".join(map(self._words.meaning, self._on)))
        self._show_wrong()

    @Slot(str, str)
    def _toggle(self, name: str, word: str) -> None:
        """Filter by this alone of its name, or no longer by it."""
        text = self.text
        self.set_text(with_filter(text, name) if has_filter(text, word) else with_filter(text, name, word))

    @Slot(str)
    def _remove(self, word: str) -> None:
        self._on.remove(word)
        self._filter()

    @Slot()
    def _remove_last(self) -> None:
        if self._on:
            announce(self, self.tr("Removed: {filter}").format(filter=self._words.meaning(self._on[-1])))
            self._remove(self._on[-1])

    @Slot()
    def _clear(self) -> None:
        if self.chips.isAncestorOf(QApplication.focusWidget() or self):
            self.search.setFocus()
        self.set_text("")

    @Slot()
    def _announce_found(self) -> None:
        """Have a screen reader announce what the search found, after a pause in typing."""
        announce(self, self._count.text() if self._model.rowCount() else self.tr("No app found"))

    @Slot()
    def _show_wrong(self) -> None:
        """Show which words make no sense; the last one only when nobody is typing it."""
        query = self._model.query
        wrong = [*query.problems, *(() if self.search.hasFocus() else query.unfinished)]
        text = " ".join(map(translate_text, wrong))
        if text and text != self._wrong_text.text():
            announce(self, text)
        self._wrong_text.setText(text)
        self._wrong.setVisible(bool(text))

    @Slot()
    def _ask_to_save(self) -> None:
        self.save_asked.emit(self.text)

    def _fill_saved(self, menu: QMenu) -> None:
        text, saved = self.text, self.saved.all()
        for name, kept in saved.items():
            action = menu.addAction(entry(name), partial(self.set_text, kept))
            action.setCheckable(True)
            action.setChecked(same_search(kept, text))
        if not saved:
            menu.addAction(self.tr("No saved filter yet")).setEnabled(False)
        menu.addSeparator()
        menu.addAction(self.tr("Save this filter…"), self._ask_to_save).setEnabled(bool(text))
        if saved:
            for title, signal in ((self.tr("Rename"), self.rename_asked), (self.tr("Delete"), self.delete_asked)):
                below = menu.addMenu(title)
                for name in saved:
                    below.addAction(entry(name), partial(signal.emit, name))

    @Slot()
    def _forget_panel(self) -> None:
        self._panel = None

    def _is_in_front(self, button: QWidget) -> bool:
        return button.isVisible() and QApplication.activeModalWidget() is None
