"""Runs that were written by each schema since 0.1.0 open, are what they were, and embed as they did.

``golden/schema_N`` was written by ``train`` of the program when ``SCHEMA_VERSION`` was N, on ``golden/pictures``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.engine.offline import OfflineRun
from explorer.runs.folder import RunFolder
from explorer.runs.header import SCHEMA_VERSION

GOLDEN = Path(__file__).with_name("golden")


def test_every_schema_has_its_golden_run() -> None:
    names = {path.name for path in GOLDEN.glob("schema_*")}
    assert names == {f"schema_{number}" for number in range(1, SCHEMA_VERSION + 1)}


@pytest.mark.parametrize("number", range(1, SCHEMA_VERSION + 1))
def test_a_golden_run_opens_and_embeds_as_it_did(number: int, tmp_path: Path) -> None:
    path = GOLDEN / f"schema_{number}"
    run = RunFolder.open(path)
    assert (run.header.schema_version, run.header.needs) == (SCHEMA_VERSION, "0.1.0")
    assert (run.data.modality, run.data.shape, run.data.items) == ("pictures", (28, 28, 1), 12)
    assert (run.recipe.encoder.name, run.recipe.distance.name) == ("linear", "euclidean")
    assert (len(run.items), len(run.items.indices("train")), run.verify()) == (12, 8, ())
    history, last = run.history(), run.latest_checkpoint()
    assert (history.damaged, len(history.metrics), history.finished is not None) == (0, 2, True)
    assert last is not None
    snapshot = run.snapshot(last.step)
    asked = OfflineRun(path)
    dataset = asked.data(str(_pictures(tmp_path)))
    assert tuple(dataset.ids) == tuple(run.items.ids)
    again = asked.embed(dataset, snapshot.indices)
    np.testing.assert_allclose(again, snapshot.embeddings, atol=2e-3)


@pytest.mark.parametrize("number", range(1, SCHEMA_VERSION + 1))
def test_a_golden_run_can_be_written_on(number: int, tmp_path: Path) -> None:
    path = Path(shutil.copytree(GOLDEN / f"schema_{number}", tmp_path / "run"))
    with RunFolder.open(path, writable=True) as run:
        last = run.latest_checkpoint()
        assert last is not None
        run.rewind(last.step)
        run.finish({"ended": "again"})
    assert RunFolder.open(path).summary() == {"ended": "again"}
    assert RunFolder.open(path).verify() == ()


def _pictures(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "pictures", tmp_path / "pictures"))
