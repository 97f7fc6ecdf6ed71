from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics.pairwise import cosine_distances

from explorer.core.events import RunFinished, RunPaused
from explorer.core.map_values import KeptStep
from explorer.core.types import PIXELS_RUN, Snapshot
from explorer.engine.events import DatasetOpened, Notice
from explorer.engine.session.outside_queries import LOST, OutsideChanged, OutsideRanked
from explorer.engine.session.session import Session
from tests.engine.conftest import SHORT, SMALL, Desk
from tests.helpers.listening import Listener


def saved(session: Session, folder: Path, item: int) -> Path:
    """Save an item as a file from elsewhere, and return its path."""
    assert session.dataset is not None
    path = folder / f"{item}.png"
    Image.fromarray(session.dataset.inputs[item][..., 0]).save(path)
    return path


def ranked(heard: Listener, run: str, place: int = 0, queries: int = 1) -> OutsideRanked:
    return heard.until(OutsideRanked, lambda told: told.run == run and len(told.rankings) == queries, after=place)


def test_a_picture_from_outside_is_ranked_before_any_training_by_its_pixels(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    session, heard = start()
    dataset = session.dataset
    assert dataset is not None
    session.outside.add_files([saved(session, tmp_path, 7), saved(session, tmp_path, 20)])
    told = heard.until(OutsideChanged)
    assert [query.name for query in told.queries] == ["7.png", "20.png"]
    assert np.array_equal(told.queries[0].input, dataset.inputs[7])
    found = ranked(heard, PIXELS_RUN, queries=2)
    pixels = dataset.inputs.reshape(len(dataset), -1).astype(float)
    for item, ranking in zip((7, 20), found.rankings, strict=True):
        away = cosine_distances(pixels[[item]], pixels)[0]
        assert ranking.indices[0] == item
        np.testing.assert_allclose(ranking.distances, np.sort(away)[:8], atol=1e-4)
        np.testing.assert_allclose(ranking.distances, away[ranking.indices], atol=1e-4)
        assert ranking.vote.label == dataset.labels[item]
        assert ranking.vote.voters == 8
    session.outside.set_depth(3)
    heard.until(OutsideRanked, lambda told: len(told.rankings[0].indices) == 3)
    session.outside.set_among(np.arange(100, 102))
    heard.until(OutsideRanked, lambda told: sorted(told.rankings[0].indices.tolist()) == [100, 101])
    place = heard.now()
    session.outside.remove(told.queries[0].id)
    assert ranked(heard, PIXELS_RUN, place).rankings[0].query == told.queries[1].id
    session.outside.clear()
    assert heard.until(OutsideChanged, lambda changed: not changed.queries, after=place).queries == ()


def test_it_is_followed_while_a_run_trains_and_ranked_where_it_was_at_kept_steps(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    session, heard = start(recipe=SMALL)
    session.outside.add_files([saved(session, tmp_path, 7)])
    heard.until(OutsideChanged)
    session.train()
    first = heard.until(OutsideRanked, lambda told: told.run != PIXELS_RUN and not told.rankings[0].problem)
    later = heard.until(OutsideRanked, lambda told: told.run == first.run and told.step > first.step)
    assert first.rankings[0].vote.voters == 8
    heard.until(KeptStep, lambda kept: kept.step > first.step)
    session.pause()
    heard.until(RunPaused)
    place = heard.now()
    session.outside.add_files([saved(session, tmp_path, 30)])  # by the checkpoint that a pause writes
    paused = heard.until(
        OutsideRanked,
        lambda told: len(told.rankings) == 2 and not any(ranking.problem for ranking in told.rankings),
        after=place,
    )
    assert paused.step >= later.step
    earliest = next(kept.step for kept in session.replay.steps if kept.exact)  # others mix the weights of some steps
    place = heard.now()
    session.replay.show(earliest)
    shown = heard.until(OutsideRanked, lambda told: told.step == earliest, after=place)
    assert [ranking.problem for ranking in shown.rankings] == ["", ""]  # the later one by the weights that were kept
    assert 30 in shown.rankings[1].indices
    assert session.run_folder is not None
    shutil.rmtree(session.run_folder / "weights")
    place = heard.now()
    session.outside.add_files([saved(session, tmp_path, 40)])
    lost = heard.until(OutsideRanked, lambda told: len(told.rankings) == 3, after=place)
    assert [ranking.problem for ranking in lost.rankings] == ["", "", LOST]
    session.stop()
    heard.until(RunFinished)


def test_after_a_run_its_own_picture_is_at_no_distance_and_a_saved_run_is_asked_alike(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    session.outside.add_files([saved(session, tmp_path, 7)])
    found = ranked(heard, session.run)
    assert found.rankings[0].indices[0] == 7
    assert found.rankings[0].distances[0] == pytest.approx(0, abs=0.01)
    assert found.exact
    assert session.run_folder is not None
    place = heard.now()
    session.open_run(session.run_folder)
    heard.until(DatasetOpened, after=place)
    heard.until(Snapshot, after=place)
    place = heard.now()
    session.outside.add_encoded((tmp_path / "7.png").read_bytes(), "pasted")
    again = ranked(heard, session.run, place)
    assert again.rankings[0].indices.tolist() == found.rankings[0].indices.tolist()


def test_what_cannot_be_read_is_told_and_the_others_are_asked(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, heard = start()
    (tmp_path / "bad.png").write_bytes(b"no picture")
    session.outside.add_files([tmp_path / "bad.png", saved(session, tmp_path, 3)])
    assert "bad.png cannot be read" in heard.until(Notice, lambda notice: notice.level == "error").text
    assert [query.name for query in heard.until(OutsideChanged).queries] == ["3.png"]
    place = heard.now()
    session.outside.add_files([tmp_path / "3.png"] * 11)
    assert "first 10 are asked" in heard.until(Notice, lambda notice: notice.level == "warning", after=place).text


def test_there_have_to_be_pictures_to_compare_with(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, heard = start(spec="")
    session.outside.add_encoded(b"", "pasted")
    assert "Open data first" in heard.until(Notice).text
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    session.open(str(tmp_path / "x.npy"))
    heard.until(DatasetOpened)
    place = heard.now()
    session.outside.add_encoded(b"", "pasted")
    assert "These data are vectors" in heard.until(Notice, lambda notice: notice.level == "error", after=place).text
    x = np.load(tmp_path / "x.npy")
    np.save(tmp_path / "row.npy", x[7])
    session.outside.add_files([tmp_path / "row.npy"])
    found = ranked(heard, PIXELS_RUN)
    assert found.rankings[0].indices.tolist() == np.argsort(cosine_distances(x[[7]], x)[0])[:8].tolist()
