"""An index of FAISS, read by FAISS in a script of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from explorer.core.registry import create
from explorer.core.types import Snapshot
from explorer.engine.export.subjects import subject_of_run
from explorer.measure.index import build_index
from explorer.measure.lifts import lift
from explorer.runs.folder import RunFolder
from explorer.runs.items import plain_cell
from tests.engine.export.conftest import Trained
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.mapped import mapped_run
from tests.helpers.readme import run_readme

EXPORT = create("export", "faiss", {})


def numbers_in(path: Path) -> list[int]:
    """Return the numbers of the items of an index."""
    index: Any = faiss.deserialize_index(np.fromfile(path, np.uint8))
    return list(faiss.vector_to_array(index.id_map).tolist())


def test_faiss_finds_what_the_run_finds(trained: Trained, tmp_path: Path) -> None:
    facts = EXPORT.write(tmp_path / "out", subject_of_run(trained.path), Progress())
    found = [plain_cell(line) for line in run_readme(tmp_path / "out")]
    assert len(found) == 6
    assert found == trained.near("<d>/000.png")
    assert facts["items"] == 36
    assert numbers_in(tmp_path / "out" / "items.faiss") == list(range(36))


def test_an_index_of_the_selection_answers_with_the_numbers_of_the_run(trained: Trained, tmp_path: Path) -> None:
    EXPORT.write(tmp_path / "out", subject_of_run(trained.path, selected=np.array([30, 4])), Progress())
    assert numbers_in(tmp_path / "out" / "items.faiss") == [4, 30]
    assert len(run_readme(tmp_path / "out")) == 2


@pytest.mark.parametrize("distance", ["dot", "snr", "matusita", "kullback_leibler", "jeffreys", "hyperbolic:0.1"])
def test_any_distance_is_searched_as_in_the_run(tmp_path: Path, distance: str) -> None:
    run = mapped_run(tmp_path / "run", steps=(0,))
    rows = np.random.default_rng(1).uniform(0.01, 0.4, (60, 5)).astype(np.float32)
    with RunFolder.open(run.path, writable=True) as folder:
        folder.write_snapshot(Snapshot(folder.run, 5, np.arange(60), rows, True, distance))
    subject = subject_of_run(run.path)
    kept = RunFolder.open(run.path).snapshot(5)
    object.__setattr__(subject, "chosen", 5)
    EXPORT.write(tmp_path / "out", subject, Progress())
    index = build_index(kept.embeddings, lift(distance), exact=True)
    (nearest,), _ = index.search(kept.embeddings[:1], 6)
    assert [plain_cell(line) for line in run_readme(tmp_path / "out")] == [
        f"x,{i}.png" if i != 1 else "=x,1.png" for i in nearest
    ]
