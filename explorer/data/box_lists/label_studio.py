"""Label Studio's exports, JSON and JSON_MIN: boxes in per cent, or a choice for each picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from explorer.core.errors import printable
from explorer.core.types import Skipped
from explorer.data.box_lists.marked import Box, Lists, Marked, files_in, items_of, number, peek, read_json, text
from explorer.data.decoding.cropped_pictures import RELATIVE
from explorer.data.listing import Watch
from explorer.data.names import READ, several, suffix

NAME = "Label Studio"
PICTURES = ("image", "img", "picture", "photo", "url")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_TASK = re.compile(
    rb'"(annotations|completions|annotation_id|lead_time|rectanglelabels|original_width|result|choices?)"\s*:'
)
LABELS = ("rectanglelabels", "labels", "polygonlabels", "ellipselabels")


def sees(path: Path) -> str:
    """Return what is seen of an export in a file or a folder, empty where there is none."""
    found = _file(path)
    return f"tasks of Label Studio in {printable(found.name)}" if found else ""


def _file(path: Path) -> Path | None:
    return next((file for file in files_in(path, ".json") if _is_export(file)), None)


def _is_export(file: Path) -> bool:
    seen = peek(file)
    named = any(f'"{name}"'.encode() in seen for name in PICTURES)
    return seen.lstrip()[:1] == b"[" and named and len(set(_TASK.findall(seen))) >= 2


def read(path: Path, watch: Watch) -> Lists:
    """Return the boxes, or the choices, of the last annotation of each task that was not cancelled.

    Raises
    ------
    UserError: if the export is damaged.
    """
    file = _file(path)
    lists = Lists([] if file is None else [file])
    turned = 0
    for task in items_of(read_json(file)) if file else ():
        watch.check()
        name = _picture(task)
        if not name:
            lists.skipped.append(Skipped(f"task {text(task.get('id'))}", "names no picture"))
            continue
        boxes, choice, turns = _marks(task)
        turned += turns
        if not boxes and choice is None:
            lists.skipped.append(Skipped(name, "has not been marked"))
            continue
        lists.marked.append(Marked(name, RELATIVE, boxes, None if boxes else choice))
    if turned:
        lists.notes.append(f"{several(turned, 'turned box', 'turned boxes')}: the upright box around each is cut")
    return lists


def _picture(task: dict[str, Any]) -> str:
    """Return the name of a picture as it was before it was uploaded: without the address and the mark before it."""
    data = task.get("data")
    fields = data if isinstance(data, dict) else task
    values = [text(fields[key]) for key in (*PICTURES, *fields) if isinstance(fields.get(key), str)]
    for value in values:
        place = unquote(value.rpartition("?d=")[2] if "?d=" in value else value.partition("?")[0])
        name = place.replace("\\", "/").rpartition("/")[2]
        if suffix(name) in READ:
            return _UPLOADED.sub("", name) if "/upload/" in value else place.rpartition("://")[2]
    return ""


def _marks(task: dict[str, Any]) -> tuple[list[Box], str | None, int]:
    boxes: list[Box] = []
    choice: str | None = None
    turned = 0
    for region in _regions(task):
        value = region.get("value") if isinstance(region.get("value"), dict) else region
        assert isinstance(value, dict)
        chosen = value.get("choices")
        if isinstance(chosen, list) and chosen:
            choice = text(chosen[0])
            continue
        kind = next((text(value[key][0]) for key in LABELS if isinstance(value.get(key), list) and value[key]), None)
        if kind is None or "x" not in value:
            continue
        turned += bool(value.get("rotation"))
        left, top, width, height = _upright(value, region)
        boxes.append(Box(kind, (left / 100, top / 100, width / 100, height / 100)))
    if choice is None and not boxes and isinstance(task.get("choice"), str):
        choice = text(task["choice"])
    return boxes, choice, turned


def _regions(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = [one for one in items_of(task.get("annotations", task.get("completions"))) if not one.get("was_cancelled")]
    if given:
        yield from items_of(given[-1].get("result"))
    for key, value in task.items():
        if key not in ("annotations", "completions", "predictions", "drafts"):
            yield from (one for one in items_of(value) if any(label in one for label in LABELS))


def _upright(value: dict[str, Any], region: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return the box in per cent; of one that is turned about its corner, the upright one around it."""
    left, top, width, height = (number(value.get(key)) for key in ("x", "y", "width", "height"))
    if "radiusX" in value:
        across, down = number(value["radiusX"]), number(value.get("radiusY"))
        return left - across, top - down, 2 * across, 2 * down
    angle = math.radians(number(value.get("rotation", 0)))
    if not angle or not math.isfinite(angle):
        return left, top, width, height
    sides = [number(value.get(key, region.get(key, 1))) for key in ("original_width", "original_height")]
    aspect = sides[0] / sides[1] if min(sides) > 0 and max(sides) < math.inf else 1.0
    corners = [(0.0, 0.0), (width * aspect, 0.0), (0.0, height), (width * aspect, height)]
    turned = [
        (x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)) for x, y in corners
    ]
    across_all, down_all = [x / aspect for x, _ in turned], [y for _, y in turned]
    return (
        left + min(across_all),
        top + min(down_all),
        max(across_all) - min(across_all),
        max(down_all) - min(down_all),
    )
