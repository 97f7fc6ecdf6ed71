"""Who is in a picture and which camera saw it, by file names as the sets of re-identification write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.types import UNLABELLED, IntArray
from explorer.data.names import natural

NAME = re.compile(r"(-1|\d{3,})_c(\d+)")
"""``0004_c1s1_000000_00.jpg``: the identity, then the camera; Market-1501, DukeMTMC, CUHK03, VeRi."""
JUNK = "-1"
"""The identity of pictures that count for nothing: parts of people, and people whom nobody knows."""


@dataclass(frozen=True, slots=True)
class Identities:
    """``labels`` (N,) int64 into ``class_names``, -1 for junk; ``cameras``: N texts; ``junk``: how many these are."""

    labels: IntArray
    class_names: tuple[str, ...]
    cameras: tuple[str, ...]
    junk: int


def identities_in(paths: Sequence[str]) -> Identities | None:
    """Return what the file names say; None unless every one of them says it, and of two identities at least."""
    found = [NAME.match(path.rpartition("/")[2]) for path in paths]
    said = [match for match in found if match is not None]
    people = {match[1] for match in said} - {JUNK}
    if len(said) < len(found) or len(people) < 2:
        return None
    class_names = tuple(sorted(people, key=natural))
    number = {name: i for i, name in enumerate(class_names)} | {JUNK: UNLABELLED}
    return Identities(
        labels=np.array([number[match[1]] for match in said], dtype=np.int64),
        class_names=class_names,
        cameras=tuple(str(int(match[2])) for match in said),
        junk=sum(match[1] == JUNK for match in said),
    )
