"""N-way K-shot episodes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.learn.samplers.base import Sampler, chunk_parameter
from explorer.learn.samplers.members import check_classes, members_of


@register("sampler", "episodic", title="Episodes (N-way K-shot)", reference="Vinyals et al. 2016; Snell et al. 2017")
class Episodic(Sampler):
    """Every batch is a few-shot episode: N classes, of each K images to know it by and Q queries to be told apart.

    The classes of an episode and their images are drawn uniformly, none twice. The first N · K rows of a batch are
    the support, class by class, the N · Q rows after it the queries, in the same order of the classes. A class with
    fewer than K + Q images is left out; where fewer than N classes are left, an episode has all of them. An epoch has
    as many episodes as draw about as many images as there are.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        ways: int = parameter(20, "Classes in an episode (N); more than at test time helps", minimum=2, maximum=1024)
        shots: int = parameter(1, "Support images of each class (K), as many as at test time", minimum=1, maximum=512)
        queries: int = parameter(5, "Query images of each class (Q)", minimum=1, maximum=512)
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the classes of which there are enough images."""
        members = members_of(self.labels)
        check_classes(len(self.labels), members)
        self.each: int = self.params.shots + self.params.queries
        self.members = [rows for rows in members if len(rows) >= self.each]
        if len(self.members) < 2:
            raise UserError(
                f"{len(self.members)} of {len(members)} training classes have the {self.each} images that an episode "
                f"takes of each of its classes",
                remedy="Choose fewer sampler.shots or sampler.queries, or another sampler",
            )
        notes = []
        if len(self.members) < len(members):
            few = len(members) - len(self.members)
            notes.append(f"{several(few, 'class', 'classes')} with fewer than {self.each} images left out of training")
        self.ways = min(self.params.ways, len(self.members))
        if self.ways < self.params.ways:
            notes.append(f"Episodes have {several(self.ways, 'class', 'classes')}, there are no more")
        self.notes = tuple(notes)
        self.support = self.ways * self.params.shots
        self.batch = self.ways * self.each
        self.length = max(1, sum(len(rows) for rows in self.members) // self.batch)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        shots = self.params.shots
        for _ in range(self.length):
            chosen = self.permutation(len(self.members))[: self.ways]
            drawn = [self.members[c][self.permutation(len(self.members[c]))[: self.each]] for c in chosen]
            yield np.concatenate([rows[:shots] for rows in drawn] + [rows[shots:] for rows in drawn])
