"""The margin at which triplets are counted and miners look: one rule for every loss, by its parameters alone."""

from __future__ import annotations

from explorer.core.formula import read
from explorer.core.registry import Parameters, validated

DEFAULT_MARGIN = 0.2
"""The margin where a loss has none."""


def census_margin(loss: Parameters) -> float:
    """Return the margin of a loss, for example ``census_margin(recipe.params("loss"))``.

    That is its ``census_margin`` where it has one, because it compares no two distances, or each with a margin of its
    own; else its ``margin``. Of a formula it is that of the first loss with a margin between two distances, else that
    of the first.
    """
    for name in ("census_margin", "margin"):
        if hasattr(loss, name):
            return float(getattr(loss, name))
    formulas = [getattr(loss, info.name) for info in loss.described() if info.syntax]
    if not formulas:
        return DEFAULT_MARGIN
    terms = [validated("loss", term.name, term.params) for term in read(formulas[0])]
    return census_margin(next((term for term in terms if not hasattr(term, "census_margin")), terms[0]))
