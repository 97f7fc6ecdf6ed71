"""The quick thread of the analysis process: clicks first, then the census at a margin that somebody moves."""

from __future__ import annotations

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.types import DatasetCensus, IntArray, Neighbours
from explorer.engine.analysis.board import Board, Held, Pins
from explorer.engine.analysis.jobs import Result
from explorer.measure.census import census, sample_anchors
from explorer.measure.search import Index

CENSUS_ANCHORS = 2_000
"""Anchors of a census of a whole dataset: every triplet of these is counted, which takes two seconds at 70,000."""


class Answers:
    """Answers every pin for what is shown and, while a window is open, counts the triplets of what is measured."""

    def __init__(self, board: Board, *, live: bool) -> None:
        self.busy = False
        self._board = board
        self._live = live
        self._clicking = False
        self._index: tuple[int, Index] | None = None
        self._pinned: tuple[Pins | None, int] = (None, 0)
        self._counted: tuple[float, int] = (0.0, 0)
        board.clicks = lambda: self._clicking or self._click_due()
        board.workers.append(self)

    def due(self) -> bool:
        """Return whether a click or a census waits."""
        return self._click_due() or self._census_due()

    def run(self) -> None:
        """Work for ever."""
        board = self._board
        while True:
            with board.changed:
                self._clicking = False
                board.next_work(self)
                self._clicking = self._click_due()
                pins, shown, measured, scene, margin = (
                    board.pins,
                    board.shown,
                    board.measured,
                    board.scene,
                    board.margin,
                )
                if self._clicking and shown is not None:
                    self._pinned = (pins, shown.serial)
                elif measured is not None:
                    self._counted = (margin, measured.serial)
            if self._clicking and pins is not None and shown is not None:
                board.reply(Result(shown.generation, self._neighbours(pins, shown)))
            elif measured is not None and scene is not None:
                self._count(measured, scene.labels, margin)

    def _click_due(self) -> bool:
        pins, shown = self._board.pins, self._board.shown
        return pins is not None and shown is not None and self._pinned != (pins, shown.serial)

    def _census_due(self) -> bool:
        measured = self._board.measured
        return self._live and measured is not None and self._counted != (self._board.margin, measured.serial)

    def _neighbours(self, pins: Pins, held: Held) -> Neighbours:
        """Rank the neighbours of the pinned queries; those without an embedding get none."""
        if self._index is None or self._index[0] != held.serial:
            self._index = None  # the old one is freed before the new one is made
            self._index = (held.serial, Index(held.embeddings, held.lift))
        rows = rows_of(held.indices, pins.queries)
        known = rows >= 0
        indices = np.full((len(rows), pins.k), -1, np.int64)
        distances = np.full((len(rows), pins.k), np.inf, np.float32)
        if known.any():
            own = rows[known]
            near, at = self._index[1].query(held.embeddings[own], pins.k, exclude=own)
            indices[known] = np.where(near >= 0, held.indices[near], -1)
            distances[known] = at
        return Neighbours(held.run, held.step, pins.queries, indices, distances, held.exact)

    def _count(self, held: Held, labels: IntArray, margin: float) -> None:
        """Count triplets; a click, another margin or a newer snapshot interrupts that."""
        board, own = self._board, labels[held.indices]

        def interrupted() -> bool:
            return self._click_due() or self._counted != (board.margin, held.serial) or board.measured is not held

        anchors = sample_anchors(own, CENSUS_ANCHORS)
        if not len(anchors):
            return
        try:
            found = census(held.embeddings, own, margin, held.lift, anchors, cancelled=interrupted)
        except Cancelled:
            if self._counted == (board.margin, held.serial):
                self._counted = (0.0, 0)  # it was a click: count again after it
            return
        answer = DatasetCensus(held.run, held.step, found, len(anchors), len(own))
        board.reply(Result(held.generation, answer))


def rows_of(indices: IntArray, wanted: IntArray) -> IntArray:
    """Return the row of each wanted item in ``indices`` (M,), -1 where it is not there."""
    if not len(indices):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(indices, kind="stable")
    places = order[np.minimum(np.searchsorted(indices, wanted, sorter=order), len(indices) - 1)]
    rows: IntArray = np.where(indices[places] == wanted, places, -1)
    return rows
