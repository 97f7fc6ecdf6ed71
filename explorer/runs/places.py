"""``places.json``: where the data of a run lie by now that were moved; ``run.json`` goes on saying where they were.

It may come and change without the run's lock (but not while another process trains the run), and the manifest does not
name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from explorer.runs.atomic import write_file
from explorer.runs.lock import check_not_elsewhere
from explorer.runs.sealed import read_sealed, sealed

PLACES_NAME = "places.json"
PLACES_LIMIT = 1 << 20


class DataPlaces(BaseModel):
    """From where to where data of a run were moved, in order: each pair goes by the one before."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    moves: tuple[tuple[str, str], ...] = ()

    def now(self, place: str) -> str:
        """Return where lies what lay in ``place`` when the run began."""
        for before, after in self.moves:
            place = after if place == before else place
        return place


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
    kept = (*read_places(folder).moves, *moves.items())
    write_file(folder / PLACES_NAME, [sealed(DataPlaces(moves=kept).model_dump())])
