"""What was pinned, selected and coloured by when the window closed: it comes back with the same items."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from explorer.data.listing import digest
from explorer.ui.session.pinned_queries import MOST_PINNED
from explorer.ui.session.selections import Kept
from explorer.ui.session.view_state import ViewState

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

SAMPLE = 1000
"""Items whose names are looked at, to tell whether data are the same: there may be a hundred million."""

MOST_BYTES = 1 << 20
"""A selection that takes more is not kept: the settings are one small file."""

MOST_CHARACTERS = 1000
"""Of a column by which points are coloured."""

Item = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=1, le=MOST_PINNED)]


def items_of(dataset: Dataset) -> str:
    """Return what stands for the items of data and their order, however they are decoded.

    The fingerprint of data is another one where a run opens them: it says how, where at first it was left open.
    """
    count = len(dataset)
    return digest([str(count), *dataset.class_names, *dataset.ids[:: max(1, count // SAMPLE)]])


class KeptView(BaseModel):
    """The pins, the selection and the colours in data with these ``items``, see ``items_of``.

    ``pins``: the number of each, oldest first. ``bits``: one for each item up to the last that is selected, compressed.
    ``colour_by``: a name that is in the data; empty where it was something measured, which may not be there yet.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    items: str
    pins: dict[Item, Number] = Field(default_factory=dict, max_length=MOST_PINNED)
    bits: str = Field(default="", max_length=MOST_BYTES)
    colour_by: str = Field(default="", max_length=MOST_CHARACTERS)
    shape_by: Literal["split", "none"] = "split"

    @classmethod
    def of(cls, view: ViewState, dataset: Dataset) -> Self:
        """Return what is pinned and selected in these data, and how they are coloured."""
        bits = base64.b64encode(zlib.compress(view.kept.packed().tobytes())).decode("ascii")
        pins = {item: view.pins.numbers[item] for item in view.pins.items}
        named = view.colour_by in ("class", "split") or view.colour_by.removeprefix("column:") in dataset.columns
        return cls(
            items=items_of(dataset),
            pins=pins,
            bits=bits if len(bits) <= MOST_BYTES else "",
            colour_by=view.colour_by if named and len(view.colour_by) <= MOST_CHARACTERS else "",
            shape_by="none" if view.shape_by == "none" else "split",
        )

    def selection(self, count: int) -> Kept:
        """Return the selected items of ``count``; none where what was kept is damaged."""
        try:
            packed = zlib.decompressobj().decompress(base64.b64decode(self.bits, validate=True), (count + 7) // 8 or 1)
        except (binascii.Error, zlib.error):
            packed = b""
        bits = np.packbits(np.unpackbits(np.frombuffer(packed, np.uint8))[:count])
        return Kept(bits, np.empty(0, np.int64))

    def put_back(self, view: ViewState, dataset: Dataset) -> None:
        """Pin, select and colour the same items again, if they are those of these data."""
        if items_of(dataset) != self.items:
            return
        count = len(dataset)
        view.set_colour_by(self.colour_by or view.colour_by)
        view.set_shape_by(self.shape_by)
        pins = {item: number for item, number in self.pins.items() if item < count}
        if len(set(pins.values())) == len(pins):
            view.pins.set(pins, pins)
        view.put_back(self.selection(count))  # the last: what is pinned waits for what is selected
