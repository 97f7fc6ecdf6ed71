"""Where the program keeps what on the disk, how much that is, by what policy, and how it is freed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from explorer.core.words import several
from explorer.data.cache import LIMIT_BYTES, PixelCache
from explorer.engine.fault_reports import KEPT, reports_folder
from explorer.engine.paths import runs_folder
from explorer.engine.run_trash import KEPT_DAYS, TRASH, RunTrash
from explorer.measure.codes_folder import CodesFolder
from explorer.runs.disk_use import GIVEN_UP, POLICIES, RunUse, bytes_below

PlaceName = Literal["runs", "trash", "cache", "reports"]


LOST: Mapping[PlaceName, str] = {
    "cache": "decoded items of every data set and indexes of many vectors: they are made again when they are needed",
    "trash": "all deleted runs: they cannot be brought back",
}
"""What is lost when a folder of the program is emptied, in words."""


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """One folder of the program and the bytes in it; ``policy``: what holds it, in words."""

    name: PlaceName
    folder: Path
    size: int
    policy: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what is kept, as people read it. ``free``: what ``free`` is asked for, empty where nothing can be.

    ``spare``: bytes that this would free, of which ``spare_weights`` stand in the line of the weights; ``lost``: in
    words, what is lost then.
    """

    title: str
    size: int
    policy: str
    free: str = ""
    spare: int = 0
    lost: str = ""
    spare_weights: int = 0

    @property
    def spare_told(self) -> str:
        """How much would be freed, and how much of it is that of another line."""
        all_of_it = megabytes(self.spare)
        return f"{all_of_it}, {megabytes(self.spare_weights)} of it weights" if self.spare_weights else all_of_it


def places(runs: Path | None = None, cache: Path | None = None) -> tuple[PlaceUse, ...]:
    """Return what the folders of the program take; None: those of this person."""
    kept, pixels = runs or runs_folder(), PixelCache(cache)
    trash = kept / TRASH
    thrown = bytes_below(trash)
    limit = f"decoded items, at most {LIMIT_BYTES / 1e6:,.0f} MB; those used longest ago go first"
    return (
        PlaceUse("runs", kept, bytes_below(kept) - thrown, "runs that were given no other place; none goes by itself"),
        PlaceUse("trash", trash, thrown, f"deleted runs, each for {KEPT_DAYS} days; until then it can be brought back"),
        PlaceUse("cache", pixels.folder, pixels.size() + CodesFolder(cache).size(), limit),
        PlaceUse("reports", reports_folder(), bytes_below(reports_folder()), f"the newest {KEPT} reports on faults"),
    )


def rows_of_run(use: RunUse) -> tuple[Row, ...]:
    """Return the lines on a run."""
    parts = tuple(
        Row(
            f"{part.part}, {several(part.steps, 'step')}",
            part.size,
            POLICIES[part.part],
            part.part if part.spare else "",
            part.spare_size,
            GIVEN_UP[part.part],
            part.spare_weights,
        )
        for part in use.parts
    )
    rest = use.size - sum(part.size for part in use.parts)
    return (*parts, Row("metrics, items and the rest", max(0, rest), "all of it, for good"))


def rows_of_places(found: tuple[PlaceUse, ...]) -> tuple[Row, ...]:
    """Return the lines on the folders of the program, of which the cache and the trash can be freed."""
    return tuple(
        Row(place.name, place.size, place.policy, place.name, place.size, LOST[place.name])
        if place.name in LOST and place.size
        else Row(place.name, place.size, place.policy)
        for place in found
    )


def free_place(name: str, runs: Path | None = None, cache: Path | None = None) -> int:
    """Remove for good all that lies in the ``cache`` or the ``trash``; return how many bytes that has freed."""
    if name == "trash":
        return RunTrash(runs or runs_folder()).empty()
    return PixelCache(cache).clear() + CodesFolder(cache).clear()


def megabytes(size: int) -> str:
    """Return bytes as people read them: ``12.3 MB``."""
    return f"{size / 1e6:,.1f} MB"
