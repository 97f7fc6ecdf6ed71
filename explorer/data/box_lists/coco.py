"""COCO's instances: ``annotations/instances_train2017.json`` beside folders of pictures, or one such file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.core.types import Skipped
from explorer.data.box_lists.marked import (
    Box,
    Lists,
    Marked,
    files_in,
    items_of,
    number,
    numbers,
    part_folders,
    peek,
    read_json,
    text,
)
from explorer.data.labels.part_names import likely_part_of
from explorer.data.listing import Watch
from explorer.data.names import listed, several

_KEYS = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
_BOX = re.compile(rb'"(bbox|iscrowd|category_id)"\s*:')
NAME = "COCO"


def sees(path: Path) -> str:
    """Return what is seen of instances in a file or a folder, empty where there are none."""
    found = _files(path)
    if not found:
        return ""
    return f"boxes in {printable(found[0].name)}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")


def _files(path: Path) -> list[Path]:
    folders = () if path.is_file() else ("annotations", *part_folders(path))
    return [file for file in files_in(path, ".json", *folders) if _is_instances(file)]


def _is_instances(file: Path) -> bool:
    seen = peek(file)
    keys = set(_KEYS.findall(seen))
    called_so = file.name.startswith("instances_") and bool(keys)  # one that is cut off is refused, not passed over
    return called_so or (len(keys) >= 2 and _BOX.search(seen) is not None)


def root_of(path: Path) -> Path:
    """Return the folder below which the pictures are."""
    if path.is_dir():
        return path
    return path.parent.parent if path.parent.name.lower() in ("annotations", "labels") else path.parent


def read(path: Path, watch: Watch) -> Lists:
    """Return the boxes of all lists; those around crowds are left out.

    Raises
    ------
    UserError: if the only list is damaged.
    """
    files = _files(path)
    lists = Lists(files)
    crowds = 0
    for file in files:
        watch.check()
        watch.progress(f"Reading {printable(file.name)}", 0, 0)
        try:
            crowds += _take(file, read_json(file), lists, len(files) > 1 or path.is_dir())
        except UserError as error:
            if len(files) == 1:
                raise
            lists.skipped.append(Skipped(file.name, error.message))
    if crowds:
        lists.notes.append(f"{several(crowds, 'box', 'boxes')} around crowds left out")
    return lists


def _names(categories: Mapping[int, Mapping[str, Any]], lists: Lists) -> dict[int, str]:
    """Return the names of categories by their ids, and note the classes that they are."""
    names = {key: text(one.get("name")) or str(key) for key, one in categories.items()}
    same = {name for name, count in Counter(names.values()).items() if count > 1}
    lists.notes += [f"Categories of one name are one class: {printable(name)}" for name in sorted(same)]
    lists.class_names += [names[key] for key in sorted(names) if names[key] not in lists.class_names]
    return names


def _take(file: Path, said: Any, lists: Lists, parted: bool) -> int:
    said = said if isinstance(said, dict) else {}
    categories = {key: one for one in items_of(said.get("categories")) if isinstance(key := one.get("id"), int)}
    names = _names(categories, lists)
    boxes: dict[Any, list[Box]] = {}
    crowds = 0
    for one in items_of(said.get("annotations")):
        image, kind = one.get("image_id"), one.get("category_id")
        if one.get("iscrowd") == 1:
            crowds += 1
            continue
        if not isinstance(image, int | str) or not isinstance(kind, int) or "bbox" not in one:
            lists.skipped.append(Skipped(f"{file.name}, annotation {text(one.get('id'))}", "has no box or no class"))
            continue
        left, top, width, height = numbers(one["bbox"], 4)
        above = text(categories.get(kind, {}).get("supercategory"))
        columns = {"supercategory": above} if above else {}
        boxes.setdefault(image, []).append(Box(names.get(kind, str(kind)), (left, top, width, height), columns))
    stem = file.stem.removeprefix("instances_").removesuffix(".coco")
    part = likely_part_of(stem) or likely_part_of(file.parent.name)
    folder = stem if likely_part_of(stem) else file.parent.name if likely_part_of(file.parent.name) else ""
    for one in items_of(said.get("images")):
        key, name = one.get("id"), text(one.get("file_name"))
        if not isinstance(key, int | str) or not name:
            lists.skipped.append(Skipped(f"{file.name}, image {text(key)}", "has no file name"))
            continue
        frame = (number(one.get("width", 0)), number(one.get("height", 0)))
        marked = Marked(name, frame, boxes.pop(key, ()), split=part if parted else "", folder=folder)
        lists.marked.append(marked)
    unknown = sorted({one.label for marked in lists.marked for one in marked.boxes} - set(lists.class_names))
    if unknown:
        lists.notes.append(f"Categories that the list does not name are called by their ids: {listed(unknown, 3)}")
    left_over = sum(map(len, boxes.values()))
    if left_over:
        lists.skipped.append(
            Skipped(file.name, f"{several(left_over, 'box', 'boxes')} of images that it does not list")
        )
    return crowds
