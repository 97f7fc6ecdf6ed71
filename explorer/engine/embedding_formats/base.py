"""What a format of embeddings is: a part of kind ``embedding_format``, chosen by the ending of a file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

from explorer.core.errors import UserError, printable
from explorer.core.registry import Parameters, catalogue, create
from explorer.core.types import FloatArray
from explorer.engine.export.base import written_whole


@dataclass(frozen=True, slots=True)
class EmbeddedItems:
    """Items with their embeddings (N, D): ``ids`` (N,), and the names of their classes, empty where they have none."""

    ids: Sequence[str]
    labels: Sequence[str]
    embeddings: FloatArray


class EmbeddingFormat:
    """Writes embeddings to a file: ``EmbeddingFormat(params)``. ``ending``: of its name, with the dot."""

    ending: ClassVar[str]

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def check(self) -> None:
        """Raise a ``UserError`` where a package is missing."""

    def write(self, path: Path, items: EmbeddedItems) -> None:
        """Write the file; OSError where that is not possible."""
        raise NotImplementedError


def format_of(path: Path) -> EmbeddingFormat:
    """Return the format that the ending of a name asks for.

    Raises
    ------
    UserError: if there is none, or a package is missing.
    """
    endings = {cast(type[EmbeddingFormat], entry.part).ending: name for name, entry in _formats().items()}
    name = endings.get(path.suffix.lower())
    if name is None:
        raise UserError(f"{printable(path.name)} ends in none of {', '.join(endings)}", remedy="Name OUT accordingly")
    made: EmbeddingFormat = create("embedding_format", name, {})
    made.check()
    return made


def write_embeddings(path: Path, items: EmbeddedItems) -> None:
    """Write embeddings in the format of the name, whole or not at all.

    Raises
    ------
    UserError: if the name asks for no format, a package is missing, or the file cannot be written.
    """
    made = format_of(path)
    written_whole(path, lambda beside: made.write(beside, items))


def _formats() -> dict[str, Any]:
    known = catalogue("embedding_format")
    return {name: known[name] for name in sorted(known, key=lambda name: (name == "parquet", name == "csv", name))}
