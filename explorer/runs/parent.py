"""``parent.json`` in the folder of a branch: of which run it is one, and after which step."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from explorer.core.errors import UserError
from explorer.runs.sealed import read_sealed

PARENT_NAME = "parent.json"
PARENT_LIMIT = 1 << 16


class Parent(BaseModel):
    """From which run one was branched: its id, what its folder was called, and after which step.

    ``missing``: the stretches of steps that its history lacked by then, first and last of each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    name: str
    step: int = Field(ge=0)
    missing: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}@{self.step}"


def read_parent(folder: Path) -> Parent | None:
    """Return from where the run in a folder was branched, None where it was not.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    return read_sealed(folder / PARENT_NAME, PARENT_LIMIT, Parent.model_validate, "Delete it: the run is whole")


def parent_told(folder: Path) -> str:
    """Return from where the run in a folder was branched, as ``RUN@STEP``; empty where it was not, or nobody can tell.

    It is told by its recipe all the same.
    """
    try:
        return str(read_parent(folder) or "")
    except UserError:
        return ""
