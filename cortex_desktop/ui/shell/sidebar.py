"""The left side of the window: which org, which page, and how the keychain is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpacerItem,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ...domain.model import Org
from ...domain.ports import VaultState
from ...services.keychain import KeychainStatus
from ..kit.keyboard import enter_pressed
from ..kit.page import Aside, PageEntry, Section
from ..kit.plain import set_tip
from ..kit.tokens import SIDEBAR_WIDTH
from ..kit.widgets import IconButton, Look, Picture, label
from .status_line import StatusLine

COMPACT_WIDTH = 64
NARROW = 100
"""Below this width in pixels the parts of the sidebar show their icons alone."""


class _Painted(QAbstractButton):
    """A button that paints itself and shows hover."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.theme.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if enter_pressed(event):
            self.click()
        else:
            super().keyPressEvent(event)

    def panel(self, painter: QPainter, *, raised: bool, alarm: bool = False) -> QRect:
        """Paint ground and edge, in the colour of danger if `alarm`; return the room inside."""
        theme = self.look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if raised or self.underMouse():
            painter.setPen(theme.color("danger" if alarm else "line"))
            ground = "hover" if self.isDown() else "danger_soft" if alarm else "selected_entry"
            painter.setBrush(theme.color(ground) if raised or self.isDown() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        return self.rect().adjusted(9, 0, -9, 0)

    def turned(self, rect: QRect) -> QRect:
        """The rectangle where it stands in the direction of the person's writing."""
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def line(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        token: str,
        size: float,
        weight: QFont.Weight,
        align: int = 0,
    ) -> None:
        """Write one line of text, shortened where it does not fit."""
        font = self.look.theme.font(size, weight)
        painter.setFont(font)
        painter.setPen(self.look.theme.color(token))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        side = Qt.AlignmentFlag(align) if align else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)


class OrgSwitcher(_Painted):
    """The current org: its initial, its name, where it lives and its environment."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._name = ""
        self._place = ""
        self._production = False
        self.setFixedHeight(max(48, look.theme.px(48)))

    def set_org(self, org: Org, environment: str) -> None:
        """Show this org."""
        self._name = org.name
        self._place = self.tr("Local · {environment}").format(environment=environment)
        self._production = org.production
        self.setAccessibleName(self.tr("Organization {name}").format(name=org.name))
        self.setAccessibleDescription(self._place)
        set_tip(self, f"{org.name} ({org.code})\n{self._place}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.panel(painter, raised=True, alarm=self._production)
        badge = QRect(room.left(), room.center().y() - 14, 30, 30)
        text = QRect(badge.right() + 10, room.top(), room.width() - 62, room.height())
        narrow = self.width() < NARROW
        if narrow:
            badge.moveCenter(self.rect().center())
        badge = self.turned(badge)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.theme.color("danger" if self._production else "accent"))
        painter.drawRoundedRect(badge, 6, 6)
        initial = self._name.strip()[:1].upper()
        self.line(painter, badge, initial, "on_accent", 14, QFont.Weight.Bold, Qt.AlignmentFlag.AlignHCenter.value)
        if narrow:
            return
        text = self.turned(text)
        top, bottom = text.adjusted(0, 8, 0, -text.height() // 2), text.adjusted(0, text.height() // 2, 0, -7)
        self.line(painter, top, self._name, "text", 13, QFont.Weight.Bold)
        weight = QFont.Weight.Bold if self._production else QFont.Weight.Normal
        self.line(painter, bottom, self._place, "danger" if self._production else "muted", 11, weight)
        arrows = self.turned(QRect(room.right() - 16, room.top(), 18, room.height()))
        self.look.icons.paint(painter, arrows, "chevrons-up-down", "muted", 14)


class Badge(_Painted):
    """How many things need attention; a click shows them. Hidden while there are none."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look)
        self.setParent(parent)
        self.hide()

    def set_number(self, number: int) -> None:
        """Show this number."""
        self.setText(self.locale().toString(number))
        words = self.tr("%n app(s) need attention", "", number)
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.setVisible(number > 0)
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.look.theme.font(11, QFont.Weight.DemiBold))
        height = metrics.height() + 4
        return QSize(max(height, metrics.horizontalAdvance(self.text()) + 12), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self.look.theme
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.color("warning"), 2 if self.underMouse() else 1))
        painter.setBrush(theme.color("warning_soft"))
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        middle = Qt.AlignmentFlag.AlignHCenter.value
        self.line(painter, self.rect(), self.text(), "warning", 11, QFont.Weight.DemiBold, middle)


class _Line(_Painted):
    """A line of the sidebar: icon, name, and a count where there is one."""

    def __init__(self, icon: str, name: str, look: Look) -> None:
        super().__init__(look)
        self._icon_name = icon
        self._count = ""
        self.setText(name)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._full = max(34, look.theme.px(34))
        self.setMaximumHeight(self._full)
        self.setMinimumHeight(18)  # in a low window
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @Slot(int)
    def count(self, number: int) -> None:
        """Show how many there are."""
        self._count = self.locale().toString(number)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDEBAR_WIDTH - 24, self._full)

    def paint_line(self, painter: QPainter, *, here: bool, beside: int = 0) -> None:
        """Paint it. here: its page is in front; beside: pixels taken before the count."""
        room = self.panel(painter, raised=here)
        narrow = self.width() < NARROW
        icon = self.rect() if narrow else self.turned(QRect(room.left(), room.top(), 18, room.height()))
        self.look.icons.paint(painter, icon, self._icon_name, "accent" if here else "muted", 16)
        if narrow:
            return
        text = self.turned(room.adjusted(27, 0, -self.count_room() - beside, 0))
        weight = QFont.Weight.DemiBold if here else QFont.Weight.Normal
        self.line(painter, text, self.text(), "text", 13, weight)
        right = Qt.AlignmentFlag.AlignRight.value
        count = self.turned(room.adjusted(0, 0, -1, 0))
        self.line(painter, count, self._count, "muted", 11, QFont.Weight.DemiBold, right)

    def count_room(self) -> int:
        """The width in pixels that the count takes at the far side, with what is around it."""
        font = self.look.theme.font(11, QFont.Weight.DemiBold)
        return 18 + QFontMetrics(font).horizontalAdvance(self._count)


class PageButton(_Line):
    """A page in the sidebar.

    attention: a badge beside the count.
    """

    def __init__(self, entry: PageEntry, look: Look) -> None:
        super().__init__(entry.icon, entry.title, look)
        self.attention = Badge(look, self)
        self.is_current = False
        """True while its page is in front."""
        entry.counted.connect(self.count)
        entry.attention_changed.connect(self.attend)
        self.attention.clicked.connect(entry.show_attention)

    def set_current(self, current: bool) -> None:
        """Show whether its page is in front."""
        self.is_current = current
        self._describe()
        self.update()

    def _describe(self) -> None:
        parts = [self._count, self.tr("current page") if self.is_current else ""]
        self.setAccessibleDescription(", ".join(part for part in parts if part))

    @Slot(int)
    def count(self, number: int) -> None:
        super().count(number)
        self._describe()
        self._place_badge()

    @Slot(int)
    def attend(self, number: int) -> None:
        """Show beside the count how many need attention."""
        self.attention.set_number(number)
        self._place_badge()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_badge()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._place_badge()

    def _place_badge(self) -> None:
        size = self.attention.size()
        if self.width() < NARROW:
            place = QRect(QPoint(self.width() - size.width(), 0), size)
        else:
            x = self.width() - size.width() - self.count_room()
            place = QRect(QPoint(x, (self.height() - size.height()) // 2), size)
        self.attention.setGeometry(self.turned(place))

    def paintEvent(self, event: QPaintEvent) -> None:
        beside = self.attention.width() if self.attention.isVisible() else 0
        self.paint_line(QPainter(self), here=self.is_current, beside=beside)


class AsideButton(_Line):
    """What belongs to a page, under it; hidden while there is none of it."""

    def __init__(self, aside: Aside, look: Look) -> None:
        super().__init__(aside.icon, aside.title, look)
        aside.counted.connect(self.count)
        self.clicked.connect(aside.asked)
        self.hide()

    @Slot(int)
    def count(self, number: int) -> None:
        super().count(number)
        self.setAccessibleDescription(self._count)
        self.setToolTip(f"{self.text()}: {self._count}")
        self.setVisible(number > 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.paint_line(QPainter(self), here=False)


class Sidebar(QFrame):
    """Org switcher, pages, keychain. buttons: those of the pages, by the pages' names.

    org_clicked: another org is wanted; preferences_clicked.
    """

    org_clicked = Signal()
    preferences_clicked = Signal()

    def __init__(self, look: Look, pages: Sequence[PageEntry]) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self._look = look
        self.org = OrgSwitcher(look)
        self.buttons = {entry.name: PageButton(entry, look) for entry in pages}
        self._lock = Picture("lock", look, "muted", 15)
        self._keychain = label("", "keychainName", wrap=True)
        self._state = label("", "keychainName")
        self._preferences = IconButton("settings-2", self.tr("Preferences"), look)
        self._sections: list[QLabel] = []
        self._is_compact = False
        self._column = column = QVBoxLayout(self)
        column.setSpacing(2)
        column.addWidget(self.org)
        on_top = [self.buttons[entry.name] for entry in pages if entry.section is Section.TOP]
        room = QSizePolicy.Policy.Maximum  # given up in a low window
        if on_top:
            column.addSpacerItem(QSpacerItem(0, 14, QSizePolicy.Policy.Minimum, room))
            for button in on_top:
                column.addWidget(button)
        for section, title in ((Section.SETTINGS, self.tr("Settings")), (Section.DEVELOPER, self.tr("Developer"))):
            entries = [entry for entry in pages if entry.section is section]
            if entries:
                column.addSpacerItem(
                    QSpacerItem(0, 14 if self._sections or on_top else 30, QSizePolicy.Policy.Minimum, room)
                )
                self._sections.append(label(title, "section"))
                self._sections[-1].setContentsMargins(10, 0, 0, 0)
                column.addWidget(self._sections[-1])
                column.addSpacerItem(QSpacerItem(0, 7, QSizePolicy.Policy.Minimum, room))
                for entry in entries:
                    column.addWidget(self.buttons[entry.name])
                    for aside in entry.asides():
                        column.addWidget(AsideButton(aside, look))
        column.addStretch()
        for entry in pages:
            column.addWidget(StatusLine(entry, look))
        column.addWidget(self._rule())
        column.addSpacing(8)
        column.addWidget(self._foot())
        self.org.clicked.connect(self.org_clicked)
        self._preferences.clicked.connect(self.preferences_clicked)
        self.compact(False)
        self.keychain(None)

    def compact(self, yes: bool) -> None:
        """Show icons alone, for a narrow window, or everything."""
        self.setFixedWidth(COMPACT_WIDTH if yes else max(SIDEBAR_WIDTH, self._look.theme.px(SIDEBAR_WIDTH)))
        for part in (*self._sections, self._keychain, self._state):
            part.setVisible(not yes)
        side = 8 if yes else 12
        self._column.setContentsMargins(side, 12, side, 10)
        self._foot_row.setContentsMargins(0 if yes else 6, 0, 0, 0)
        self._foot_row.setSpacing(2 if yes else 8)
        self._is_compact = yes
        self._say_keychain()

    def _say_keychain(self) -> None:
        """Have the lock say what the words beside it do, where these are not shown."""
        words = ": ".join(part for part in (self._keychain.text(), self._state.text()) if part)
        self._lock.setAccessibleName(words if self._is_compact else "")
        set_tip(self._lock, words)

    def keychain(self, status: KeychainStatus | None) -> None:
        """Show which keychain holds the keys and how it is; None: not known yet."""
        if status is None:
            self._keychain.setText(self.tr("Looking for the keychain…"))
            self._state.setText("")
            self._say_keychain()
            return
        words = {
            VaultState.UNLOCKED: self.tr("Unlocked"),
            VaultState.LOCKED: self.tr("Locked"),
            VaultState.MISSING: self.tr("Not found"),
            VaultState.FAILED: self.tr("Not answering"),
        }
        self._keychain.setText(self.tr("Keys in {keychain}").format(keychain=status.name))
        self._state.setText(words[status.state])
        calm = status.state is VaultState.UNLOCKED
        self._lock.change(
            "lock" if status.state in (VaultState.UNLOCKED, VaultState.LOCKED) else "triangle-alert",
            "muted" if calm else "warning",
        )
        self._say_keychain()

    def _rule(self) -> QLabel:
        rule = label("", "rule")
        rule.setFixedHeight(1)
        return rule

    def _foot(self) -> QWidget:
        foot = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._keychain)
        words.addWidget(self._state)
        self._foot_row = row = QHBoxLayout(foot)
        row.addWidget(self._lock)
        row.addLayout(words, 1)
        row.addWidget(self._preferences)
        return foot
