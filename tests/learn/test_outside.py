from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.core.events import Checkpoint, OutsideEmbeddings, OutsideInputs, Weights
from explorer.core.types import Snapshot
from tests.learn.tasks import made_up, of, quick_recipe, run, same_weights, task


@pytest.mark.parametrize("settings", [(), ("fitter=lmnn",)])
def test_what_is_no_item_is_embedded_with_every_snapshot_and_changes_nothing(settings: tuple[str, ...]) -> None:
    pixels, _ = made_up()
    outside = OutsideInputs((5, 9), pixels[[3, 0]])
    plain = task(quick_recipe(*settings), live=True)
    alone, beside = run(plain), run(replace(plain, outside=lambda: outside))
    found, snapshots = of(OutsideEmbeddings, beside), of(Snapshot, beside)
    assert len(found) == len(snapshots) > 0
    assert not of(OutsideEmbeddings, alone)
    for told, snapshot in zip(found, snapshots, strict=True):
        assert (told.run, told.step, told.ids) == (snapshot.run, snapshot.step, (5, 9))
    np.testing.assert_allclose(found[-1].embeddings, snapshots[-1].embeddings[[3, 0]], atol=1e-5)
    weights = of(Weights, alone)
    assert [told.step for told in weights] == [snapshot.step for snapshot in of(Snapshot, alone)]
    last = of(Checkpoint, alone)[-1]
    assert all(np.array_equal(last.tensors[name], tensor) for name, tensor in weights[-1].tensors.items())
    assert same_weights(of(Checkpoint, alone)[-1], of(Checkpoint, beside)[-1])
