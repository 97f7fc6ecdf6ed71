import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import catalogue, create
from explorer.measure.lifts import lift
from tests.evaluation.test_verification import people


def test_every_protocol_measures_with_its_defaults() -> None:
    x, labels = people(25, 8)
    found = {
        name: create("protocol", name, {}).measure(x, labels, lift("cosine"), {}, 0) for name in catalogue("protocol")
    }
    assert set(found["few_shot"]) == {"5-way 1-shot", "5-way 5-shot", "20-way 1-shot", "20-way 5-shot"}
    assert {"eer", "auc", "threshold", "tar@far=0.01"} <= set(found["verification"])
    assert {"recall@1", "map@r", "nmi"} <= set(found["retrieval"])


def test_what_the_items_do_not_allow_is_left_out_of_the_table() -> None:
    x, labels = people(8, 4)
    measure = create("protocol", "few_shot", {"episodes": 20}).measure
    assert set(measure(x, labels, lift("euclidean"), {}, 0)) == {"5-way 1-shot"}
    with pytest.raises(UserError, match="5-way 1-shot needs 5 classes"):
        measure(x, np.arange(len(x)), lift("euclidean"), {}, 0)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("few_shot", {"ways": "five"}, "not a list of numbers"),
        ("few_shot", {"within": "alphabet"}, "no column 'alphabet'"),
        ("verification", {"across": "camera"}, "no column 'camera'"),
    ],
)
def test_wrong_parameters_are_said_in_words(name: str, params: dict[str, str], message: str) -> None:
    x, labels = people(6, 4)
    with pytest.raises(UserError, match=message):
        create("protocol", name, dict(params)).measure(
            x, labels, lift("euclidean"), {"medium": np.array(["a"] * 24)}, 0
        )
