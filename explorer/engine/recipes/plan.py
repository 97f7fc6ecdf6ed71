"""A training that somebody else shall do again: on what, by which settings, and what changes on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explorer.core.events import Set
from explorer.core.recipe import GENERAL, Recipe
from explorer.core.registry import Scalar
from explorer.data.modalities.base import Modality, modality_named
from explorer.engine.events import Role
from explorer.engine.recipes.chosen_settings import chosen_settings
from explorer.engine.recipes.how_trained import HowTrained, Longer


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained.

    ``sources``: specs and roles of the data, the main ones first; ``settings`` and ``general``: what differs from the
    default recipe, in order; ``changes``: which live values change before which steps; ``longer``: how it is trained
    further, one go after the other; ``threads``: of torch on the CPU in the first go, 0: all; ``lacking``: what
    it does otherwise than the run it was made of, in sentences; ``given``: see ``HowTrained``.
    """

    sources: tuple[tuple[str, Role], ...]
    settings: Mapping[str, Scalar]
    general: Mapping[str, Scalar] = field(default_factory=dict)
    changes: tuple[Set, ...] = ()
    longer: tuple[Longer, ...] = ()
    threads: int = 0
    lacking: tuple[str, ...] = ()
    given: tuple[str, Path] | None = None


def plan_of_recipe(recipe: Recipe, sources: Sequence[tuple[str, Role]], modality: Modality | None) -> Plan:
    """Return the plan of training by a recipe; imports every kind of part.

    Raises
    ------
    UserError: if the recipe names a part that there is not, or a value that is not allowed.
    """
    chosen = chosen_settings(recipe, modality)
    settings = {path: value for path, value in chosen.items() if path not in GENERAL}
    return Plan(tuple(sources), settings, {path: chosen[path] for path in GENERAL if path in chosen})


def plan_of_run(how: HowTrained) -> Plan:
    """Return the plan of training a run again; imports every kind of part.

    Raises
    ------
    UserError: if its recipe names a part that there is not any more, or its kind of data is not installed.
    """
    plan = plan_of_recipe(how.recipe, how.sources, modality_named(how.modality))
    changes = tuple(Set(change.path, change.new, change.step) for change in how.changes)
    return Plan(how.sources, plan.settings, plan.general, changes, how.longer, how.threads, how.lacking, how.given)
