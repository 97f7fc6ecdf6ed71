"""What an export is: a format in which a map, or a whole run, is written to one file."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from explorer.core.errors import UserError, printable
from explorer.core.extras import installed
from explorer.core.map_values import ItemValues
from explorer.core.registry import Parameters, Scalar, install_line
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Projection
from explorer.engine.jobs import Control
from explorer.engine.paths import check_folder_of
from explorer.runs.atomic import flush_to_disk
from explorer.runs.own_files import refuse_own_file

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class ItemTable:
    """What is known of the items of a map, in the order of the dataset.

    ``ids`` (N,); ``path``: where the original of an item lies, for people; ``labels`` (N,) int64 into ``class_names``,
    −1 where unlabelled; ``parts`` (N,): ``train``, ``held-out`` or empty.
    """

    ids: TextColumn
    path: Callable[[int], str]
    labels: IntArray
    class_names: tuple[str, ...]
    parts: TextColumn

    def __len__(self) -> int:
        return len(self.ids)

    def class_name(self, item: int) -> str:
        """Return the name of an item's class, empty where it has none."""
        label = int(self.labels[item])
        return self.class_names[label] if label >= 0 else ""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """Where the network, the embeddings and the pictures of a saved run are.

    ``step``: the one that was asked for, None: the last; ``dataset``: its data, where they are open already; ``moved``:
    where they are, if that is not where they were.
    """

    path: Path
    step: int | None = None
    dataset: Dataset | None = None
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported: the maps of a run, of which one is ``chosen``, and the items on them.

    ``frame`` returns the map of one of the ``steps`` (UserError: there is none); ``recall``: recall@1 of the held-out
    items by step; ``values``: numbers an item that were measured for the chosen step; ``selected``: items of the map;
    ``run``: the saved run that it is of, None for what is only shown.
    """

    name: str
    items: ItemTable
    steps: tuple[int, ...]
    chosen: int
    frame: Callable[[int], Projection]
    recall: Mapping[int, float] = field(default_factory=dict)
    values: tuple[ItemValues, ...] = ()
    selected: IntArray | None = None
    run: KeptRun | None = None


@dataclass(frozen=True, slots=True)
class SaveChoice:
    """One way to save, as a file dialog offers it, and what is set by choosing it.

    ``words``: end in ``(*.ending)``, of a folder in ``(*)``; ``selected``: only the selected items are taken;
    ``needs``: the packages without which it cannot be done.
    """

    words: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    selected: bool = False
    needs: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """The ending of the file, with its dot; empty for a folder."""
        return ending_of(self.words)


def ending_of(words: str) -> str:
    """Return the ending that the words of a ``SaveChoice`` stand for, empty for a folder."""
    _, dot, ending = words.rpartition("*.")
    return f".{ending.rstrip(')')}" if dot else ""


def in_english(text: str, /, **values: object) -> str:
    """Return a text with its values at their names."""
    return text.format(**values)


class Export:
    """Writes a ``Subject`` to a file: ``Export(params)``.

    ``endings``: of the names that it writes, the usual first; ``of``: whether it takes the one map that is shown, every
    map of a run, the items of a run or its network; ``action`` and ``tip``: what the window calls it; ``choices``: the
    ways to save, the usual one first; ``formats``: further names of what it writes, by which it is searched for.
    ``tr`` puts values into a text that stands in a picture; whoever shows a window has it say that in the language of
    the window.
    """

    endings: ClassVar[tuple[str, ...]]
    of: ClassVar[Literal["map", "run", "items", "network"]] = "map"
    action: ClassVar[str]
    tip: ClassVar[str]
    choices: ClassVar[tuple[SaveChoice, ...]]
    formats: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params
        self.tr: Callable[..., str] = in_english

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where a file of this name cannot be written: by its ending, or for a package."""
        if path.suffix.lower() not in self.endings:
            raise UserError(
                f"{printable(path.name)} ends in none of {', '.join(self.endings)}", remedy="Name the file accordingly"
            )
        check_folder_of(path)

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the file, whole or not at all, and return what it holds, in figures.

        Raises
        ------
        UserError: if it cannot be written. Cancelled: if the job was cancelled; nothing was changed then.
        """
        raise NotImplementedError


def written_whole(out: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` write beside ``out`` and rename that, so that ``out`` is whole or as it was.

    Raises
    ------
    UserError: if the folder is missing, the file cannot be written, or it belongs to a run.
    """
    refuse_own_file(out)
    temporary = out.with_name(f".{uuid.uuid4().hex[:12]}{out.suffix.lower()}")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            flush_to_disk(file.fileno())
        os.replace(temporary, out)
    except OSError as error:
        raise UserError(f"{printable(str(out))} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def missing_of(packages: Iterable[str]) -> str:
    """Return which of some packages are not installed, with commas between; empty for none."""
    return ", ".join(name for name in packages if not installed(name.replace("-", "_")))


def needs_package(what: str, *packages: str) -> None:
    """Raise a ``UserError`` with the line that installs what ``what`` needs, where it is missing."""
    if names := missing_of(packages):
        raise UserError(f"{what} needs {names}", remedy=f"Install it with: {install_line(names)}")
