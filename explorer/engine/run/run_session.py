"""What a run needs of the session that it belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from explorer.core.events import OutsideEmbeddings, OutsideInputs
from explorer.core.map_values import KeptStep
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, Projection, Snapshot
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.events import State
from explorer.engine.lanes import Lanes
from explorer.engine.result_filter import ResultFilter

if TYPE_CHECKING:
    from explorer.engine.datasets.loading import Opened
    from explorer.learn.ranks import Ranks


class RunSession(Protocol):
    """What a run needs of the session that it belongs to."""

    lanes: Lanes
    results: ResultFilter
    generation: int
    analysis: AnalysisClient
    live: bool
    autosave_seconds: float
    threads: int
    triplets_wanted: threading.Event
    outside: OutsideInputs
    join: Callable[[str], Ranks]

    run_path: Path | None
    raw_evaluation: Evaluation | None
    """Of the held-out items as they are, before any training."""
    state: State
    stored: Snapshot | None
    """What was last shown of a saved run."""

    def changed(self) -> None:
        """Tell those who watch that there are new embeddings."""

    def take_outside(self, found: OutsideEmbeddings) -> None:
        """Keep where the run embeds what is no item."""

    def enter(self, state: State) -> None:
        """Change the state of the session."""

    def show(self, run: str, path: Path | None) -> None:
        """Show this run, which is kept in ``path``."""

    def hold_out_tests(self, opened: Opened, recipe: Recipe) -> Opened:
        """Return the data that a new run trains on, with what was added to them as test data held out."""

    def begin_map(self, projection: Projection | None) -> None:
        """Show where the map of the run that is shown stood last, and let it go on from there; None: nowhere."""

    def go_back_to(self, before: Any) -> None:
        """Go by the ``ActiveRun`` before again, which is still shown: the one after it has not begun."""

    def await_left(self, timeout: float, path: Path | None, gave_up: Callable[[], bool]) -> bool:
        """Wait until a run that was left behind writes no more in ``path``."""

    def keeps(self, run: str, steps: tuple[KeptStep, ...], size: int) -> None:
        """Note which steps of a run can be shown again, and how many bytes they take."""

    def moved(self, run: str, path: Path) -> None:
        """Note that a run goes on in another folder."""

    def trains_by(self, run: str, recipe: Recipe) -> None:
        """Note what is trained with in a run, with its live changes."""
