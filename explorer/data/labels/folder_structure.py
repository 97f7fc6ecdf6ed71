"""How the names of folders become classes, a split and levels."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import UNLABELLED, IntArray
from explorer.data.labels.identity_names import identities_in
from explorer.data.labels.labelling import labelling
from explorer.data.labels.name_parts import name_parts_in
from explorer.data.labels.part_names import likely_part_of, part_of
from explorer.data.names import listed, natural, several

Parts = tuple[str, ...]
FOLDERS, NAMES = "folders", "names"


@dataclass(frozen=True, slots=True)
class FolderLabels:
    """What the folders say. ``kept`` (M,) int64 are positions in the paths given; all else is of those M.

    ``outside`` are positions that lie beside the split folders; ``split_folders`` are the names of these. ``notes``
    say what was guessed. ``said_by``: what says the classes, ``folders``, ``names`` of files, or a column.
    """

    kept: IntArray
    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    outside: IntArray
    split_folders: tuple[str, ...]
    notes: tuple[str, ...] = ()
    said_by: str = FOLDERS


def _without_wrapper(folders: Mapping[str, Parts]) -> dict[str, Parts]:
    """Drop leading folders that all pictures share and that hold no picture themselves; never a split folder."""
    parts = dict(folders)
    while parts and all(len(p) > 1 for p in parts.values()):
        shared = {p[0] for p in parts.values()}
        if len(shared) > 1 or part_of(next(iter(shared))):
            break
        parts = {folder: p[1:] for folder, p in parts.items()}
    return parts


def _split_tops(folders: Mapping[str, Parts]) -> dict[str, str]:
    """Return the top folders that name a part of the split, and that part.

    One of them beside ordinary folders might be a class (a toy ``train``), unless its pictures lie in folders of
    their own. Folders with such a word in their name (``training_set``) are parts where all are, and hold classes.
    """
    tops = {p[0] for p in folders.values() if p}
    named = {top: part for top in tops if (part := part_of(top))}
    if len(named) >= 2 or len(named) == len(tops):
        return named
    deep = {top for top in tops if all(len(p) > 1 for p in folders.values() if p and p[0] == top)}
    likely = {top: part for top in tops if (part := likely_part_of(top))}
    if len(likely) == len(tops) > 1 and deep == tops and len(set(likely.values())) > 1:
        return likely
    return {top: part for top, part in named.items() if top in deep}


def _split_below(folders: Mapping[str, Parts]) -> tuple[dict[str, str], dict[str, Parts]]:
    """Return the part of each folder, and its path without that, where every class has ``train`` and ``test`` below."""
    for depth in range(1, min((len(p) for p in folders.values()), default=0)):
        split = {folder: part_of(p[depth]) for folder, p in folders.items()}
        if all(split.values()) and len(set(split.values())) > 1:
            return split, {folder: p[:depth] + p[depth + 1 :] for folder, p in folders.items()}
    return {}, dict(folders)


def _inside(folders: Mapping[str, Parts]) -> tuple[dict[str, str], dict[str, Parts], dict[str, str]]:
    """Return the part of each folder of a split (none without one), the rest of its path, and the top folders."""
    tops = _split_tops(folders)
    if not tops:
        return *_split_below(folders), {}
    split = {folder: tops[p[0]] for folder, p in folders.items() if p and p[0] in tops}
    inside = {folder: folders[folder][1:] for folder in split}
    for top in tops:  # training_set/training_set/cats: packed twice
        own = [folder for folder in split if folders[folder][0] == top]
        if all(len(inside[folder]) > 1 and inside[folder][0] == top for folder in own):
            inside |= {folder: inside[folder][1:] for folder in own}
    return split, _without_wrapper(inside), tops


def _names(classes: Mapping[str, Parts], part: Mapping[str, str]) -> dict[Parts, str]:
    """Return the name of each class: its leaf where no other class of the same part has it, else its whole path.

    Parts are compared one by one, because a class may lie deeper below ``test`` than below ``train``.
    """
    different = {(part.get(folder, ""), path) for folder, path in classes.items()}
    leaves = Counter((value, path[-1]) for value, path in different)
    shared = {leaf for (_, leaf), count in leaves.items() if count > 1}
    return {path: "/".join(path) if path[-1] in shared else path[-1] for path in classes.values()}


def _composed(folder: str) -> Parts:
    """Return the names of a path in one Unicode form: systems write one name in two."""
    return tuple(unicodedata.normalize("NFC", folder).split("/")) if folder else ()


def labels_by_folder(paths: Sequence[str]) -> FolderLabels:
    """Read classes, split and levels from relative posix paths.

    A top folder named train, val, valid, test, query, gallery or the like becomes the column ``split``; the class is
    the rest of the path, shortened to its leaf where that stays unique; its parents become ``level1``, ``level2``, …
    Where no two folders are classes, the file names may say who is in a picture, as those of Market-1501 do, or have a
    form of which a part repeats, as in ``7_jackson_32.wav``.
    """
    in_folder = [path.rpartition("/")[0] for path in paths]
    folders = _without_wrapper({folder: _composed(folder) for folder in set(in_folder)})
    split, inside, tops = _inside(folders)

    names = _names({f: p for f, p in inside.items() if p}, split)
    class_names = tuple(sorted(set(names.values()), key=natural))
    number = {name: i for i, name in enumerate(class_names)}
    label = {f: number[names[p]] if p else UNLABELLED for f, p in inside.items()}

    positions = [i for i, folder in enumerate(in_folder) if folder in inside]
    columns: dict[str, tuple[str, ...]] = {}
    if split:
        columns["split"] = tuple(split[in_folder[i]] for i in positions)
    for level in range(max((len(p) - 1 for p in inside.values()), default=0)):
        value = {f: p[level] if level < len(p) - 1 else "" for f, p in inside.items()}
        columns[f"level{level + 1}"] = tuple(value[in_folder[i]] for i in positions)
    found = FolderLabels(
        kept=np.array(positions, dtype=np.int64),
        labels=np.array([label[in_folder[i]] for i in positions], dtype=np.int64),
        class_names=class_names,
        columns=columns,
        outside=np.array([i for i, folder in enumerate(in_folder) if folder not in inside], dtype=np.int64),
        split_folders=tuple(sorted(top.lower() for top in tops)),
        notes=_shared_leaves(set(names.values())),
    )
    return found if len(class_names) > 1 else _named_by_files(found, [paths[i] for i in positions])


def _shared_leaves(class_names: set[str]) -> tuple[str, ...]:
    """Say that folders of one name are different classes: nobody but the user knows whether they are."""
    places: dict[str, list[str]] = {}
    for name in class_names:
        if "/" in name:
            places.setdefault(name.rpartition("/")[2], []).append(name)
    leaf = min(places, key=natural, default=None)
    if leaf is None:
        return ()
    shown = listed(sorted(places[leaf], key=natural), 3)
    return (f"Folders of one name in different folders are different classes: {shown}",)


def _named_by_files(found: FolderLabels, paths: Sequence[str]) -> FolderLabels:
    """Return the identities that the names of files say, where all of them do, else the classes in their parts."""
    parts = found.columns.get("split", ())
    said = identities_in(paths, parts)
    if said is None:
        return _named_by_parts(found, paths)
    return replace(
        found,
        labels=said.labels,
        class_names=said.class_names,
        columns={**found.columns, **said.columns(parts)},
        notes=(
            "Classes and cameras are those of the file names: identity, then camera, as in Market-1501",
            *said.notes,
        ),
        said_by=NAMES,
    )


def _named_by_parts(found: FolderLabels, paths: Sequence[str]) -> FolderLabels:
    """Return the classes and columns that the parts of file names say, where all names have one form."""
    said = name_parts_in(paths)
    if said is None:
        return found
    classes = labelling(said.columns[said.label])
    stem, value = said.example
    others = [name for name in said.columns if name != said.label]
    another = f"; data.label_column={others[0]} takes another" if others else ""
    if said.others:
        another += f"; {several(said.others, 'name')} of another form: unlabelled"
    return replace(
        found,
        labels=classes.labels,
        class_names=classes.class_names,
        columns={**found.columns, **said.columns},
        notes=(f"Classes are {said.label} of the file names, {value} in {stem}{another}",),
        said_by=NAMES,
    )


def relabelled(found: FolderLabels, column: str) -> FolderLabels:
    """Return the same items with the values of a column for classes; what these were is the column ``class``.

    Raises
    ------
    UserError: if there is no such column.
    """
    if column not in found.columns:
        known = listed([printable(name) for name in found.columns])
        raise UserError(
            f"There is no column {printable(column)!r} to take the classes from",
            remedy=f"Columns: {known}" if known else "Neither folders nor file names say more than the class",
        )
    names = (*found.class_names, "")
    before = tuple(names[label] for label in found.labels.tolist())
    known_already = not found.class_names or before in found.columns.values()
    classes = labelling(found.columns[column])
    return replace(
        found,
        labels=classes.labels,
        class_names=classes.class_names,
        columns=found.columns if known_already else {**found.columns, "class": before},
        notes=(f"Classes are the column {printable(column)}",),
        said_by=column,
    )
