"""What a folder of several kinds of files is a set of."""

from __future__ import annotations

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.file_kinds import chosen_kind, kind_of_ending, left_out, only_beside
from explorer.data.modalities.base import modalities
from explorer.data.names import READ

AUTO = DataOptions()


def test_every_ending_belongs_to_one_modality() -> None:
    endings = [ending for one in modalities() if one.from_files and one.by_ending for ending in one.asked_by]
    assert len(endings) == len(set(endings))
    assert all(kind_of_ending()[ending] == "pictures" for ending in READ)


def test_nothing_is_a_set_of_pictures() -> None:
    assert chosen_kind({}, AUTO).name == "pictures"
    assert chosen_kind({"pictures": 0}, AUTO).name == "pictures"
    assert left_out({"pictures": 3}, chosen_kind({"pictures": 3}, AUTO)) == ()


def test_a_kind_that_does_not_come_in_files_is_refused() -> None:
    assert chosen_kind({}, DataOptions(modality="pictures")).name == "pictures"
    with pytest.raises(UserError, match="no kind of files") as caught:
        chosen_kind({"pictures": 1}, DataOptions(modality="picture"))
    assert "pictures" in (caught.value.remedy or "")
    with pytest.raises(UserError, match="no kind of files"):
        chosen_kind({"pictures": 1}, DataOptions(modality="vectors"))


def test_texts_beside_pictures_are_no_items_and_texts_alone_are() -> None:
    counts = {"pictures": 2, "text": 5, "sound": 1}
    chosen = chosen_kind(counts, AUTO)
    assert chosen.name == "pictures"
    assert only_beside(counts, chosen) == 5
    assert left_out(counts, chosen) == (
        "1 recording beside the pictures left out: data.modality=sound takes these instead",
    )
    assert chosen_kind({"text": 5}, AUTO).name == "text"
    assert chosen_kind({"pictures": 2, "sound": 3}, AUTO).name == "sound"
