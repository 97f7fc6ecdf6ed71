"""``places.json``: where the data of a run lie by now that were moved; ``run.json`` goes on saying where they were.

It may come and change without the run's lock (but not while another process trains the run), and the manifest does not
name it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from explorer.runs.atomic import write_file
from explorer.runs.lock import check_not_elsewhere
from explorer.runs.sealed import read_sealed, sealed

PLACES_NAME = "places.json"
PLACES_LIMIT = 1 << 20


class DataPlaces(BaseModel):
    """From where to where data of a run were moved, time after time: each goes by where they were the time before.

    What was found at one time belongs together: test data may have given their place to those that are trained on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    moves: tuple[dict[str, str], ...] = ()

    def now(self, place: str) -> str:
        """Return where lies what lay in ``place`` when the run began; where it lay before, if it was moved back."""
        known = [place]
        for moves in self.moves:
            known.append(moves.get(known[-1], known[-1]))
        return next((one for one in reversed(known) if os.path.exists(one)), known[-1])


def read_places(folder: Path) -> DataPlaces:
    """Return where the data of the run in a folder were moved to.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """
    remedy = "Delete it: where the data are now is asked again then"
    return read_sealed(folder / PLACES_NAME, PLACES_LIMIT, DataPlaces.model_validate, remedy) or DataPlaces()


def write_moves(folder: Path, moves: Mapping[str, str]) -> None:
    """Keep with the run in a folder that data were moved since, from where they were known to lie last.

    Raises
    ------
    UserError: if it cannot be written, what was kept is damaged, or another process writes the run.
    """
    check_not_elsewhere(folder)
    kept = (*read_places(folder).moves, dict(moves))
    write_file(folder / PLACES_NAME, [sealed(DataPlaces(moves=kept).model_dump())])
