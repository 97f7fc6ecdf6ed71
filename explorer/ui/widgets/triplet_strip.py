"""Triplets as pictures: anchor, positive and negative side by side, with their distances."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from explorer.data.dataset import Dataset
from explorer.engine.session.miner_bench import Example
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tile_groups import TileContent, TileGroups, tip_of
from explorer.ui.widgets.tiles import TileText

ROLES = ((tr("anchor"), "accent"), (tr("positive"), "right"), (tr("negative"), "wrong"))
"""The three of a triplet, and the colours of their frames."""
LEAST = 24
"""The side of a picture in pixels where names beside them need the room; the tips tell the distances there."""


class TripletStrip(TileGroups):
    """Triplets in as many columns as fit."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        name = tr("Triplets of the selected miner, hardest first: anchor, positive, negative")
        super().__init__(themes, len(ROLES), name, parent, least=LEAST)

    def show_triplets(self, dataset: Dataset, examples: Sequence[Example], margin: float) -> None:
        """Show these triplets; the captions are d_ap − d_an + m, d_ap and d_an."""
        self.show_groups(dataset, [_tiles(dataset, example, margin) for example in examples])


def _tiles(dataset: Dataset, example: Example, margin: float) -> list[TileContent]:
    hardness = example.near - example.far + margin
    items = (example.anchor, example.positive, example.negative)
    captions = (
        localised(f"{hardness:+.2f}").replace("-", "−"),
        localised(f"{example.near:.3f}"),
        localised(f"{example.far:.3f}"),
    )
    facts = (
        tr("hardness {hardness:+.3f}", hardness=hardness),
        tr("d_ap {near:.4g}", near=example.near),
        tr("d_an {far:.4g}", far=example.far),
    )
    return [
        TileContent(item, token, TileText(caption, tip=tip_of(dataset, item, f"{role}: ", fact)))
        for item, caption, fact, (role, token) in zip(items, captions, facts, ROLES, strict=True)
    ]
