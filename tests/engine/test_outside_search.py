from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.core.types import Snapshot, frozen
from explorer.engine import outside_search
from explorer.engine.outside_search import nearest, nearest_raw
from tests.helpers.blobs import CLOTHES, blobs, dataset_of


def test_neighbours_are_those_of_brute_force_also_among_some_and_with_ties() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 5)).astype(np.float32)
    x[10:20] = x[10]  # collapsed
    items = np.sort(generator.choice(200, 60, replace=False))
    snapshot = Snapshot("r", 3, frozen(items), frozen(x), True, "euclidean")
    asked = np.concatenate([x[[10]], generator.normal(size=(1, 5)).astype(np.float32)])
    found, at = nearest(snapshot, asked, 12)
    away = cdist(asked, x)
    for row in range(2):
        order = np.argsort(away[row], kind="stable")[:12]
        assert found[row].tolist() == items[order].tolist()
        np.testing.assert_allclose(at[row], away[row][order], atol=1e-3)
    some = np.concatenate([items[::7], [999]])  # one of them is not embedded
    found, at = nearest(snapshot, asked, 12, some)
    assert (found[:, 9:] == -1).all()
    assert np.isin(found[:, :9], items[::7]).all()
    np.testing.assert_allclose(at[:, :9], np.sort(away[:, ::7], axis=1), atol=1e-3)


def test_raw_neighbours_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of(blobs(300, 10)[1], CLOTHES)
    asked = np.asarray(dataset.inputs[[4, 200]], np.uint8)
    whole = nearest_raw(dataset, asked, 20)
    monkeypatch.setattr(outside_search, "BLOCK", 37)
    parts = nearest_raw(dataset, asked, 20)
    assert whole[0].tolist() == parts[0].tolist()
    np.testing.assert_allclose(whole[1], parts[1], atol=1e-6)
    some, _ = nearest_raw(dataset, asked, 20, np.arange(100, 110))
    assert np.sort(some[:, :10], axis=1).tolist() == [list(range(100, 110))] * 2
    assert (some[:, 10:] == -1).all()
