"""Evaluate what is shown by any protocol, thoroughly, beside the same of the raw data: in the background."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.recipe import Part
from explorer.core.registry import validated
from explorer.core.result_kinds import result
from explorer.core.types import PIXELS_RUN, UNLABELLED, IntArray
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.samples import raw_sample_of, sample_of, trained_classes
from explorer.engine.jobs import AlreadyReported, Control
from explorer.engine.session.state import SessionState
from explorer.evaluation.protocol import Measured
from explorer.measure.lifts import lift

ItemsAsked = Literal["held-out", "train"]
"""Which items are measured; where nothing is held out, ``held-out`` stands for all that have a class."""


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


@result("latest", "run", raw=True)
@dataclass(frozen=True, slots=True)
class ProtocolRefused:
    """Why a protocol found nothing, in words: what it lacks, and the remedy."""

    run: str
    protocol: Part
    problem: str


class Evaluator:
    """Measures what is shown by a protocol. Figures of the raw data are kept: they do not change while a run trains."""

    def __init__(self, session: SessionState) -> None:
        self._session = session
        self._raw: dict[tuple[int, str, bytes, str], Measured] = {}

    def evaluate(self, protocol: Part, items: ItemsAsked, control: Control) -> None:
        """Measure and post a ``ProtocolResult`` or why there is none, ``ProtocolRefused``; one job at a time.

        Raises
        ------
        UserError: if there are no data. AlreadyReported: if it was refused. Cancelled: if the job was cancelled.
        RuntimeError: if the analysis has ended.
        """
        session = self._session
        with session.lock:
            opened, generation, run = session.opened, session.generation, session.run
        if opened is None:
            raise UserError("there are no data", remedy="Open pictures or vectors first")
        try:
            validated("protocol", protocol.name, dict(protocol.params))
            found = self._measured(opened, generation, protocol, items, control)
        except UserError as error:
            session.results.post(ProtocolRefused(run, protocol, str(error)), generation)
            raise AlreadyReported from error
        session.results.post(found, generation)

    def _measured(
        self, opened: Opened, generation: int, protocol: Part, items: ItemsAsked, control: Control
    ) -> ProtocolResult:
        session, chosen = self._session, items_of(opened, items)
        if not len(chosen):
            raise nothing_among(opened, items)
        seen = None if opened.split is None else trained_classes(opened.dataset, opened.split.train)
        measure = partial(session.analysis.measure, protocol, seed=session.recipe.seed, cancelled=control.cancelled)
        control.progress("raw data", 0, 0)
        key = (generation, items, chosen.tobytes(), protocol.model_dump_json())
        if key not in self._raw:
            self._raw = {known: found for known, found in self._raw.items() if known[:3] == key[:3]}
            self._raw[key] = measure(raw_sample_of(opened.dataset, chosen, seen))
        raw = found = self._raw[key]
        control.progress("embeddings", 0, 0)
        snapshot = session.measured(chosen)
        if snapshot is not None:
            rows = rows_of(snapshot.indices, chosen)
            there = rows >= 0
            x = snapshot.embeddings[rows[there]]
            found = measure(sample_of(opened.dataset, chosen[there], x, lift(snapshot.distance), seen))
        run, step, exact = (PIXELS_RUN, 0, True) if snapshot is None else (snapshot.run, snapshot.step, snapshot.exact)
        unseen = bool(opened.split is not None and opened.split.unseen and items == "held-out")
        return ProtocolResult(run, step, exact, protocol, items, unseen, found, raw)


def nothing_among(opened: Opened, items: ItemsAsked) -> UserError:
    """Return why there is nothing to measure: no item has a class, or none of those that were asked for."""
    if not (np.asarray(opened.dataset.labels) != UNLABELLED).any():
        return UserError("no item has a class", remedy="Put each class in a folder of its own, or name a label column")
    if items == "train":
        return UserError("no item with a class is trained on", remedy="Measure the held-out items")
    return UserError("no item with a class is held out", remedy="Hold out more, or measure the training items")


def items_of(opened: Opened, items: ItemsAsked) -> IntArray:
    """Return the items that have a class: held out, or trained on; all of them where there is no split."""
    split, labels = opened.split, np.asarray(opened.dataset.labels)
    part = np.arange(len(labels))
    if split is not None:
        part = split.train if items == "train" else split.held_out
    known: IntArray = part[labels[part] != UNLABELLED]
    return known
