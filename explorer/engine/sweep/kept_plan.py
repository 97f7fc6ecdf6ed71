"""``sweep.json``: what a sweep is to train, so that the window can go on with it after any end."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from explorer.core.recipe import Recipe
from explorer.engine.events import Role
from explorer.engine.saved_runs import PLAN_NAME
from explorer.engine.sweep.plan import PlannedRun, axis_of, combinations, planned_runs
from explorer.engine.sweep.queue import QUEUE_NAME, read_entries
from explorer.runs.atomic import saving, write_file
from explorer.runs.sealed import read_sealed, sealed

PLAN_LIMIT = 4 << 20

MAIN_LOSSES = (
    "contrastive",
    "triplet",
    "n_pair",
    "lifted_structure",
    "multi_similarity",
    "nt_xent",
    "supcon",
    "proxy_nca",
    "proxy_anchor",
    "arcface",
)
"""The losses that are tried first on new data: of pairs, triplets and whole batches, with proxies and with angles."""


class SweepPlan(BaseModel):
    """What a sweep is to train.

    Attributes
    ----------
    recipe, sources: what is the same in all runs; ``name``: of the data, for people.
    over: what is swept over, as ``axis_of`` takes it. draw, seeds: see ``combinations`` and ``planned_runs``.
    pictures, minutes, halving: see ``Budget``. ended: nothing is left to train.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    recipe: Recipe
    sources: tuple[tuple[str, Role], ...]
    name: str = ""
    over: tuple[str, ...] = ()
    draw: int = Field(default=0, ge=0)
    seeds: int = Field(default=1, ge=1)
    pictures: int = Field(default=0, ge=0)
    minutes: float = Field(default=0.0, ge=0.0)
    halving: bool = False
    ended: bool = False

    def runs(self) -> tuple[PlannedRun, ...]:
        """Return the runs that are to be trained.

        Raises
        ------
        UserError: if what is swept over cannot be, or is too much.
        """
        swept = tuple(combinations([axis_of(text) for text in self.over], self.draw, self.recipe.seed))
        return planned_runs(self.recipe, swept, self.seeds)


def write_plan(folder: Path, plan: SweepPlan) -> None:
    """Keep the plan of the sweep in a folder, which is made.

    Raises
    ------
    UserError: if it cannot be written.
    """
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / PLAN_NAME, [sealed(plan.model_dump(mode="json"))])


def read_plan(folder: Path) -> SweepPlan | None:
    """Return the plan of the sweep in a folder, None where there is none.

    Raises
    ------
    UserError: if it cannot be read or is damaged.
    """
    return read_sealed(folder / PLAN_NAME, PLAN_LIMIT, SweepPlan.model_validate, "Sweep into another folder")


def trained_so_far(folder: Path) -> int:
    """Return how many runs of the sweep in a folder were trained in its first round, or failed."""
    entries, _end = read_entries(folder / QUEUE_NAME)
    return len({entry.run for entry in entries if entry.state != "started"})
