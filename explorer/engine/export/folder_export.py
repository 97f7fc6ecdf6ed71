"""An export that is a folder: files, and a README with the lines that load them outside this program."""

from __future__ import annotations

import csv
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar, Literal

from explorer.core.errors import printable
from explorer.core.registry import Scalar
from explorer.core.types import IntArray
from explorer.engine.export.base import Export, ItemTable, SaveChoice, Subject
from explorer.engine.export.contents import Contents
from explorer.engine.jobs import Control
from explorer.engine.paths import check_new_folder
from explorer.runs.atomic import flush_to_disk, write_folder
from explorer.runs.items import safe_cell

README = "README.md"
ITEMS = "items.csv"
ITEM_COLUMNS = ("number", "id", "path", "class", "part")
ITEMS_TOLD = "number in the run, id, path, class and part (train or held-out), in the order of the vectors"
ROWS = 4096
"""Rows between two looks whether to stop."""


@dataclass(frozen=True, slots=True)
class Readme:
    """What a README says: the ``files`` and what each holds, what ``needs`` to be installed, the ``lines`` that load.

    ``about``: paragraphs on what is to be known.
    """

    title: str
    files: Mapping[str, str]
    lines: str
    needs: str = ""
    about: tuple[str, ...] = ()
    facts: Mapping[str, Scalar] = field(default_factory=dict)

    def text(self, run: str) -> str:
        """Return it as Markdown; ``run``: the name of the run that it is of."""
        name = printable(run).replace("`", "'").replace("\n", " ")
        facts = ", ".join(f"{key} {value}" for key, value in self.facts.items())
        table = [f"| `{file}` | {holds} |" for file, holds in self.files.items()]
        install = f"```\npython -m pip install {self.needs}\n```\n\n" if self.needs else ""
        return "\n\n".join(
            [
                f"# {self.title}",
                f"Of the run `{name}`: {facts}. Written by Embedding Explorer, which is not needed to read it.",
                "\n".join(["| file | holds |", "|---|---|", *table]),
                *self.about,
                "## Load it",
                f"{install}In this folder:\n\n```python\n{self.lines.strip()}\n```\n",
            ]
        )


class FolderExport(Export):
    """Writes a new folder, whole or not at all; subclasses ``fill`` it and say what its README does."""

    endings = ("",)
    of: ClassVar[Literal["map", "run", "items", "network"]] = "items"
    choices: ClassVar[tuple[SaveChoice, ...]] = (SaveChoice("All items, in a new folder (*)"),)

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the folder cannot be made, or is there with something in it."""
        check_new_folder(path)

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the folder."""
        self.check(path)
        contents = Contents(subject, control)
        facts: dict[str, Scalar] = {}

        def fill(folder: Path) -> None:
            readme = self.fill(folder, contents)
            facts.update(readme.facts)
            (folder / README).write_text(readme.text(subject.name), encoding="utf-8", errors="replace")
            for file in folder.rglob("*"):
                if file.is_file():
                    with open(file, "rb+") as written:
                        flush_to_disk(written.fileno())

        write_folder(path, fill)
        return facts

    @abstractmethod
    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the files into an empty folder, and return what the README says.

        Raises
        ------
        UserError: if that is not possible. Cancelled: if the job was cancelled.
        """
        raise NotImplementedError


def facts_of(contents: Contents) -> dict[str, Scalar]:
    """Return what is told of the embeddings that were taken."""
    embedded = contents.embedded
    facts: dict[str, Scalar] = {"items": len(embedded.indices), "dimension": int(embedded.embeddings.shape[1])}
    facts |= {"step": embedded.step, "distance": embedded.distance}
    return facts if contents.full else {**facts, "digits": "16 bits"}


def digits_told(contents: Contents) -> tuple[str, ...]:
    """Return a paragraph where the embeddings are not as exact as they were."""
    if contents.full:
        return ()
    return (
        "These embeddings were kept with the run in 16 bits, because its network of that step or its data are not "
        "there any more: neighbours that are nearly as far as each other may change places.",
    )


def item_rows(items: ItemTable, taken: IntArray, contents: Contents) -> Iterator[dict[str, str]]:
    """Yield what ``ITEM_COLUMNS`` say of each item that is taken."""
    for done, item in enumerate(taken.tolist()):
        if done % ROWS == 0:
            contents.progress("list the items", done, len(taken))
        own = (items.ids[item], items.path(item), items.class_name(item), items.parts[item])
        yield dict(zip(ITEM_COLUMNS, (str(item), *own), strict=True))


def write_items(folder: Path, contents: Contents) -> None:
    """Write a row an item that is taken, in the order of its embeddings."""
    file: IO[str]
    with open(folder / ITEMS, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.DictWriter(file, ITEM_COLUMNS)
        writer.writeheader()
        for row in item_rows(contents.subject.items, contents.embedded.indices, contents):
            writer.writerow({name: safe_cell(text) for name, text in row.items()})
