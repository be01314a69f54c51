"""A page that scrolls where the window is too low for it, and sideways where its text is too large."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget


class LowBody(QWidget):
    """What is scrolled: never lower than its layout needs with its sentences wrapped, which Qt does not ask for."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        layout = self.layout()
        if layout is not None and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.setMinimumHeight(max(0, layout.totalMinimumHeightForWidth(self.width())))  # of nothing it is -1
        return done


def scrolled_when_low(body: LowBody) -> QScrollArea:
    """Put a page's body into a scroll area that shows no frame and takes no focus."""
    area = QScrollArea()
    area.setObjectName("pageScroll")
    body.setObjectName("pageBody")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setWidget(body)
    return area


def lay_beside(parts: QBoxLayout, fits: bool) -> None:
    """Put the parts beside each other if they fit, else below each other."""
    directions = QBoxLayout.Direction
    parts.setDirection(directions.LeftToRight if fits else directions.TopToBottom)


def bring_into_view(widget: QWidget) -> None:
    """Scroll whatever is around this widget so that it can be seen."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget, 0, 24)
        around = around.parentWidget()
