"""Evaluate what is shown by any protocol, thoroughly, beside the same of the raw data: in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import Part
from explorer.core.registry import validated
from explorer.core.result_kinds import result
from explorer.core.types import PIXELS_RUN, UNLABELLED, FloatArray, IntArray, Snapshot, Split
from explorer.engine.analysis.raw_baseline import unit_rows
from explorer.engine.datasets.loading import Opened, raw_rows
from explorer.engine.datasets.samples import sample_of, trained_classes
from explorer.engine.jobs import Control
from explorer.engine.session.state import SessionState
from explorer.evaluation.protocol import Measured
from explorer.measure.lifts import lift

ItemsAsked = Literal["held-out", "train"]
"""Which items are measured; where nothing is held out, ``held-out`` stands for all that have a class."""

RAW_DISTANCE = "cosine"


@result("latest", "run", raw=True)
@dataclass(frozen=True, slots=True)
class ProtocolResult:
    """What a protocol has found of the embeddings of one step, ``found``, and of the raw data, ``raw``.

    ``exact``: every embedding is of that step's weights. ``items``: which were measured. ``unseen``: their classes were
    never trained on. Before any training ``run`` is ``PIXELS_RUN``, and ``found`` is that of the raw data.
    """

    run: str
    step: int
    exact: bool
    protocol: Part
    items: ItemsAsked
    unseen: bool
    found: Measured
    raw: Measured


class Evaluator:
    """Measures what is shown by a protocol. Figures of the raw data are kept: they do not change while a run trains."""

    def __init__(self, session: SessionState) -> None:
        self._session = session
        self._raw: dict[str, Measured] = {}
        self._raw_of: tuple[int, bytes] = (-1, b"")

    def evaluate(self, protocol: Part, items: ItemsAsked, control: Control) -> None:
        """Measure and post a ``ProtocolResult``; the work of a job, one at a time.

        Raises
        ------
        UserError: if there is nothing to measure, a parameter is not allowed, or the items do not allow the protocol.
        Cancelled: if the job was cancelled. RuntimeError: if the analysis has ended.
        """
        validated("protocol", protocol.name, dict(protocol.params))
        session = self._session
        with session.lock:
            opened, generation, seed = session.opened, session.generation, session.recipe.seed
        if opened is None:
            raise UserError("there are no data", remedy="Open pictures or vectors first")
        chosen = items_of(opened, items)
        if not len(chosen):
            raise UserError(
                "no item has a class", remedy="Put each class in a folder of its own, or name a label column"
            )

        seen = None if opened.split is None else trained_classes(opened.dataset, opened.split.train)

        def measure(rows: IntArray, x: FloatArray, distance: str) -> Measured:
            sample = sample_of(opened.dataset, rows, x, lift(distance), seen)
            return session.analysis.measure(protocol, sample, seed=seed, cancelled=control.cancelled)

        control.progress("raw data", 0, 0)
        raw = self._raw_figures(generation, opened, protocol, chosen, measure)
        control.progress("embeddings", 0, 0)
        snapshot = session.measured(chosen)
        session.results.post(_result(snapshot, protocol, items, opened.split, raw, chosen, measure), generation)

    def _raw_figures(
        self,
        generation: int,
        opened: Opened,
        protocol: Part,
        items: IntArray,
        measure: Callable[[IntArray, FloatArray, str], Measured],
    ) -> Measured:
        of = (generation, items.tobytes())
        if self._raw_of != of:
            self._raw, self._raw_of = {}, of
        key = protocol.model_dump_json()
        if key not in self._raw:
            self._raw[key] = measure(items, unit_rows(raw_rows(opened.dataset, items)), RAW_DISTANCE)
        return self._raw[key]


def items_of(opened: Opened, items: ItemsAsked) -> IntArray:
    """Return the items that have a class: held out, or trained on; all of them where there is no split."""
    split, labels = opened.split, np.asarray(opened.dataset.labels)
    part = np.arange(len(labels))
    if split is not None:
        part = split.train if items == "train" else split.held_out
    known: IntArray = part[labels[part] != UNLABELLED]
    return known


def _result(
    snapshot: Snapshot | None,
    protocol: Part,
    items: ItemsAsked,
    split: Split | None,
    raw: Measured,
    chosen: IntArray,
    measure: Callable[[IntArray, FloatArray, str], Measured],
) -> ProtocolResult:
    unseen = bool(split is not None and split.unseen and items == "held-out")
    if snapshot is None:
        return ProtocolResult(PIXELS_RUN, 0, True, protocol, items, unseen, raw, raw)
    order = np.argsort(snapshot.indices)
    places = np.searchsorted(snapshot.indices[order], chosen)
    there = np.append(snapshot.indices[order], -1)[places] == chosen
    rows, shown = order[places[there]], chosen[there]
    found = measure(shown, snapshot.embeddings[rows], snapshot.distance)
    return ProtocolResult(snapshot.run, snapshot.step, snapshot.exact, protocol, items, unseen, found, raw)
