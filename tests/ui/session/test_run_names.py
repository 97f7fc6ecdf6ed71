from __future__ import annotations

from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.ui.session.run_names import MOST, told_apart


def test_runs_are_called_by_that_in_which_they_differ() -> None:
    catalogue("loss")
    one = Recipe()
    recipes = [one, one.with_value("loss.margin", 0.61), one.with_value("seed", 2).with_value("epochs", 3)]
    assert told_apart(recipes) == [
        "triplet 0.20 · all · epochs auto · seed 0",
        "triplet 0.61 · all · epochs auto · seed 0",
        "triplet 0.20 · all · epochs 3 · seed 2",
    ]
    assert told_apart(recipes[:2]) == ["triplet 0.20 · all", "triplet 0.61 · all"]
    assert told_apart([one]) == ["triplet 0.20 · all"]
    assert told_apart([]) == []


def test_a_default_that_is_written_and_one_that_is_not_are_the_same() -> None:
    catalogue("optimiser")
    one = Recipe()
    assert len(set(told_apart([one, one.resolved()]))) == 1


def test_how_data_are_read_is_no_difference_where_it_was_left_open() -> None:
    catalogue("encoder")
    one = Recipe()
    other = one.with_settings(["data.size=28", "data.colour=grey", "encoder.dimension=64"])
    assert told_apart([one, other]) == ["triplet 0.20 · all · dimension auto", "triplet 0.20 · all · dimension 64"]
    assert "target column age" in told_apart([one, one.with_value("data.target_column", "age")])[1]
    assert "size 20" in told_apart([one.with_value("data.size", 20), other])[0]


def test_of_many_settings_the_first_are_named() -> None:
    one, other = Recipe(), Recipe()
    for path, value in (("seed", 1), ("epochs", 3), ("split.test", 0.4), ("optimiser.rate", 0.1)):
        other = other.with_value(path, value)
    assert [name.count(" · ") for name in told_apart([one, other])] == [MOST + 2] * 2
    assert told_apart([one, other])[1].endswith(" · …")
