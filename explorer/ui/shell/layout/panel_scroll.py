"""What lets a dock be smaller than its panel needs: the panel scrolls then."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLayout

from explorer.ui.session.panel import Panel
from explorer.ui.widgets.steady_scroll import SteadyScroll
from explorer.ui.widgets.text_size import when_letters_change

SLACK = 8
"""So many pixels of a panel may be out of sight at its right, where its margin is."""
MOST_WIDTH, MOST_HEIGHT = 292, 104
"""What a panel can ask for at most, in pixels: with large text all that stand beside each other have to fit."""


class PanelScroll(SteadyScroll):
    """Holds a panel, which fills it as long as it is no smaller than the panel can be."""

    def __init__(self, panel: Panel, least: int = 0) -> None:
        """``least``: the height in pixels that it asks for whatever its panel needs; 0: by its panel."""
        super().__init__()
        self.panel, self._least = panel, least
        self.setObjectName("panel-scroll")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(panel)
        panel.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        when_letters_change(panel, self._measure)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look whether the panel has its width, and tell it of its height."""
        super().resizeEvent(event)
        self.panel.hear_height(event.size().height())
        self._choose_bar()

    def _measure(self) -> None:
        """Let the panel need what its letters need by now, also those of what it does not show.

        Qt keeps for a row in what is hidden how large its letters were before.
        """
        for layout in self.panel.findChildren(QLayout):
            layout.invalidate()
        self._choose_bar()

    def _choose_bar(self) -> None:
        """Scroll sideways only for what is worth it: a bar hides a row, and at its edge a panel is empty."""
        beyond = max(self.panel.minimumSizeHint().width(), self.panel.minimumWidth()) - self.width()
        off = 0 < beyond <= SLACK
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff if off else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )

    def minimumSizeHint(self) -> QSize:
        """Ask for what the panel needs, within bounds."""
        hint, set_by_hand = self.panel.minimumSizeHint(), self.panel.minimumSize()
        width = set_by_hand.width() or hint.width()
        height = self._least or set_by_hand.height() or hint.height()
        return QSize(min(width, MOST_WIDTH), min(height, MOST_HEIGHT))

    def sizeHint(self) -> QSize:
        """Ask for what the panel would like to have."""
        return self.panel.sizeHint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another size when the panel needs it."""
        if watched is self.panel and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._choose_bar()
        return super().eventFilter(watched, event)
