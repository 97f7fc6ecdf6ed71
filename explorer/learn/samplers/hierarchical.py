"""Classes of few super-classes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.learn.samplers.base import Sampler, chunk_parameter
from explorer.learn.samplers.members import Turns, check_classes, members_of


@register("sampler", "hierarchical", title="Super-classes × classes × images", reference="Musgrave et al. 2020")
class Hierarchical(Sampler):
    """Every batch holds S super-classes with C classes each and K images of each class: classes that are akin.

    The classes of one super-class are hard to tell apart, so that a batch has many hard negatives. The super-class of
    an image stands in a further column: of folders in folders ``level1`` is the outermost. Super-classes, their classes
    and the images of these take turns. A super-class with fewer than C classes, or a class with fewer than K images,
    leaves its room to further super-classes. Classes with one image are left out. An epoch draws about as many images
    as there are.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        groups: int = parameter(4, "Super-classes in a batch (S)", minimum=1, maximum=1024)
        classes: int = parameter(8, "Classes of each super-class (C)", minimum=1, maximum=1024)
        images: int = parameter(4, "Images of each class (K)", minimum=2, maximum=1024)
        column: str = parameter("", "The column with the super-class; empty: level1, or the coarsest that there is")
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the classes, and for the super-class of each."""
        members = members_of(self.labels)
        check_classes(len(self.labels), members)
        self.members = [rows for rows in members if len(rows) > 1]
        notes = []
        if lone := len(members) - len(self.members):
            notes.append(f"{several(lone, 'class', 'classes')} with one image left out of training")
        self.column, group, mixed = self._groups()
        if mixed:
            classes = several(mixed, "class has", "classes have")
            notes.append(f"{classes} several values of {self.column}, the commonest counts")
        self.notes = tuple(notes)
        self.groups = members_of(group)
        items = sum(len(rows) for rows in self.members)
        self.batch = min(self.params.groups * self.params.classes * self.params.images, items)
        self.length = max(1, -(-items // self.batch))

    def _groups(self) -> tuple[str, IntArray, int]:
        """Return the column that is used, the super-class of each class, and how many classes have several."""
        name: str = self.params.column
        if name and name not in self.columns:
            raise UserError(
                f"There is no column {name!r} with the super-classes",
                remedy=f"Choose one of: {', '.join(sorted(self.columns)) or 'none, these data have no further column'}",
            )
        found = {key: self._of_classes(key) for key in ([name] if name else self.columns)}
        usable = {key: len(np.unique(group)) for key, (group, _) in found.items() if len(np.unique(group)) > 1}
        if name:
            usable = {name: 2}
        else:  # what cuts through classes, or says no more than they do, is not above them
            usable = {key: n for key, n in usable.items() if n < len(self.members) and not found[key][1]}
        if not usable:
            raise UserError(
                "No column puts the classes into super-classes",
                remedy="Put the folders of classes into folders, give sampler.column, or choose sampler=pk",
            )
        levels = (f"level{i}" for i in count(1) if f"level{i}" in usable or f"level{i}" not in self.columns)
        first = next(levels)
        chosen = first if first in usable else min(usable, key=lambda key: usable[key])
        return chosen, *found[chosen]

    def _of_classes(self, name: str) -> tuple[IntArray, int]:
        """Return the commonest value of a column in each class, as a number, and how many classes have several."""
        _, codes = np.unique(np.asarray(self.columns[name], dtype=np.str_), return_inverse=True)
        counts = [np.bincount(codes[rows]) for rows in self.members]
        return np.array([c.argmax() for c in counts]), sum(int((c > 0).sum() > 1) for c in counts)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        images = Turns(self.members, self.permutation)
        classes = Turns(self.groups, self.permutation)
        waiting: list[int] = []
        for _ in range(self.length):
            batch: list[IntArray] = []
            taken, room = 0, self.batch
            while room > 0 and taken < len(self.groups):
                if taken == len(waiting):
                    used = set(waiting)
                    waiting += [g for g in self.permutation(len(self.groups)).tolist() if g not in used]
                for c in classes.take(waiting[taken], self.params.classes).tolist():
                    batch.append(images.take(c, min(self.params.images, room)))
                    room -= len(batch[-1])
                taken += 1
            del waiting[:taken]
            yield np.concatenate(batch)
