from __future__ import annotations

import pytest

from explorer.core.name_lists import names_in, names_out


@pytest.mark.parametrize("names", [(), ("one",), ("one", "two, three"), ('said "four"', "5, 6, 7", "eight")])
@pytest.mark.parametrize("blank", ["", " "])
def test_names_come_back_as_they_were(names: tuple[str, ...], blank: str) -> None:
    assert names_in(names_out(names, blank)) == names


def test_plain_names_stand_without_quotes() -> None:
    assert names_out(["even", "odd"], " ") == "even, odd"
