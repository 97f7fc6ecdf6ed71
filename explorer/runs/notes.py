"""``notes.json``: how a person calls a run, its tags, and what was written down about it.

It lies in the run's folder, so that a copy of the run keeps it. It may come, change and go without the run's lock (but
not while another process trains the run), and the manifest does not name it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.core.errors import UserError
from explorer.runs.atomic import write_file
from explorer.runs.lock import check_not_elsewhere
from explorer.runs.sealed import read_sealed, sealed

NOTES_NAME = "notes.json"
NOTES_LIMIT = 1 << 20
LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE = 200, 50, 20_000
MOST_TAGS = 20


class RunNotes(BaseModel):
    """What a person said of a run.

    Attributes
    ----------
    name: how it is called; empty: by its folder.
    tags: each once, in the order in which they were given.
    note: any text.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    tags: Annotated[tuple[Annotated[str, Field(max_length=LONGEST_TAG)], ...], Field(max_length=MOST_TAGS)] = ()
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


def run_notes(name: str, tags: Iterable[str], note: str) -> RunNotes:
    """Return notes as they were typed: blanks around words go, and so do tags that are empty or there already.

    Raises
    ------
    UserError: if something is too long, or is no text that can be kept.
    """
    words = dict.fromkeys(" ".join(tag.split()) for tag in tags)
    try:
        return RunNotes(name=" ".join(name.split()), tags=tuple(word for word in words if word), note=note.strip())
    except ValidationError as error:
        raise UserError(
            f"A name has at most {LONGEST_NAME} letters, a tag {LONGEST_TAG}, a note {LONGEST_NOTE:,}, "
            f"and a run {MOST_TAGS} tags",
            remedy="Say it in fewer words",
        ) from error


def write_notes(folder: Path, notes: RunNotes) -> None:
    """Keep notes with the run in a folder, in place of earlier ones.

    Raises
    ------
    UserError: if they cannot be written, or another process writes the run.
    """
    check_not_elsewhere(folder)
    write_file(folder / NOTES_NAME, [sealed(notes.model_dump())])


def read_notes(folder: Path) -> RunNotes:
    """Return the notes of the run in a folder, empty ones where there are none.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    remedy = "Name the run anew, and it is written again"
    return read_sealed(folder / NOTES_NAME, NOTES_LIMIT, RunNotes.model_validate, remedy) or RunNotes()
