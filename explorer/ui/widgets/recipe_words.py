"""A recipe in one line, the same wherever a run is named after what it trains."""

from __future__ import annotations

from explorer.core.errors import printable
from explorer.core.recipe import Recipe
from explorer.ui.widgets.language import LANGUAGE, localised, said, tr
from explorer.ui.widgets.text import count

MINERS = {
    "all": "All",
    "angular": "Angular",
    "distance_weighted": "Distance-weighted",
    "easy": "Easy",
    "easy_positive": "Easy positive",
    "false_negative_guard": "False-negative guard",
    "hard": "Hard",
    "hard_class": "Hard classes (negative class mining)",
    "hard_cluster": "Hard clusters",
    "hard_memory": "Hardest from memory",
    "multi_similarity": "Multi-similarity",
    "n_hard": "N hardest",
    "pair_margin": "Pair margin",
    "random": "Random",
    "semi_hard": "Semi-hard",
    "uniform_histogram": "Uniform histogram",
}
"""The titles of the miners, as their forms have them: runs are named before these are loaded."""
ADJECTIVES = frozenset({"all", "angular", "distance_weighted", "easy", "hard", "random", "semi_hard"})
"""Those whose titles are adjectives, which stand within a line in small letters."""


def miner_words(name: str) -> str:
    """Return what a miner is called within a line, the same wherever it is named: ``semi-hard``, ``halbschwer``."""
    if LANGUAGE == "en" or name not in MINERS:
        return printable(name.replace("_", "-"))
    words = said(MINERS[name])
    return words.lower() if name in ADJECTIVES else words


def summary(recipe: Recipe, name: str, margin: object = None, mined: bool = True) -> str:
    """Return the recipe in one line: ``fashion · triplet 0.20 · semi-hard``, or what is fitted: ``fashion · lmnn``.

    ``mined``: the loss follows the miner.
    """
    if recipe.fitter.name != "none":
        of = "" if recipe.encoder.name == "pixels" else tr(" of {name}", name=recipe.encoder.name)
        fitted = tr("as it is") if recipe.fitter.name == "identity" else recipe.fitter.name
        return " · ".join(part for part in (name, fitted + of) if part)
    loss = recipe.loss.name.replace("_", " ") + (localised(f" {margin:.2f}") if isinstance(margin, int | float) else "")
    miner = miner_words(recipe.miner.name) if mined else ""
    return " · ".join(part for part in (name, loss, miner) if part)


def branched(parent: str) -> str:
    """Return ``branch of NAME at step N`` of what a glance at a run says, ``NAME@N``; empty where it is no branch."""
    name, _, step = parent.rpartition("@")
    return tr("branch of {name} at step {step}", name=printable(name), step=count(int(step))) if parent else ""


def of_step(figure: str, earlier: int | None) -> str:
    """Return a figure with the step that it is of, where that is an ``earlier`` one than the run came to."""
    return figure if earlier is None else tr("{figure} of step {step}", figure=figure, step=count(earlier))
