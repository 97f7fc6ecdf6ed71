"""Which protocols and losses mean nothing for data, and why: a choice says so before one of them is taken."""

from __future__ import annotations

from explorer.core.errors import UserError
from explorer.core.registry import catalogue, validated
from explorer.core.sides import CAPTION, KIND, PAIR
from explorer.data.dataset import Dataset

TWO_SIDES = frozenset({PAIR, KIND, CAPTION})
"""The columns of pictures with captions; their rows are not looked at, for there may be millions."""
ONE_SIDE = "For pictures with captions, and these data have one side"
NO_NUMBER = "For data of which a number is learned, and none is chosen as the target"
NO_CLASS = "For data with classes, and none of these items has one"
ONE_LABEL = "For items with several labels each, and these have one"


def unfit_protocols(dataset: Dataset) -> dict[str, str]:
    """Return why protocols cannot measure data whatever their parameters are, by name; those that may are left out."""
    found = {}
    first = dataset.ids[0] if len(dataset.ids) else ""
    for name, entry in catalogue("protocol").items():
        across, by_target = getattr(entry.part, "across", False), getattr(entry.part, "by_target", False)
        if across and not set(dataset.columns) >= TWO_SIDES:
            found[name] = ONE_SIDE
        elif by_target and dataset.target is None and not set(dataset.columns) - {"split"}:
            found[name] = NO_NUMBER
        elif not (across or by_target or dataset.labelled):
            found[name] = NO_CLASS
        elif lacking := entry.part.lacks(dataset.columns, first):  # type: ignore[attr-defined]
            found[name] = lacking
    return found


def unfit_losses(dataset: Dataset) -> dict[str, str]:
    """Return why losses, as they are without any setting, learn nothing from data, by name; the losses are loaded."""
    from explorer.data.labels.labelling import has_label_sets

    lacking = {
        "sides": "" if set(dataset.columns) >= TWO_SIDES else ONE_SIDE,
        "target": NO_NUMBER if dataset.target is None else "",
        "label_sets": "" if has_label_sets(dataset) else ONE_LABEL,
    }
    found = {}
    for name, entry in catalogue("loss").items():
        if entry.available and (reason := next(filter(None, map(lacking.get, _needs(name))), None)):
            found[name] = reason
    return found


def _needs(name: str) -> list[str]:
    """Return what a loss needs of data by itself, in a fixed order."""
    try:
        part = catalogue("loss")[name].part
        return sorted(part.needs_of(validated("loss", name, {})))  # type: ignore[attr-defined]
    except UserError:  # one that has to be told something first
        return []
