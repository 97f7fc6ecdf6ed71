"""What every modality promises, on data of its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.registry import catalogue
from explorer.core.types import ByteArray
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modalities, modality_named
from explorer.data.opening import open_dataset
from tests.helpers.captions import shape_captions
from tests.helpers.clips import clip_folder
from tests.helpers.data import picture_folder
from tests.helpers.shapes import shape_folder
from tests.helpers.sound import tones

KINDS = sorted(catalogue("modality"))


def opened(kind: str, folder: Path, cache: Path) -> Dataset:
    """Return 6 items of a kind."""
    if kind == "vectors":
        np.save(folder / "rows.npy", np.arange(24, dtype=np.float32).reshape(6, 4))
        return open_dataset(str(folder / "rows.npy"), cache_folder=cache)
    if kind == "table":
        rows = [f"{i},{i}.5,{'ab'[i % 2]},{'' if i == 3 else i * i + 0.5}" for i in range(6)]
        (folder / "rows.csv").write_text("\n".join(["id,width,colour,depth", *rows]), "utf-8")
        return open_dataset(str(folder / "rows.csv"), DataOptions(modality="table"), cache_folder=cache)
    if kind == "shapes":
        root = shape_folder(folder / "data", 2, 1, families=("torus", "brick"))
        return open_dataset(str(root), DataOptions(points=64), cache_folder=cache)
    if kind == "sound":
        return open_dataset(str(tones(folder / "data", range(2), ("ann",), 3)), cache_folder=cache)
    if kind == "video":
        root = clip_folder(folder, 2, 1, motions=("east", "turns left"))
        return open_dataset(str(root), DataOptions(frames=3), cache_folder=cache)
    if kind == "captioned":
        return open_dataset(str(shape_captions(folder, 3)), cache_folder=cache)
    if kind == "text":
        table = "text,kind\n" + "".join(f"word {number} of it,{number % 2}\n" for number in range(6))
        (folder / "rows.csv").write_text(table)
        return open_dataset(str(folder / "rows.csv"), cache_folder=cache)
    return open_dataset(str(picture_folder(folder / "data", {"a": 3, "b": 3})), cache_folder=cache)


@pytest.mark.parametrize("kind", KINDS)
def test_items_are_loaded_shown_and_compared(kind: str, tmp_path: Path, cache: Path) -> None:
    dataset = opened(kind, tmp_path, cache)
    modality = dataset.modality
    assert (modality.name, len(dataset)) == (kind, 6)
    assert dataset.inputs.shape == (6, *dataset.shape)
    assert not dataset.inputs.flags.writeable
    rows = modality.rows(dataset.inputs)
    assert (len(rows), rows.ndim) == (6, 2)
    some = np.array([4, 1])
    assert np.array_equal(modality.rows(dataset.inputs, some), rows[some])
    joined = modality.joined(dataset.inputs, dataset.inputs, "both", cache)
    assert np.array_equal(joined[6:], dataset.inputs)
    shown = dataset.preview(2)
    if isinstance(shown, str):
        assert shown == ("word 2 of it" if kind == "text" else "2")
        assert dataset.previews is None
    else:
        picture: ByteArray = shown
        assert picture.dtype == np.uint8
        assert picture.ndim == 3


@pytest.mark.parametrize("kind", KINDS)
def test_words_and_encoders_are_named(kind: str) -> None:
    modality = modality_named(kind)
    assert modality in modalities()
    assert all((modality.noun, modality.plural, modality.raw, modality.when_unlabelled))
    assert kind in modality.encoder_reads
    encoders = catalogue("encoder")
    for name in (modality.encoder.name, *modality.other_encoders):
        assert kind in encoders[name].part.reads, name  # type: ignore[attr-defined]
    assert encoders[modality.encoder.name].part.reads == modality.encoder_reads  # type: ignore[attr-defined]
    augment = catalogue("augment")[modality.augment].part
    assert modality.augment == "none" or kind in augment.reads  # type: ignore[attr-defined]


def test_a_kind_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(UserError, match="There is no modality 'smells'"):
        modality_named("smells")
