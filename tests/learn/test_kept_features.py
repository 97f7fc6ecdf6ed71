"""Features of a frozen encoder are computed once, and found again by what they are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot
from explorer.learn.encoders.base import Encoder
from explorer.learn.kept_features import KeptFeatures
from explorer.learn.parts import make_encoder
from tests.learn.encoders.models import TINY
from tests.learn.tasks import made_up, of, run, task

FROZEN = (
    "encoder=transformers",
    f"encoder.model={TINY}",
    "encoder.weights=random",
    "encoder.mode=frozen",
    "encoder.size=28",
)


def frozen(seed: int = 0) -> Encoder:
    return make_encoder(Recipe(seed=seed).with_settings([*FROZEN, "encoder.dimension=0"]), (8, 8, 1)).eval()


def test_features_are_found_by_the_items_and_the_weights(tmp_path: Path) -> None:
    pixels = made_up()[0]
    kept = KeptFeatures(frozen(), pixels, "float32", tmp_path)
    features = np.random.default_rng(0).normal(size=(len(pixels), frozen().dimension)).astype(np.float32)
    assert kept.load() is None
    kept.keep(features)
    again = KeptFeatures(frozen(), pixels, "float32", tmp_path).load()
    assert again is not None
    np.testing.assert_array_equal(again, features)
    others = pixels.copy()
    others[3, 2, 1] ^= 1
    assert KeptFeatures(frozen(), others, "float32", tmp_path).load() is None
    assert KeptFeatures(frozen(1), pixels, "float32", tmp_path).load() is None
    assert KeptFeatures(frozen(), pixels, "bfloat16", tmp_path).load() is None


def test_what_is_quick_is_not_kept(tmp_path: Path) -> None:
    encoder = make_encoder(Recipe().with_settings(["encoder=pixels"]), (8, 8, 1))
    kept = KeptFeatures(encoder, made_up()[0], "float32", tmp_path)
    kept.keep(np.zeros((60, encoder.dimension), np.float32))
    assert kept.load() is None
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("fitter", ["lmnn", "nca", "layer"])
def test_a_second_fit_is_the_first_one_without_embedding(
    fitter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path))
    chosen = Recipe(seed=3, device="cpu").with_settings([f"fitter={fitter}", "fitter.iterations=3", *FROZEN])
    first, second = (run(task(chosen, live=True)) for _ in range(2))
    assert isinstance(second[-1], RunFinished)
    one, two = (of(Snapshot, events)[-1].embeddings for events in (first, second))
    np.testing.assert_array_equal(one, two)
    assert len(list((tmp_path / "pixels").glob("features-*.json"))) == 1
