"""A gallery: identities known by a few pictures each, to which others are added without any training.

Who a picture shows is the identity with the nearest enrolled picture, or nobody: open-set identification (Phillips,
Grother and Micheals 2011, "Evaluation methods in face recognition").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable, suggestion
from explorer.core.types import FloatArray, IntArray, frozen
from explorer.measure.index import Index, build_index
from explorer.measure.lifts import lift

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """An identity, and how far the nearest of its pictures is from the one that was asked about."""

    name: str
    distance: float


@dataclass(frozen=True, slots=True)
class Identification:
    """Who it is: the nearest identities, nearest first, and ``name``: None where even the nearest is too far.

    ``threshold``: the largest distance at which two pictures count as of one identity; None: none is known, and then
    nobody is named.
    """

    candidates: tuple[Candidate, ...]
    threshold: float | None

    @property
    def name(self) -> str | None:
        """The nearest identity if it is within the threshold, else None: unknown."""
        if self.threshold is None or not self.candidates:
            return None
        nearest = self.candidates[0]
        return nearest.name if nearest.distance <= self.threshold else None

    @property
    def nearest(self) -> tuple[str, ...]:
        """The identities that are nearest: one, or those that are equally near; none where nobody is enrolled."""
        return tuple(each.name for each in self.candidates if each.distance == self.candidates[0].distance)


def plain_name(name: str) -> str:
    """Return a name as it is kept: in one spelling of Unicode, and nothing in it that is not printable.

    Raises
    ------
    UserError: if it is empty or too long.
    """
    plain = printable(unicodedata.normalize("NFC", name.strip()))
    if not plain:
        raise UserError("An identity needs a name", remedy="Give it one")
    if len(plain) > LONGEST_NAME:
        raise UserError(f"The name {plain[:20]}… is longer than {LONGEST_NAME} characters", remedy="Shorten it")
    return plain


@dataclass(frozen=True, eq=False)
class Gallery:
    """Identities and their enrolled pictures. It never changes: each change returns another, so undo keeps the old one.

    Parameters
    ----------
    distance: the name of the lift by which embeddings are compared.
    names: (K,) of the identities, each once.
    starts: (K + 1,) identity i has the pictures ``starts[i]`` up to ``starts[i + 1]``, at least one.
    embeddings: (M, D) of the pictures, all finite.
    sources: (M,) where each picture is from: what a caller needs to find it again.
    """

    distance: str
    names: tuple[str, ...] = ()
    starts: IntArray = field(default_factory=lambda: frozen([0], np.int64))
    embeddings: FloatArray = field(default_factory=lambda: frozen(np.empty((0, 0)), np.float32))
    sources: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many pictures each identity has."""
        return tuple(np.diff(self.starts).tolist())

    def owner(self, picture: int) -> str:
        """Return the name of the identity that has an enrolled picture, by its row."""
        return self.names[int(np.searchsorted(self.starts, picture, side="right")) - 1]

    def enrol(self, name: str, embeddings: npt.ArrayLike, sources: Sequence[str]) -> Gallery:
        """Return a gallery in which an identity, new or known, has further pictures (A, D).

        One that comes from where an earlier picture of the identity does takes the place of that.

        Raises
        ------
        UserError: if it has no name, there is no picture, or one has an embedding that is not finite.
        """
        plain, new = plain_name(name), np.asarray(embeddings, np.float32)
        if not len(new):
            raise UserError(f"{plain} needs at least one picture", remedy="Give one")
        if not np.isfinite(new).all():
            raise UserError(f"A picture of {plain} has no finite embedding", remedy="Train with a smaller rate")
        if len(new) != len(sources) or (len(self) and new.shape[1] != self.embeddings.shape[1]):
            raise ValueError(f"embeddings of {new.shape} do not fit")
        last = {source: row for row, source in enumerate(sources)}
        at = self.names.index(plain) if plain in self.names else len(self)
        kept = [row for row in self._rows(at) if self.sources[row] not in last]
        own = new[list(last.values())]
        own = np.concatenate([self.embeddings[kept], own]) if kept else own
        return self._with(at, (plain,), own, (*(self.sources[row] for row in kept), *last))

    def remove(self, name: str) -> Gallery:
        """Return a gallery without an identity; UserError: there is none of that name."""
        return self._with(self._place(name), (), self.embeddings[:0], ())

    def rename(self, old: str, new: str) -> Gallery:
        """Return a gallery in which an identity has another name.

        Raises
        ------
        UserError: if there is none of the old name, or another has the new one.
        """
        at, plain = self._place(old), plain_name(new)
        if plain in self.names and plain != self.names[at]:
            raise UserError(f"There is already an identity {plain}", remedy="Choose another name, or remove it first")
        names = (*self.names[:at], plain, *self.names[at + 1 :])
        return Gallery(self.distance, names, self.starts, self.embeddings, self.sources)

    def embedded_as(self, embeddings: npt.ArrayLike, distance: str) -> Gallery:
        """Return the same pictures with other embeddings (M, D'): those of other weights."""
        return Gallery(distance, self.names, self.starts, frozen(embeddings, np.float32), self.sources)

    def identify(self, embedding: npt.ArrayLike, k: int, threshold: float | None = None) -> Identification:
        """Return the k identities with the pictures nearest to one embedding (D,) or (1, D); equal ones by name.

        Every picture is compared. The result does not depend on the order in which they were enrolled.
        """
        asked = np.asarray(embedding, np.float32).reshape(1, -1)
        if not np.isfinite(asked).all():
            raise UserError("The picture has no finite embedding", remedy="Train with a smaller rate")
        if not len(self):
            return Identification((), threshold)
        if asked.shape[1] != self.embeddings.shape[1]:
            raise ValueError(f"an embedding of {asked.shape[1]} numbers does not fit")
        nearest = np.minimum.reduceat(self._index.distances(asked), self.starts[:-1])
        nearest[np.isnan(nearest)] = np.inf
        last = min(k, len(nearest)) - 1
        near = np.flatnonzero(nearest <= np.partition(nearest, last)[last])
        found = sorted((float(nearest[row]), self.names[row]) for row in near)
        return Identification(tuple(Candidate(name, distance) for distance, name in found[: last + 1]), threshold)

    @cached_property
    def _index(self) -> Index:
        return build_index(self.embeddings, lift(self.distance), exact=True)

    def _place(self, name: str) -> int:
        plain = plain_name(name)
        if plain in self.names:
            return self.names.index(plain)
        known = ", ".join(self.names[:5]) + (", …" if len(self) > 5 else "")
        otherwise = f"There are: {known}" if known else "Enrol one first"
        raise UserError(
            f"There is no identity {plain} in the gallery", remedy=suggestion(plain, self.names[:1000], otherwise)
        )

    def _rows(self, at: int) -> range:
        """Return the pictures of the identity at a place; none behind the last identity."""
        return range(int(self.starts[at]), int(self.starts[min(at + 1, len(self))]))

    def _with(self, at: int, name: tuple[str, ...], embeddings: FloatArray, sources: tuple[str, ...]) -> Gallery:
        """Return a gallery with another identity, or none, in a place; behind the last one: with one more."""
        rows, old = self._rows(at), self.embeddings if len(self) else embeddings[:0]
        counts = np.diff(self.starts)
        starts = np.cumsum(np.concatenate([[0], counts[:at], [len(embeddings)] * len(name), counts[at + 1 :]]))
        joined = np.concatenate([old[: rows.start], embeddings, old[rows.stop :]])
        joined.setflags(write=False)
        return Gallery(
            self.distance,
            (*self.names[:at], *name, *self.names[at + 1 :]),
            frozen(starts, np.int64),
            joined,
            (*self.sources[: rows.start], *sources, *self.sources[rows.stop :]),
        )
