"""Sets of re-identification: who is in a picture and which camera saw it stand in the names of the files, or in lists.

Market-1501, DukeMTMC-reID, CUHK03-NP and VeRi-776 have a folder each for training, queries and gallery. MSMT17 has
lists, and its people of the test are others than those of the training, though they have the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from explorer.core.types import Skipped
from explorer.data.labels.identity_names import NAME, identities_in
from explorer.data.layouts.layout import Found, Layout, Row, by_index, unread
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing
from explorer.data.names import listed, natural, several

PERSONS = {"bounding_box_train/": "train", "query/": "query", "bounding_box_test/": "gallery"}
VEHICLES = {"image_train/": "train", "image_query/": "query", "image_test/": "gallery"}
LISTS = {"image_train/": "name_train.txt", "image_query/": "name_query.txt", "image_test/": "name_test.txt"}
BOXED = ("labeled/", "detected/")
"""The two folders of CUHK03-NP: the same people in boxes drawn by hand, and found by a detector."""
NAMED = {
    "Market-1501": re.compile(r"(-1|\d{4})_c\ds\d_"),
    "DukeMTMC-reID": re.compile(r"\d{4}_c\d_f\d+"),
    "CUHK03-NP": re.compile(r"\d{4}_c\d_\d+\.png"),
}
MASKED = {"train": ("mask_train_v2/", "train/"), "test": ("mask_test_v2/", "test/")}
MSMT = {"list_train.txt": "train", "list_val.txt": "train", "list_query.txt": "query", "list_gallery.txt": "gallery"}
MSMT_NAME = re.compile(r"\d{4}_\d{3}_(\d{2})_")
"""0000_000_01_0303morning_0015_0.jpg: the person, a count, the camera."""


def _sees_persons(place: Place, root: str, name: str) -> str:
    if not PERSONS.keys() <= place.children(root):
        return ""
    first = min(place.children(f"{root}query/"), default="")
    if name and not NAMED[name].match(first):
        return ""
    return f"{listed(list(PERSONS))} with files like {first}" if NAME.match(first) else ""


def _sees_boxed(place: Place, root: str) -> str:
    """Look for CUHK03-NP with both of its folders."""
    if set(BOXED) <= place.children(root) and _sees_persons(place, root + BOXED[0], ""):
        return f"{' and '.join(BOXED)} with {listed(list(PERSONS))}"
    return ""


def _boxed(found: Found) -> Listing:
    """Read one of the two folders, as both show the same."""
    taken, other = BOXED
    note = f"Boxes drawn by hand, of {taken}: open the folder {other} for those of a detector"
    return _by_names(found, {taken + folder: part for folder, part in PERSONS.items()}, {}, note)


def _sees_vehicles(place: Place, root: str) -> str:
    return listed(list(VEHICLES)) if VEHICLES.keys() <= place.children(root) else ""


def _by_names(found: Found, folders: Mapping[str, str], lists: Mapping[str, str], *notes: str) -> Listing:
    """Read the pictures of some folders, each a part of the split, by their names.

    ``lists``: files that name those of a folder, where they are there; what they do not name is left out.
    """
    skipped: list[Skipped] = []
    paths: list[str] = []
    parts: list[str] = []
    for folder, part in folders.items():
        there = [path for path in found.base.ids if path.startswith(found.root + folder)]
        index = found.first(lists.get(folder, ""))
        wanted = {line for _, line in found.lines(index)} if index else None
        for path in there:
            name = path.rpartition("/")[2]
            if wanted is not None and name not in wanted:
                skipped.append(Skipped(path, f"{index} does not name it"))
            elif NAME.match(name) is None:
                skipped.append(Skipped(path, "its name does not say who it is and which camera saw it"))
            else:
                paths.append(path)
                parts.append(part)
        lacking = sorted((wanted or set()) - {path.rpartition("/")[2] for path in there})
        skipped += [
            Skipped(f"{found.root}{folder}{name}", f"{index} names it, but it is not there") for name in lacking
        ]
    said = identities_in(paths, parts)
    if said is None:
        return found.base
    columns = said.columns(parts)
    called = (*said.class_names, "")
    rows = [
        Row(path.removeprefix(found.root), called[label], {name: texts[i] for name, texts in columns.items()})
        for i, (path, label) in enumerate(zip(paths, said.labels.tolist(), strict=True))
    ]
    told = [f"{several(len(set(said.cameras)), 'camera')}, by the names of the files as the identities", *said.notes]
    return by_index(found, "a list", rows, said.class_names, skipped, (*told, *_copies(paths, parts), *notes))


def _copies(paths: Sequence[str], parts: Sequence[str]) -> list[str]:
    """Say that queries stand in the gallery too, as those of VeRi do: any measure without cameras finds them there."""
    asked, shown = (
        {path.rpartition("/")[2] for path, part in zip(paths, parts, strict=True) if part == wanted}
        for wanted in ("query", "gallery")
    )
    count = len(asked & shown)
    how = "the protocol re-id leaves them out by their cameras, retrieval finds them"
    return [f"{several(count, 'query', 'queries')} also in the gallery: {how}"] * bool(count)


def _sees_lists(place: Place, root: str) -> str:
    there = place.children(root)
    if {"list_train.txt", "list_query.txt", "list_gallery.txt"} <= there and any(f in there for f in MASKED["test"]):
        return "list_train.txt, list_query.txt and list_gallery.txt"
    return ""


def _by_lists(found: Found) -> Listing:
    """Read ``0000/0000_000_01_0303morning_0015_0.jpg 0``, a picture a line; val is a part of those that train."""
    skipped: list[Skipped] = []
    rows: list[Row] = []
    for index, part in MSMT.items():
        group = "train" if part == "train" else "test"
        folder = found.first(*MASKED[group])
        for number, line in found.lines(index, needed=index != "list_val.txt"):
            path, _, person = line.rpartition(" ")
            camera = MSMT_NAME.match(path.rpartition("/")[2])
            if not person.isdecimal() or camera is None:
                skipped.append(unread(index, number, "it is not a picture with its camera, and a person"))
                continue
            label = f"{group} {int(person):04d}"
            rows.append(Row(folder + path, label, {"camera": str(int(camera[1])), "split": part}))
    names = sorted({row.label for row in rows}, key=natural)
    cameras = len({row.columns["camera"] for row in rows})
    notes = [
        f"{several(cameras, 'camera')}, by the names of the files",
        "People of the test are others than those of the training with the same numbers",
    ]
    return by_index(found, "a list", rows, names, skipped, notes)


def _persons(found: Found) -> Listing:
    return _by_names(found, PERSONS, {})


def _vehicles(found: Found) -> Listing:
    return _by_names(found, VEHICLES, LISTS)


def _layout(name: str) -> Layout:
    return Layout(name, lambda place, root: _sees_persons(place, root, name), _persons)


LAYOUTS: Sequence[Layout] = (
    *(_layout(name) for name in NAMED),
    Layout("CUHK03-NP", _sees_boxed, _boxed),
    Layout("VeRi-776", _sees_vehicles, _vehicles),
    Layout("MSMT17", _sees_lists, _by_lists),
)
