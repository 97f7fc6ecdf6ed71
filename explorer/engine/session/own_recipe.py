"""Whose recipe is set: one's own, or that of a run or an example that was opened, which ends with their data."""

from __future__ import annotations

from pathlib import Path

from explorer.core.recipe import DataOptions, Recipe
from explorer.engine.datasets.loading import Opened


class OwnRecipe:
    """Remembers one's own recipe while that of a run or of an example stands in its place.

    ``spec``: by which the data that are open were asked for, empty where they came with a run.
    """

    def __init__(self) -> None:
        self.spec = ""
        self._own: Recipe | None = None
        self._lent: Recipe | None = None
        self._tried = False

    def lend(self, before: Recipe, lent: Recipe, *, tried: bool = False) -> None:
        """Note that ``lent`` came with a run or an example, in place of the recipe ``before``.

        ``tried``: it is an example, and what is set by hand meanwhile is tried on it and ends with it.
        """
        self._own, self._lent, self._tried = self._of(before), lent, tried

    def take(self, before: Recipe, now: Recipe, *, for_these: bool) -> None:
        """Note that the recipe ``now`` is set in place of ``before``, ``for_these`` data alone, or one's own again."""
        if for_these:
            self.lend(before, now, tried=True)
        elif now == self._own:
            self.end()

    def end(self) -> None:
        """Note that one's own recipe is set again."""
        self._own = self._lent = None

    def for_others(self, now: Recipe) -> Recipe:
        """Return the recipe for other data than those that are open: one's own, and they are read as they are."""
        return self._of(now).model_copy(update={"data": DataOptions()})

    def is_open(self, spec: str, opened: Opened) -> bool:
        """Return whether the data that are open are those that ``spec`` names."""
        main = opened.sources[0][0]
        return spec in (self.spec, main) or Path(spec).resolve() == Path(main).resolve()

    def _of(self, now: Recipe) -> Recipe:
        """Return one's own recipe, with what was set by hand since that of a run stood in its place."""
        own, lent = self._own, self._lent
        if own is None or lent is None:
            return now
        if self._tried:
            return own
        return own.model_copy(update={name: value for name, value in now if value != getattr(lent, name)})
