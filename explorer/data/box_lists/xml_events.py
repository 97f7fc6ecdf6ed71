"""Reading XML that comes from elsewhere: nothing outside the file is looked up, and no entity is made anything of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from explorer.core.errors import UserError, printable

Begin = Callable[[str, Mapping[str, str]], None]
End = Callable[[str, str], None]
LARGEST_XML = 1 << 30
DEEPEST = 64
LONGEST_TEXT = 1 << 20


class _RefusedError(Exception):
    """The file holds what is not read; the text says what."""


def parse(path: Path, begin: Begin, end: End) -> None:
    """Call ``begin`` with each element and its attributes, and ``end`` with it and its text, in their order.

    A document type is refused: entities stand there, which can grow without end or name other files.

    Raises
    ------
    UserError: if it is damaged, refused, or cannot be read.
    """
    texts: list[list[str]] = []

    def refuse(*_: object) -> None:
        raise _RefusedError("has a document type, in which entities can be hidden")

    def started(name: str, attributes: dict[str, str]) -> None:
        texts.append([])
        if len(texts) > DEEPEST:
            raise _RefusedError(f"is nested more than {DEEPEST} deep")
        begin(name, attributes)

    def said(data: str) -> None:
        if texts and len(texts[-1]) < LONGEST_TEXT:
            texts[-1].append(data)

    def ended(name: str) -> None:
        end(name, "".join(texts.pop()).strip())

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = started, ended, said
    shown = printable(str(path))
    try:
        if path.stat().st_size > LARGEST_XML:
            raise _RefusedError(f"is larger than {LARGEST_XML // 2**20} MB")
        with path.open("rb") as file:
            parser.ParseFile(file)
    except _RefusedError as error:
        raise UserError(f"{shown} {error}, and is refused", remedy="Export it again") from error
    except expat.ExpatError as error:
        raise UserError(
            f"{shown}, line {error.lineno}: {expat.ErrorString(error.code)}", remedy="Export it again"
        ) from error
    except (OSError, ValueError, LookupError) as error:  # the last: an encoding that does not exist
        raise UserError(f"{shown} cannot be read: {error}", remedy="Check the file") from error
