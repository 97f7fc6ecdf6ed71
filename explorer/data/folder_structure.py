"""How the names of folders become classes, a split and levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.types import UNLABELLED, IntArray

SPLIT_FOLDERS = ("train", "val", "valid", "test", "query", "gallery")
"""A top folder of one of these names says which part its pictures belong to."""

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderLabels:
    """What the folders say. ``kept`` (M,) int64 are positions in the paths given; all else is of those M.

    ``outside`` are positions that lie beside the split folders; ``split_folders`` are the names of these.
    """

    kept: IntArray
    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    outside: IntArray
    split_folders: tuple[str, ...]


def _without_wrapper(folders: Mapping[str, Parts]) -> dict[str, Parts]:
    """Drop leading folders that all pictures share and that hold no picture themselves; never a split folder."""
    parts = dict(folders)
    while parts and all(len(p) > 1 for p in parts.values()):
        shared = {p[0] for p in parts.values()}
        if len(shared) > 1 or next(iter(shared)).lower() in SPLIT_FOLDERS:
            break
        parts = {folder: p[1:] for folder, p in parts.items()}
    return parts


def _split_tops(folders: Mapping[str, Parts]) -> set[str]:
    """Return the top folders that name a part of the split.

    One of them beside ordinary folders might be a class (a toy ``train``), unless its pictures lie in folders of
    their own.
    """
    tops = {p[0] for p in folders.values() if p}
    named = {top for top in tops if top.lower() in SPLIT_FOLDERS}
    if len(named) >= 2 or named == tops:
        return named
    return {top for top in named if all(len(p) > 1 for p in folders.values() if p and p[0] == top)}


def _names(classes: Mapping[str, Parts], part: Mapping[str, str]) -> dict[Parts, str]:
    """Return the name of each class: its leaf where no other class of the same part has it, else its whole path.

    Parts are compared one by one, because a class may lie deeper below ``test`` than below ``train``.
    """
    different = {(part.get(folder, ""), path) for folder, path in classes.items()}
    leaves = Counter((value, path[-1]) for value, path in different)
    shared = {leaf for (_, leaf), count in leaves.items() if count > 1}
    return {path: "/".join(path) if path[-1] in shared else path[-1] for path in classes.values()}


def labels_by_folder(paths: Sequence[str]) -> FolderLabels:
    """Read classes, split and levels from relative posix paths.

    A top folder named train, val, valid, test, query or gallery becomes the column ``split``; the class is the rest
    of the path, shortened to its leaf where that stays unique; its parents become ``level1``, ``level2``, …
    """
    in_folder = [path.rpartition("/")[0] for path in paths]
    folders = _without_wrapper({folder: tuple(folder.split("/")) if folder else () for folder in set(in_folder)})
    tops = _split_tops(folders)
    split = {folder: p[0].lower() for folder, p in folders.items() if p and p[0] in tops}
    inside = {f: p[1:] for f, p in folders.items() if f in split} if tops else folders
    inside = _without_wrapper(inside)

    names = _names({f: p for f, p in inside.items() if p}, split)
    class_names = tuple(sorted(set(names.values())))
    number = {name: i for i, name in enumerate(class_names)}
    label = {f: number[names[p]] if p else UNLABELLED for f, p in inside.items()}

    positions = [i for i, folder in enumerate(in_folder) if folder in inside]
    columns: dict[str, tuple[str, ...]] = {}
    if tops:
        columns["split"] = tuple(split[in_folder[i]] for i in positions)
    for level in range(max((len(p) - 1 for p in inside.values()), default=0)):
        value = {f: p[level] if level < len(p) - 1 else "" for f, p in inside.items()}
        columns[f"level{level + 1}"] = tuple(value[in_folder[i]] for i in positions)
    return FolderLabels(
        kept=np.array(positions, dtype=np.int64),
        labels=np.array([label[in_folder[i]] for i in positions], dtype=np.int64),
        class_names=class_names,
        columns=columns,
        outside=np.array([i for i, folder in enumerate(in_folder) if folder not in inside], dtype=np.int64),
        split_folders=tuple(sorted(tops)),
    )
