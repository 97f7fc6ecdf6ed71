from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.item_rows import rows_of


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(-3, 33)), st.booleans())
def test_rows_are_where_a_list_finds_them(items: list[int], wanted: list[int], ordered: bool) -> None:
    held = list(range(len(items))) if ordered else items
    found = rows_of(np.array(held, np.int64), np.array(wanted, np.int64))
    assert found.tolist() == [held.index(item) if item in held else -1 for item in wanted]
