"""What was changed while the run that is shown trained, in a line below the recipe as it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from explorer.core.errors import printable
from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.live_change import in_one_go
from explorer.core.recipe import PART_KINDS
from explorer.core.registry import Scalar
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.recipe.lines_below import LinesBelow
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.run_names import setting_title
from explorer.ui.widgets.language import small, tr
from explorer.ui.widgets.recipe_words import part_called
from explorer.ui.widgets.text import ELLIPSIS, count, decimal, plain_tip

MOST_TOLD = 2
"""Values that are told in the line; the tip tells of all, and of every change of each."""
MOST_BETWEEN = 1
"""Values that one had on the way which are told there."""


def value_words(value: Scalar, key: str = "") -> str:
    """Return a value of the recipe, of which ``key`` says where it stands, as a person writes it: ``semi-hard``."""
    if key in PART_KINDS:
        return part_called(key, str(value))
    return decimal(value, ".4g") if isinstance(value, float) else str(value).replace("_", "-")


def change_words(change: ParameterChanged, between: Sequence[Scalar] = ()) -> str:
    """Return one change in words: ``margin 0.2 → 1.25 at step 168``, ``between`` what it was on the way."""
    before, *way = (value_words(value, change.path) for value in (change.old, *between))
    if len(way) > MOST_BETWEEN:
        way = [ELLIPSIS, *way[-MOST_BETWEEN:]]
    return printable(
        tr(
            "{name} {before} → {after} at step {step}",
            name=small(setting_title(change.path, kind=False)),
            before=" → ".join((before, *way)),
            after=value_words(change.new, change.path),
            step=count(change.step),
        )
    )


def first_to_last(changes: Iterable[ParameterChanged]) -> list[tuple[ParameterChanged, list[Scalar]]]:
    """Return for each value one change, from what the run began with to what it ended with, and what it was between.

    None where first and last agree.
    """
    found: dict[str, tuple[ParameterChanged, list[Scalar]]] = {}
    for change in changes:
        first, between = found.pop(change.path, (change, []))
        whole = ParameterChanged(change.run, change.step, change.path, first.old, change.new)
        found[change.path] = whole, [*between, *([change.old] if first is not change else [])]
    return [(change, between) for change, between in found.values() if change.old != change.new]


class ChangedLive(LinesBelow):
    """Says which values were moved while the run trained, from what to what and when; hidden where none was.

    ``height_changed``: it came, went, or has more or fewer lines.
    """

    height_changed = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, role="caption")
        self.hide()
        self._changes: list[ParameterChanged] = []
        bridge.of(ParameterChanged).connect(lambda change: self._show([*self._changes, change]))
        for past in (RunOpened, RunGoesOn):
            bridge.of(past).connect(lambda told: self._show(list(told.changes)))
        bridge.of(DatasetOpened).connect(lambda _opened: self._show([]))
        bridge.run_event.connect(self._on_run)

    def _on_run(self, event: object) -> None:
        if isinstance(event, RunStarted):
            done = event.step
            self._show([change for change in self._changes if done and change.step <= done])

    def _show(self, changes: list[ParameterChanged]) -> None:
        before, self._changes = self.height_needed(), changes
        every = in_one_go(changes)
        net = first_to_last(every)
        told = [change_words(change, between) for change, between in net[-MOST_TOLD:]]
        more = tr(", {count} more", count=len(net) - MOST_TOLD) if len(net) > MOST_TOLD else ""
        self.setText(tr("Changed live: {changes}{more}", changes=", ".join(told), more=more) if told else "")
        self.setToolTip(plain_tip("\n".join(change_words(change) for change in every)))
        self.setVisible(bool(told))
        if self.height_needed() != before:
            self.height_changed.emit()
