"""``parent.json`` in the folder of a branch: of which run it is one, and after which step."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from explorer.core.errors import UserError
from explorer.runs.sealed import read_sealed

PARENT_NAME = "parent.json"
PARENT_LIMIT = 1 << 16


class Parent(BaseModel):
    """From which run one was branched: its id, what its folder was called, and after which step.

    ``missing``: the stretches of steps that its history lacked by then, first and last of each. ``seconds``: for how
    long that was trained up to the step, None where it did not say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    name: str
    step: int = Field(ge=0)
    missing: tuple[tuple[int, int], ...] = ()
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def __str__(self) -> str:
        return f"{self.name}@{self.step}"


def read_parent(folder: Path) -> Parent | None:
    """Return from where the run in a folder was branched, None where it was not.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    return read_sealed(folder / PARENT_NAME, PARENT_LIMIT, Parent.model_validate, "Delete it: the run is whole")


def seconds_before(folder: Path) -> float | None:
    """Return for how long a run was trained before it began by itself: 0 unless it was branched; None: not known."""
    with suppress(UserError):
        if (parent := read_parent(folder)) is not None:
            return parent.seconds
    return 0.0


def parent_told(folder: Path) -> str:
    """Return from where the run in a folder was branched, as ``RUN@STEP``; empty where it was not, or nobody can tell.

    It is told by its recipe all the same.
    """
    try:
        return str(read_parent(folder) or "")
    except UserError:
        return ""
