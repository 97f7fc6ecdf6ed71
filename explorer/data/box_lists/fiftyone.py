"""FiftyOne's exports: ``samples.json`` beside ``data/``, or ``labels.json`` of its sets of classes or boxes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.box_lists.marked import Box, Lists, Marked, items_of, numbers, peek, read_json, text
from explorer.data.decoding.cropped_pictures import RELATIVE
from explorer.data.labels.part_names import part_of
from explorer.data.listing import Watch
from explorer.data.names import listed

NAME = "FiftyOne"
SAMPLES, LABELS = "samples.json", "labels.json"
FIRST = ("ground_truth", "label", "labels", "detections")
"""The fields of a sample that are taken for its class or its boxes, the likeliest first."""


def sees(path: Path) -> str:
    """Return what is seen of an export in a file or a folder, empty where there is none."""
    file = _file(path)
    return f"samples of FiftyOne in {printable(file.name)}" if file else ""


def _file(path: Path) -> Path | None:
    files = [path] if path.is_file() else [path / SAMPLES, path / LABELS]
    return next((file for file in files if file.is_file() and _is_export(file)), None)


def _is_export(file: Path) -> bool:
    seen = peek(file)
    if file.name == SAMPLES:
        return b'"samples"' in seen and b'"filepath"' in seen
    return file.name == LABELS and b'"labels"' in seen and b'"classes"' in seen


def read(path: Path, watch: Watch) -> Lists:
    """Return the boxes or the classes of the samples.

    Raises
    ------
    UserError: if the file is damaged.
    """
    file = _file(path)
    lists = Lists([file] if file else [])
    said = read_json(file) if file else {}
    if file is None or not isinstance(said, dict):
        raise UserError(f"{printable(str(path))} holds no samples", remedy="Export it again")
    if file.name == SAMPLES:
        _take_samples(items_of(said.get("samples")), lists)
    else:
        _take_labels(said, lists)
    return lists


def _take_labels(said: Mapping[str, Any], lists: Lists) -> None:
    given, labels = said.get("classes"), said.get("labels")
    classes = [text(name) for name in given] if isinstance(given, list) else []
    lists.class_names += classes
    for name, value in labels.items() if isinstance(labels, dict) else ():
        if isinstance(value, list):
            boxes = [_box(one, _class(one.get("label"), classes)) for one in items_of(value)]
            lists.marked.append(Marked(text(name), RELATIVE, boxes))
        else:
            lists.marked.append(Marked(text(name), label=_class(value, classes) if value is not None else ""))


def _class(value: Any, classes: list[str]) -> str:
    """Return the name of a class that is given by its number, or by its name."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(classes):
        return classes[value]
    return text(value)


def _box(said: Mapping[str, Any], label: str) -> Box:
    left, top, width, height = numbers(said.get("bounding_box"), 4)
    return Box(label, (left, top, width, height))


def _take_samples(samples: list[dict[str, Any]], lists: Lists) -> None:
    boxes, classes = _fields(samples, "Detections"), _fields(samples, "Classification")
    chosen = (boxes or classes or [""])[0]
    if not chosen:
        lists.notes.append("No field of classes or of boxes: the pictures are unlabelled")
    for sample in samples:
        name = text(sample.get("filepath"))
        if not name:
            lists.skipped.append(Skipped(f"sample {text(sample.get('_id'))}", "has no file"))
            continue
        tags = [text(tag) for tag in sample.get("tags") or ()] if isinstance(sample.get("tags"), list) else []
        split = next((part for tag in tags if (part := part_of(tag))), "")
        columns = {text(field): text(_of(sample, field).get("label")) for field in classes if field != chosen}
        value = _of(sample, chosen)
        found = [_box(one, text(one.get("label"))) for one in items_of(value.get("detections"))] if boxes else []
        whole = None if boxes else text(value.get("label"))
        lists.marked.append(Marked(name, RELATIVE, found, whole, split, columns))
    if chosen:
        others = [printable(field) for field in boxes if field != chosen]
        left = f"; {listed(others)} left out" if others else ""
        lists.notes.append(f"{'boxes' if boxes else 'classes'} are those of the field {printable(chosen)}{left}")


def _of(sample: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = sample.get(field)
    return value if isinstance(value, dict) else {}


def _fields(samples: list[dict[str, Any]], kind: str) -> list[str]:
    """Return the fields of samples that are of a kind, the likeliest first."""
    found = dict.fromkeys(
        key
        for sample in samples
        for key, value in sample.items()
        if isinstance(value, dict) and value.get("_cls") == kind
    )
    return sorted(found, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
