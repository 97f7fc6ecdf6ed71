"""Who is in a picture and which camera saw it, by file names as the sets of re-identification write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.types import UNLABELLED, BoolArray, IntArray
from explorer.data.labels import part_names
from explorer.data.names import natural, several

NAME = re.compile(r"(-1|\d{3,})_c(\d+)")
"""``0004_c1s1_000000_00.jpg``: the identity, then the camera; Market-1501, DukeMTMC, CUHK03, VeRi."""
JUNK, DISTRACTOR = "-1", "0000"
"""The identities of pictures that count for nothing: parts of people, and people whom nobody knows; and of those that
are nobody, and stand in the gallery to be mistaken for somebody."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is in N pictures, and what saw them.

    ``labels`` (N,) int64 into ``class_names``, -1 for ``junk`` and ``distractors``, which are (N,) bool; ``cameras``: N
    texts.
    """

    labels: IntArray
    class_names: tuple[str, ...]
    cameras: tuple[str, ...]
    junk: BoolArray
    distractors: BoolArray

    def columns(self, parts: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the columns ``camera`` and, from ``parts``, ``split``, which calls distractors and junk so."""
        if not len(parts):
            return {"camera": self.cameras}
        split = np.array(parts, dtype=object)
        split[self.distractors], split[self.junk] = part_names.DISTRACTOR, part_names.JUNK
        return {"camera": self.cameras, "split": tuple(split.tolist())}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of pictures without an identity."""
        junk, nobody = int(self.junk.sum()), int(self.distractors.sum())
        said = [f"{several(junk, 'picture')} of the identity -1: junk, which counts for nothing"] * bool(junk)
        said += [f"{several(nobody, 'picture')} of the identity 0000: distractors, wrong for every query"] * bool(
            nobody
        )
        return tuple(said)


def identities_in(paths: Sequence[str], parts: Sequence[str] = ()) -> Identities | None:
    """Return what the file names say; None unless every one of them says it, and of two identities at least.

    ``parts``: of the split, one a path, where there are any: 0000 is nobody only where it neither trains nor asks.
    """
    found = [NAME.match(path.rpartition("/")[2]) for path in paths]
    said = [match for match in found if match is not None]
    elsewhere = {match[1] for match, part in zip(said, parts, strict=False) if part != "gallery"}
    nobody = {JUNK} | ({DISTRACTOR} - elsewhere)
    people = {match[1] for match in said} - nobody
    if len(said) < len(found) or len(people) < 2:
        return None
    class_names = tuple(sorted(people, key=natural))
    number = {name: i for i, name in enumerate(class_names)} | dict.fromkeys(nobody, UNLABELLED)
    who = np.array([match[1] for match in said])
    return Identities(
        labels=np.array([number[match[1]] for match in said], dtype=np.int64),
        class_names=class_names,
        cameras=tuple(str(int(match[2])) for match in said),
        junk=who == JUNK,
        distractors=(who == DISTRACTOR) & (DISTRACTOR in nobody),
    )
