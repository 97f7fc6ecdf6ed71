"""What was found in the data as rows of a list, and what was decided about each in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.core.errors import printable
from explorer.core.label_decisions import Action, Decision, Decisions
from explorer.core.types import UNLABELLED
from explorer.data.dataset import Dataset
from explorer.engine.cleaning import Findings
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.text import decimal
from explorer.ui.widgets.tile_groups import tip_of

View = Literal["labels", "copies", "leaks"]

FURTHER = 100
"""Labels that are listed after those that are likely wrong."""

MOST_SAID = 10
"""Items of a group that a tip names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One finding: its ``items``; of a label error the class it is ``suspected`` to be of; a ``fact`` about each.

    ``likely``: it is counted among what was found; the others are those that come nearest to that.
    """

    items: tuple[int, ...]
    facts: tuple[str, ...]
    suspected: int = UNLABELLED
    likely: bool = True

    def concerned(self, action: Action) -> tuple[int, ...]:
        """Return about which items is decided: of copies, which are left out, the first stays."""
        return self.items[1:] if action == "exclude" and len(self.items) > 1 else self.items


def rows_of(found: Findings, view: View) -> tuple[Row, ...]:
    """Return the rows of a view, the worst first."""
    if view == "labels":
        listed = found.suspects[: found.likely + FURTHER]
        scores = (localised(f"{each.score:.2f}") for each in listed)
        return tuple(
            Row((each.item,), (score,), each.suspected, bool(each.likely))
            for each, score in zip(listed, scores, strict=True)
        )
    groups = found.groups[: found.leaking] if view == "leaks" else found.groups
    return tuple(Row(group, tuple(_alike(found.copies[item]) for item in group)) for group in groups)


TITLES: dict[View, tuple[str, str, str]] = {
    "labels": (tr("Label → what it seems to be"), tr("Suspicion"), tr("Decided")),
    "copies": (tr("Copies, and their classes"), tr("Alike"), tr("Decided")),
    "leaks": (tr("Copies in both parts"), tr("Alike"), tr("Decided")),
}
"""What the columns of the views are called."""
FACT_TIPS: dict[View, str] = {
    "labels": tr(
        "From 0 to 1: how sure the embeddings are that the label is wrong. Rows in grey are less sure than an error "
        "is counted from: they come nearest to it"
    ),
    "copies": tr("Similarity of the embeddings; 1: the items are equal"),
    "leaks": tr("Similarity of the embeddings; 1: the items are equal"),
}


def _alike(similarity: float) -> str:
    return tr("equal") if similarity >= 1 else decimal(similarity)


def named(dataset: Dataset, row: Row) -> str:
    """Return the class of a row, or classes of copies, and in a line of its own the one that is suspected."""
    names = " | ".join(dict.fromkeys(class_name(dataset, item) for item in row.items))
    if row.suspected != UNLABELLED:
        return f"{names}\n→ {printable(dataset.class_names[row.suspected])}"
    return f"{len(row.items)} × {names}"


def tip(dataset: Dataset, row: Row) -> str:
    """Return what is said of a row that is pointed at: every item with its fact and what it is called."""
    said = [tip_of(dataset, item, "", fact) for item, fact in zip(row.items, row.facts, strict=True)]
    return "\n".join(said[:MOST_SAID])


def decided(dataset: Dataset, row: Row, decisions: Decisions) -> str:
    """Return what was decided about a row in words, empty where nothing was."""
    return ", ".join(dict.fromkeys(_said(dataset, decisions[item]) for item in row.items if item in decisions))


def _said(dataset: Dataset, decision: Decision) -> str:
    if decision.action == "relabel":
        return tr("now {class_names}", class_names=printable(dataset.class_names[decision.label]))
    return tr("kept") if decision.action == "keep" else tr("excluded")
