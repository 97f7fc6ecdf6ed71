"""A known data set as it is downloaded, in a folder or a zip; ``layouts`` has a file for each family of them."""

from __future__ import annotations

import os
from dataclasses import replace

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, create, register
from explorer.data.bids import Bid
from explorer.data.labels.part_names import GIVEN, SPLIT_COLUMN
from explorer.data.layouts import cars, class_lists, inaturalist, index_files, re_identification, verified
from explorer.data.layouts.layout import Found, Layout, first_half, told_by_class
from explorer.data.layouts.place import Place, place_of
from explorer.data.listing import Listing, Watch

LAYOUTS: tuple[Layout, ...] = (
    *index_files.LAYOUTS,
    *cars.LAYOUTS,
    *inaturalist.LAYOUTS,
    *re_identification.LAYOUTS,
    *class_lists.LAYOUTS,
    *verified.LAYOUTS,
)

KINDS = ("", "pictures", "sound")
"""What is taken of a known set; where other files in it are asked for, it is a folder like any other."""

RECOGNISED = 0.95
"""The bid for a known data set: above that for any folder or zip, below that for what is named on purpose."""


@register("source", "known_set", title="Known data set")
class KnownSetSource:
    """A data set whose layout is known by name, with its classes, split, cameras and pairs."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a folder or a zip in which a known layout is seen; see ``listing.Source``."""
        place = place_of(spec) if options.modality in KINDS else None
        seen = _seen(place) if place else None
        return Bid(RECOGNISED, seen[2], seen[1].name) if seen else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a known data set; see ``listing.Source``."""
        place = place_of(spec)
        seen = _seen(place) if place else None
        if place is None or seen is None:
            raise UserError(f"{spec} has changed while it was read", remedy="Open it again")
        root, layout, _ = seen
        plain = "folder" if os.path.isdir(spec) else "zip"
        base = create("source", plain, {}).files(spec, options, watch)  # its layout reads the tables
        watch.progress(f"Reading the lists of {layout.name}", 0, 0)
        found = Found(place, root, base, options)
        return by_class(found, layout.read(found))


def _seen(place: Place) -> tuple[str, Layout, str] | None:
    """Return where in a place which layout is seen, and by what; the outermost folder counts, then the first layout."""
    for root in place.roots():
        for layout in LAYOUTS:
            if reason := layout.sees(place, root):
                return root, layout, reason
    return None


def by_class(found: Found, listing: Listing) -> Listing:
    """Return a listing split by class where that is asked for, and its layout only knows the parts that it gives."""
    if found.options.partition != "classes" or GIVEN in listing.columns or SPLIT_COLUMN not in listing.columns:
        return listing
    half = first_half(listing.class_names)
    given = listing.columns[SPLIT_COLUMN]
    names = [listing.class_names[label] if label >= 0 else "" for label in listing.labels.tolist()]
    parts = tuple(
        ("train" if name in half else "test") if name else part for name, part in zip(names, given, strict=True)
    )
    columns = {**listing.columns, SPLIT_COLUMN: parts, GIVEN: given}
    return replace(listing, columns=columns, notes=(*listing.notes, told_by_class(listing.class_names, given=True)))
