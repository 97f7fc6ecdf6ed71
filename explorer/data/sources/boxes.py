"""Pictures with boxes: COCO, YOLO, Label Studio, CVAT and FiftyOne; an item is what is in a box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.data.bids import SEEN, Bid
from explorer.data.box_lists import coco, cvat, fiftyone, label_studio, yolo
from explorer.data.box_lists.marked import Lists, boxed_listing, root_of
from explorer.data.listing import Listing, Watch

RECOGNISED = SEEN + 0.12
"""The bid for a list of boxes: above that for the pictures in the same folder."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what is seen of it in a file or a folder (empty: nothing), reading it, and where its pictures are."""

    name: str
    sees: Callable[[Path], str]
    read: Callable[[Path, Watch], Lists]
    root_of: Callable[[Path], Path] = root_of


FORMATS = (
    Format(fiftyone.NAME, fiftyone.sees, fiftyone.read),
    Format(coco.NAME, coco.sees, coco.read, coco.root_of),
    *(Format(one.NAME, one.sees, one.read) for one in (label_studio, cvat, yolo)),
)


@register("source", "boxes", title="Pictures with boxes")
class BoxSource:
    """A list of boxes beside its pictures, opened by the list or by the folder of both.

    Each box is an item, cut while it is read and called ``picture#1``; the picture that it is of is a column. An export
    that gives pictures a class as a whole is read as that.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a list of boxes, or a folder with one; see ``listing.Source``."""
        path = Path(spec)
        if not path.is_dir() and not path.is_file():
            return None
        found = _seen(path)
        return Bid(RECOGNISED, found[1], found[0].name) if found else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List the boxes; see ``listing.Source``."""
        path = Path(spec).absolute()
        found = _seen(path)
        if found is None:
            raise UserError(f"{printable(spec)} has changed while it was read", remedy="Open it again")
        watch.progress(f"Reading the boxes of {found[0].name}", 0, 0)
        return boxed_listing(path, found[0].root_of(path), found[0].read(path, watch), watch)


def _seen(path: Path) -> tuple[Format, str] | None:
    return next(((one, seen) for one in FORMATS if (seen := one.sees(path))), None)
