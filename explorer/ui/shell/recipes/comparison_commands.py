"""The commands that train what a metric is compared with, by the recipe that is shown, with one click."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from explorer.core.comparisons import COMPARISONS, Comparison
from explorer.core.errors import UserError
from explorer.engine.events import UNDER_WAY
from explorer.ui.widgets.language import said

if TYPE_CHECKING:
    from explorer.ui.recipe.recipe_panel import RecipePanel
    from explorer.ui.shell.main_window import MainWindow


class ComparisonCommands:
    """A command for each comparison, in the menu Run; on where there are classes to train on and nothing trains."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._actions = []
        for place, comparison in enumerate(COMPARISONS, start=1):
            name, train = f"run.compare_{comparison.name}", partial(self._train, comparison)
            keys = f"Ctrl+Alt+Shift+{place}"
            action = window.commands.add(
                name, said(comparison.title), train, shortcut=keys, menu="Run", tip=said(comparison.summary)
            )
            action.setProperty("begins_group", comparison is COMPARISONS[0])
            self._actions.append(action)

    def follow(self, recipe: RecipePanel | None) -> None:
        """Switch them on or off by the state of the session; ``recipe``: its panel, None while parts are loaded."""
        session = self._window.session
        dataset = None if session is None else session.dataset
        resting = session is not None and session.state not in UNDER_WAY | {"loading"}
        for action in self._actions:
            action.setEnabled(recipe is not None and resting and dataset is not None and dataset.labelled)

    def _train(self, comparison: Comparison) -> None:
        panel, session = self._window.actions_of_window.recipe_panel, self._window.session
        if panel is None or session is None:
            return
        try:
            panel.adopt(comparison.recipe(session.recipe))
            session.train()
        except UserError as error:
            self._window.toasts.show(str(error), "error")
