"""Pictures and captions in one set: how they are kept, asked and compared before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.modalities.base import modality_named
from explorer.data.modalities.captioned import INK, PAPER, bytes_of
from explorer.data.opening import open_beside, open_dataset
from explorer.data.pictures import PictureError
from tests.helpers.captions import shape_captions

CAPTIONED = modality_named("captioned")


def test_a_picture_has_no_bytes_and_a_caption_shows_a_page(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(shape_captions(tmp_path, 4)), cache_folder=cache)
    assert dataset.shape == (33, 32, 3)
    texts = bytes_of(dataset.inputs)
    assert not texts[:4].any()
    assert set(np.unique(dataset.inputs[4:, :32]).tolist()) == {PAPER, INK}
    assert bytes(texts[4]).rstrip(b"\0").decode() == dataset.columns["caption"][4] == dataset.words(4)
    assert dataset.preview(4) == dataset.words(4)
    shown = dataset.preview(0)
    assert not isinstance(shown, str)
    assert np.array_equal(shown, dataset.inputs[0, :32])
    assert dataset.full_picture(0).shape == (32, 32, 3)
    with pytest.raises(UserError, match="a caption has no picture"):
        dataset.full_picture(4)
    assert CAPTIONED.described(dataset.shape) == "pictures of 32 × 32 pixels, colour, and captions of at most 96 bytes"


def test_items_from_outside_become_what_items_of_the_set_are(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(shape_captions(tmp_path, 4)), cache_folder=cache)
    file = tmp_path / "images" / "00002.png"
    assert np.array_equal(CAPTIONED.read(file, dataset.shape)[0], dataset.inputs[2])
    assert np.array_equal(CAPTIONED.decoded(file.read_bytes(), dataset.shape, "pasted")[0], dataset.inputs[2])
    said = dataset.words(6)
    (tmp_path / "said.txt").write_text(said)
    assert np.array_equal(CAPTIONED.read(tmp_path / "said.txt", dataset.shape)[0], dataset.inputs[6])
    assert np.array_equal(CAPTIONED.decoded(said.encode(), dataset.shape, "the text")[0], dataset.inputs[6])
    assert not CAPTIONED.in_words(dataset.inputs[2])
    assert CAPTIONED.in_words(dataset.inputs[6])
    with pytest.raises(UserError, match="holds no text"):
        CAPTIONED.decoded(b" ", dataset.shape, "the text")
    with pytest.raises(PictureError, match="no picture of its own"):
        CAPTIONED.full_picture(said.encode())


def test_other_data_get_the_same_shape(tmp_path: Path, cache: Path) -> None:
    main = open_dataset(str(shape_captions(tmp_path / "a", 4)), DataOptions(size=20, colour="grey"), cache_folder=cache)
    both = open_beside(main, str(shape_captions(tmp_path / "b", 3, seed=1)), "test", cache_folder=cache)
    assert both.shape == main.shape
    assert main.shape[1:] == (20, 1)
    assert len(both) == 14
    assert list(both.columns["kind"]) == ["picture"] * 4 + ["caption"] * 4 + ["picture"] * 3 + ["caption"] * 3
    assert CAPTIONED.alike(DataOptions(), main.shape).length == 20 * (main.shape[0] - 20)
    longer = open_dataset(str(shape_captions(tmp_path / "b", 3)), DataOptions(length=400), cache_folder=cache)
    with pytest.raises(UserError, match=r"holds|pictures of 32"):
        main.combined(longer, "test")


def test_long_captions_are_cut_and_that_is_said(tmp_path: Path, cache: Path) -> None:
    spec = str(shape_captions(tmp_path, 4))
    dataset = open_dataset(spec, DataOptions(size=8, colour="grey", length=16), cache_folder=cache)
    assert dataset.shape == (10, 8, 1)
    assert dataset.words(4).endswith("…")
    assert any("4 captions are cut to 16 bytes: data.length" in note for note in dataset.report.notes)


def test_before_training_nothing_joins_the_sides(tmp_path: Path, cache: Path) -> None:
    dataset = open_dataset(str(shape_captions(tmp_path, 6)), cache_folder=cache)
    rows = CAPTIONED.rows(dataset.inputs).astype(np.float64)
    assert not (rows[:6] @ rows[6:].T).any()
    assert (rows @ rows.T).diagonal().all()
