"""What an evaluation protocol is: registered as kind `protocol`, for the live figures of a run and the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.core.pair_lists import PairList
from explorer.core.registry import Parameters
from explorer.core.targets import Target
from explorer.core.types import UNLABELLED, BoolArray, FloatArray
from explorer.evaluation.paired import Paired
from explorer.measure.lifts import Lift

Figures = Mapping[str, Any]
"""Numbers by name; a name may also stand for a few numbers that belong together, again by name."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is measured: embeddings ``x`` (M, D), compared by ``lift``, with ``labels`` (M,), −1 where unlabelled.

    ``columns``: further columns of the data, M texts each, by name. ``label_sets`` (M, S) which labels each item has,
    where it may have several; ``seen`` (M,) whether its class was trained on, where that is known; ``ids`` what the
    items are called, M texts or none; ``class_names`` what the labels stand for, where they have names; ``pairs`` the
    lists that came with the data, of these items; ``target`` the number of each that was chosen to be learned.
    """

    x: FloatArray
    labels: npt.ArrayLike
    lift: Lift
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label_sets: BoolArray | None = None
    seen: BoolArray | None = None
    ids: Sequence[str] = ()
    class_names: Sequence[str] = ()
    pairs: Sequence[PairList] = ()
    target: Target | None = None

    @property
    def classes(self) -> int:
        """How many classes the items have."""
        labels = np.unique(np.asarray(self.labels))
        return int(np.count_nonzero(labels != UNLABELLED))

    def column(self, name: str) -> npt.NDArray[np.str_] | None:
        """Return a column (M,) by its name; None for an empty name.

        Raises
        ------
        UserError: if there is none of that name.
        """
        if not name:
            return None
        if name not in self.columns:
            known = ", ".join(printable(column) for column in self.columns) or "none"
            raise UserError(f"There is no column {printable(name)!r}", remedy=f"Columns of these data: {known}")
        return np.asarray(self.columns[name])


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a measurement may take.

    ``queries``: how many items are asked at most, a sample of all; None: all. ``thorough``: with figures that take
    longer than all others together. ``threads``: of libraries with threads of their own.
    """

    queries: int | None = None
    thorough: bool = True
    threads: int = 1
    seed: int = 0
    cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Measured:
    """What a protocol found: ``figures`` of so many ``items`` of so many ``classes``.

    ``lone``: items that could not be asked, because no other item has their class. ``how``: a few words on what is
    compared with what. ``curves``: where each runs, x and y of its points, by name. ``details``: what a panel shows of
    it beside figures, a frozen value of the protocol's own; None where there is nothing.
    """

    figures: Figures
    items: int
    classes: int
    lone: int = 0
    how: str = ""
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]] = field(default_factory=dict)
    details: object | None = field(default=None, compare=False)


class Protocol:
    """Measures how good embeddings are: ``Protocol(params)``.

    ``live``: cheap enough to measure every exact snapshot of a run, with the default parameters, without columns, and
    with an ``Effort`` that bounds the queries; such a protocol gives plain numbers only. ``across``: it compares the
    two sides of items; ``by_target``: it compares numbers of items. Of those that are live, these measure data of two
    sides, and data with a target, and the others all other data.
    """

    live: ClassVar[bool] = False
    across: ClassVar[bool] = False
    by_target: ClassVar[bool] = False

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    @classmethod
    def compares(cls) -> bool:
        """Return whether two embeddings can be compared by it, see ``paired``."""
        return cls.paired is not Protocol.paired

    @classmethod
    def lacks(cls, columns: Collection[str], name: str) -> str:
        """Return what data are without that it cannot do without, whatever its parameters are; else nothing.

        ``columns``: the further columns of the data; ``name``: what the first item is called.
        """
        return ""

    def check(self, sample: Sample) -> None:
        """Look at what can be wrong without embeddings, before anybody makes them: columns, words in them, files.

        ``sample``: the items that are to be measured, with an ``x`` of no columns.

        Raises
        ------
        UserError: what the data lack of what the parameters name.
        """

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the figures of a sample.

        Raises
        ------
        UserError: if the items do not allow it. Cancelled: if ``effort.cancelled()`` turned true.
        """
        raise NotImplementedError

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings of the same items in the same order, asked the same, by the name of each figure.

        Raises
        ------
        UserError: if the items do not allow it, or this protocol asks nothing twice.
        """
        raise UserError(
            "By this protocol runs cannot be compared",
            remedy="Choose the protocol retrieval, verification, few-shot, re-id or open-set",
        )


def check_finite(x: FloatArray) -> None:
    """Check that embeddings (M, D) are numbers.

    Raises
    ------
    UserError: how many are not.
    """
    bad = int(np.count_nonzero(~np.isfinite(x).all(axis=1)))
    if bad:
        raise UserError(
            f"{bad:,} of {len(x):,} embeddings are not finite numbers",
            remedy="The run has diverged: show an earlier step, or train anew with a smaller learning rate",
        )


LARGEST_NUMBER = 1000
"""The largest number that a list of them may hold: depths, classes and examples beyond it say nothing more."""


def numbers(text: str, name: str, least: int = 1) -> list[int]:
    """Return the whole numbers from ``least`` to ``LARGEST_NUMBER`` that a parameter lists, divided by commas.

    Raises
    ------
    UserError: if it is no such list.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and least <= int(part) <= LARGEST_NUMBER for part in parts):
        raise UserError(
            f"protocol.{name} = {printable(text)} is not a list of whole numbers from {least} to {LARGEST_NUMBER:,}",
            remedy=f"Divide them by commas, for example: protocol.{name}={max(least, 2)},5",
        )
    return [int(part) for part in parts]
