"""What lets a dock be smaller than its panel needs: the panel scrolls then."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame

from explorer.ui.session.panel import Panel
from explorer.ui.widgets.steady_scroll import SteadyScroll

MOST_WIDTH, MOST_HEIGHT = 292, 104
"""What a panel can ask for at most, in pixels: with large text all that stand beside each other have to fit."""


class PanelScroll(SteadyScroll):
    """Holds a panel, which fills it as long as it is no smaller than the panel can be."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.panel = panel
        self.setObjectName("panel-scroll")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(panel)
        panel.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        """Ask for what the panel needs, within bounds."""
        hint, set_by_hand = self.panel.minimumSizeHint(), self.panel.minimumSize()
        width, height = set_by_hand.width() or hint.width(), set_by_hand.height() or hint.height()
        return QSize(min(width, MOST_WIDTH), min(height, MOST_HEIGHT))

    def sizeHint(self) -> QSize:
        """Ask for what the panel would like to have."""
        return self.panel.sizeHint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another size when the panel needs it."""
        if watched is self.panel and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
