from __future__ import annotations

from explorer.core.recipe import Recipe
from explorer.engine.recipes.differences import differences, telling_differences


def test_every_difference_is_told_by_its_key() -> None:
    other = Recipe().with_settings(["loss.margin=0.5", "data.size=28"])
    assert differences(Recipe(), other) == {"loss.margin": (0.2, 0.5), "data.size": (0, 28)}
    assert differences(Recipe(), Recipe().resolved()) == {}


def test_what_only_one_part_has_tells_something_where_somebody_chose_it() -> None:
    other = Recipe().with_settings(["epochs=3", "loss=arcface", "loss.scale=30", "data.size=28"])
    found = telling_differences(Recipe(), other)
    assert list(found) == ["loss", "loss.margin", "loss.scale", "epochs", "data.size"]
    assert found["loss.scale"] == (None, 30)
    assert "loss.scale" not in telling_differences(Recipe(), other.with_value("loss.scale", 64))
    assert "loss.form" in differences(Recipe(), other)
