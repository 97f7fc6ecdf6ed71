"""The re-identification protocol: who is seen by one camera is to be found among what the others saw.

The rules are those of Market-1501 (Zheng et al., Scalable Person Re-identification, ICCV 2015): from the ranking of a
query the items of its own identity under its own camera are dropped; junk (identity -1) is ignored; distractors (0000)
stand in the gallery and are never asked. Rank-k is the share of queries with a right item among the first k (the CMC
curve), mAP averages over all right items, mINP (Ye et al., Deep Learning for Person Re-identification, TPAMI 2022) is
the number of right items over the rank of the last one. At equal distances wrong items rank first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import DISTRACTORS, UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.evaluation.paired import Doubles, Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.evaluation.retrieval import query_and_gallery
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never
from explorer.measure.ranking import right_ranks

RANKS = (1, 5, 10)
CURVE = 50
CAMERAS = ("camera", "cam")
JUNK = frozenset({"-1", "junk"})
NOBODY = DISTRACTORS | {"0000"}
FILE_NAME = re.compile(r"(?:^|[/\\])(-1|\d+)_c(\d+)[^/\\]*$")
"""Identity and camera of 0002_c1s1_000451_03.jpg (Market-1501) or 0005_c2_f0046985.jpg (DukeMTMC-reID)."""

PARENT = re.compile(r"level\d+")
"""Columns that say what a class belongs to."""
NO_CAMERA = "For items seen by several cameras: no column and no file name says by which"


class ReIdentification(NamedTuple):
    """What the protocol found.

    ``cmc`` (50,): the share of queries with a right item at rank 1, 2, … or before; ``map``, ``minp``; ``queries`` that
    were asked, and ``lone`` ones that no other camera has seen.
    """

    cmc: npt.NDArray[np.float64]
    map: float
    minp: float
    queries: int
    lone: int


class Answers(NamedTuple):
    """What each query (Q,) got: the rank ``first`` of its first right item, its average precision, and its mINP.

    ``queries``: which items they are; those that no other camera has seen are left out.
    """

    queries: IntArray
    first: Doubles
    precision: Doubles
    inverse_penalty: Doubles


class Roles(NamedTuple):
    """Which items (M,) ask, and which are ranked; what is in neither is ignored."""

    query: BoolArray
    gallery: BoolArray


def evaluate(
    x: FloatArray,
    identities: npt.ArrayLike,
    cameras: npt.ArrayLike,
    lift: Lift,
    roles: Roles,
    *,
    cancelled: Callable[[], bool] = never,
) -> ReIdentification:
    """Return the means over queries of what they get: see ``answers``.

    Raises
    ------
    UserError: if no query has a right item. Cancelled: if ``cancelled()`` turns true.
    """
    found = answers(x, identities, cameras, lift, roles, cancelled=cancelled)
    cmc = (found.first[:, None] <= np.arange(1, CURVE + 1)).mean(axis=0)
    asked = len(found.queries)
    means = float(found.precision.mean()), float(found.inverse_penalty.mean())
    return ReIdentification(cmc, *means, asked, int(roles.query.sum()) - asked)


def answers(
    x: FloatArray,
    identities: npt.ArrayLike,
    cameras: npt.ArrayLike,
    lift: Lift,
    roles: Roles,
    *,
    cancelled: Callable[[], bool] = never,
) -> Answers:
    """Rank the gallery among embeddings (M, D) for each query, without what its own camera saw of its identity.

    Raises
    ------
    UserError: if no query has a right item. Cancelled: if ``cancelled()`` turns true.
    """
    who = np.unique(np.asarray(identities), return_inverse=True)[1]
    camera = np.unique(np.asarray(cameras), return_inverse=True)[1]
    queries, among = np.flatnonzero(roles.query), np.flatnonzero(roles.gallery)
    found: list[tuple[int, int, float, float]] = []
    for start, block in distance_blocks(x, queries, lift, cancelled, among):
        for query, row in zip(queries[start : start + len(block)], block, strict=True):
            same = who[among] == who[query]
            allowed = ~(same & (camera[among] == camera[query]))
            right = np.flatnonzero(same & allowed)
            if len(right):
                ranks = right_ranks(row, right, allowed)
                precisions = np.arange(1, len(ranks) + 1) / ranks
                found.append((int(query), int(ranks[0]), float(precisions.mean()), float(precisions[-1])))
    if not found:
        raise UserError(
            "No query has its identity in the gallery under another camera",
            remedy="Hold out identities that two cameras saw, or name the column of the camera: protocol.camera",
        )
    asked, *figures = (np.array(values) for values in zip(*found, strict=True))
    return Answers(asked, *(values.astype(np.float64) for values in figures))


@register("protocol", "re_id", title="Re-identification", reference="Zheng et al. 2015; Ye et al. 2022")
class ReIdProtocol(Protocol):
    """Each query is to be found under the other cameras: rank-k, mAP, mINP and the CMC curve; ties never help."""

    class Params(Parameters):
        """Parameters of the protocol."""

        camera: str = parameter("", "Column of the camera; empty: camera or cam, else from names like 0002_c1s1_….jpg")
        column: str = parameter("split", "Column that says which items are queries, gallery or distractors")
        query: str = parameter("query", "What that column says of queries")
        gallery: str = parameter("gallery", "What that column says of the gallery")

    @classmethod
    def lacks(cls, columns: Collection[str], name: str) -> str:
        """Miss a camera where neither a column nor the names of the files can be one."""
        known = any(column != "split" and not PARENT.fullmatch(column) for column in columns)
        return "" if known or FILE_NAME.search(name) else NO_CAMERA

    def check(self, sample: Sample) -> None:
        """Look for cameras, queries and gallery."""
        self._asked(sample)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return rank-1, rank-5, rank-10, mAP, mINP and the curve ``cmc``."""
        cameras, roles = self._asked(sample)
        found = evaluate(sample.x, sample.labels, cameras, sample.lift, roles, cancelled=effort.cancelled)
        figures = {f"rank-{k}": float(found.cmc[k - 1]) for k in RANKS} | {"map": found.map, "minp": found.minp}
        curve = (list(range(1, CURVE + 1)), found.cmc.tolist())
        how = f"asked by {found.queries:,} of them, its own camera left out"
        taking_part = roles.query | roles.gallery
        labels = np.asarray(sample.labels)
        classes = len(np.unique(labels[taking_part & (labels != UNLABELLED)]))
        return Measured(figures, int(taking_part.sum()), classes, found.lone, how, {"cmc": curve})

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings query by query; identities are what is drawn where there are ten."""
        cameras, roles = self._asked(a)
        first, second = (
            answers(sample.x, a.labels, cameras, sample.lift, roles, cancelled=effort.cancelled) for sample in (a, b)
        )
        figures: dict[str, tuple[Doubles, Doubles]] = {
            **{
                f"rank-{k}": ((first.first <= k).astype(np.float64), (second.first <= k).astype(np.float64))
                for k in RANKS
            },
            "map": (first.precision, second.precision),
            "minp": (first.inverse_penalty, second.inverse_penalty),
        }
        who = np.unique(np.asarray(a.labels)[first.queries], return_inverse=True)[1]
        return {name: paired_means(x, y, who, seed=effort.seed) for name, (x, y) in figures.items()}

    def _asked(self, sample: Sample) -> tuple[npt.NDArray[np.str_], Roles]:
        """Return the camera of each item (M,), and who asks whom."""
        names = [FILE_NAME.search(name) for name in sample.ids]
        return self._cameras(sample, names), self._roles(sample, names)

    def _cameras(self, sample: Sample, names: list[re.Match[str] | None]) -> npt.NDArray[np.str_]:
        column = self.params.camera or next((name for name in CAMERAS if name in sample.columns), "")
        cameras = sample.column(column)
        if cameras is not None:
            return cameras
        if names and all(names):
            return np.array([name[2] for name in names if name])
        raise UserError(
            "Nothing says which camera saw an item",
            remedy="Name its column: --set protocol.camera=…, or call files as Market-1501 does: 0002_c1s1_….jpg",
        )

    def _roles(self, sample: Sample, names: list[re.Match[str] | None]) -> Roles:
        """Return who asks whom: by the column, else everybody everybody."""
        labels = np.asarray(sample.labels, np.int64)
        called = [sample.class_names[label].lower() if 0 <= label < len(sample.class_names) else "" for label in labels]
        told = [name[1] if name else "" for name in names] or [""] * len(labels)
        junk = np.array([bool({a, b} & JUNK) for a, b in zip(called, told, strict=True)])
        apart = np.array([bool({a, b} & NOBODY) for a, b in zip(called, told, strict=True)])
        params = self.params
        parts = query_and_gallery(sample, params.column, params.query, params.gallery)
        if params.column in sample.columns:
            said = np.char.lower(np.char.strip(np.asarray(sample.columns[params.column])))
            apart |= np.isin(said, sorted(NOBODY))
        junk |= (labels == UNLABELLED) & ~apart
        everybody = np.ones(len(labels), np.bool_)
        query, gallery = (everybody, everybody) if parts is None else parts
        return Roles(query & ~junk & ~apart, (gallery | apart) & ~junk)
