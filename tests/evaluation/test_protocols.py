import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import catalogue, create
from explorer.core.targets import Target
from explorer.evaluation.protocol import Effort, Sample, check_finite
from explorer.measure.lifts import lift
from tests.evaluation.test_verification import people


def two_sides(count: int) -> dict[str, list[str]]:
    """Return columns of as many items, every second one the caption of the one before."""
    return {
        "pair": [str(item // 2) for item in range(count)],
        "kind": ["picture", "caption"] * (count // 2),
        "caption": [f"number {item}" if item % 2 else "" for item in range(count)],
    }


def numbers(count: int) -> Target:
    """Return a number for each of so many items."""
    return Target("size", np.arange(count) / 3)


def test_every_protocol_measures_with_its_defaults() -> None:
    x, labels = people(25, 8)
    columns = {"camera": ["left", "right"] * 100, **two_sides(200)}
    sample = Sample(x, labels, lift("cosine"), columns, target=numbers(200))
    measured = {name: create("protocol", name, {}).measure(sample, Effort()) for name in catalogue("protocol")}
    assert {(found.items, found.classes) for found in measured.values()} == {(200, 25)}
    found = {name: answer.figures for name, answer in measured.items()}
    assert set(found["few_shot"]) == {"5-way 1-shot", "5-way 5-shot", "20-way 1-shot", "20-way 5-shot"}
    assert {"eer", "auc", "threshold", "tar@far=0.01"} <= set(found["verification"])
    assert {"recall@1", "map@r", "nmi"} <= set(found["retrieval"])
    assert {"rank-1", "rank-5", "map", "minp"} <= set(found["re_id"])
    assert {"dir@far=0.01", "dir@far=0.1", "auc"} <= set(found["open_set"])


def test_what_the_items_do_not_allow_is_left_out_of_the_table() -> None:
    x, labels = people(8, 4)
    measure = create("protocol", "few_shot", {"episodes": 20}).measure
    assert set(measure(Sample(x, labels, lift("euclidean")), Effort()).figures) == {"5-way 1-shot"}
    with pytest.raises(UserError, match="5-way 1-shot needs 5 classes"):
        measure(Sample(x, np.arange(len(x)), lift("euclidean")), Effort())


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("few_shot", {"ways": "five"}, "not a list of whole numbers"),
        ("few_shot", {"ways": "1"}, "whole numbers from 2 to 1,000"),  # of one class every answer is right
        ("retrieval", {"ks": "100000"}, "whole numbers from 1 to 1,000"),
        ("few_shot", {"within": "alphabet"}, "no column 'alphabet'"),
        ("verification", {"across": "camera"}, "no column 'camera'"),
        ("re_id", {}, "Nothing says which camera saw an item"),
        ("re_id", {"camera": "angle"}, "no column 'angle'"),
        ("retrieval", {"ks": "1,many"}, "not a list of whole numbers"),
    ],
)
def test_wrong_parameters_are_said_in_words(name: str, params: dict[str, str], message: str) -> None:
    x, labels = people(6, 4)
    sample = Sample(x, labels, lift("euclidean"), {"medium": ["a"] * 24})
    with pytest.raises(UserError, match=message):
        create("protocol", name, dict(params)).measure(sample, Effort())


@pytest.mark.parametrize("name", [name for name, entry in catalogue("protocol").items() if entry.part.live])  # type: ignore[attr-defined]
def test_a_live_protocol_gives_plain_numbers_within_its_effort_and_stops_when_it_is_told(name: str) -> None:
    x, labels = people(25, 8)
    protocol = create("protocol", name, {})
    sample = Sample(x, labels, lift("cosine"), two_sides(200), target=numbers(200))
    found = protocol.measure(sample, Effort(queries=40, thorough=False))
    assert found.items == 40
    assert all(isinstance(value, float) for value in found.figures.values())
    with pytest.raises(Cancelled):
        protocol.measure(sample, Effort(thorough=False, cancelled=lambda: True))


def test_a_thorough_measurement_clusters_as_well() -> None:
    x, labels = people(6, 6)
    measure = create("protocol", "retrieval", {}).measure
    quick, thorough = (measure(Sample(x, labels, lift("cosine")), Effort(thorough=on)).figures for on in (False, True))
    assert {"nmi", "ami", "mrr", "ndcg@10", "precision@10", "knn@5", "macro_map@r"} <= set(thorough) - set(quick)
    assert {name: thorough[name] for name in quick} == quick
    assert list(quick) == ["recall@1", "recall@5", "map@r", "r_precision"]


def test_what_is_not_a_number_is_counted_and_refused() -> None:
    x, _ = people(3, 4)
    check_finite(x)
    x[2, 1], x[5, 0] = np.nan, np.inf
    with pytest.raises(UserError, match="2 of 12 embeddings are not finite numbers"):
        check_finite(x)
