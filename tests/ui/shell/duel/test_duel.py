"""What stands at the head of a duel."""

from __future__ import annotations

from dataclasses import replace

from explorer.core.events import ParameterChanged
from explorer.core.recipe import Recipe
from explorer.engine.session.duel import DuelRecipes, changed_apart
from explorer.ui.shell.duel.duel import MOST_DIFFERENCES, head_words
from explorer.ui.widgets.language import tr


def test_two_runs_that_end_with_one_recipe_are_told_apart_by_what_was_changed_live_in_which() -> None:
    both = ParameterChanged("r", 4, "loss.margin", 0.2, 0.5)
    alone = ParameterChanged("r", 40, "loss.margin", 0.5, 0.9), ParameterChanged("r", 80, "loss.margin", 0.9, 0.5)
    changed = changed_apart([both, *alone], [replace(both, run="other")])
    recipe = Recipe()
    same, live = head_words(DuelRecipes(recipe, recipe, {}, changed), MOST_DIFFERENCES)
    assert same == tr("Both end with one recipe")
    assert live.startswith(tr("Changed live in {run}: {changes}", run="A", changes=""))
    assert [number in live for number in ("0.2", "40", "80", "0.9")] == [False, True, True, True]
    assert head_words(DuelRecipes(recipe, recipe, {}), MOST_DIFFERENCES) == (tr("Both have one recipe"),)
    apart = DuelRecipes(recipe, recipe, {"loss.margin": (0.2, 0.5)}, ((), changed[0]))
    told = head_words(apart, MOST_DIFFERENCES)
    assert "0.5" in told[0]
    assert told[1].startswith(tr("Changed live in {run}: {changes}", run="B", changes=""))
