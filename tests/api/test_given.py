"""What a person writes in Python for a parameter is taken as it is meant, and nonsense is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.api.given import protocol_values, recipe_value, threads, whole
from explorer.api.settings import with_all, with_keys, with_named
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe

WRITTEN: list[tuple[str, Any, Any]] = [
    ("data.left_out", ["id", "price, net"], 'id,"price, net"'),
    ("data.left_out", "id", "id"),
    ("data.label_column", 3, "3"),
    ("data.crop", np.True_, True),
    ("data.seconds", 2, 2),
    ("loss.margin", np.float32(0.5), 0.5),
    ("sampler.classes", np.int64(4), 4),
    ("split.test", 0.25, 0.25),
    ("epochs", np.int32(3), 3),
    ("seed", 7.0, 7.0),
    ("loss", "contrastive", "contrastive"),
]


@pytest.mark.parametrize(("path", "written", "held"), WRITTEN)
def test_a_recipe_takes_what_is_written(path: str, written: Any, held: Any) -> None:
    found = recipe_value(Recipe(), path, written)
    assert (found, type(found)) == (held, type(held))
    assert with_keys(Recipe(), {path: written}) == Recipe().with_value(path, held)


@pytest.mark.parametrize(
    ("protocol", "values", "held"),
    [
        ("cross-modal", {"ks": 3}, "3"),
        ("cross-modal", {"ks": (1, 5)}, "1,5"),
        ("cross-modal", {"ks": np.array([1, 5])}, "1,5"),
        ("few_shot", {"ways": range(2, 4)}, "2,3"),
        ("few_shot", {"ways": [2.0, 3]}, "2,3"),
        ("few_shot", {"ways": "2,3"}, "2,3"),
    ],
)
def test_a_protocol_takes_numbers_and_lists_of_them(protocol: str, values: dict[str, Any], held: str) -> None:
    name, found = protocol_values(protocol, values)
    assert name == protocol.replace("-", "_")
    assert list(found.values()) == [held]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"margin": [0.1, 0.2]}, r"loss.margin = \[0.1, 0.2\] is not a number"),
        ({"margin": None}, "loss.margin = None is not a number"),
        ({"margin": True}, "loss.margin = true is not a number"),
        ({"epochs": True}, "epochs = true is not a whole number"),
        ({"loss": ["triplet", "softmax"]}, "loss = .* is not a number, a text, true or false"),
        ({"left_out": [["id"]]}, "data.left_out = .* is not a text"),
        ({"left_out": []}, r"data.left_out = \[\] is not a text"),
        ({"label_column": b"class"}, "data.label_column = b'class' is not a text"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(values: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        with_named(Recipe(), values)


def test_settings_are_those_of_the_parts_that_are_named_beside_them() -> None:
    made = with_all(Recipe(), {"loss.hardness": 5, "miner": "hard"}, {"loss": "nt_xent", "temperature": 0.2})
    assert (made.loss.name, made.loss.params) == ("nt_xent", {"hardness": 5.0, "temperature": 0.2})
    assert made.miner.name == "hard"
    assert with_all(Recipe(), {"loss": "triplet"}, {"loss": "nt_xent"}).loss.name == "nt_xent"
    with pytest.raises(UserError):
        with_all(Recipe(), 5, {"loss": "nt_xent"})  # type: ignore[arg-type]


def test_settings_protocols_and_threads_are_looked_at_too() -> None:
    wrong: Any
    for wrong in (["loss.margin"], "loss.margin=1"):
        with pytest.raises(UserError, match="is no dictionary"):
            with_keys(Recipe(), wrong)
    for wrong in (None, 3):
        with pytest.raises(UserError, match="is no name of a protocol"):
            protocol_values(wrong, {})
    with pytest.raises(UserError, match=r"protocol.ks = \{1\} is not a text"):
        protocol_values("cross_modal", {"ks": {1}})
    assert (threads(np.int64(2)), whole(np.int64(2)), whole("2")) == (2, 2, "2")
    with pytest.raises(UserError, match="no number of threads"):
        threads("2")


def test_a_run_is_asked_with_numbers_and_lists(tmp_path: Path) -> None:
    import explorer

    run = explorer.train(
        "sample:digits", out=tmp_path / "run", encoder="linear", epochs=np.int64(1), margin=np.float32(0.5), threads=1
    )
    found = run.evaluate("few-shot", episodes=20, ways=[2, 5], shots=1)
    assert {"2-way 1-shot", "5-way 1-shot"} <= set(found)
    assert explorer.compare(run, run, "few-shot", episodes=20, ways=5, shots=(1,)).metrics
    with pytest.raises(UserError, match="cannot be called"):
        run.resume(epochs=2, tell="loudly")  # type: ignore[arg-type]
