"""What the engine itself announces, beside the events of a run: datasets, runs from disk, jobs, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from explorer.core.events import ParameterChanged
from explorer.core.given_tuples import GivenTuples
from explorer.core.recipe import Recipe
from explorer.core.result_kinds import result
from explorer.core.types import Evaluation, Split, StepMetrics

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

State = Literal["empty", "loading", "ready", "training", "paused", "finished", "failed"]
UNDER_WAY: frozenset[State] = frozenset({"training", "paused"})
"""The states in which a run trains, or rests between two of its steps."""
Role = Literal["main", "test", "gallery"]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class DatasetOpened:
    """A dataset is in memory and can be drawn; whatever was shown before belongs to another one.

    ``split`` is None where none could be made; ``why_not`` then says why. ``kept_run``: it came with a saved
    run, or beside one, whose ``RunOpened`` follows. ``number``: of the data in their session, as in its ``open_data``.
    """

    dataset: Dataset
    split: Split | None
    role: Role = "main"
    kept_run: bool = False
    number: int = 0


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class DatasetComplete:
    """All items of the dataset are decoded by now; it was opened when only some of them were."""

    dataset: Dataset


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunShown:
    """Another run is shown from now on: whatever is still on screen of the one before is old.

    ``dataset`` counts the datasets that the session has opened; ``run`` is ``PIXELS_RUN`` before any training.
    """

    dataset: int
    run: str


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class DatasetFailed:
    """A dataset could not be opened; what was open before still is. ``message`` is for the user.

    ``moved``: where the data of the run ``spec`` were, if they are not there any more; ``Session.open_run`` takes where
    they are now.
    """

    spec: str
    message: str
    moved: str = ""


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class SplitChanged:
    """The recipe changed which items are held out; ``split`` is None where that is impossible."""

    split: Split | None


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class GivenChanged:
    """Other pairs, triplets or must-link lists are given, which the next run is trained on; None: classes are again."""

    given: GivenTuples | None


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class StateChanged:
    """The session is in another state; ``why_not`` says why Train is off, and is empty when it is on."""

    state: State
    why_not: str


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RecipeChanged:
    """A value of the recipe of the next run was set from elsewhere than its form."""

    recipe: Recipe


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RecipeBack:
    """One's own recipe is set again in place of ``lent``: other data were opened.

    That was the recipe of a run, of an example, or one made for the data before.
    """

    lent: Recipe


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class CatalogueReady:
    """The parts of these kinds are imported: forms can be filled without a wait."""

    kinds: tuple[str, ...]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunGoesOn:
    """A run is about to train on after ``step``: what it measured up to there, and nothing that came after it.

    It is told in place of what was known of the run that was shown: a branch has the past of the one that it is of.
    """

    run: str
    step: int
    metrics: Sequence[StepMetrics] = ()
    evaluations: Sequence[Evaluation] = ()
    changes: Sequence[ParameterChanged] = ()


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunOpened:
    """A saved run was opened; its last snapshot, map and neighbours follow on their own lanes.

    ``snapshots``: the steps whose embeddings are kept. ``name``: what a person calls the run, empty where nobody does.
    ``saved``: the step of its newest checkpoint, from which it goes on; ``steps``: how many it was to have, 0 where it
    ended by itself or does not say. ``script``: what the network was called that a
    script of its own trained, which keeps no checkpoints; empty where the recipe was. ``lost``: in a sentence what
    of this is missing since its file was damaged; empty where nothing is. ``epochs``: how many it was to have at last,
    0 where these are those that it began with.
    """

    run: str
    path: Path
    recipe: Recipe
    metrics: Sequence[StepMetrics] = ()
    evaluations: Sequence[Evaluation] = ()
    changes: Sequence[ParameterChanged] = ()
    snapshots: Sequence[int] = field(default=())
    name: str = ""
    saved: int = 0
    script: str = ""
    steps: int = 0
    lost: str = ""
    epochs: int = 0

    @property
    def cut_off(self) -> int | None:
        """The step that was saved last, where the run was measured beyond it; None where it was not."""
        beyond = not self.script and any(step.step > self.saved for step in self.metrics[-1:])
        return self.saved if beyond else None


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the user that belongs to no panel.

    ``folder``: where what it tells of was written; ``file``: that itself, where another program shows it.
    """

    text: str
    level: Literal["info", "warning", "error"] = "info"
    folder: Path | None = None
    file: Path | None = None


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class AnalysisReady:
    """The analysis process is up and its kernels are warm; ``seconds`` since it was started."""

    seconds: float


AnalysisWork = Literal[
    "kernels", "evaluation", "raw evaluation", "histogram", "census", "values", "neighbours", "map neighbours"
]


@dataclass(frozen=True, slots=True)
class AnalysisPiece:
    """A piece of work of the analysis process, and when it began: seconds of the clock that all processes share."""

    work: AnalysisWork
    began: float


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class AnalysisUnderWay:
    """What the analysis process works at, as far as that takes longer than a moment; empty: nothing does."""

    pieces: tuple[AnalysisPiece, ...]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class AnalysisRestarted:
    """The analysis process ended and was started again with the last snapshot; ``reason`` is for the user."""

    reason: str
