from __future__ import annotations

import numpy as np

from explorer.core.sides import sides_of
from explorer.core.text_column import TextColumn

COLUMNS = {
    "pair": TextColumn.of(["a", "b", "a", "b", "b"]),
    "kind": TextColumn.of(["picture", "picture", "caption", "caption", "caption"]),
    "caption": TextColumn.of(["", "", "a cat", "a dog", "a cat"]),
}


def test_what_belongs_together_has_one_number_and_so_has_what_says_the_same() -> None:
    sides = sides_of(COLUMNS)
    assert sides is not None
    assert sides.captions.tolist() == [False, False, True, True, True]
    assert sides.pairs.tolist() == [0, 1, 0, 1, 1]
    assert sides.texts[:2].tolist() == [-1, -1]
    assert sides.texts[2] == sides.texts[4] != sides.texts[3]
    some = sides.of(np.array([4, 0]))
    assert (some.pairs.tolist(), some.captions.tolist()) == ([1, 0], [True, False])


def test_other_columns_of_these_names_are_none() -> None:
    assert sides_of({}) is None
    assert sides_of({name: values for name, values in COLUMNS.items() if name != "caption"}) is None
    assert sides_of({**COLUMNS, "kind": ["sitting", "standing", "caption", "caption", "caption"]}) is None
