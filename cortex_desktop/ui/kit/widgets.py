"""Small parts that several pages share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFontMetrics,
    QIcon,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOption,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .clock import Clock, Timer
from .icons import Icons
from .keyboard import enter_pressed
from .motion import Motion
from .plain import set_tip
from .scrolling import lay_beside
from .theme import Theme


class Look:
    """What all widgets share: colours and type of the theme in force, icons, motion, and the clock of their timers."""

    def __init__(self, theme: Theme, resources: Path, clock: Clock) -> None:
        self.theme = theme
        self.clock = clock
        self.motion = Motion(clock)
        self.icons = Icons(resources / "icons", theme)
        self.resources = resources


def label(text: str = "", name: str = "", *, wrap: bool = False) -> QLabel:
    """A label that shows plain text, never HTML. name: its object name, for the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by, and apply the style sheet anew."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else Qt will apply it
            widget.style().unpolish(widget)
            widget.style().polish(widget)


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say `text` now."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


ICON_GAP = 4
"""Pixels between a button's icon and its text, beside the 4 that Qt leaves there."""


class Button(QPushButton):
    """A push button. icon: name and colour follow the theme.

    role: "primary"; "danger" leads to something dangerous, "destroy" does it; "link"; or none.
    """

    def __init__(self, text: str, look: Look, role: str = "", icon: str = "") -> None:
        super().__init__(text)
        self._look = look
        self._icon_name = icon
        self.setProperty("role", role)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if icon:
            self.setIconSize(QSize(16 + ICON_GAP, 16))
            look.theme.changed.connect(self._recolour)
            self._recolour()

    def set_icon(self, name: str) -> None:
        """Show another icon, or none when the name is empty."""
        self._icon_name = name
        self._recolour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange and self._icon_name:
            self._recolour()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if enter_pressed(event):
            self.click()
        else:
            super().keyPressEvent(event)

    def _recolour(self) -> None:
        if not self._icon_name:
            self.setIcon(QIcon())
            return
        token = {"primary": "on_accent", "danger": "danger", "link": "accent"}.get(self.property("role"), "text")
        gap = -ICON_GAP if self.isRightToLeft() else ICON_GAP  # between icon and text
        self.setIcon(self._look.icons.icon(self._icon_name, token, gap=gap))


CONFIRM_SECONDS = 1
"""How long a button shows that what it is for was done."""


class IconButton(QToolButton):
    """A button with an icon alone; `name` is its accessible name and tool tip."""

    def __init__(self, icon: str, name: str, look: Look, token: str = "muted") -> None:
        super().__init__()
        self._look = look
        self._icon_name = icon
        self._token = token
        self._confirming: Timer | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setIconSize(QSize(16, 16))
        self.rename(icon, name)
        look.theme.changed.connect(self._recolour)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if enter_pressed(event):
            self.click()
        else:
            super().keyPressEvent(event)

    def rename(self, icon: str, name: str) -> None:
        """Change icon and name."""
        self._icon_name = icon
        self.setAccessibleName(name)
        set_tip(self, name)
        self._recolour()

    def confirm(self) -> None:
        """Show a check for a second: what the button is for was done."""
        if self._confirming is None:
            self._confirming = self._look.clock.timer(self)
            self._confirming.timeout.connect(self._recolour)
        self._confirming.start(CONFIRM_SECONDS)
        self._recolour()

    def _recolour(self) -> None:
        confirms = self._confirming is not None and self._confirming.is_active
        icon, token = ("check", "success") if confirms else (self._icon_name, self._token)
        self.setIcon(self._look.icons.icon(icon, token))


class Picture(QWidget):
    """An icon on its own. It takes no focus, and has no name that a screen reader could read."""

    def __init__(self, icon: str, look: Look, token: str = "muted", size: int = 16, box: int = 0) -> None:
        super().__init__()
        self._look = look
        self._icon_name = icon
        self._token = token
        self._size = size
        self.setFixedSize(box or size, box or size)
        look.theme.changed.connect(self.update)

    def change(self, icon: str, token: str) -> None:
        """Show another icon."""
        self._icon_name = icon
        self._token = token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.objectName() == "badge":
            option = QStyleOption()
            option.initFrom(self)
            self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        self._look.icons.paint(painter, self.rect(), self._icon_name, self._token, self._size)


class Card(QFrame):
    """A frame with round corners around one widget."""

    def __init__(self, content: QWidget, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(content)
        self._corners = _RoundedCorners(self, look)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._corners.resize(event.size())
        self._corners.raise_()


class _RoundedCorners(QWidget):
    """Lies over a card and paints its round corners over the square ones of its content."""

    RADIUS = 10

    def __init__(self, card: QWidget, look: Look) -> None:
        super().__init__(card)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        look.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge, outside = QPainterPath(), QPainterPath()
        edge.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self.RADIUS, self.RADIUS)
        outside.addRect(QRectF(self.rect()))
        painter.fillPath(outside.subtracted(edge), self._look.theme.color("background"))
        painter.setPen(QPen(self._look.theme.color("line"), 1))
        painter.drawPath(edge)


class Banner(QFrame):
    """A message across the page with at most one action. Tones: "warning", "danger", "info".

    acted: the action was chosen; dismissed: the person has read it.
    """

    acted = Signal()
    dismissed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.hide()
        self._picture = Picture("lock", look, "warning", 20)
        self._title = label("", "strong", wrap=True)
        self._text = label("", "hint", wrap=True)
        self.action = Button("", look)
        self._close = IconButton("x", self.tr("Dismiss"), look)
        self.words = QVBoxLayout()
        self.words.setSpacing(2)
        self.words.addWidget(self._title)
        self.words.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 14, 10)
        row.setSpacing(12)
        row.addWidget(self._picture)
        row.addLayout(self.words, 1)
        row.addWidget(self.action)
        row.addWidget(self._close)
        self.action.clicked.connect(self.acted)
        self._close.clicked.connect(self.dismissed)

    def show_message(
        self, tone: str, icon: str, title: str, text: str, action: str = "", *, dismissable: bool = False
    ) -> None:
        """Show a message. `action`: the text of its button, none when empty."""
        set_property(self, "tone", tone)
        self._picture.change(icon, {"info": "accent"}.get(tone, tone))
        changed = self._title.text() != title or self.isHidden()
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._close.setVisible(dismissable)
        self.show()
        if changed:
            announce(self, f"{title}. {text}")


class ChoiceBanner(Banner):
    """A message across the page with a button for each answer: side by side, or below each other without room."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._buttons: list[Button] = []
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setContentsMargins(0, 6, 0, 2)
        self._row.setSpacing(8)
        self.words.addLayout(self._row)

    def show_choices(
        self, tone: str, icon: str, title: str, text: str, choices: Sequence[tuple[str, Callable[[], object]]]
    ) -> None:
        """Show a message. choices: what can be answered, and what that calls."""
        had_focus = any(button.hasFocus() for button in self._buttons)
        self.show_message(tone, icon, title, text)
        while self._row.takeAt(0) is not None:
            pass
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        for name, act in choices:
            button = Button(name, self._look)
            button.setProperty("compact", True)
            button.clicked.connect(lambda *_, act=act: act())
            self._row.addWidget(button)
            button.show()
            QWidget.setTabOrder(self._buttons[-1] if self._buttons else self._close, button)
            self._buttons.append(button)
        self._row.addStretch()
        self._arrange()
        if had_focus and self._buttons:
            self._buttons[0].setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        needed = sum(button.sizeHint().width() + 8 for button in self._buttons)
        lay_beside(self._row, needed <= self.width() - 80)


class EmptyState(QFrame):
    """A card that stands where a list would: picture, title, sentence, at most one action."""

    acted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._picture = Picture("key-round", look, "accent", 24, 52)
        self._picture.setObjectName("badge")
        self._title = label("", "emptyTitle")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = label("", "subtitle", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setFixedWidth(look.theme.px(360))
        self.action = Button("", look, "primary", "plus")
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch()
        for widget in (self._picture, self._title, self._text, self.action):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.insertSpacing(2, 6)
        column.insertSpacing(5, 4)
        column.addStretch()
        self.action.clicked.connect(self.acted)

    def set_message(
        self, icon: str, title: str, text: str, action: str = "", action_icon: str = "", tone: str = "accent"
    ) -> None:
        """Show what is empty and what to do. `action`: the text of the button, none when empty; tone: of the icon."""
        self.action.set_icon(action_icon)
        self._picture.change(icon, tone)
        set_property(self._picture, "tone", tone)
        self._title.setText(title)
        self._text.setText(text)
        # A layout that centres a widget does not ask it how high it gets when it wraps.
        self._text.setFixedHeight(self._text.heightForWidth(self._text.width()))
        self.action.setText(action)
        self.action.setVisible(bool(action))


OVERLAY = (16, 24, 40, 110)
"""Red, green, blue and alpha of what dims the window."""


def shadow(painter: QPainter, rect: QRect, depth: int, radius: int) -> None:
    """Paint the shadow of a card that lies in the middle of `rect`, `depth` pixels from its edges.

    A graphics effect would draw the whole card anew at each change.
    """
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(16, 24, 40, 1))
    below = depth // 3  # light falls from above
    for step in (*range(0, depth, 2), *range(depth // 2, depth)):  # thin at its edge
        painter.drawRoundedRect(
            QRectF(rect).adjusted(step, step + below, -step, -step * (depth - below) / depth),
            radius + depth - step,
            radius + depth - step,
        )


class Overlay(QWidget):
    """Dims what lies behind an open dialog."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return False

    def cover(self) -> None:
        """Dim the window."""
        self._over.installEventFilter(self)  # once more is no more than once
        self.resize(self._over.size())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(*OVERLAY))


class Badge(QWidget):
    """A state as a dot and a word on a soft ground, e.g. Enabled."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._text = ""
        self._tone = ""
        look.theme.changed.connect(self.update)

    def set_state(self, text: str, tone: str) -> None:
        """Show this word. tone: "success", "warning", "danger" or "muted"."""
        self._text = text
        self._tone = tone
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return badge_size(self._look, self._text)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()  # a word that is cut is none

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_badge(QPainter(self), self._look, QRectF(self.rect()), self._text, self._tone)


def badge_size(look: Look, text: str) -> QSize:
    """The room that `paint_badge` needs for this text."""
    metrics = QFontMetrics(look.theme.font(12))
    return QSize(metrics.horizontalAdvance(text) + 32, metrics.height() + 6)


def paint_badge(painter: QPainter, look: Look, rect: QRectF, text: str, tone: str) -> None:
    """Draw a state badge that fills `rect`. tone: see `Badge.set_state`."""
    ink = look.theme.color(tone)
    ground = look.theme.color("code" if tone == "muted" else f"{tone}_soft")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setBrush(ink)
    mirrored = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
    painter.drawEllipse(QRectF(rect.right() - 16 if mirrored else rect.left() + 9, rect.center().y() - 3.5, 7, 7))
    painter.setPen(ink)
    painter.setFont(look.theme.font(12))
    room = rect.adjusted(0, 0, -21, 0) if mirrored else rect.adjusted(21, 0, 0, 0)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()
