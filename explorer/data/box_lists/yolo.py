"""YOLO's detection sets: ``images/`` and ``labels/`` of one shape, a text of boxes for each picture."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from explorer.core.errors import printable
from explorer.core.types import Skipped
from explorer.data.box_lists.marked import Box, Lists, Marked, files_in, peek, root_of, text
from explorer.data.decoding.cropped_pictures import RELATIVE
from explorer.data.labels.part_names import likely_part_of
from explorer.data.labels.picture_finder import MOST_SEARCHED
from explorer.data.labels.picture_place import FolderPlace
from explorer.data.listing import Watch
from explorer.data.names import READ, hidden

NAME = "YOLO"
NAMES = ("classes.txt", "obj.names", "labels.txt", "_darknet.labels")
IMAGES, LABELS = "images", "labels"
LARGEST_TEXT = 1 << 24
PEEKED = 200
_KEY = re.compile(r"(?P<indent>\s*)(?P<dash>- *)?(?:(?P<key>[\w .-]+?|\"[^\"]*\"|'[^']*') *:(?: +|$))?(?P<value>.*)")
_LINE = re.compile(r"\d+( +-?[\d.]+(e-?\d+)?){4,}", re.IGNORECASE)


def sees(path: Path) -> str:
    """Return what is seen of a detection set in a folder or its ``data.yaml``, empty where there is none."""
    if path.is_file() and (path.suffix.lower() not in (".yaml", ".yml") or b"names" not in peek(path)):
        return ""
    root = root_of(path)
    if not _labels_below(root):
        return ""
    found = _yaml(path) or next((root / name for name in NAMES if (root / name).is_file()), None)
    return f"boxes in texts beside the pictures, {printable(found.name)}" if found else "boxes in texts, labels/*.txt"


def _yaml(path: Path) -> Path | None:
    if path.is_file():
        return path
    files = [*files_in(path, ".yaml"), *files_in(path, ".yml")]
    return next((file for file in files if b"names" in peek(file) and (b"train" in peek(file))), None)


def _labels_below(root: Path) -> bool:
    """Whether one of the first texts in a folder ``labels`` holds lines of boxes, or is empty beside one that does."""
    texts = (file for folder in _label_folders(root) for file in _texts(folder))
    return any(_LINE.fullmatch(line) for file in itertools.islice(texts, 20) for line in _lines(file)[:2])


def _label_folders(root: Path) -> Iterator[Path]:
    """Yield the folders of texts: ``labels``, ``labels/train`` or ``train/labels``."""
    for folder in _folders(root):
        if folder.name.lower() == LABELS:
            yield folder
            yield from _folders(folder)
        elif likely_part_of(folder.name):
            yield from (below for below in _folders(folder) if below.name.lower() == LABELS)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            some = itertools.islice(entries, PEEKED)
            return sorted(Path(entry.path) for entry in some if entry.is_dir() and not hidden(entry.name))
    except OSError:
        return []


def _texts(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            some = itertools.islice(entries, PEEKED)
            return sorted(Path(entry.path) for entry in some if entry.name.endswith(".txt"))
    except OSError:
        return []


def _lines(file: Path) -> list[str]:
    """Return the lines of a text that are not empty; none where it cannot be read or is too large for one."""
    try:
        if file.stat().st_size > LARGEST_TEXT:
            return []
        return [line for line in map(str.strip, file.read_text("utf-8", "replace").splitlines()) if line]
    except OSError:
        return []


def read(path: Path, watch: Watch) -> Lists:
    """Return the boxes of every picture in a folder ``images``; those around polygons and turned boxes too."""
    root, yaml = root_of(path), _yaml(path)
    classes, keypoints = _said(yaml) if yaml else ({}, False)
    plain = next((root / name for name in NAMES if (root / name).is_file()), None)
    if not classes and plain is not None:
        classes = dict(enumerate(text(line) for line in _lines(plain)))
    lists = Lists([yaml] if yaml else [])
    lists.class_names = [classes[key] for key in sorted(classes)]
    if not classes:
        lists.notes.append("No names of classes (data.yaml, classes.txt): they are called by their numbers")
    for count, name in enumerate(FolderPlace(str(root)).below(watch, MOST_SEARCHED, READ)):
        if count % 1024 == 0:
            watch.progress("Reading the texts of boxes", count, 0)
        place = _text_of(name)
        if place is None:
            continue
        boxes = [
            box
            for line in enumerate(_lines(root / place), start=1)
            if (box := _box(place, *line, classes, keypoints, lists)) is not None
        ]
        parts = [part for folder in name.split("/")[:-1] if (part := likely_part_of(folder))]
        lists.marked.append(Marked(name, RELATIVE, boxes, split=parts[-1] if parts else ""))
    return lists


def _text_of(picture: str) -> str | None:
    """Return where the text of a picture is: in ``labels`` as the picture is in ``images``, the innermost of them."""
    folders = picture.split("/")[:-1]
    lower = [folder.lower() for folder in folders]
    if IMAGES not in lower:
        return None
    at = len(lower) - 1 - lower[::-1].index(IMAGES)
    stem = picture.rpartition("/")[2].rpartition(".")[0]
    return "/".join([*folders[:at], LABELS, *folders[at + 1 :], f"{stem}.txt"])


def _box(place: str, number: int, line: str, classes: dict[int, str], keypoints: bool, lists: Lists) -> Box | None:
    """Return the box of a line: class, middle and sizes; or around the corners of a polygon."""
    try:
        kind, *values = line.split()
        numbers = [float(value) for value in values]
        label = classes.get(int(kind), str(int(kind)))
    except ValueError:
        numbers, label = [], ""
    polygon = len(numbers) >= 6 and len(numbers) % 2 == 0 and not keypoints
    if polygon:
        across, down = numbers[0::2], numbers[1::2]
        return Box(label, (min(across), min(down), max(across) - min(across), max(down) - min(down)))
    if len(numbers) < 4 or (len(numbers) > 5 and not keypoints):
        lists.skipped.append(Skipped(f"{place}, line {number}", "is no class with a box"))
        return None
    middle, centre, width, height = numbers[:4]
    return Box(label, (middle - width / 2, centre - height / 2, width, height))


def _said(yaml: Path) -> tuple[dict[int, str], bool]:
    """Return the names of the classes in a ``data.yaml``, and whether its boxes have points behind them.

    Names stand as ``[a, b]``, as ``- a``, or as ``0: a``; nothing else of YAML is read.
    """
    classes: dict[int, str] = {}
    inside, flow, points = False, "", False
    for line in _lines_as_they_are(yaml):
        found = _KEY.fullmatch(line)
        if found is None or not line.strip():
            continue
        key, value = (found["key"] or "").strip("\"' "), found["value"].strip()
        if flow:
            flow += line.strip()
        elif not found["indent"] and not found["dash"] and found["key"]:
            inside, points = key == "names", points or key == "kpt_shape"
            flow = value if inside and value.startswith(("[", "{")) else ""
        elif inside and found["dash"]:
            classes[len(classes)] = _plain(f"{key}: {value}" if found["key"] else value)
        elif inside and key.isdecimal():
            classes[int(key)] = _plain(value)
        if flow and flow.endswith(("]", "}")):
            classes, flow, inside = _of_flow(flow), "", False
    return {key: name for key, name in classes.items() if name}, points


def _of_flow(flow: str) -> dict[int, str]:
    parts = re.findall(r"\s*(?:(\d+)\s*:\s+)?(\"[^\"]*\"|'[^']*'|[^,\[\]{}]+)\s*(?:,|[\]}])", flow[1:])
    return {int(key) if key else place: _plain(name) for place, (key, name) in enumerate(parts)}


def _plain(value: str) -> str:
    value = value.strip()
    end = value.find(value[0], 1) if value[:1] in ("'", '"') else -1
    return text(value[1:end] if end > 0 else value.partition(" #")[0])


def _lines_as_they_are(file: Path) -> list[str]:
    try:
        if file.stat().st_size > LARGEST_TEXT:
            return []
        lines = file.read_text("utf-8-sig", "replace").splitlines()
        return [line.rstrip() for line in lines if not line.lstrip().startswith("#")]
    except OSError:
        return []
