"""The collector of cycles rests in a block and is afterwards what it was before."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.core.collecting import not_collecting
from explorer.data.listing import Watch
from explorer.data.opening import listing_of
from tests.helpers.data import picture_folder


@pytest.fixture(params=[True, False])
def collects(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_it_rests_and_goes_on_as_before(collects: bool) -> None:
    with not_collecting(), not_collecting():
        assert not gc.isenabled()
    assert gc.isenabled() == collects
    with pytest.raises(ValueError, match="within"), not_collecting():
        raise ValueError("within")
    assert gc.isenabled() == collects


def test_it_rests_while_data_are_listed(tmp_path: Path) -> None:
    seen: list[bool] = []
    folder = picture_folder(tmp_path / "set", {"a": 2, "b": 2})
    packed = shutil.make_archive(str(tmp_path / "set"), "zip", folder)
    watch = Watch(progress=lambda *_: seen.append(gc.isenabled()))
    assert len(listing_of(packed, watch=watch)) == 4
    assert seen
    assert not any(seen)
