"""What a sweep trains: a recipe for each combination of values, or for some that are drawn, and for each seed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, log2

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import find

MOST_RUNS = 100_000
LONGEST_NAME = 80
LARGEST_END = 1e100
"""Of a range: between larger ends there are no numbers that can be reckoned with."""

MOST_DEVICES = 64

Setting = tuple[str, str]
"""A key of a recipe and a value as it is written."""

_RANGE = re.compile(r"^([^:,]+):([^:,]+)(?::(\d+))?(:log)?$")
_DEVICE = re.compile(r"(cpu|cuda(:\d{1,3})?)\Z")


@dataclass(frozen=True, slots=True)
class Axis:
    """What a key of the recipe is swept over: the ``values``, or, where there are none, all from ``low`` to ``high``.

    ``log``: evenly by their logarithms; ``whole``: whole numbers alone.
    """

    key: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> str:
        """Return the value at a share of the way, in 0..1."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.log:
            return _written(self.low * (self.high / self.low) ** share, self.whole)
        return _written(self.low + share * (self.high - self.low), self.whole)

    def written(self, value: str | float) -> str:
        """Return a value of the axis as a recipe takes it."""
        return value if isinstance(value, str) else _written(value, self.whole)

    def holds(self, text: str) -> bool:
        """Return whether a value, as a recipe takes it, is one of the axis; the ends of a range are rounded."""
        if self.values:
            return text in self.values
        try:
            return float(self.at(0)) <= float(text) <= float(self.at(1))
        except ValueError:
            return False

    def read(self, text: str) -> str | float:
        """Return the value that ``written`` wrote: a text where there are ``values``, else a number in the range."""
        if self.values:
            return text
        return int(text) if self.whole else min(max(float(text), self.low), self.high)


def axis_of(text: str) -> Axis:
    """Return what ``KEY=A,B,C``, ``KEY=LOW:HIGH:COUNT`` or, to be drawn, ``KEY=LOW:HIGH`` says; ``:log`` may follow.

    Raises
    ------
    UserError: if it says none of them.
    """
    key, equals, said = (part.strip() for part in text.partition("="))
    if not (key and equals and said):
        raise UserError(
            f"{printable(text)} does not say what is swept over", remedy="For example: loss.margin=0.1:0.5:5"
        )
    found = _RANGE.match(said)
    if found is None:
        values = tuple(dict.fromkeys(value.strip() for value in said.split(",") if value.strip()))
        if not values:
            raise UserError(f"{printable(text)} names no value", remedy="For example: loss=triplet,supcon")
        return Axis(key, values)
    low, high, count, log = found.groups()
    try:
        ends = float(low), float(high)
    except ValueError:
        return Axis(key, (said,))
    if not ends[0] < ends[1] or (log and ends[0] <= 0) or not all(abs(end) <= LARGEST_END for end in ends):
        raise UserError(
            f"{printable(text)} is no range", remedy="Say LOW:HIGH:COUNT, from a smaller number to a larger one"
        )
    whole = all(re.fullmatch(r"[+-]?\d+", end.strip()) for end in (low, high))
    axis = Axis(key, (), *ends, bool(log), whole)
    if count is None:
        return axis
    steps = max(1, int(count))
    grid = dict.fromkeys(axis.at(step / max(1, steps - 1)) for step in range(min(steps, MOST_RUNS)))
    return Axis(key, tuple(grid))


def named_twice(text: str) -> tuple[str, ...]:
    """Return the values that the list of an axis, as ``axis_of`` takes it, names more than once."""
    _key, _, said = text.partition("=")
    values = [value.strip() for value in said.split(",") if value.strip()]
    plain = [_plain(value) for value in values]
    return tuple(dict.fromkeys(value for value in values if plain.count(_plain(value)) > 1))


def _plain(value: str) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value


def _written(value: float, whole: bool) -> str:
    return str(round(value)) if whole else f"{value:.6g}"


def combinations(axes: Sequence[Axis], draw: int = 0, seed: int = 0) -> Iterator[tuple[Setting, ...]]:
    """Yield every combination of values, or ``draw`` of them: the points of Sobol's sequence, scrambled by ``seed``.

    Sobol, Distribution of points in a cube, 1967; Owen, Scrambling Sobol' points, 1998.

    Raises
    ------
    UserError: if an axis is a range without a count and nothing is drawn, or there are too many.
    """
    if len({axis.key for axis in axes}) < len(axes):
        raise UserError("A key is swept over twice", remedy="List all of its values once")
    if draw:
        yield from _drawn(axes, draw, seed)
        return
    for axis in axes:
        if not axis.values:
            raise UserError(
                f"{axis.key} is a range without a count", remedy="Say LOW:HIGH:COUNT, or how many are drawn"
            )
    if np.prod([float(len(axis.values)) for axis in axes]) > MOST_RUNS:
        raise UserError(f"A sweep has at most {MOST_RUNS:,} runs", remedy="Sweep over fewer values, or draw some")
    for values in product(*(axis.values for axis in axes)):
        yield tuple((axis.key, value) for axis, value in zip(axes, values, strict=True))


def _drawn(axes: Sequence[Axis], draw: int, seed: int) -> Iterator[tuple[Setting, ...]]:
    from scipy.stats import qmc  # a second to import

    if not axes or draw > MOST_RUNS:
        raise UserError(
            "There is nothing to draw from" if not axes else f"A sweep has at most {MOST_RUNS:,} runs",
            remedy="Say what is swept over, and how many are drawn",
        )
    points = qmc.Sobol(len(axes), rng=np.random.default_rng(seed)).random_base2(ceil(log2(draw)))[:draw]
    for point in points.tolist():
        yield tuple((axis.key, axis.at(share)) for axis, share in zip(axes, point, strict=True))


def devices_of(text: str) -> tuple[str, ...]:
    """Return the devices that a text names, with commas or blanks between; the same one twice: two runs at once on it.

    Raises
    ------
    UserError: if one is none.
    """
    devices = tuple(re.split(r"[\s,;]+", text.strip())) if text.strip() else ()
    for device in devices:
        if not _DEVICE.match(device):
            raise UserError(f"{printable(device)} is no device", remedy="Say cpu, cuda:0, cuda:1 and so on")
    if len(devices) > MOST_DEVICES:
        raise UserError(f"At most {MOST_DEVICES} runs are trained at once", remedy="Name fewer devices")
    return devices


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that a sweep trains: the ``name`` of its folder, what is special about it, and its recipe with a seed."""

    name: str
    settings: tuple[Setting, ...]
    recipe: Recipe


def planned_runs(base: Recipe, swept: Sequence[tuple[Setting, ...]], seeds: int = 1) -> tuple[PlannedRun, ...]:
    """Return the runs of a sweep, all combinations with the first seed first.

    A parameter that the part of a combination does not have is left out of it: of what is then the same recipe there
    is one run. The name of a run follows from its recipe alone, so that the same command finds its runs again.

    Raises
    ------
    UserError: if there is no such key, a value is not allowed, or there are too many.
    """
    if len(swept) * seeds > MOST_RUNS:
        raise UserError(f"A sweep has at most {MOST_RUNS:,} runs", remedy="Sweep over fewer values, or draw some")
    found: dict[str, PlannedRun] = {}
    for seed in range(base.seed, base.seed + max(1, seeds)):
        for settings in swept:
            recipe, kept = _with_settings(base.with_value("seed", seed), settings)
            name = _name(kept, recipe)
            found.setdefault(name, PlannedRun(name, kept, recipe))
    return tuple(found.values())


def _with_settings(recipe: Recipe, settings: Sequence[Setting]) -> tuple[Recipe, tuple[Setting, ...]]:
    """Return a recipe with other values, parts before their parameters, and those that it can have."""
    kept = []
    for key, value in sorted(settings, key=lambda setting: "." in setting[0]):
        if not _lacks(recipe, key, settings):
            recipe = recipe.with_value(key, value)
            kept.append((key, value))
    return recipe, tuple(kept)


def _lacks(recipe: Recipe, key: str, settings: Sequence[Setting]) -> bool:
    """Return whether a part that is itself swept over has no such parameter."""
    kind, _, name = key.partition(".")
    if not name or kind not in PART_KINDS or kind not in (swept for swept, _ in settings):
        return False
    return name not in find(kind, recipe.part(kind).name).params.model_fields


def _name(settings: Sequence[Setting], recipe: Recipe) -> str:
    """Return a name for the folder of a run, which is the same wherever the recipe is."""
    digest = hashlib.sha256(json.dumps(recipe.resolved().model_dump(), sort_keys=True).encode()).hexdigest()[:8]
    parts = [f"{key.partition('.')[2]}{value}" for key, value in settings]
    said = re.sub(r"[^A-Za-z0-9.+-]+", "_", "-".join([*parts, f"seed{recipe.seed}"])).strip("._")
    return f"{said[:LONGEST_NAME]}-{digest}"
