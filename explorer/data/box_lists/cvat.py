"""CVAT for images 1.1: ``annotations.xml`` with boxes, polygons or tags on each picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from explorer.core.errors import printable
from explorer.data.box_lists.marked import Box, Lists, Marked, files_in, peek, text
from explorer.data.box_lists.xml_events import parse
from explorer.data.listing import Watch
from explorer.data.names import several

NAME = "CVAT"
_ROOT = re.compile(rb"<annotations\b")
_PICTURE = re.compile(rb"<(image\s[^>]*name=|track\s|version>1\.)")
POINTS = ("polygon", "polyline", "points", "cuboid", "ellipse", "skeleton", "mask")
LABELLED = frozenset({"box", "polygon", "tag"})


def sees(path: Path) -> str:
    """Return what is seen of an export in a file or a folder, empty where there is none."""
    found = _file(path)
    return f"pictures marked by CVAT in {printable(found.name)}" if found else ""


def _file(path: Path) -> Path | None:
    return next((file for file in files_in(path, ".xml") if _is_export(file)), None)


def _is_export(file: Path) -> bool:
    seen = peek(file)
    return _ROOT.search(seen) is not None and _PICTURE.search(seen) is not None


def read(path: Path, watch: Watch) -> Lists:
    """Return the boxes of each picture, those around polygons, or its tag where it has neither.

    Raises
    ------
    UserError: if the file is damaged, or refused.
    """
    file = _file(path)
    reader = _Reader(Lists([file] if file else []), watch)
    if file is not None:
        parse(file, reader.begin, reader.end)
    if reader.tracks:
        reader.lists.notes.append(f"{several(reader.tracks, 'track')} of a video left out: export it as pictures")
    if reader.others:
        reader.lists.notes.append(f"{several(reader.others, 'mark')} that are no boxes, polygons or tags left out")
    return reader.lists


class _Reader:
    """Takes the elements of the file as they come."""

    def __init__(self, lists: Lists, watch: Watch) -> None:
        self.lists = lists
        self.tracks = self.others = 0
        self._watch = watch
        self._image: Mapping[str, str] | None = None
        self._boxes: list[Box] = []
        self._tag: str | None = None
        self._shape: tuple[str, Mapping[str, str]] | None = None
        self._attributes: dict[str, str] = {}
        self._attribute = ""

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        if name == "image":
            self._watch.check()
            self._image, self._boxes, self._tag = attributes, [], None
        elif name == "track":
            self.tracks += 1
        elif self._image is not None and name in LABELLED:
            self._shape, self._attributes = (name, attributes), {}
        elif self._image is not None and name in POINTS:
            self.others += 1
        elif name == "attribute":
            self._attribute = attributes.get("name", "")

    def end(self, name: str, content: str) -> None:
        """Take the end of an element, and the text in it."""
        if name == "attribute" and self._shape is not None and self._attribute:
            self._attributes[text(self._attribute)] = text(content)
        elif self._shape is not None and name == self._shape[0]:
            self._take(*self._shape)
            self._shape = None
        elif name == "image" and self._image is not None:
            said = self._image
            self._image = None
            frame = (_number(said.get("width", "0")), _number(said.get("height", "0")))
            whole = None if self._boxes else self._tag
            split = text(said.get("subset", "")).lower()
            self.lists.marked.append(Marked(text(said.get("name", "")), frame, self._boxes, whole, split))

    def _take(self, kind: str, said: Mapping[str, str]) -> None:
        label = text(said.get("label", ""))
        if kind == "tag":
            self._tag = label if self._tag is None else self._tag
            return
        if kind == "box":
            left, top, right, bottom = (_number(said.get(key, "")) for key in ("xtl", "ytl", "xbr", "ybr"))
        else:
            points = [[_number(value) for value in point.split(",")] for point in said.get("points", "").split(";")]
            flat = [point for point in points if len(point) == 2] or [[float("inf")] * 2]
            across, down = zip(*flat, strict=True)
            left, top, right, bottom = min(across), min(down), max(across), max(down)
        self._boxes.append(Box(label, (left, top, right - left, bottom - top), dict(self._attributes)))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("inf")
