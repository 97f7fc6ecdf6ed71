"""A recipe in one line, the same wherever a run is named after what it trains."""

from __future__ import annotations

from explorer.core.errors import printable
from explorer.core.part_titles import part_title, part_words
from explorer.core.recipe import Recipe
from explorer.ui.widgets.language import LANGUAGE, localised, said, tr
from explorer.ui.widgets.text import count

ADJECTIVES = frozenset({"all", "angular", "distance_weighted", "easy", "hard", "random", "semi_hard"})
"""Miners whose titles are adjectives, which stand within a line in small letters."""


def part_called(kind: str, name: str) -> str:
    """Return what a part is called within a line, the same wherever it is named: ``semi-hard``, ``halbschwer``."""
    if LANGUAGE == "en":
        return printable(part_words(kind, name))
    words = printable(said(part_title(kind, name)).partition(" (")[0])
    return words.lower() if kind == "miner" and name in ADJECTIVES else words


def summary(recipe: Recipe, name: str, margin: object = None, mined: bool = True) -> str:
    """Return the recipe in one line: ``fashion · triplet 0.20 · semi-hard``, or what is fitted: ``fashion · LMNN``.

    ``mined``: the loss follows the miner.
    """
    if recipe.fitter.name != "none":
        of = (
            ""
            if recipe.encoder.name == "pixels"
            else tr(" of {name}", name=part_called("encoder", recipe.encoder.name))
        )
        fitted = tr("as it is") if recipe.fitter.name == "identity" else part_called("fitter", recipe.fitter.name)
        return " · ".join(part for part in (name, fitted + of) if part)
    numbered = localised(f" {margin:.2f}") if isinstance(margin, int | float) else ""
    loss = part_called("loss", recipe.loss.name) + numbered
    miner = part_called("miner", recipe.miner.name) if mined else ""
    return " · ".join(part for part in (name, loss, miner) if part)


def branched(parent: str) -> str:
    """Return ``branch of NAME at step N`` of what a glance at a run says, ``NAME@N``; empty where it is no branch."""
    name, _, step = parent.rpartition("@")
    return tr("branch of {name} at step {step}", name=printable(name), step=count(int(step))) if parent else ""


def of_step(figure: str, earlier: int | None) -> str:
    """Return a figure with the step that it is of, where that is an ``earlier`` one than the run came to."""
    return figure if earlier is None else tr("{figure} of step {step}", figure=figure, step=count(earlier))
