"""A saved run as a row of a table: plain values, of which ten thousand take little memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from explorer.core.recipe import GENERAL, PART_KINDS, Recipe
from explorer.core.registry import Scalar
from explorer.engine.recipes.differences import said_otherwise
from explorer.engine.saved_runs import RunGlance, earlier
from explorer.evaluation.intervals import wilson
from explorer.runs.notes import RunNotes

FIELDS = (
    "name", "data", "state", "step", "measured", "epochs", "pictures", "seconds", "device", "written", "bytes",
    "parent", "tags", "note",
)  # fmt: skip
"""What can be asked of a row beside its recipe and its metrics."""


RECIPE = "recipe."
"""Stands before a key of the recipe where a field is called like it."""


def column_name(key: str) -> str:
    """Return what a value of the recipe is called beside the fields of a run: of ``epochs`` it is ``recipe.epochs``."""
    return f"{RECIPE}{key}" if key in FIELDS else key


OF_SCRIPT = "of its script"
"""What stands for the loss of a run that a script of its own trained."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """What a table says of a saved run.

    Attributes
    ----------
    path, name, data: its folder, how it is called, and on what it was trained.
    recipe: as it ended: name and parameters of every part, and plain values. Rows share parts: they are not changed.
        Of a run that a script of its own trained the encoder is the name of its network.
    state: ``done``, ``stopped``, ``failed``, or ``unfinished`` where it trains or was cut off.
    step, epochs, pictures: how much it was trained; pictures of its batches, None where these are of no fixed size.
    metrics: of held-out items, when they were last measured, by so many ``queries``.
    seconds, device: how long it trained and on what; None and empty where that is not known.
    written, bytes: when it was last written to, in seconds since the epoch, and how much room it takes.
    parent: the run and step from which it was branched, as ``RUN@STEP``; empty: none.
    tags, note: what a person said of it. problem: see ``RunGlance``.
    planned: how many epochs it was to have that was stopped before. script: what its network is called that a script
        of its own trained; empty of others. dimension: of its embeddings, where the recipe left it open and it is
        known. measured: the step of the metrics, which may be an earlier one than ``step``; None before any.
    """

    path: str
    name: str
    data: str
    recipe: Mapping[str, Any]
    state: str
    step: int
    epochs: int | None
    pictures: int | None
    metrics: Mapping[str, float]
    queries: int
    seconds: float | None
    device: str
    written: float
    bytes: int
    parent: str
    tags: tuple[str, ...]
    note: str
    problem: str
    planned: int | None = None
    script: str = ""
    dimension: int | None = None
    measured: int | None = None

    @property
    def measured_before(self) -> int | None:
        """See ``RunGlance``."""
        return earlier(self.measured, self.step)

    def value(self, key: str) -> Scalar | None:
        """Return a field, a metric or what the recipe says, such as ``loss`` or ``loss.margin``; None: it has none.

        Of what a field is called like, the recipe says ``recipe.epochs``.
        """
        if key == "tags":
            return ", ".join(self.tags)
        if key in FIELDS:
            found: Scalar | None = getattr(self, key)
            return found
        if key in self.metrics:
            return self.metrics[key]
        return self.setting(key)

    def setting(self, key: str) -> Scalar | None:
        """Return what the recipe says, whatever else is called so; None: nothing."""
        return _setting(self.recipe, key.removeprefix(RECIPE))

    def interval(self, metric: str) -> tuple[float, float] | None:
        """Return the 95 % interval of a metric that is a share of queries; None of others."""
        if not metric.startswith("recall@") or metric not in self.metrics:
            return None
        low, high = wilson(self.metrics[metric], self.queries)
        return None if isnan(low) else (low, high)


def _setting(recipe: Mapping[str, Any], key: str) -> Scalar | None:
    head, _, name = key.partition(".")
    part = recipe.get(head)
    if not isinstance(part, dict):
        return None if name else part
    if "params" not in part:
        found: Scalar | None = part.get(name)
        return found
    said: Scalar | None = part["params"].get(name) if name else part["name"]
    return said


def row_of(run: RunGlance, parts: dict[str, Any]) -> RunRow:
    """Return the row of a run; ``parts``: those of the rows before, by their texts, to be shared."""
    said = run.recipe.model_dump()
    if run.script:  # of which nothing is known but the network
        said |= {"encoder": {"name": run.script, "params": {}}, "loss": {"name": OF_SCRIPT, "params": {}}}
    recipe = {head: parts.setdefault(repr(part), part) for head, part in said.items()}
    batch = _batch(recipe) if run.recipe.fitter.name == "none" else None
    return RunRow(
        path=str(run.path),
        name=run.name,
        data=run.data,
        recipe=recipe,
        state=run.state,
        step=run.step,
        epochs=run.epochs,
        pictures=None if batch is None else batch * run.step,
        metrics=dict(run.metrics),
        queries=run.queries,
        seconds=run.trained,
        device=run.device,
        written=run.seconds,
        bytes=run.size,
        parent=run.parent,
        tags=run.notes.tags,
        note=run.notes.note,
        problem=run.problem,
        planned=run.planned,
        script=run.script,
        dimension=run.dimension,
        measured=run.measured,
    )


def glance_again(row: RunRow) -> RunGlance:
    """Return what a list says of the run of a row. Of a script's run the recipe says nothing, as before."""
    folder = Path(row.path)
    return RunGlance(
        path=folder,
        data=row.data,
        recipe=Recipe.model_validate(row.recipe),
        step=row.step,
        epochs=row.epochs,
        recall=row.metrics.get("recall@1"),
        metrics=tuple(row.metrics.items()),
        trained=row.seconds,
        seconds=row.written,
        size=row.bytes,
        notes=RunNotes(name="" if row.name == folder.name else row.name, tags=row.tags, note=row.note),
        problem=row.problem,
        planned=row.planned,
        queries=row.queries,
        device=row.device,
        state=row.state,
        parent=row.parent,
        script=row.script,
        dimension=row.dimension,
        measured=row.measured,
    )


def _batch(recipe: Mapping[str, Any]) -> int | None:
    """Return how many pictures a batch of a resolved recipe has; None of samplers that are not known."""
    match recipe["sampler"]["params"]:
        case {"ways": int(ways), "shots": int(shots), "queries": int(queries)}:
            return ways * (shots + queries)
        case {"pictures": int(pictures), "captions": int(captions)}:
            return pictures * (1 + captions)
        case {"groups": int(groups), "classes": int(classes), "images": int(images)}:
            return groups * classes * images
        case {"classes": int(classes), "images": int(images)}:
            return classes * images
        case {"items": int(items)}:
            return items
    return None


def differing(rows: tuple[RunRow, ...]) -> tuple[str, ...]:
    """Return the keys of which recipes say different things, the parts first, each before its parameters.

    What only some of the parts have, and all that have it say alike, tells nothing beyond the part itself.
    """
    order = {head: place for place, head in enumerate((*PART_KINDS, *GENERAL, "data"))}
    heads = sorted({head for row in rows for head in row.recipe}, key=lambda head: order.get(head, len(order)))
    return tuple(key for head in heads for key in _differing(head, rows))


def settings_of(row: RunRow) -> Iterator[str]:
    """Yield the keys of all that the recipe of a run says, the parts and their parameters."""
    for head, part in row.recipe.items():
        yield from (key for key, _ in _flat(head, part))


def _differing(head: str, rows: tuple[RunRow, ...]) -> Iterator[str]:
    parts = {id(part): part for row in rows if (part := row.recipe.get(head)) is not None}.values()
    values: dict[str, set[Hashable]] = {}
    for part in parts:
        for key, value in _flat(head, part):
            values.setdefault(key, set()).add(value)
    yield from (key for key, said in values.items() if len(said_otherwise(key, said)) > 1)


def _flat(head: str, part: Any) -> Iterator[tuple[str, Hashable]]:
    if not isinstance(part, dict):
        yield head, part
        return
    if "params" in part:
        yield head, part["name"]
    for name, value in part.get("params", part).items():
        yield f"{head}.{name}", tuple(value) if isinstance(value, list) else value
