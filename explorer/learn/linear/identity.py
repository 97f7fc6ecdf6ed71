"""Nothing is fitted: the features are the embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from explorer.core.registry import register
from explorer.learn.linear.base import Fitter, Iterate, Problem
from explorer.learn.linear.lbfgs import State


@register("fitter", "identity", title="As it is")
class Identity(Fitter):
    """Items are embedded by the encoder as it is, and nothing is learned.

    A pretrained encoder makes a folder without labels searchable, and is the bar that a learned map has to clear.
    """

    labels_needed: ClassVar[bool] = False
    maps: ClassVar[bool] = False

    def fit(self, problem: Problem, state: State) -> Iterator[Iterate | None]:
        """Do nothing, once."""
        yield Iterate(0.0, 0.0, 0.0, 0.0, len(problem.features))
