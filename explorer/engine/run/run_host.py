"""What a run needs of the session that it belongs to."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from explorer.core.map_values import KeptStep
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.events import State
from explorer.engine.lanes import Lanes
from explorer.engine.result_filter import ResultFilter


class RunHost(Protocol):
    """What a run needs of its session."""

    lanes: Lanes
    results: ResultFilter
    generation: int
    analysis: AnalysisClient
    live: bool
    triplets_wanted: threading.Event

    def changed(self) -> None:
        """Tell those who watch that there are new embeddings."""

    def enter(self, state: State) -> None:
        """Change the state of the session."""

    def show(self, run: str, path: Path | None) -> None:
        """Show this run, which is kept in ``path``."""

    def keeps(self, run: str, steps: tuple[KeptStep, ...], size: int) -> None:
        """Note which steps of a run can be shown again, and how many bytes they take."""
