"""``threshold.json``: the distance up to which two items are the same, as it was chosen on validation pairs.

It is chosen from a finished run, which stays as it is: so the file may come, go and change without the run's lock
(but not while another process trains it), and the manifest does not name it.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from explorer.runs.atomic import write_file
from explorer.runs.lock import check_not_elsewhere
from explorer.runs.sealed import read_sealed, sealed

THRESHOLD_NAME = "threshold.json"
THRESHOLD_LIMIT = 1 << 16


class Threshold(BaseModel):
    """Two items are the same where their distance is at most ``distance``.

    Attributes
    ----------
    distance: in the distance of the run, as its network of ``step`` embeds.
    fmr, fnmr: shares of different pairs accepted and of same pairs refused, in 0..1, on items that had no part in
        the choice.
    target: the share of different pairs that was allowed when it was chosen; 0: where both errors are equal.
    same_pairs, different_pairs: how many pairs it was chosen on.
    split: in words, on which items it was chosen.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    distance: float
    fmr: float = Field(ge=0, le=1)
    fnmr: float = Field(ge=0, le=1)
    step: int = Field(ge=0)
    target: float = Field(ge=0, le=1)
    same_pairs: int = Field(ge=0)
    different_pairs: int = Field(ge=0)
    split: str


def write_threshold(folder: Path, threshold: Threshold) -> None:
    """Keep a threshold with the run in a folder, in place of an earlier one.

    Raises
    ------
    UserError: if it cannot be written, or another process writes the run.
    """
    check_not_elsewhere(folder)
    write_file(folder / THRESHOLD_NAME, [sealed(threshold.model_dump())])


def read_threshold(folder: Path) -> Threshold | None:
    """Return the threshold that the run in a folder keeps, or None where it has none.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    remedy = "Delete it: the threshold is then chosen anew"
    return read_sealed(folder / THRESHOLD_NAME, THRESHOLD_LIMIT, Threshold.model_validate, remedy)


def forget_threshold(folder: Path) -> None:
    """Drop the threshold of a run that is trained on; that there is none is no matter."""
    (folder / THRESHOLD_NAME).unlink(missing_ok=True)
