"""The bar above the table of apps: search, filters, problems of the search, and the count."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ..kit.i18n import translate_text
from ..kit.plain import entry, set_tip
from ..kit.search import SearchField
from ..kit.suggestions import Suggestion
from ..kit.table import CountLabel
from ..kit.widgets import Button, Look, Picture, announce, label, set_property
from .filters import Filters, SavedFilters
from .model import AppsModel

FILTER_WIDTH = 114
"""Least width of the filter's button, in pixels at 13 px text."""

FILTER_TEXT = 160
"""Most width of its text."""

PAUSE_MS = 700
"""How long after a keystroke a screen reader announces how much was found."""


class SearchBar(QWidget):
    """Filters the model by what is typed.

    left: the person goes on to what was found; save_asked(text): keep this search.
    """

    left = Signal()
    save_asked = Signal(str)

    def __init__(self, look: Look, model: AppsModel, saved: SavedFilters) -> None:
        super().__init__()
        self._look = look
        self._model = model
        self.filters = Filters(saved, self)
        self.search = SearchField(look, self.tr("Search apps"), self._suggest)
        self.search.setMaximumWidth(look.theme.px(300))
        self.search.setMinimumWidth(look.theme.px(140))
        self.filter = self._make_filter_button()
        self._count = CountLabel()
        self._wrong = QWidget()
        self._wrong_text = label("", "fieldNote", wrap=True)
        set_property(self._wrong_text, "tone", "warning")
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.search, 2)
        tools.addWidget(self.filter)
        tools.addStretch(1)
        tools.addWidget(self._count)
        wrong = QHBoxLayout(self._wrong)
        wrong.setContentsMargins(0, 0, 0, 0)
        wrong.setSpacing(8)
        wrong.addWidget(Picture("triangle-alert", look, "warning", 15))
        wrong.addWidget(self._wrong_text, 1)
        self._wrong.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(tools)
        column.addWidget(self._wrong)
        self.search.textChanged.connect(self._filter)
        self.search.left.connect(self.left)
        self.search.editingFinished.connect(self._show_wrong)
        self.filter.clicked.connect(self.show_menu)
        self.filters.wanted.connect(self.search.setText)
        self.filters.save_asked.connect(self._ask_to_save)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._announce_found)

    @Slot()
    def show_menu(self) -> None:
        """Open the menu that puts filters into the search, unless something else is in front."""
        if not self.filter.isVisible() or QApplication.activeModalWidget() is not None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.filters.fill(menu, self.search.text(), self._model.owners())
        menu.popup(self.filter.mapToGlobal(QPoint(0, self.filter.height() + 4)))

    def set_found(self, visible: int, total: int) -> None:
        """Show how many apps were found, of how many."""
        every = self.tr("%n app(s)", "", total)
        some = self.tr("{shown} of %n app(s)", "", total)
        number = self.locale().toString
        text = every if visible == total else some.format(shown=number(visible))
        if self.search.text():
            self._count.set_text(text, every, some.format(shown=number(total)))
        else:
            self._count.set_text(text)

    # Inside

    def _make_filter_button(self) -> Button:
        button = Button(self.filters.summary(""), self._look)
        button.setObjectName("filter")
        button.setAccessibleName(self.tr("Filter"))
        button.setAccessibleDescription(button.text())
        button.ensurePolished()
        # So that it does not jump as one types.
        button.setMinimumWidth(max(self._look.theme.px(FILTER_WIDTH), button.sizeHint().width()))
        arrows = Picture("chevrons-up-down", self._look, "muted", 14)
        arrows.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(button)
        inside.setContentsMargins(0, 0, 10, 0)
        inside.addWidget(arrows, 0, Qt.AlignmentFlag.AlignRight)
        return button

    def _suggest(self, text: str, position: int) -> tuple[int, list[Suggestion]]:
        return self.filters.suggestions(text, position, self._model.owners() if "owner:" in text.lower() else ())

    @Slot()
    def _filter(self) -> None:
        text = self.search.text()
        self._model.filter(text)
        summary = self.filters.summary(text)
        if summary != self.filter.accessibleDescription():
            self.filter.setAccessibleDescription(summary)
            set_tip(self.filter, summary)
            room = self._look.theme.px(FILTER_TEXT)
            shown = self.filter.fontMetrics().elidedText(summary, Qt.TextElideMode.ElideRight, room)
            self.filter.setText(entry(shown))
        self._show_wrong()
        self._pause.start()

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
        self.save_asked.emit(self.search.text().strip())
