"""One time line for two runs: where one goes to a kept step, the other goes to its own that is nearest to it."""

from __future__ import annotations

from math import prod

from PySide6.QtCore import QObject

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.engine.session.session import Session
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr

UNITS = {"step": tr("by step"), "pictures": tr("by pictures seen"), "epoch": tr("by epoch")}
"""By what steps of two runs are the same moment, in words."""
OF_BATCH = ("items", "pictures", "classes", "images", "groups")
"""Parameters of samplers whose product is the size of a batch."""


class LinkedSteps(QObject):
    """Keeps the steps that two desks show at one moment, by a unit of ``UNITS``; empty: each goes by itself."""

    def __init__(self, desks: tuple[Desk, Desk], parent: QObject) -> None:
        super().__init__(parent)
        self._desks = desks
        self._sent: dict[int, int] = {}
        self.unit = "step"
        desks[0].state.displayed_step_changed.connect(self._on_first)
        desks[1].state.displayed_step_changed.connect(self._on_second)

    def _on_first(self, step: int) -> None:
        self._on_step(0, step)

    def _on_second(self, step: int) -> None:
        self._on_step(1, step)

    def go_by(self, unit: str) -> None:
        """Find the same moment by another unit from now on, at once for what is shown."""
        self.unit = unit
        if unit:
            self._sent.clear()
            self._on_step(0, self._desks[0].state.displayed_step)

    def _on_step(self, place: int, step: int) -> None:
        if self._sent.pop(place, None) == step or not self.unit:
            return  # it is what this was sent to
        this, other = self._desks[place].session, self._desks[1 - place]
        there = -1 if step < 0 else nearest(this, step, other.session, self.unit)
        if there is not None and there != other.state.displayed_step:
            self._sent[1 - place] = there
            other.session.replay.show(there)
            other.bridge.hurry()


def nearest(this: Session, step: int, other: Session, unit: str) -> int | None:
    """Return the kept step of another run that is nearest to a moment of this one; None where it has none."""
    kept = [one.step for one in other.replay.steps]
    at = step * pace(this, unit)
    return min(kept, key=lambda one: abs(one * pace(other, unit) - at), default=None)


def pace(session: Session, unit: str) -> float:
    """Return how much of a unit a step of the run of a session is."""
    if unit == "step" or session.split is None:
        return 1.0
    train = max(1, len(session.split.train))
    pictures = min(batch(session.recipe), train)
    return float(pictures) if unit == "pictures" else pictures / train


def batch(recipe: Recipe) -> int:
    """Return how many items a step of a recipe draws at most."""
    try:
        drawn = recipe.params("sampler").model_dump()
    except UserError:  # a sampler of an extension that is not installed
        return 1
    return prod(int(drawn[name]) for name in OF_BATCH if name in drawn)
