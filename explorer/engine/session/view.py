"""What a session shows of its embeddings: queries, margin, map, colours, and what is drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from explorer.core.map_values import ItemValueName, KeptStep
from explorer.core.recipe import Part
from explorer.core.types import IntArray
from explorer.engine.jobs import Jobs
from explorer.engine.session.batch_triplets import TripletWatch
from explorer.engine.session.loss_gradients import ForceWatch
from explorer.engine.session.miner_bench import bench_miners
from explorer.engine.session.replay import Replay
from explorer.engine.session.state import SessionState


class View:
    """The part of a session that changes nothing of data and training. Every method returns at once."""

    def __init__(self, stage: SessionState, jobs: Jobs) -> None:
        self._stage = stage
        self._jobs = jobs
        self._analysis = stage.analysis
        self._triplets = TripletWatch(stage, jobs)
        self._forces = ForceWatch(stage, jobs)
        self._replay = Replay(stage, jobs)

    def pin(self, indices: Sequence[int], k: int = 8) -> None:
        """Rank the ``k`` neighbours of these items now and with every snapshot from now on; empty: of none."""
        self._analysis.pin(indices, k)

    def margin(self, value: float) -> None:
        """Count the triplets of the last exact snapshot at this margin: ``DatasetCensus``."""
        self._analysis.margin(value)

    def bench_miners(self) -> int:
        """Let every miner choose from one batch of what is shown, and return the id of the job: ``MinerBench``."""
        return self._jobs.start("Compare miners", partial(bench_miners, self._stage), group="miner bench")

    def want_triplets(self, on: bool) -> None:
        """Send the triplets of a batch, ``BatchTriplets``, now and with every publication, or no more of them."""
        self._triplets.want(on)

    def want_forces(self, items: Sequence[int] | IntArray) -> None:
        """Send where the loss would move these items, ``Forces``, now and with all that is shown; none: no more."""
        self._forces.want(items)

    def layout(self, action: Literal["settle", "freeze", "resume"]) -> None:
        """Run the map to convergence, hold it still, or let it follow the snapshots again."""
        self._analysis.layout(action)

    @property
    def projection(self) -> Part:
        """How the map is laid out; one that turns out to be impossible is replaced by the one before."""
        return self._analysis.projection

    def project(self, part: Part) -> None:
        """Lay the map out by another method of the kind ``projection``; the next datasets as well.

        A parameter ``distance`` beside those of the method names one of ``measure.lifts`` by which the map chooses
        neighbours; without it that is the distance of the embeddings. What is not possible becomes a ``Notice``.
        """
        self._analysis.project(part)

    def hold(self, items: Sequence[int] | IntArray) -> None:
        """Keep these items where they are on the map while the others move; none: let all go."""
        self._analysis.hold(items)

    def values(self, name: ItemValueName | Literal[""]) -> None:
        """Measure this of every item, now and whenever it changes: ``ItemValues``; empty: nothing."""
        self._analysis.values(name)

    def look_at(self, item: int) -> None:
        """Name the true neighbours of an item, ``TrueNeighbours``; -1: of none. The last item asked about wins."""
        self._analysis.look_at(item)

    def kept_steps(self) -> tuple[KeptStep, ...]:
        """Return the steps of the run that can be shown again, ascending; ``KeptStep`` tells of each new one."""
        return self._replay.steps

    @property
    def kept_bytes(self) -> int:
        """How much room they take on the disk."""
        return self._stage.kept_bytes

    def show_step(self, step: int) -> None:
        """Show a kept step of the run, as it was then, or follow the newest one again with -1: ``StepShown``."""
        self._replay.show(step)
