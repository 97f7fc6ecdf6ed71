"""A frozen model makes a folder searchable at once, without any training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from explorer.core.events import Checkpoint, RunFinished
from explorer.core.types import UNLABELLED, Snapshot
from explorer.learn.embedder import Embedder
from tests.learn.encoders.models import TINY, saved_timm
from tests.learn.tasks import halves, of, quick_recipe, run, task


@pytest.mark.parametrize("name", ["timm", "transformers"])
def test_an_unlabelled_folder_is_searchable_at_once(tmp_path: Path, name: str) -> None:
    if name == "timm":
        saved_timm(tmp_path / "m", "test_resnet")
        settings = [f"encoder.model={tmp_path / 'm'}", "encoder.size=32"]
    else:
        settings = [f"encoder.model={TINY}", "encoder.weights=random"]
    recipe = quick_recipe(f"encoder={name}", *settings, "encoder.mode=frozen", "fitter=identity", epochs=1)
    digits = load_digits()
    pixels, classes = (digits.images[:200, :, :, None] * 15).astype(np.uint8), digits.target[:200]
    labels = np.full(200, UNLABELLED, dtype=np.int64)
    events = run(task(recipe, pixels=pixels, labels=labels, split=halves(200, 0)))
    assert of(RunFinished, events), events
    exact = [snapshot for snapshot in of(Snapshot, events) if snapshot.exact][-1]
    assert len(exact.embeddings) == 200
    checkpoint = of(Checkpoint, events)[-1]
    embedder = Embedder(recipe, (8, 8, 1), checkpoint)
    shown = embedder.embed(pixels)
    np.testing.assert_allclose(shown[exact.indices], exact.embeddings, rtol=1e-4, atol=1e-5)
    distances = np.linalg.norm(shown[:, None] - shown[None], axis=2) + np.diag(np.full(200, np.inf))
    found = classes[distances.argmin(axis=1)] == classes
    assert found.mean() > 0.5  # of ten classes, with weights that were never trained
