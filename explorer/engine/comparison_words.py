"""What a comparison of two runs lets anybody say, and what it does not, in one sentence."""

from __future__ import annotations

from explorer.core.words import several
from explorer.engine.compared_runs import ComparedRuns
from explorer.evaluation.mcnemar import McNemar
from explorer.evaluation.paired import FEWEST_GROUPS

CHANCE = 0.05
"""From which p on a difference may as well be chance."""

SMALLEST_P = 0.0005


THESE = ("The first run", "The second run")


def verdict(found: ComparedRuns, p: float | None = None, names: tuple[str, str] = THESE) -> str:
    """Return in one sentence what can be said of the recall@1 of two runs and what cannot; empty without queries.

    ``p``: that of McNemar's test where it was corrected, because several comparisons are looked at together. ``names``:
    what the runs are called at the beginning of a sentence.
    """
    if found.queries is None:
        return ""
    recall = found.queries.recall
    chance = recall.p if p is None else p
    return f"{_said(recall, chance, names)}; {_not_said(found, chance)}."


def chance_words(p: float) -> str:
    """Return a p-value as text."""
    return f"p < {SMALLEST_P}" if p < SMALLEST_P else f"p = {p:.3f}"


def _said(recall: McNemar, p: float, names: tuple[str, str]) -> str:
    counts = f"{recall.fixed:,} fixed and {recall.broken:,} broken of {several(recall.queries, 'query', 'queries')}"
    interval = f"{recall.low:+z.4f} to {recall.high:+z.4f}"
    if not recall.fixed + recall.broken:
        return f"No query of {recall.queries:,} is right in one of the two alone"
    if p >= CHANCE:
        return (
            f"It cannot be said which run is right more often: {counts} ({chance_words(p)}), "
            f"and anything from {recall.low:+z.4f} to {recall.high:+z.4f} of recall@1 agrees with that"
        )
    by = f"recall@1 {recall.difference:+z.4f} ({interval}, {chance_words(p)})"
    better = names[recall.fixed > recall.broken]
    return f"{better} is right more often on these items: {counts}, {by}"


def _not_said(found: ComparedRuns, p: float) -> str:
    assert found.queries is not None
    over = found.metrics.get("recall@1")
    shaky = over is not None and p < CHANCE and found.classes >= FEWEST_GROUPS and over.low <= 0 <= over.high
    classes = "that it would be so on other classes cannot be said, and " if shaky else ""
    one, two = (f"{steps:,}" for steps in found.steps)
    if one != two and set(found.differences) <= {"seed", "epochs"}:
        live = ", and not the same was changed live on the way" if found.changed[0] != found.changed[1] else ""
        return f"{classes}the two were trained for {one} and {two} steps, of which any difference may be{live}"
    if one != two:
        return (
            f"{classes}the two were trained for {one} and {two} steps, and each recipe once: "
            "whether another seed would say the same is not known"
        )
    if set(found.differences) == {"seed"}:
        return f"{classes}the two are one recipe with two seeds, so that any difference is chance of the training"
    if not found.differences and found.changed[0] != found.changed[1]:
        return f"{classes}the two ended with one recipe, but not the same was changed live on the way"
    if not found.differences and found.longer[0] != found.longer[1]:
        return f"{classes}the two end with one recipe, but came to its epochs in other goes: schedules began anew"
    if not found.differences:
        return f"{classes}the two have one recipe, so that any difference is of the machine or of what was changed"
    return f"{classes}each recipe was trained once: whether another seed would say the same is not known"
