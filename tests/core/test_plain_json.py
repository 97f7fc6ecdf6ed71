from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.plain_json import parse_json
from explorer.data.box_lists.marked import read_json
from explorer.data.cache import PixelCache

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("text", [DEEP, DEEP.encode(), '{"a":' * 50_000 + "1" + "}" * 50_000])
def test_what_nests_too_deep_is_no_fault_of_pythons(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="nest too deep"):
        parse_json(text)


def test_plain_json_is_read() -> None:
    assert parse_json(b'{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}


def test_a_list_of_pictures_that_nests_too_deep_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "marks.json").write_text(DEEP)
    with pytest.raises(UserError, match=r"marks.json is damaged: its objects and lists nest too deep. Export it again"):
        read_json(tmp_path / "marks.json")


def test_the_cache_can_be_cleared_where_one_of_its_files_nests_too_deep(tmp_path: Path) -> None:
    (tmp_path / "damaged.json").write_text(DEEP)
    (tmp_path / "pixels").mkdir()
    (tmp_path / "damaged.json").rename(tmp_path / "pixels" / "damaged.json")
    assert PixelCache(tmp_path).clear() == 0
