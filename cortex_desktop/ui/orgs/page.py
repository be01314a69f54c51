"""The Organization page: all orgs, and the details of the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLayout,
    QListView,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ...domain.errors import CortexError
from ...domain.model import Org
from ..kit.i18n import environment_of, short, translate_text
from ..kit.page import Page
from ..kit.plain import tip
from ..kit.scrolling import LowBody, scrolled_when_low
from ..kit.widgets import Button, Card, Look, announce, label
from ..workspace import Workspace
from .form import OrgForm

Index = QModelIndex | QPersistentModelIndex

LIST_WIDTH = 292
"""In pixels at 13 px text."""

NARROW = 640
"""A page less wide than this, in the same pixels, has the list above the details."""

SHORT_LIST = 3
"""So many orgs are seen at once then."""

LEAST_DETAILS = 180
"""The least height of the details, in the same pixels; a lower window scrolls."""

MOST = 16_777_215
"""Qt's own limit for a width or a height."""


class OrgsModel(QAbstractListModel):
    """The orgs by name. workspace: knows how many apps an org has."""

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.orgs: Sequence[Org] = ()
        self.edited: set[str] = set()

    def show(self, orgs: Sequence[Org]) -> None:
        """List these orgs and no others."""
        self.beginResetModel()
        self.orgs = tuple(orgs)
        self.endResetModel()

    def row_of(self, org: Org) -> int:
        """Where this org stands, or -1."""
        return next((row for row, listed in enumerate(self.orgs) if listed.id == org.id), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.orgs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.orgs):
            return None
        org = self.orgs[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return org
        if role == Qt.ItemDataRole.DisplayRole:
            return org.name
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            words = f"{self.place(org)}, {self.count_words(org)}"
            return self.tr("{words}, current").format(words=words) if self.is_current(org) else words
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{org.name}\n{org.endpoint}/{org.code}")
        return None

    def place(self, org: Org) -> str:
        """The text that distinguishes it from others."""
        place = f"{org.code} · {environment_of(org)}"
        return self.tr("{place} · not saved").format(place=place) if org.id in self.edited else place

    def count_words(self, org: Org) -> str:
        """How many apps it has, in words."""
        return self._workspace.count_words(org.id)

    def is_current(self, org: Org) -> bool:
        """True for the org that the person works in."""
        return self._workspace.org is not None and org.id == self._workspace.org.id


class _OrgPainter(QStyledItemDelegate):
    """Paints an org: its name, code and environment, how many apps it has, and whether it is the current one."""

    def __init__(self, look: Look, model: OrgsModel, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self._model = model
        self.height = max(52, look.theme.px(52))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, org = self._look.theme, self._model.orgs[index.row()]
        room: QRect = option.rect
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = here and bool(option.state & QStyle.StateFlag.State_HasFocus)
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if here:
            painter.setPen(theme.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(room).adjusted(4.5, 2.5, -4.5, -2.5), 6, 6)

        def line(rect: QRect, text: str, token: str, font: QFont, *, far: bool = False) -> int:
            """Write one line; returns its width in pixels."""
            metrics = QFontMetrics(font)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            side = Qt.AlignmentFlag.AlignRight if far != mirrored else Qt.AlignmentFlag.AlignLeft
            painter.setFont(font)
            painter.setPen(theme.color(theme.ink(token, selected=here)))
            placed = QStyle.visualRect(option.direction, room, rect)
            painter.drawText(placed, side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, shown)
            return metrics.horizontalAdvance(shown)

        inside = room.adjusted(14, 7, -14, -7)
        top = QRect(inside.left(), inside.top(), inside.width(), inside.height() // 2)
        bottom = QRect(inside.left(), top.bottom() + 1, inside.width(), inside.height() - top.height())
        count = line(top, self._model.count_words(org), "muted", theme.font(11), far=True)
        top.setRight(top.right() - count - 8)
        line(top, org.name, "text", theme.font(13, QFont.Weight.DemiBold))
        if self._model.is_current(org):
            current = line(bottom, self.tr("Current"), "accent", theme.font(11, QFont.Weight.DemiBold), far=True)
            bottom.setRight(bottom.right() - current - 8)
        if org.production:
            icon = QRect(bottom.left(), bottom.top(), 14, bottom.height())
            self._look.icons.paint(
                painter,
                QStyle.visualRect(option.direction, room, icon),
                "triangle-alert",
                theme.ink("danger", selected=here),
                13,
            )
            bottom.setLeft(icon.right() + 6)
        line(bottom, self._model.place(org), "danger" if org.production else "muted", theme.font(11))
        painter.restore()


class OrgsList(QListView):
    """The list itself: moving through it shows another org's details; Enter or a double click switches to it."""

    def __init__(self, look: Look, model: OrgsModel) -> None:
        super().__init__()
        self.setObjectName("orgs")
        self.setModel(model)
        self.painter = _OrgPainter(look, model, self)
        self.setItemDelegate(self.painter)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Organizations"))


class _Body(QWidget):
    """What is scrolled: as high as its wrapped sentences make it, which a scroll area does not ask for."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._grow()
        return done

    def fit(self) -> None:
        """Sentences have changed: have room for them at once, not in several passes of the event loop."""
        for layout in self.findChildren(QLayout):
            layout.invalidate()
        self._grow()

    def _grow(self) -> None:
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))


class OrganizationPage(Page):
    """Shows the workspace's orgs, and emits what the person wants.

    entered(str): the org with this id becomes the current one; save_asked(Org): keep these details, then call `saved`
    or `not_saved`; add_asked; remove_asked(Org); removed_asked: show those removed.
    """

    entered = Signal(str)
    save_asked = Signal(Org)
    add_asked = Signal()
    remove_asked = Signal(Org)
    removed_asked = Signal()

    def __init__(self, look: Look, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._workspace = workspace
        self._drafts: dict[str, Org] = {}  # what was typed about an org and not saved, by its id
        self._org: Org | None = None  # the one that is looked at
        self._filling = False
        self._model = OrgsModel(workspace, self)
        self.list = OrgsList(look, self._model)
        self.form = OrgForm(look)
        self.add = Button(self.tr("Add organization"), look, "primary", "plus")
        self.removed = Button(self.tr("Recently removed…"), look, "link")
        self.switch = Button(self.tr("Switch to it"), look)
        self._where = label("", "subtitle", wrap=True)
        self.save = Button(self.tr("Save"), look, "primary")
        self.discard = Button(self.tr("Discard changes"), look)
        self.remove = Button(self.tr("Remove organization…"), look, "danger", "trash-2")
        self._problem = label("", "fieldNote", wrap=True)
        self._problem.setProperty("tone", "danger")
        self._only = label(
            self.tr("This is your only organization. Add another one before you remove it."), "fieldNote", wrap=True
        )
        self._lay_out()
        workspace.entered.connect(self._look_at_current)
        workspace.orgs_changed.connect(self._show)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.form.changed.connect(self._edited)
        self.add.clicked.connect(self.add_asked)
        self.removed.clicked.connect(self.removed_asked)
        self.switch.clicked.connect(self._switch)
        self.list.activated.connect(self._switch)
        self.save.clicked.connect(self._save)
        self.discard.clicked.connect(self._discard)
        self.remove.clicked.connect(self._remove)
        for field in (self.form.name, self.form.code, self.form.own_environment, self.form.address):
            field.returnPressed.connect(self._save)
        look.theme.changed.connect(self.list.viewport().update)
        self._show()
        self._arrange(narrow=True)  # beside each other they would ask for more room than there may be

    def saved(self, org: Org) -> None:
        """These details are kept."""
        self._drafts.pop(org.id, None)
        self._problem.hide()
        self._show()
        announce(self, self.tr("Saved"))

    def not_saved(self, error: CortexError) -> None:
        """They were not; say why, and keep what was typed."""
        text = f"{translate_text(error.title)}. {translate_text(error.message)} {translate_text(error.advice)}"
        self._problem.setText(text)
        self._problem.show()
        self._offer()
        announce(self, text)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(label(self.tr("Organization"), "title"))
        subtitle = label(
            self.tr("Where your apps belong. Look at any organization, and switch to the one you work in."),
            "subtitle",
            wrap=True,
        )
        subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        words.addWidget(subtitle)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.add, 0, Qt.AlignmentFlag.AlignBottom)
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(Card(self.list, self._look), 1)
        side.addWidget(self.removed, 0, Qt.AlignmentFlag.AlignLeft)
        self._side = QWidget()
        side.setContentsMargins(0, 0, 0, 0)
        self._side.setLayout(side)
        self._body = inside = _Body()
        inside.setObjectName("orgBody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(0)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self._where, 1)
        where.addWidget(self.switch)
        kept = self.switch.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # the fields below do not move
        self.switch.setSizePolicy(kept)
        column.addLayout(where)
        column.addSpacing(12)
        column.addWidget(self.form)
        column.addWidget(self._problem)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.save)
        buttons.addWidget(self.discard)
        buttons.addStretch()
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addSpacing(22)
        rule = label("", "rule")
        rule.setFixedHeight(1)
        column.addWidget(rule)
        column.addSpacing(16)
        column.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(6)
        column.addWidget(self._only)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setObjectName("orgScroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        scroll.setMinimumHeight(self._look.theme.px(LEAST_DETAILS))
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(16)
        self._parts.addWidget(self._side)
        self._parts.addWidget(Card(scroll, self._look), 1)
        body = LowBody()
        body.setMinimumWidth(1)  # in a narrow window its parts give way
        page = QVBoxLayout(body)
        page.setContentsMargins(24, 16, 24, 24)
        page.setSpacing(14)
        page.addLayout(head)
        page.addLayout(self._parts, 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scrolled_when_low(body))
        self._problem.hide()

    # What there is

    @Slot()
    def _look_at_current(self) -> None:
        """Another org is current: show it, not the one that was looked at."""
        self._org = self._workspace.org

    @Slot()
    def _show(self) -> None:
        """Show the orgs, and the details of the one that is looked at: those that were typed, where they are not saved.

        That is the current one until the person chooses another in the list.
        """
        orgs, current = self._workspace.orgs, self._workspace.org
        if current is None:
            return
        looked_at = "" if self._org is None else self._org.id
        org = next((listed for listed in orgs if listed.id == looked_at), current)
        self._filling = True
        there = {listed.id for listed in orgs}
        self._drafts = {org_id: draft for org_id, draft in self._drafts.items() if org_id in there}
        self._model.edited = set(self._drafts)
        if tuple(orgs) != tuple(self._model.orgs):
            self._model.show(orgs)
        index = self._model.index(self._model.row_of(org), 0)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)
        self.list.viewport().update()
        self._filling = False
        self._show_details(org)

    def _show_details(self, org: Org) -> None:
        if org != self._org:
            self._problem.hide()
        self._org = org
        here = self._model.is_current(org)
        work = self._workspace.org
        self.switch.setVisible(not here)
        self._where.setText(
            self.tr("You work in this organization.")
            if here or work is None
            else self.tr("You are looking at it. You work in {org}.").format(org=short(work.name))
        )
        self.form.show_org(self._drafts.get(org.id, org), self._workspace.orgs)
        only = len(self._workspace.orgs) < 2
        self.remove.setEnabled(not only)
        self._only.setVisible(only)
        self._offer()

    @Slot(QModelIndex)
    def _chosen(self, index: Index) -> None:
        if not self._filling and index.isValid():
            self._show_details(self._model.orgs[index.row()])

    @Slot()
    def _switch(self) -> None:
        """Make the org that is looked at the current one; the keyboard goes back to the list."""
        if self._org is not None and not self._model.is_current(self._org):
            self.list.setFocus()  # the button goes
            self.entered.emit(self._org.id)
            announce(self, self._where.text())

    # Editing

    @Slot()
    def _edited(self) -> None:
        org = self._org
        if org is None:
            return
        typed = self.form.typed()
        if typed == org:
            self._drafts.pop(org.id, None)
        else:
            self._drafts[org.id] = typed
        self._model.edited = set(self._drafts)
        self.list.viewport().update()
        self._offer()

    def _offer(self) -> None:
        """Suggestion to save what can be saved."""
        valid = self.form.check()
        changed = self._org is not None and self._org.id in self._drafts
        self.save.setEnabled(valid and changed)
        self.discard.setEnabled(changed)
        self._body.fit()

    @Slot()
    def _save(self) -> None:
        if self._org is not None and self._org.id in self._drafts and self.form.check(strict=True):
            self.save.setEnabled(False)
            self.save_asked.emit(self._drafts[self._org.id])

    @Slot()
    def _discard(self) -> None:
        if self._org is not None:
            self._drafts.pop(self._org.id, None)
            self._problem.hide()
            self._show()
            self.form.name.setFocus()

    @Slot()
    def _remove(self) -> None:
        if self._org is not None:
            self.remove_asked.emit(self._org)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.list.setFocus(event.reason())  # a focus proxy would take a button out of Tab's way

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(narrow=self.width() < self._look.theme.px(NARROW))

    def _arrange(self, *, narrow: bool) -> None:
        """Put the list above the details, or beside them."""
        directions = QBoxLayout.Direction
        self._parts.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        rows = min(SHORT_LIST, max(1, self._model.rowCount()))
        self.list.setMinimumHeight(rows * self.list.painter.height if narrow else 0)
        self.list.setMaximumHeight(rows * self.list.painter.height if narrow else MOST)
        width = self._look.theme.px(LIST_WIDTH)
        self._side.setMinimumWidth(0 if narrow else width)
        self._side.setMaximumWidth(MOST if narrow else width)
