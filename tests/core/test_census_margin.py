from __future__ import annotations

import pytest

from explorer.core.census_margin import DEFAULT_MARGIN, census_margin
from explorer.core.recipe import Recipe
from explorer.core.registry import Parameters, catalogue


def margin_of(*settings: str) -> float:
    return census_margin(Recipe().with_settings(settings).params("loss"))


@pytest.mark.parametrize(
    ("settings", "margin"),
    [
        (["loss=triplet", "loss.margin=0.3"], 0.3),
        (["loss=softmax", "loss.census_margin=0.4"], 0.4),
        (["loss=contrastive", "loss.margin=0.9", "loss.census_margin=0.1"], 0.1),
        (["loss=sum", "loss.terms=softmax(census_margin=0.6) + triplet(margin=0.5)"], 0.5),
        (["loss=sum", "loss.terms=softmax(census_margin=0.6) + contrastive"], 0.6),
        (["loss=sum", "loss.terms=softmax + cross_batch_memory(of=triplet(margin=0.7))"], 0.7),
        (["loss=cross_batch_memory", "loss.of=contrastive(census_margin=0.8)"], 0.8),
        (["loss=part_based", "loss.of=triplet(margin=0.05) + softmax"], 0.05),
    ],
)
def test_the_margin_of_a_loss_is_told_by_its_parameters(settings: list[str], margin: float) -> None:
    assert margin_of(*settings) == margin


def test_every_loss_has_one() -> None:
    for entry in catalogue("loss").values():
        if entry.available:
            assert census_margin(entry.params()) >= 0


def test_a_loss_without_any_margin_is_counted_at_the_usual_one() -> None:
    class Plain(Parameters):
        rate: float = 0.1

    assert census_margin(Plain()) == DEFAULT_MARGIN
