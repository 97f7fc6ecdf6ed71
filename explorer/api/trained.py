"""Beginning or going on with a run, without a window, until it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from explorer.api import given as inputs
from explorer.core.errors import UserError
from explorer.core.given_tuples import GivenKind
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar
from explorer.engine.datasets.in_use import check_outside
from explorer.engine.events import Role
from explorer.engine.headless import Headless

Change = tuple[int, str, Scalar]
"""From which step on which key of the recipe has which value: ``(168, "loss.margin", 0.5)``."""

Tell = Callable[[str], object]


class Quiet:
    """Hands sentences on, and is told of progress for nothing."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell = tell

    def say(self, text: str) -> None:
        """Hand a sentence on, where anybody wants it."""
        if self._tell is not None:
            self._tell(text)

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Pass over progress."""


def trained(
    out: Path | None,
    recipe: Recipe,
    sources: Sequence[tuple[str, Role]],
    *,
    given: Sequence[tuple[GivenKind, str]] = (),
    changes: Sequence[Change] = (),
    threads: int = 0,
    tell: Tell | None = None,
    resume: bool = False,
    epochs: int = 0,
) -> Path:
    """Train to the end and return the folder of the run; ``resume``: go on with the one in ``out``.

    ``given``: the kind and the file of what is learned from in place of classes, one at most.

    Raises
    ------
    UserError: if that is not possible; TrainingFault: a fault of ours.
    """
    steps = inputs.changes(changes)
    inputs.sayer(tell)
    if len(given) > 1:
        raise UserError("A run learns from one file of pairs, triplets or must-link lists", remedy="Give one of them")
    if out is not None and not resume:
        check_outside(out, [spec for spec, _role in sources])
    headless = Headless(Quiet(tell), threads=inputs.threads(threads))
    try:
        headless.open_all(recipe, sources, whole=resume)
        for kind, path in given:
            headless.give(path, kind)
        headless.train(out, resume=resume, epochs=epochs, changes=steps)
        folder = headless.session.run_folder
        assert folder is not None
        return folder
    finally:
        headless.close()
