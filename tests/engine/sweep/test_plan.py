from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.engine.sweep.plan import Axis, axis_of, combinations, planned_runs


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("loss=triplet,supcon", ("triplet", "supcon")),
        ("loss = triplet", ("triplet",)),
        ("loss=triplet + 0.1*softmax,supcon", ("triplet + 0.1*softmax", "supcon")),
        ("loss.margin=0.1:0.5:5", ("0.1", "0.2", "0.3", "0.4", "0.5")),
        ("optimiser.rate=0.001:1:4:log", ("0.001", "0.01", "0.1", "1")),
        ("encoder.dimension=32:128:3", ("32", "80", "128")),
        ("epochs=1:2:5", ("1", "2")),
        ("loss.margin=0.1:0.5:1", ("0.1",)),
        ("data.label_column=a:b", ("a:b",)),
        ("loss.margin=0.1,0.1,0.2", ("0.1", "0.2")),
    ],
)  # fmt: skip
def test_a_list_or_a_range_says_values(text: str, values: tuple[str, ...]) -> None:
    assert axis_of(text).values == values


@pytest.mark.parametrize(
    "text", ["loss", "=a", "loss=", "loss.margin=0.5:0.1:3", "rate=0:1:3:log", "a=1:inf", "a=-1e308:1e308:3", "loss=,"]
)
def test_what_says_nothing_to_sweep_over_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"swept over|no range|no value"):
        axis_of(text)


def test_every_combination_comes_once() -> None:
    axes = [axis_of("loss=triplet,supcon"), axis_of("optimiser.rate=0.1:0.2:2")]
    found = list(combinations(axes))
    assert len(found) == 4
    assert found[0] == (("loss", "triplet"), ("optimiser.rate", "0.1"))
    assert list(combinations([])) == [()]
    for broken in (["loss.margin=0.1:0.5"], ["loss=a", "loss=b"]):
        with pytest.raises(UserError, match=r"without a count|twice"):
            list(combinations([axis_of(text) for text in broken]))
    many = [Axis(name, tuple(map(str, range(400)))) for name in "ab"]
    with pytest.raises(UserError, match="at most 100,000 runs"):
        list(combinations(many))


def test_drawn_ones_are_the_points_of_sobol() -> None:
    axes = [axis_of("loss.margin=0.1:0.5"), axis_of("loss=triplet,contrastive"), axis_of("encoder.dimension=16:64")]
    found = list(combinations(axes, draw=5, seed=3))
    points = qmc.Sobol(3, rng=np.random.default_rng(3)).random_base2(3)[:5]
    margins = [float(dict(one)["loss.margin"]) for one in found]
    assert margins == pytest.approx((0.1 + 0.4 * points[:, 0]).tolist(), rel=1e-5)
    assert [dict(one)["loss"] for one in found] == [("triplet", "contrastive")[int(2 * p)] for p in points[:, 1]]
    assert all(dict(one)["encoder.dimension"].isdecimal() for one in found)
    assert list(combinations(axes, draw=5, seed=3)) == found
    rates = [float(dict(one)["r"]) for one in combinations([axis_of("r=0.001:1:log")], draw=64)]
    assert sum(rate < 0.0316 for rate in rates) == 32
    with pytest.raises(UserError, match="nothing to draw from"):
        list(combinations([], draw=3))


def test_runs_are_all_combinations_with_the_first_seed_first_and_named_by_their_recipe() -> None:
    base = Recipe(seed=5)
    swept = list(combinations([axis_of("loss=triplet,supcon"), axis_of("loss.margin=0.1:0.5:3")]))
    runs = planned_runs(base, swept, seeds=2)
    assert [run.recipe.seed for run in runs] == [5] * 4 + [6] * 4  # supcon has no margin: one run of it
    assert [run.recipe.loss.name for run in runs[:4]] == ["triplet"] * 3 + ["supcon"]
    assert runs[3].settings == (("loss", "supcon"),)
    assert runs[0].name.startswith("triplet-margin0.1-seed5-")
    assert len({run.name for run in runs}) == 8
    assert planned_runs(base, swept[::-1], seeds=2)[-1].name in {run.name for run in runs}
    assert planned_runs(base.with_value("miner", "hard"), swept)[0].name != runs[0].name


def test_names_are_names_of_folders_whatever_is_swept_over() -> None:
    swept = list(combinations([axis_of("loss=triplet + 0.1*softmax")]))
    (run,) = planned_runs(Recipe(), swept)
    assert run.name.startswith("triplet_+_0.1_softmax-seed0-")
    assert run.recipe.loss.name == "sum"


@pytest.mark.parametrize("settings", [("loss.none", "1"), ("nothing", "1"), ("loss", "none")])
def test_a_key_that_there_is_not_is_told(settings: tuple[str, str]) -> None:
    with pytest.raises(UserError):
        planned_runs(Recipe(), [(settings,)])


def test_too_many_seeds_are_refused_before_their_recipes_are_made() -> None:
    with pytest.raises(UserError, match="at most 100,000 runs"):
        planned_runs(Recipe(), [(("loss", "triplet"),)], seeds=10**12)
