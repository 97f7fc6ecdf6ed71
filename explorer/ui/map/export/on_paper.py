"""What pictures of the map are drawn on: the ground of the window, white, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from explorer.ui.map.canvas.scene import Style
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.session.panel import Desk
from explorer.ui.session.preferences import Paper
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import WHITE, Theme

TITLES: dict[Paper, str] = {"screen": tr("As on screen"), "white": tr("White"), "clear": tr("None: see-through")}
TIPS: dict[Paper, str] = {
    "screen": tr("The ground and the colours of the window"),
    "white": tr("White, with colours and letters that can be seen on it: for print and slides"),
    "clear": tr("Without a ground: the picture lets through what it is put on, in the colours for light paper"),
}


def save_words(action: str, paper: Paper) -> str:
    """Return the title of a dialog that saves a picture of the map on a paper."""
    match paper:
        case "white":
            return tr("{action} on white", action=action)
        case "clear":
            return tr("{action} without a ground", action=action)
        case _:
            return action


class Dress(Protocol):
    """How points and legend look now, in the colours of any theme; None where there are none."""

    def style_on(self, theme: Theme) -> Style | None:
        """Return the style of the points."""

    def contents_on(self, theme: Theme) -> LegendContents | None:
        """Return what the legend explains."""


@dataclass(frozen=True, slots=True)
class MapPaper:
    """The colours of a picture, and whether it has a ground."""

    theme: Theme
    clear: bool = False


def chosen_paper(desk: Desk) -> Paper:
    """Return what a person has chosen."""
    return cast(Paper, desk.settings.value("map_paper"))


def map_paper(desk: Desk) -> MapPaper:
    """Return what pictures are drawn on now."""
    chosen = chosen_paper(desk)
    return MapPaper(desk.themes.current if chosen == "screen" else WHITE, chosen == "clear")
