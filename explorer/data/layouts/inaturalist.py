"""iNaturalist 2017 to 2021: train.json and val.json in the form of COCO, one class a picture, beside the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.types import Skipped
from explorer.data.layouts.layout import Found, Layout, Row, by_index, partitioned
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing
from explorer.data.names import unique

NAME = re.compile(r"(train|val)(_mini)?_?(20\d\d)?\.json")
"""train2017.json, val2018.json, train_mini.json."""
PICTURE = re.compile(r'"file_name"\s*:\s*"((train|val)[a-z_]*(20\d\d)?(_images)?)/[^"/]+/[^"]+"')
"""A picture of iNaturalist lies in folders: train_val2018/Aves/2761/….jpg; of COCO it does not."""
RANKS = ("kingdom", "phylum", "class", "order", "family", "genus")


def _indexes(place: Place, root: str) -> list[str]:
    """Return the files that name pictures in folders which are there."""
    return [
        name
        for name in sorted(place.children(root))
        if NAME.fullmatch(name)
        and (named := PICTURE.search(head := place.peek(root + name)))
        and '"bbox"' not in head
        and place.has(f"{root}{named[1]}/")
    ]


def _sees(place: Place, root: str) -> str:
    names = _indexes(place, root)
    return f"{' and '.join(names)} beside the pictures" if names else ""


def _read(found: Found) -> Listing:
    """Read images, annotations and categories; ranks of the categories, where they have them, become levels."""
    skipped: list[Skipped] = []
    pictures: list[tuple[str, int, str]] = []
    categories: dict[int, dict[str, Any]] = {}
    for path in _indexes(found.place, found.root):
        part = "val" if path.startswith("val") else "train"
        try:
            said = parse_json(found.place.text(found.root + path))
            categories |= {int(one["id"]): one for one in said["categories"]}
            labels = {one["image_id"]: int(one["category_id"]) for one in said["annotations"]}
            named = [(str(one["file_name"]), labels.get(one["id"], -1), part) for one in said["images"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{printable(path)} of {printable(found.base.uri)} is no list of images, annotations and categories",
                remedy="Download it again",
            ) from error
        pictures += named
    numbers = sorted(categories)
    names = unique(str(categories[number].get("name", number)) for number in numbers)
    called = dict(zip(numbers, names, strict=True))
    rows, given = [], []
    for path, number, part in pictures:
        if number not in called:
            says = "no annotation names its class" if number < 0 else f"its category, {number}, is not in the list"
            skipped.append(Skipped(found.root + path, says))
            continue
        rows.append(Row(path, called[number], _levels(categories[number])))
        given.append(part)
    made, told = partitioned(found, rows, names, given)
    return by_index(found, "the list", made, names, skipped, told)


def _levels(category: dict[str, Any]) -> dict[str, str]:
    """Return the parents of a category as level1, level2, …: its ranks, else the group that it is in."""
    if all(rank in category for rank in RANKS):
        above = [str(category[rank]) for rank in RANKS]
    else:
        above = [str(category["supercategory"])] if category.get("supercategory") else []
    return {f"level{depth}": name for depth, name in enumerate(above, 1)}


LAYOUTS: Sequence[Layout] = (Layout("iNaturalist", _sees, _read),)
