"""What was found in the data as rows of a list, and what was decided about each in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.core.errors import printable
from explorer.core.label_decisions import Action, Decision, Decisions
from explorer.core.types import UNLABELLED, Split
from explorer.data.dataset import Dataset
from explorer.engine.cleaning import Findings
from explorer.ui.widgets.item_part import part_of
from explorer.ui.widgets.item_picture import class_name, item_picture
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.picture_tip import large_picture, picture_tip
from explorer.ui.widgets.text import decimal
from explorer.ui.widgets.tile_groups import tip_of

View = Literal["labels", "copies", "leaks"]

FURTHER = 100
"""Labels that are listed after those that are likely wrong."""

MOST_PICTURES = 3
"""Items of a group whose pictures are shown."""

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


TITLES: dict[View, tuple[str, str]] = {
    "labels": (tr("Label → what it seems to be"), tr("Suspicion")),
    "copies": (tr("Copies, and their classes"), tr("Alike")),
    "leaks": (tr("Copies in both parts"), tr("Alike")),
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


def named(dataset: Dataset, split: Split | None, row: Row) -> str:
    """Return the class of a row, or classes of copies; in a line of its own the suspected one, or parts of copies."""
    names = " | ".join(dict.fromkeys(class_name(dataset, item) for item in row.items))
    if row.suspected != UNLABELLED:
        return f"{names}\n→ {printable(dataset.class_names[row.suspected])}"
    parts = [part_of(dataset, split, item) for item in row.items]
    if len(parts) > MOST_PICTURES:  # which of them is which is told by the tip
        parts = list(dict.fromkeys(parts))
    return f"{len(row.items)} × {names}\n{' | '.join(parts)}".rstrip(" |\n")


def tip(dataset: Dataset, split: Split | None, row: Row, decisions: Decisions) -> str:
    """Return what is said of a row that is pointed at: its larger pictures, every item with facts and its name."""
    said = []
    for item, fact in zip(row.items[:MOST_SAID], row.facts[:MOST_SAID], strict=True):
        done = _said(dataset, decisions[item]) if item in decisions else ""
        facts = (fact, part_of(dataset, split, item), done)
        said.append(tip_of(dataset, item, "", " · ".join(filter(None, facts))))
    words = "\n".join(said)
    pictures = [large_picture(item_picture(dataset, item)) for item in row.items[:MOST_PICTURES]]
    return picture_tip([each for each in pictures if each is not None], words)


def decided(dataset: Dataset, row: Row, decisions: Decisions) -> str:
    """Return what was decided about a row in words, empty where nothing was."""
    return ", ".join(dict.fromkeys(_said(dataset, decisions[item]) for item in row.items if item in decisions))


def decided_shortly(dataset: Dataset, row: Row, decisions: Decisions) -> str:
    """Return it as a cell has room for it: that it got the suspected class need not name that again."""
    expected = Decision("relabel", row.suspected)
    if row.suspected != UNLABELLED and all(decisions.get(item) == expected for item in row.items):
        return tr("relabelled")
    return decided(dataset, row, decisions)


def _said(dataset: Dataset, decision: Decision) -> str:
    if decision.action == "relabel":
        return tr("now {class_names}", class_names=printable(dataset.class_names[decision.label]))
    return tr("kept") if decision.action == "keep" else tr("excluded")
