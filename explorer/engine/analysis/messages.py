"""What is said between the window's process and the analysis process: plain values of our own, over a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.given_tuples import Checks
from explorer.core.map_values import ItemValueName
from explorer.core.pair_lists import PairList
from explorer.core.recipe import Part
from explorer.core.registry import Scalar
from explorer.core.sides import Sides
from explorer.core.targets import Target
from explorer.core.types import BoolArray, ByteArray, Fidelity, FloatArray, IntArray
from explorer.evaluation.protocol import Measured

LayoutAction = Literal["settle", "freeze", "resume"]


def _no_items() -> IntArray:
    return np.empty(0, np.int64)


def _no_triplets() -> IntArray:
    return np.empty((0, 3), np.int64)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a dataset beside the embeddings.

    ``generation`` counts datasets: an answer for another generation is stale. ``run``: the run that is shown.
    ``labels`` (N,), ``train`` and ``held_out`` as in ``Split``, both empty without one. ``queries`` and ``gallery``:
    the items that only ask and those that they ask, both empty where the data do not name either; ``distractors``:
    those of the gallery that are nobody's. ``sides``: which items are pictures and which their captions, if they are.
    ``target``: the number of every item that is learned, where one was chosen.
    ``checks``: the given pairs or triplets that are kept out of training, if any are given. ``triplets`` (T, 3): all
    that are given, or of very many some.
    """

    generation: int
    run: str
    labels: IntArray
    train: IntArray
    held_out: IntArray
    unseen: bool
    queries: IntArray = field(default_factory=_no_items)
    gallery: IntArray = field(default_factory=_no_items)
    distractors: IntArray = field(default_factory=_no_items)
    sides: Sides | None = None
    target: Target | None = None
    checks: Checks | None = None
    triplets: IntArray = field(default_factory=_no_triplets)


@dataclass(frozen=True, slots=True)
class Vectors:
    """A snapshot, or the pixels of the whole dataset.

    ``kind`` ``"pixels"``: ``rows`` of all items in order, uint8 or, of vectors, float32, ``indices`` empty; else
    float32 rows of ``indices``, with ``written`` as in ``Snapshot``.
    """

    generation: int
    kind: Literal["snapshot", "pixels"]
    run: str
    step: int
    indices: IntArray
    exact: bool
    distance: str
    rows: ByteArray | FloatArray
    written: npt.NDArray[np.uint32] | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """Answer for this kept snapshot of the scene's run, and for its map, instead of the live ones; None: no longer.

    ``items`` (M,) lie at ``xy`` (M, 2); both are empty where no map was kept.
    """

    generation: int
    run: str
    kept: Vectors | None
    items: IntArray
    xy: FloatArray


@dataclass(frozen=True, slots=True)
class Pin:
    """These items are the queries from now on, each with ``k`` neighbours; ``among``: only of these items."""

    queries: IntArray
    k: int
    among: IntArray | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """Count the triplets of the last exact snapshot at this margin."""

    value: float


@dataclass(frozen=True, slots=True)
class Compare:
    """Draw so many pairs of either sort for the histogram of distances, and for other thresholds."""

    pairs: int


@dataclass(frozen=True, slots=True)
class LayoutCommand:
    """``settle``: run to convergence; ``freeze``: stand still; ``resume``: follow the snapshots again."""

    action: LayoutAction


@dataclass(frozen=True, slots=True)
class Project:
    """Lay the map out by this method from now on; see ``explorer.projection.methods``.

    ``distance``: of ``measure.lifts``, by which neighbours on the map are chosen; empty: the one of the snapshot.
    """

    name: str
    params: Mapping[str, Scalar]
    distance: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep these items where they are on the map while the others move."""

    items: IntArray


@dataclass(frozen=True, slots=True)
class Values:
    """Measure this of every item that is shown, now and whenever it changes; empty: nothing."""

    name: ItemValueName | Literal[""]


@dataclass(frozen=True, slots=True)
class LookAt:
    """Name the true neighbours of this item, once; -1: of none."""

    item: int


@dataclass(frozen=True, slots=True)
class MapPositions:
    """Where the items were on the map before: of a saved run, or before the process died.

    ``anew``: what is on the map already begins there as well, and is laid out anew.
    """

    generation: int
    indices: IntArray
    xy: FloatArray
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure embeddings ``x`` (M, D) once by this protocol, thoroughly; ``MeasureAnswer`` has the same ``number``.

    ``labels`` (M,) and the other fields as in ``explorer.evaluation.protocol.Sample``; ``distance``: of
    ``measure.lifts``. ``other`` (M, D'), by ``other_distance``: other embeddings of the same items, which are compared
    with these instead; the ``details`` of the answer are what ``evaluation.compared_samples`` finds.
    """

    number: int
    protocol: Part
    x: FloatArray
    labels: IntArray
    distance: str
    columns: Mapping[str, Sequence[str]]
    label_sets: BoolArray | None
    seen: BoolArray | None
    ids: Sequence[str]
    class_names: Sequence[str]
    pairs: Sequence[PairList]
    seed: int
    target: Target | None = None
    other: FloatArray | None = None
    other_distance: str = ""


@dataclass(frozen=True, slots=True)
class Shorten:
    """Compare, lay out and count by the first ``count`` numbers of every embedding of a run; 0: by all of them."""

    count: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered by ``Pong`` once everything that was sent before has been answered."""

    number: int


Request = (
    Scene
    | Vectors
    | Replay
    | Pin
    | Margin
    | Compare
    | LayoutCommand
    | Project
    | Hold
    | Values
    | LookAt
    | MapPositions
    | Measure
    | Shorten
    | Ping
)


@dataclass(frozen=True, slots=True)
class Ready:
    """The kernels are warm; ``seconds`` since the process began."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Taken:
    """The last array has been read from the pipe; the next may come."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to ``Ping``."""

    number: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A request failed inside the analysis process, which goes on; ``traceback`` for the report."""

    text: str
    traceback: str


@dataclass(frozen=True, slots=True)
class MapFrame:
    """A frame of the map. ``indices`` is None where they are those of the frame before."""

    generation: int
    run: str
    step: int
    indices: IntArray | None
    xy: FloatArray
    epoch: int
    method: str
    exact: bool
    fidelity: Fidelity | None
    graph_recall: float


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: one of the values of ``core.types``."""

    generation: int
    value: Any


@dataclass(frozen=True, slots=True)
class MeasureAnswer:
    """What the protocol of the ``Measure`` with this ``number`` found, or why it cannot be measured."""

    number: int
    found: Measured | UserError


@dataclass(frozen=True, slots=True)
class Refused:
    """A way of laying out is not possible, and why; the map goes on as ``kept``."""

    kept: Project
    text: str


Reply = Refused | Ready | Taken | Pong | Fault | MapFrame | Result | MeasureAnswer
