"""A gallery that is added to a run that was trained is embedded by what the run has learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.events import RunFinished
from explorer.core.map_values import KeptStep
from explorer.core.types import PIXELS_RUN, Projection, Snapshot
from explorer.data.opening import open_dataset
from explorer.engine.events import DatasetOpened, RunOpened
from explorer.engine.gallery import kept_gallery
from explorer.engine.offline import OfflineRun
from explorer.engine.session.gallery import GalleryChanged, Identified
from tests.engine.conftest import SHORT, SMALL, Desk

COUNT = 1797


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight digits of two classes as files, one of these new."""
    digits = open_dataset("sample:digits")
    for name, label in (("3", 3), ("nought", 0)):
        (tmp_path / "more" / name).mkdir(parents=True)
        for item in np.flatnonzero(digits.labels == label)[:4]:
            Image.fromarray(digits.inputs[item][..., 0]).save(tmp_path / "more" / name / f"{item}.png")
    return tmp_path / "more"


def test_the_run_is_kept_and_the_new_items_are_embedded(start: Callable[..., Desk], folder: Path) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    heard.until(KeptStep)  # of which the map is kept too
    run, path, split = session.run, session.run_folder, session.split
    assert path is not None
    assert split is not None
    place = heard.now()
    session.open(str(folder), role="gallery")
    opened = heard.until(DatasetOpened, after=place)
    assert (opened.role, opened.kept_run, len(opened.dataset)) == ("gallery", True, COUNT + 8)
    assert heard.until(RunOpened, after=place).run == run == session.run
    assert session.run_folder == path
    snapshot = heard.until(Snapshot, lambda shown: shown.run == run and len(shown.indices) == COUNT + 8, after=place)
    direct = OfflineRun(path).embed(opened.dataset)
    assert np.allclose(snapshot.embeddings, direct, atol=1e-3)
    heard.until(Projection, lambda shown: shown.run == run and len(shown.indices) == COUNT + 8, after=place)
    assert opened.split is not None
    assert np.array_equal(opened.split.held_out, split.held_out)
    assert np.array_equal(opened.split.train, split.train)

    session.gallery.enrol("nought", [COUNT + 4, COUNT + 5])
    assert heard.until(GalleryChanged, lambda told: bool(told.names)).images == (2,)
    assert all(Path(source).is_file() for source in kept_gallery(path).sources)
    session.gallery.identify(COUNT + 5)
    assert heard.until(Identified).found.candidates[0].distance == pytest.approx(0, abs=1e-3)

    step = session.replay.steps[0].step
    place = heard.now()
    session.replay.show(step)
    heard.until(Projection, lambda shown: shown.step == step and len(shown.indices) == COUNT, after=place)
    place = heard.now()
    session.train(resume=True)  # which is trained without them
    heard.until(RunFinished, after=place)
    assert session.dataset is not None
    assert (session.run, len(session.dataset)) == (run, COUNT)


def test_a_run_that_trains_is_ended_and_kept(start: Callable[..., Desk], folder: Path) -> None:
    session, heard = start(recipe=SMALL)
    session.train()
    heard.until(Snapshot, lambda shown: shown.run == session.run and len(shown.indices) > 1000)
    run = session.run
    session.open(str(folder), role="gallery")
    opened = heard.until(DatasetOpened, lambda event: event.role == "gallery")
    assert opened.kept_run
    assert (session.run, session.state) == (run, "finished")
    heard.until(Snapshot, lambda shown: shown.run == run and shown.exact and len(shown.indices) == COUNT + 8)


def test_before_any_training_the_raw_data_are_shown_again(start: Callable[..., Desk], folder: Path) -> None:
    session, heard = start(recipe=SHORT)
    session.open(str(folder), role="gallery")
    opened = heard.until(DatasetOpened, lambda event: event.role == "gallery")
    assert not opened.kept_run
    assert session.run == PIXELS_RUN
    assert session.split is not None
