from __future__ import annotations

import pytest

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged
from explorer.core.live_change import changes_at, check_change, in_one_go, with_live_value
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar


@pytest.mark.parametrize(("path", "value"), [("loss.margin", 0.45), ("optimiser.rate", 0.001), ("miner", "hard")])
def test_a_live_value_changes_as_in_any_recipe(path: str, value: Scalar) -> None:
    assert with_live_value(Recipe(), path, value) == Recipe().with_value(path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("encoder", "mlp"),
        ("encoder.dimension", 8),
        ("loss", "softmax"),
        ("optimiser", "sgd"),
        ("epochs", 3),
        ("seed", 1),
    ],
)
def test_what_a_run_is_made_of_cannot_change(path: str, value: Scalar) -> None:
    with pytest.raises(UserError, match="while a run trains"):
        with_live_value(Recipe(), path, value)


@pytest.mark.parametrize(("path", "value"), [("loss.margin", -1.0), ("miner", "nobody"), ("nonsense.key", 3)])
def test_what_no_recipe_can_have_is_refused(path: str, value: Scalar) -> None:
    with pytest.raises(UserError):
        with_live_value(Recipe(), path, value)


def test_the_losses_of_a_formula_stay_and_their_weights_change() -> None:
    recipe = Recipe().with_value("loss", "sum")
    assert with_live_value(recipe, "loss.terms", "2*triplet + softmax").loss.params["terms"] == "2*triplet + softmax"
    with pytest.raises(UserError, match="while a run trains"):
        with_live_value(recipe, "loss.terms", "triplet + center")


def test_nothing_of_a_fitter_can_change() -> None:
    with pytest.raises(UserError, match="while a run trains"):
        with_live_value(Recipe().with_value("fitter", "lmnn"), "loss.margin", 0.3)


def test_only_a_change_of_the_losses_is_refused_while_a_run_trains() -> None:
    recipe = Recipe().with_value("loss", "sum")
    check_change(recipe, recipe.with_value("loss.terms", "0.5*triplet(margin=0.4) + softmax"))
    check_change(recipe, recipe.with_value("optimiser.rate", 0.1))
    with pytest.raises(UserError, match="cannot change from"):
        check_change(recipe, recipe.with_value("loss.terms", "triplet"))


def changed(step: int, old: float, new: float, path: str = "loss.margin") -> ParameterChanged:
    return ParameterChanged("r", step, path, old, new)


def test_one_drag_is_one_change_whatever_else_was_moved_meanwhile() -> None:
    drag = [changed(5, 0.2, 0.3), changed(6, 0.01, 0.02, "optimiser.rate"), changed(9, 0.3, 0.5), changed(19, 0.5, 0.6)]
    later = changed(40, 0.6, 0.7)
    assert in_one_go([*drag, later]) == [changed(6, 0.01, 0.02, "optimiser.rate"), changed(19, 0.2, 0.6), later]
    assert in_one_go([changed(5, 0.2, 0.3), changed(7, 0.3, 0.2)]) == []  # there and back


def test_a_value_that_stood_for_some_steps_is_told_where_it_was_turned_back() -> None:
    up, back = changed(20, 0.2, 0.99), changed(25, 0.99, 0.3)  # a run was branched at step 24 with another margin
    assert in_one_go([up, back]) == [up, back]
    assert in_one_go([up, changed(22, 0.99, 0.9), changed(23, 0.9, 0.95)]) == [changed(23, 0.2, 0.95)]
    chosen = [ParameterChanged("r", 3, "miner", "all", "hard"), ParameterChanged("r", 6, "miner", "hard", "semi_hard")]
    assert in_one_go(chosen) == [ParameterChanged("r", 6, "miner", "all", "semi_hard")]


def test_what_an_alarm_changes_is_told_from_the_values_at_the_step_it_goes_back_to() -> None:
    before = [changed(10, 0.2, 0.5), changed(90, 0.5, 1.5)]
    told = changes_at(50, "r", Recipe(), before, (("loss.margin", 0.3), ("miner", "hard")))
    assert told == (changed(51, 0.5, 0.3), ParameterChanged("r", 51, "miner", Recipe().miner.name, "hard"))
