"""What a run announces and what it can be told. Events are plain values: picklable, printable, comparable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from explorer.core.map_values import BatchTriplets
from explorer.core.recipe import Recipe
from explorer.core.result_kinds import result
from explorer.core.types import ByteArray, FloatArray, IntArray, LearnedMetric, Progress, Snapshot, StepMetrics

LIVE = "live."
"""Prefix of the scalars of a checkpoint that hold parameters changed while the run trained."""

Scalar = bool | int | float | str


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunStarted:
    """Training begins. ``parameters``: number of trainable weights; ``threads``: of torch on the CPU.

    ``precision``: in which the encoder trains, ``auto`` where the device decides; empty in runs older than the choice.
    ``recipe``: what is trained, with the live changes of before a resume; None where it was read from a journal.
    """

    run: str
    step: int
    steps: int
    epochs: int
    device: str
    threads: int
    parameters: int
    recipe: Recipe | None = None
    precision: str = ""


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class ItemsReady:
    """From ``step`` on a run draws from ``ready`` of its ``items``: the others are still being decoded.

    Which ones those are depends on how fast that goes, so that another run of the same seed draws others. Where both
    are equal, from now on it draws from all.
    """

    run: str
    step: int
    ready: int
    items: int


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunPaused:
    """The trainer waits; it still answers commands."""

    run: str
    step: int


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunResumed:
    """The trainer goes on after a pause."""

    run: str
    step: int


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class ParameterChanged:
    """A live parameter took effect before ``step``, for example ``loss.margin`` from 0.2 to 0.3.

    ``recipe``: what is trained from now on; None where it was read from a journal.
    """

    run: str
    step: int
    path: str
    old: Scalar
    new: Scalar
    recipe: Recipe | None = None


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunFinished:
    """Training ended: all epochs done, or stopped by the user. ``steps`` and ``epochs`` that were done.

    ``seconds``: of training in all, with what it took before it was gone on with, as far as that has been written down;
    ``images_per_second``: since then.
    """

    run: str
    step: int
    epoch: int
    reason: Literal["done", "stopped"]
    seconds: float
    images_per_second: float


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunFailed:
    """Training ended with an error. ``traceback`` is empty when the user can mend it."""

    run: str
    step: int
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything needed to go on bit for bit: arrays by name (weights, moments, random states) and scalars.

    ``asked``: somebody asked for it, and wants to hear where it is; not written down.
    """

    run: str
    step: int
    epoch: int
    tensors: Mapping[str, FloatArray | IntArray | ByteArray]
    scalars: Mapping[str, Scalar]
    asked: bool = False

    def with_live(self, changes: Mapping[str, Scalar]) -> Checkpoint:
        """Return a copy from which a run goes on with other live values, for example of ``optimiser.rate``."""
        parts = tuple(f"{LIVE}{path}." for path in changes if "." not in path)  # a new miner: not the old one's values
        kept = {path: value for path, value in self.scalars.items() if not path.startswith(parts)}
        return replace(self, scalars={**kept, **{LIVE + path: value for path, value in changes.items()}})


@dataclass(frozen=True, slots=True)
class OutsideInputs:
    """Inputs (M, H, W, C) of an encoder that are no items of the data, with a number each; None: there are none."""

    ids: tuple[int, ...] = ()
    inputs: ByteArray | FloatArray | None = None


@dataclass(frozen=True, slots=True)
class OutsideEmbeddings:
    """The embeddings (M, D) of inputs from outside the data, by the weights of a step."""

    run: str
    step: int
    ids: tuple[int, ...]
    embeddings: FloatArray


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights and buffers at a step by their names: enough to embed with, and not to go on; see ``Checkpoint``."""

    run: str
    step: int
    tensors: Mapping[str, FloatArray | IntArray | ByteArray]


Event = (
    RunStarted
    | ItemsReady
    | RunPaused
    | RunResumed
    | ParameterChanged
    | RunFinished
    | RunFailed
    | Checkpoint
    | StepMetrics
    | Progress
    | Snapshot
    | LearnedMetric
    | BatchTriplets
    | OutsideEmbeddings
    | Weights
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next step; ``after``: train so many more steps first, also where it waits now."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run, with a last checkpoint and an exact snapshot unless ``quick``; now, or after so many ``epochs``."""

    quick: bool = False
    epochs: int = 0


@dataclass(frozen=True, slots=True)
class Save:
    """Write a checkpoint before the next step, and say where it is."""


@dataclass(frozen=True, slots=True)
class Set:
    """Change a live parameter, for example ``Set("loss.margin", 0.3)`` or ``Set("miner", "hard")``.

    ``step``: the first that is trained with it; 0: the next one.
    """

    path: str
    value: Scalar
    step: int = 0


Command = Pause | Resume | Stop | Save | Set
