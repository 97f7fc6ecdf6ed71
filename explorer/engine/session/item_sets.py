"""Named sets of the items that are open: kept with the run that is shown, or with the data before there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from explorer.core.errors import UserError, printable
from explorer.core.result_kinds import result
from explorer.core.types import IntArray
from explorer.data.dataset import Dataset
from explorer.engine.item_sets import KeptSet, found_in, sets_of
from explorer.engine.jobs import Control, Jobs
from explorer.engine.paths import folder_of_data
from explorer.engine.session.patches import Patches, patched
from explorer.engine.session.state import SessionState
from explorer.runs.item_sets import ItemSet, changing_sets, set_name, write_sets

GROUP = "item sets"
MOST_UNDONE = 50

SetMode = Literal["replace", "add", "remove"]

Sets = Mapping[str, tuple[str, ...]]
"""The ids of the items of each set, by name."""
Wanted = Callable[["_Place", Sets], Mapping[str, tuple[str, ...] | None]]
"""What a change makes of the sets that it names, None: nothing."""


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class SetsChanged:
    """The named sets, by name."""

    run: str
    sets: tuple[KeptSet, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose sets are changed: of a run, or of data alone, and where they are kept."""

    generation: int
    run: str
    dataset: Dataset
    run_folder: Path | None

    @property
    def folder(self) -> Path:
        return self.run_folder or folder_of_data(self.dataset.uri)

    def sets(self) -> dict[str, tuple[str, ...]]:
        return {one.name: one.ids for one in sets_of(self.run_folder, self.dataset.uri)}


class SessionSets:
    """Keeps sets of items under names. Every method returns at once; what comes of it is ``SetsChanged``.

    Those that change something return a number, by which it is taken back and done again. A set is also a tag: an item
    may be in any number of them.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._patches: Patches[str, tuple[str, ...]] = Patches(MOST_UNDONE)

    def look(self) -> None:
        """Tell which sets there are."""
        self._jobs.start("Read the sets", self._look, quiet=True, group=GROUP)

    def put(self, name: str, items: IntArray, mode: SetMode = "replace") -> int:
        """Let a set, new or known, be these items, have them as well, or have them no more.

        Raises
        ------
        UserError: if nothing can be called so.
        """
        name = set_name(name)

        def wanted(place: _Place, sets: Sets) -> Mapping[str, tuple[str, ...] | None]:
            ids, before = list(place.dataset.ids.take(items)), sets.get(name, ())
            if mode == "replace":
                return {name: tuple(ids)}
            told = set(ids)
            rest = [id for id in before if id not in told]
            return {name: tuple(rest if mode == "remove" else [*rest, *ids])}

        return self._start(f"Keep {printable(name)}", wanted)

    def rename(self, old: str, new: str) -> int:
        """Call a set otherwise.

        Raises
        ------
        UserError: if nothing can be called so.
        """
        new = set_name(new)

        def wanted(_place: _Place, sets: Sets) -> Mapping[str, tuple[str, ...] | None]:
            if new in sets or old not in sets:
                raise UserError(f"There is a set {printable(new)!r} already", remedy="Choose another name")
            return {old: None, new: sets[old]}

        return self._start("Rename a set", wanted)

    def delete(self, name: str) -> int:
        """Forget a set; its items stay what they are."""
        return self._start("Delete a set", lambda _place, _sets: {name: None})

    def take_back(self, number: int, *, again: bool = False) -> None:
        """Take a change back, or do it again after that."""
        work = partial(self._take_back, number, again)
        self._jobs.start("Take a change back", work, quiet=True, group=GROUP)

    # --- in the background --------------------------------------------------------------------------------------------

    def _start(self, title: str, wanted: Wanted) -> int:
        number = self._patches.number()
        self._jobs.start(title, partial(self._change, number, wanted), quiet=True, group=GROUP)
        return number

    def _place(self) -> _Place | None:
        session = self._session
        with session.lock:
            opened = session.opened
            if opened is None:
                return None
            place = _Place(session.generation, session.run, opened.dataset, session.run_path)
        self._patches.follow(f"{place.generation} {place.run}")
        return place

    def _look(self, _control: Control) -> None:
        place = self._place()
        if place is not None:
            self._tell(place, place.sets())

    def _change(self, number: int, wanted: Wanted, _control: Control) -> None:
        def change(place: _Place, sets: Sets) -> Sets:
            asked = wanted(place, sets)
            self._patches.add(number, sets, asked)
            return patched(sets, asked)

        self._kept(change)

    def _take_back(self, number: int, again: bool, _control: Control) -> None:
        self._kept(lambda _place, sets: self._patches.taken_back(number, sets, again=again))

    def _kept(self, change: Callable[[_Place, Sets], Sets | None]) -> None:
        """Keep what a change makes of the sets, and tell of it."""
        place = self._place()
        if place is None:
            return
        if place.run_folder is None:
            _made(place.folder)
        with changing_sets(place.folder):
            after = change(place, place.sets())
            if after is not None:
                write_sets(place.folder, [ItemSet(name, ids) for name, ids in after.items()])
        if after is not None:
            self._tell(place, after)

    def _tell(self, place: _Place, sets: Sets) -> None:
        found = found_in((ItemSet(name, ids) for name, ids in sets.items()), place.dataset.ids)
        self._session.results.post(SetsChanged(place.run, found), place.generation)


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{printable(str(folder))} cannot be made: {error.strerror or error}") from error
