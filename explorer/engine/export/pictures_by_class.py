"""Copies of the pictures of items, or of what else their files are, in a new folder with a folder for each class."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.registry import Parameters, Scalar, register
from explorer.core.types import UNLABELLED, IntArray
from explorer.data.pictures import PictureError, ReadCall
from explorer.engine.export.base import Export, SaveChoice, Subject
from explorer.engine.export.contents import Contents
from explorer.engine.export.item_pictures import png_of
from explorer.engine.jobs import Control, progress_of
from explorer.engine.paths import check_new_folder
from explorer.runs.atomic import write_folder

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

LONGEST_NAME = 80
ROWS = 64
"""Items between two looks whether to stop."""

_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*\x7f]')
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Names that Windows keeps for devices."""


class FreeNames:
    """Names of files and folders that every system allows, each once, however they are written in capitals."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, text: str) -> str:
        """Return a free name as like a text as can be."""
        plain = _FORBIDDEN.sub("_", printable(text)).strip(" .")
        stem, dot, ending = plain.rpartition(".") if "." in plain[1:] else (plain, "", "")
        stem, ending = stem[:LONGEST_NAME] or "_", f"{dot}{ending[:12]}"
        if _RESERVED.fullmatch(stem):
            stem = f"_{stem}"
        name, number = f"{stem}{ending}", 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}{ending}"
        self._taken.add(name.casefold())
        return name


def copy_by_class(dest: Path, dataset: Dataset, items: IntArray, control: Control) -> int:
    """Copy the files of items into a new folder, in one folder a class; return how many there are.

    Of items that have no file of their own, such as rows of an array, the small pictures are drawn as PNG.

    Raises
    ------
    UserError: if the folder cannot be made, or an item has neither file nor picture. Cancelled: if it was; nothing is
        left then.
    """
    check_new_folder(dest, dataset.uri)
    if dataset.originals is None and dataset.previews is None:
        raise UserError(f"{dataset.modality.plural.capitalize()} have no files to copy", remedy="Save a list of them")
    write_folder(dest, lambda folder: _Copies(folder, dataset, control).copy(items))
    return len(items)


class _Copies:
    """Fills a folder."""

    def __init__(self, folder: Path, dataset: Dataset, control: Control) -> None:
        self._folder, self._dataset = folder, dataset
        self._progress = progress_of(control)
        self._classes = FreeNames()
        self._folders: dict[int, tuple[Path, FreeNames]] = {}

    def copy(self, items: IntArray) -> None:
        originals = self._dataset.originals
        opened: AbstractContextManager[ReadCall | None] = nullcontext() if originals is None else originals.reading()
        with opened as read:
            for done, item in enumerate(items.tolist()):
                if done % ROWS == 0:
                    self._progress("copy", done, len(items))
                folder, names = self._folder_of(item)
                name, content = self._file(item, read)
                (folder / names.of(name)).write_bytes(content)  # no copy is awaited on the disk: it can be made again

    def _folder_of(self, item: int) -> tuple[Path, FreeNames]:
        label = int(self._dataset.labels[item])
        if label not in self._folders:
            name = "unlabelled" if label == UNLABELLED else self._dataset.class_names[label]
            folder = self._folder / self._classes.of(name)
            folder.mkdir()
            self._folders[label] = (folder, FreeNames())
        return self._folders[label]

    def _file(self, item: int, read: Callable[[int], bytes] | None) -> tuple[str, bytes]:
        """Return what an item is called and what its file holds."""
        dataset, name = self._dataset, re.split(r"[/\\]", self._dataset.ids[item])[-1]
        if read is None:
            previews = dataset.previews
            assert previews is not None
            return f"{name.removesuffix('.png')}.png", png_of(np.asarray(previews[item]))
        try:
            return name, read(item)
        except PictureError as error:
            raise UserError(f"{printable(dataset.path(item))}: {error.reason}", remedy="Take it out") from error


@register("export", "files", title="Copies of the pictures")
class Files(Export):
    """The files of the items as they came, in a new folder with a folder for each class, to be opened as data again."""

    endings = ("",)
    of = "items"
    action = "Copy the pictures"
    tip = "The files of the items, in a folder for each class"
    choices: ClassVar[tuple[SaveChoice, ...]] = (SaveChoice("All items, in folders of their classes (*)"),)

    class Params(Parameters):
        """Parameters of the export: none."""

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the folder cannot be made, or is there with something in it."""
        check_new_folder(path)

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Copy the files."""
        self.check(path)
        dataset = Contents(subject, control).dataset
        items = np.arange(len(subject.items), dtype=np.int64) if subject.selected is None else subject.selected
        return {"items": copy_by_class(path, dataset, items, control)}
