"""What is wrong with columns, files and lists is said before anything is embedded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, catalogue, create, validated
from explorer.core.targets import Target
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.helpers.blobs import blobs

LABELS = np.repeat(np.arange(4), 3)
COLUMNS = {"camera": ["1", "2", "3"] * 4, "split": ["query", "gallery", "gallery"] * 4}
SAMPLE = Sample(
    np.empty((12, 0), np.float32), LABELS, lift("cosine"), COLUMNS, ids=[f"pictures/{n}.png" for n in range(12)]
)


@pytest.mark.parametrize(
    ("protocol", "params", "problem"),
    [
        ("verification", {"across": "camra"}, "There is no column 'camra'. Columns of these data: camera, split"),
        ("verification", {"genuine": "real"}, "There is no column 'real'. Columns of these data: camera, split"),
        ("verification", {"identity": "x"}, "There is no column 'x'"),
        ("verification", {"pairs_file": "nowhere.csv"}, "nowhere.csv cannot be read"),
        ("few_shot", {"within": "alphabet"}, "There is no column 'alphabet'"),
        ("retrieval", {"column": "part"}, "There is no column 'part'"),
        ("retrieval", {"query": "asks"}, "No held-out item has 'asks' in the column split"),
        ("re_id", {"camera": "cam"}, "There is no column 'cam'"),
    ],
)
def test_what_the_data_lack_is_named(protocol: str, params: dict[str, Scalar], problem: str) -> None:
    with pytest.raises(UserError) as told:
        create("protocol", protocol, params).check(SAMPLE)
    assert problem in str(told.value)


def test_a_wrong_line_of_a_file_of_pairs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("a,b\n1,2\n1,nobody\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"Line 3 of .*pairs\.csv names nobody"):
        create("protocol", "verification", {"pairs_file": str(path)}).check(SAMPLE)


@pytest.mark.parametrize(
    ("protocol", "params"), [("retrieval", {"ks": "1,,2"}), ("few_shot", {"ways": "1"}), ("few_shot", {"shots": "a"})]
)
def test_a_wrong_list_is_refused_where_parameters_are_checked(protocol: str, params: dict[str, Scalar]) -> None:
    with pytest.raises(UserError, match="is not a list of whole numbers"):
        validated("protocol", protocol, params)


def test_nothing_is_wrong_by_default() -> None:
    sides = {"pair": ["a"] * len(SAMPLE.x), "kind": ["picture", "caption"] * (len(SAMPLE.x) // 2)}
    both = {**SAMPLE.columns, **sides, "caption": ["words"] * len(SAMPLE.x)}
    target = Target("size", np.arange(len(SAMPLE.x)) / 3)
    for name in catalogue("protocol"):
        create("protocol", name, {}).check(replace(SAMPLE, columns=both, target=target))


def test_few_queries_of_the_open_set_are_said() -> None:
    x, labels = blobs(200, 10)
    protocol = create("protocol", "open_set", {"enrolled": 3})
    few = protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
    known, unknown = few.figures["known_queries"], few.figures["unknown_queries"]
    assert f"DIR rests on {known} queries of known identities only" in few.how
    assert f"{unknown} queries of unknown identities are few for a FAR of 0.01 or 0.1" in few.how
    x, labels = blobs(4000, 10)
    many = protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
    assert "only" not in many.how
    assert "few" not in many.how
