"""Sets of class folders whose classes or parts are listed apart: Omniglot, mini-ImageNet, VGGFace2, CASIA-WebFace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from explorer.core.types import Skipped
from explorer.data.layouts.layout import Box, Found, Layout, Row, by_index, unread
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing
from explorer.data.names import listed, natural, several

BACKGROUND, EVALUATION = "images_background", "images_evaluation"
CHARACTER = re.compile(r"character\d+/")
TABLES = ("train.csv", "val.csv", "test.csv")
FACE, WEB_FACE = re.compile(r"n\d{6}/"), re.compile(r"\d{7}/")
META = ("identity_meta.csv", "meta/identity_meta.csv")


def _sees_omniglot(place: Place, root: str) -> str:
    parts = sorted(name for name in place.children(root) if name.startswith((BACKGROUND, EVALUATION)))
    for part in parts:
        alphabet = min((name for name in place.children(root + part) if name.endswith("/")), default="")
        if alphabet and any(map(CHARACTER.fullmatch, place.children(root + part + alphabet))):
            return f"{listed(parts)} with alphabets and their characters"
    return ""


def _omniglot(found: Found) -> Listing:
    """Read images_background/Greek/character01/0394_01.png: alphabet, character, and after its number who drew it."""
    whole = found.place.has(f"{found.root}{BACKGROUND}/")
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for path in found.base.ids:
        part, *inside = path.removeprefix(found.root).split("/")
        if not part.startswith((BACKGROUND, EVALUATION)) or (whole and part.startswith(f"{BACKGROUND}_")):
            continue  # the small backgrounds are parts of the whole one
        if len(inside) != 3:
            skipped.append(Skipped(path, "it does not lie in the folder of a character of an alphabet"))
            continue
        alphabet, character, name = inside
        drawer = name.rpartition(".")[0].partition("_")[2]
        split = "train" if part.startswith(BACKGROUND) else "test"
        columns = {"split": split, "level1": alphabet, "drawer": drawer}
        rows.append(Row(path.removeprefix(found.root), f"{alphabet}/{character}", columns))
    names = sorted({row.label for row in rows}, key=natural)
    notes = [f"Split as the data set gives it, by alphabet: {BACKGROUND} trains, {EVALUATION} is test"]
    return by_index(found, "the layout", rows, names, skipped, notes)


def _sees_mini(place: Place, root: str) -> str:
    if not set(TABLES) <= place.children(root):
        return ""
    headers = {place.peek(root + name).partition("\n")[0].strip() for name in TABLES}
    return f"{listed(list(TABLES))} of file names and labels" if headers == {"filename,label"} else ""


def _mini(found: Found) -> Listing:
    """Read ``filename,label`` of three tables that share no class; the pictures lie below, in whatever folder."""
    there = {path.rpartition("/")[2]: path.removeprefix(found.root) for path in reversed(found.base.ids)}
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for table in TABLES:
        for number, line in found.lines(table):
            name, comma, label = line.partition(",")
            if number == 1:
                continue
            if not comma or not label.strip():
                skipped.append(unread(table, number, "it is not a file name and a label"))
                continue
            path = there.get(name.strip(), f"images/{name.strip()}")
            rows.append(Row(path, label.strip(), {"split": table.removesuffix(".csv")}))
    names = sorted({row.label for row in rows}, key=natural)
    notes = ["Split as the data set gives it, by class: train.csv, val.csv and test.csv"]
    return by_index(found, "a table", rows, names, skipped, notes)


def _sees_faces(place: Place, root: str) -> str:
    parts = [part for part in ("train/", "test/") if any(map(FACE.fullmatch, place.children(root + part)))]
    return f"folders of identities such as n000001 in {' and '.join(parts)}" if parts else ""


def _faces(found: Found) -> Listing:
    """Read train/n000002/0001_01.jpg; who that is says identity_meta.csv, if it is there."""
    meta = _identities(found)
    rows: list[Row] = []
    for path in found.base.ids:
        part, *inside = path.removeprefix(found.root).split("/")
        if part in ("train", "test") and len(inside) == 2 and FACE.fullmatch(f"{inside[0]}/"):
            rows.append(Row(f"{part}/{'/'.join(inside)}", inside[0], {"split": part, **meta.get(inside[0], {})}))
    boxes = _loose_boxes(found) if found.options.crop else {}
    rows = [Row(row.path, row.label, row.columns, boxes.get(row.path.rpartition(".")[0])) for row in rows]
    names = sorted({row.label for row in rows}, key=natural)
    notes = ["Split as the data set gives it, by identity: train and test"]
    notes += [] if meta else [f"{META[0]} is missing: nobody has a name"]
    return by_index(found, "the layout", rows, names, (), notes)


def _identities(found: Found) -> dict[str, dict[str, str]]:
    """Return name and gender by identity, of ``n000001, "14th_Dalai_Lama", 424, 0, m``."""
    index = found.first(*META)
    return {
        cells[0].strip(): {"name": cells[1].strip(), "gender": cells[4].strip()}
        for cells in _table(found, index)
        if len(cells) == 5 and FACE.fullmatch(f"{cells[0].strip()}/")
    }


def _table(found: Found, path: str) -> Iterator[list[str]]:
    lines = (line for _, line in found.lines(path, needed=False)) if path else iter(())
    return csv.reader(lines, skipinitialspace=True)


def _loose_boxes(found: Found) -> Mapping[str, Box]:
    """Return the boxes by picture without its ending, of ``"n000002/0001_01",161,140,224,324``."""
    boxes: dict[str, Box] = {}
    for part in ("train", "test"):
        for cells in _table(found, found.first(f"bb_landmark/loose_bb_{part}.csv", f"loose_bb_{part}.csv")):
            try:
                left, top, width, height = map(float, cells[1:])
            except ValueError:
                continue  # the header
            boxes[f"{part}/{cells[0]}"] = (left, top, width, height)
    return boxes


def _sees_web_faces(place: Place, root: str) -> str:
    folders = sorted(name for name in place.children(root) if name.endswith("/"))
    if len(folders) < 2 or not all(map(WEB_FACE.fullmatch, folders)):
        return ""
    first = min(place.children(root + folders[0]), default="")
    return f"folders of identities such as {folders[0]}" if re.fullmatch(r"\d{3}\.\w+", first) else ""


def _web_faces(found: Found) -> Listing:
    """Read 0000045/001.jpg; names.txt, beside the folders or one above, has ``0000045 Talia_Balsam`` and so on."""
    above = found.root.rstrip("/").rpartition("/")[0]
    index = next((p for p in (f"{found.root}names.txt", f"{above}/names.txt".lstrip("/")) if found.place.has(p)), "")
    names: dict[str, str] = {}
    for line in io.StringIO(found.place.text(index) if index else ""):
        number, _, name = line.strip().partition(" ")
        names[number] = name.strip()
    rows = []
    for path in found.base.ids:
        folder, _, _ = path.removeprefix(found.root).partition("/")
        if WEB_FACE.fullmatch(f"{folder}/"):
            rows.append(Row(path.removeprefix(found.root), folder, {"name": names.get(folder, "")} if names else {}))
    classes = sorted({row.label for row in rows}, key=natural)
    told = f"Names of {several(len(names), 'identity', 'identities')} by names.txt"
    return by_index(found, "the layout", rows, classes, (), [told] * bool(names))


LAYOUTS: Sequence[Layout] = (
    Layout("Omniglot", _sees_omniglot, _omniglot),
    Layout("mini-ImageNet", _sees_mini, _mini),
    Layout("VGGFace2", _sees_faces, _faces),
    Layout("CASIA-WebFace", _sees_web_faces, _web_faces),
)
