"""Cars196 (Stanford Cars): with its MATLAB devkit, with the CSVs of re-releases, or as class folders alone."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.layouts.layout import Box, Found, Layout, Row, by_folders, by_index, partitioned, unread
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing

FIRST_CLASS = "AM General Hummer SUV 2000"
WHOLE = "cars_annos.mat"
DEVKITS = ("devkit/", "car_devkit/devkit/")
META, TRAIN, TEST = "cars_meta.mat", "cars_train_annos.mat", "cars_test_annos.mat"
LABELLED = "cars_test_annos_withlabels.mat"
CORNERS = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
BROKEN = (ValueError, TypeError, KeyError, IndexError, NotImplementedError, OSError, struct.error, zlib.error)


def _matlab(found: Found, path: str) -> dict[str, object]:
    """Read a MATLAB file of version 5, whose reader makes numbers, texts and structs of it and runs nothing."""
    from scipy.io import loadmat  # half a second to import
    from scipy.io.matlab import MatReadError

    data = found.place.whole(found.root + path)
    try:
        if not data.startswith(b"MATLAB 5.0"):
            raise ValueError("it is no MATLAB file of version 5")
        read: dict[str, object] = loadmat(io.BytesIO(data), squeeze_me=True)
    except (*BROKEN, MatReadError) as error:
        raise UserError(
            f"{printable(path)} of {printable(found.base.uri)} cannot be read: {error}", remedy="Download it again"
        ) from error
    return read


def _structs(found: Found, path: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the annotations of a file by their names, with their numbers from 1."""
    import numpy as np

    rows = np.atleast_1d(np.asarray(_matlab(found, path).get("annotations", ())))
    for number, row in enumerate(rows, 1):
        yield number, {name: row[name] for name in rows.dtype.names or ()}


def _names(found: Found, path: str) -> list[str]:
    import numpy as np

    return [str(name) for name in np.atleast_1d(np.asarray(_matlab(found, path).get("class_names", ())))]


def _annotated(
    found: Found, path: str, folder: str, names: Sequence[str], skipped: list[Skipped]
) -> Iterator[tuple[Row, dict[str, object]]]:
    """Yield the pictures of a file of annotations and what else it says of each; those without a class unlabelled."""
    for number, said in _structs(found, path):
        try:
            picture = str(said.get("relative_im_path") or f"{folder}{said['fname']}")
            label = int(said["class"]) if "class" in said else 0  # type: ignore[call-overload]
            left, top, right, bottom = (float(said[name]) for name in CORNERS)  # type: ignore[arg-type]
        except BROKEN:
            skipped.append(unread(path, number, "it is not an annotation of a picture"))
            continue
        if label > len(names) or label < 0:
            skipped.append(Skipped(found.root + picture, f"its class, {label}, is none of the {len(names)}"))
            continue
        box: Box = (left - 1, top - 1, right - left + 1, bottom - top + 1)  # MATLAB counts from 1
        yield Row(picture, names[label - 1] if label else "", {}, box), said


def _sees_whole(place: Place, root: str) -> str:
    return f"{WHOLE} beside car_ims" if {WHOLE, "car_ims/"} <= place.children(root) else ""


def _whole(found: Found) -> Listing:
    """Read the release of all pictures in one folder, car_ims/000001.jpg, with the column test."""
    skipped: list[Skipped] = []
    names = _names(found, WHOLE)
    read = list(_annotated(found, WHOLE, "car_ims/", names, skipped))
    given = ["test" if said.get("test") else "train" for _, said in read]
    rows, told = partitioned(found, [row for row, _ in read], names, given)
    return by_index(found, WHOLE, rows, names, skipped, told)


def _sees_devkit(place: Place, root: str) -> str:
    if place.has(f"{root}cars_train/") and any(place.has(root + devkit + META) for devkit in DEVKITS):
        return "cars_train beside a devkit of MATLAB files"
    return ""


def _devkit(found: Found) -> Listing:
    """Read cars_train and cars_test with the devkit; the classes of the test pictures came in a file of their own."""
    skipped: list[Skipped] = []
    devkit = found.first(*DEVKITS)
    names = _names(found, devkit + META)
    labelled = found.first(LABELLED, devkit + LABELLED)
    rows: list[Row] = []
    given: list[str] = []
    for part, path in (("train", devkit + TRAIN), ("test", labelled or found.first(devkit + TEST))):
        if not path:
            continue
        folder = f"cars_{part}/"
        folder += folder * found.place.has(f"{found.root}{folder}{folder}")  # packed twice
        rows += [row for row, _ in _annotated(found, path, folder, names, skipped)]
        given += [part] * (len(rows) - len(given))
    notes = [] if labelled else [f"{LABELLED} is missing: the pictures of cars_test are unlabelled"]
    made, told = partitioned(found, rows, names, given)
    if not labelled and found.options.partition != "given":  # what has no class is in neither half
        made = [row if row.label else replace(row, columns={**row.columns, "split": ""}) for row in made]
    return by_index(found, "the devkit", made, names, skipped, (*told, *notes))


def _sees_tables(place: Place, root: str) -> str:
    there = place.children(root)
    return "anno_train.csv and names.csv" if {"names.csv", "anno_train.csv"} <= there else ""


def _tables(found: Found) -> Listing:
    """Read class folders in train and test with ``fname,x1,y1,x2,y2,class`` in anno_train.csv and anno_test.csv."""
    skipped: list[Skipped] = []
    names = [text.strip('"') for _, text in found.lines("names.csv")]
    there = {_part_and_name(name): name.removeprefix(found.root) for name in found.base.ids}
    rows: list[Row] = []
    given: list[str] = []
    for part in ("train", "test"):
        path = f"anno_{part}.csv"
        if not found.first(path):
            continue
        text = found.place.text(found.root + path)
        for number, cells in enumerate(csv.reader(io.StringIO(text)), 1):
            if len(cells) != 6 or not all(cell.strip().isdecimal() for cell in cells[1:]):
                skipped += [unread(path, number, "it is not file, x1, y1, x2, y2, class")] * (number > 1)
                continue
            left, top, right, bottom, label = (int(cell) for cell in cells[1:])
            if not 1 <= label <= len(names):
                skipped.append(unread(path, number, f"its class, {label}, is none of the {len(names)}"))
                continue
            place = there.get((part, cells[0].strip()), f"{part}/{cells[0].strip()}")
            box = (left - 1.0, top - 1.0, right - left + 1.0, bottom - top + 1.0)
            rows.append(Row(place, names[label - 1], {}, box))
            given.append(part)
    made, told = partitioned(found, rows, names, given)
    return by_index(found, "anno_train.csv or anno_test.csv", made, names, skipped, told)


def _part_and_name(path: str) -> tuple[str, str]:
    """Return whether a picture lies below train or test, and its file name: the two count from 00001.jpg each."""
    *folders, name = path.split("/")
    return next((part for part in ("train", "test") if part in folders), ""), name


def _sees_folders(place: Place, root: str) -> str:
    there = f"{root}train/{FIRST_CLASS}/"
    return f"a class folder {FIRST_CLASS} in train" if place.has(there) else ""


LAYOUTS: Sequence[Layout] = (
    Layout("Cars196", _sees_whole, _whole),
    Layout("Cars196", _sees_devkit, _devkit),
    Layout("Cars196", _sees_tables, _tables),
    Layout("Cars196", _sees_folders, by_folders),
)
