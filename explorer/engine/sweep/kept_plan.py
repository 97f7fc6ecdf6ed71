"""``sweep.json``: what a sweep is to train, so that the window can go on with it after any end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from explorer.core.given_tuples import GivenKind
from explorer.core.recipe import Recipe
from explorer.engine.events import Role
from explorer.engine.saved_runs import PLAN_NAME
from explorer.engine.session.given import suited_to_given
from explorer.engine.sweep.halving import Halving
from explorer.engine.sweep.plan import PlannedRun, axis_of, combinations, planned_runs
from explorer.engine.sweep.queue import QUEUE_NAME, Entry, read_entries
from explorer.engine.sweep.rounds import Rounds
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
    pictures, minutes: see ``Budget``. halving: only the better half of the combinations goes on, again and again.
    drawn_by: by which the ``draw`` are chosen: evenly (sobol), or each by the ``metric`` of those before (optuna).
    devices: on which runs are trained side by side; none: on all CUDA cards, where the recipe leaves that open.
    given: a file of pairs, triplets or must-link lists that is trained on in place of classes, and of which kind it is.
    ended: nothing is left to train.
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
    drawn_by: Literal["sobol", "optuna"] = "sobol"
    metric: str = "recall@1"
    devices: tuple[str, ...] = ()
    given: tuple[str, GivenKind] = ("", "pairs")
    ended: bool = False

    def rounds(self, entries: Sequence[Entry] = (), at_once: int = 1) -> Rounds:
        """Return the rounds in which the runs are trained, so many ``at_once``; ``entries``: what the queue says.

        Raises
        ------
        UserError: if what is swept over cannot be, or is too much.
        """
        axes, base = [axis_of(text) for text in self.over], self._base()
        if self.drawn_by == "optuna":
            from explorer.engine.sweep.asked import Asked, check_asked

            check_asked(self.draw, self.seeds, self.metric, halving=self.halving)
            return Asked(
                base, axes, draw=self.draw, seeds=self.seeds, metric=self.metric, entries=entries, at_once=at_once
            )
        runs = planned_runs(base, tuple(combinations(axes, self.draw, base.seed)), self.seeds)
        return Halving(runs) if self.halving else Rounds(runs)

    def runs(self, entries: Sequence[Entry] = ()) -> tuple[PlannedRun, ...]:
        """Return the runs that are to be trained, as far as they are known; ``entries``: what the queue says.

        Raises
        ------
        UserError: if what is swept over cannot be, or is too much.
        """
        return self.rounds(entries).known

    def count(self) -> int:
        """Return how many runs are to be trained, at most.

        Raises
        ------
        UserError: if what is swept over cannot be, or is too much.
        """
        return self.rounds().runs

    def used_devices(self) -> tuple[str, ...]:
        """Return the devices on which runs are trained side by side; a single empty one: that of the recipe.

        Raises
        ------
        UserError: if one is not there.
        """
        if not self.devices:
            if self.recipe.device != "auto" or any(axis_of(text).key == "device" for text in self.over):
                return ("",)
            from explorer.learn.device import several_cards  # torch

            return several_cards() or ("",)
        if any(device != "cpu" for device in self.devices):
            from explorer.learn.device import choose_device  # torch

            for device in self.devices:
                choose_device(device)
        return self.devices

    def _base(self) -> Recipe:
        """Return the recipe that all runs share: a loss of pairs where pairs are given and nobody chose another."""
        name, kind = self.given
        return suited_to_given(self.recipe, kind) if name else self.recipe


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
