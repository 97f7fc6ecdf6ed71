"""What a format of the drawn map is: a part of kind ``map_picture``, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from PySide6.QtGui import QImage

from explorer.core.registry import Parameters, parameter
from explorer.engine.export.base import SaveChoice
from explorer.ui.map.canvas.scene import Picture, Style
from explorer.ui.widgets.language import tr

LARGEST_RATIO = 4


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """The points as they were drawn for this, and what lies over them; both calls belong on the GUI thread.

    ``composed`` returns the points with all that lies over and beside them; ``overlays`` that alone, as elements of an
    SVG; ``size`` of the whole in logical pixels, in which the map is ``scale`` times as large as it was drawn.
    ``clear``: it has no ground, and lets through what it is put on.
    """

    picture: Picture
    style: Style
    title: str
    composed: Callable[[], QImage]
    overlays: Callable[[], str]
    size: tuple[int, int]
    scale: float = 1.0
    clear: bool = False


class MapPicture:
    """Makes a file of the drawn map: ``MapPicture(params)``. ``action`` and ``tip``: what the window calls it."""

    action: ClassVar[str]
    tip: ClassVar[str]
    usual: ClassVar[int] = 0
    """Which of the choices is the usual one."""

    class Params(Parameters):
        """How finely the map is drawn."""

        ratio: int = parameter(
            2, tr("Pixels of the file along one of the screen"), minimum=1, maximum=LARGEST_RATIO, unit="px"
        )

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    @classmethod
    def choices(cls, width: int, height: int) -> tuple[SaveChoice, ...]:
        """Return the ways to save a map that takes so many pixels of the screen."""
        raise NotImplementedError

    def prepare(self, drawn: DrawnMap) -> Callable[[], bytes]:
        """Take, on the GUI thread, what is needed, and return what makes the file of it in any thread."""
        raise NotImplementedError
