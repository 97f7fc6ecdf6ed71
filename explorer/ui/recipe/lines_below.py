"""Some lines of text below a form that scrolls."""

from __future__ import annotations

from explorer.ui.widgets.text import WholeLabel

AROUND = 5
"""Pixels above and below the lines; a style sheet would take the margins away that a label is given."""


class LinesBelow(WholeLabel):
    """Breaks its text into lines, and is as high as these are in its width.

    To its layout it has a height like any other widget: as soon as one of them had a height for a width, the scroll
    area around the panel would give it the height that the whole form would like to have, and scroll, both ways.
    """

    def hasHeightForWidth(self) -> bool:
        """Return that the height is chosen here."""
        return False

    def keep_height(self) -> None:
        """Be as high as the lines are, and what is around them."""
        self.setMinimumHeight(0)
        self.setFixedHeight(max(self.heightForWidth(self.width()), 0) + 2 * AROUND)

    def height_needed(self) -> int:
        """Return how high it is, in pixels; 0 while it is hidden."""
        return 0 if self.isHidden() else self.minimumHeight()
