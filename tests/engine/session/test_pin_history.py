from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.core.map_values import KeptStep
from explorer.core.types import Snapshot
from explorer.engine.events import DatasetOpened
from explorer.engine.session import pin_history
from explorer.engine.session.pin_history import ComparedStep, FirstRights
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, SMALL, Desk


def brute_rank(snapshot: Snapshot, labels: np.ndarray, item: int) -> int:
    away = cdist(snapshot.embeddings[snapshot.indices == item], snapshot.embeddings)[0]
    order = snapshot.indices[np.argsort(away, kind="stable")]
    order = order[order != item]
    return int(np.flatnonzero(labels[order] == labels[item])[0]) + 1


def test_the_first_right_answer_is_followed_over_the_run_and_in_the_saved_one(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SMALL)
    assert session.dataset is not None
    labels = np.asarray(session.dataset.labels)
    session.pin_history.want([900, 5])
    session.train()
    told = heard.until(FirstRights, lambda told: len(told.steps) >= 3)
    assert told.items.tolist() == [5, 900]
    assert (np.diff(told.steps) > 0).all()
    heard.until(KeptStep)
    session.stop()
    heard.at_rest()
    path = session.run_folder
    assert path is not None
    place = heard.now()
    session.open_run(path)
    heard.until(DatasetOpened, after=place)
    session.pin_history.want([5])
    folder = RunFolder.open(path)
    steps = folder.snapshot_steps()
    again = heard.until(FirstRights, lambda told: told.steps.tolist() == list(steps), after=place)
    for column, step in enumerate(steps):
        snapshot = folder.snapshot(step)
        expected = brute_rank(snapshot, labels, 5) if 5 in snapshot.indices else -1
        assert again.ranks[0, column] == expected
    place = heard.now()
    session.pin_history.compare(steps[0], 6)
    found = heard.until(ComparedStep, after=place).found
    first = folder.snapshot(steps[0])
    away = cdist(first.embeddings[first.indices == 5], first.embeddings)[0]
    near = first.indices[np.argsort(away, kind="stable")]
    assert found.step == steps[0]
    assert found.indices[0].tolist() == near[near != 5][:6].tolist()
    place = heard.now()
    session.pin_history.compare(steps[0], 6, np.arange(10))
    some = heard.until(ComparedStep, after=place).found.indices[0]
    assert some.tolist() == near[(near != 5) & (near < 10)][:6].tolist()
    session.pin_history.compare(-1, 6)


def test_a_step_that_was_kept_with_more_items_is_read_without_these(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    assert session.dataset is not None
    labels = np.asarray(session.dataset.labels)
    session.train()
    heard.at_rest()
    path, place = session.run_folder, heard.now()
    assert path is not None
    session.open_run(path)
    shown = heard.until(Snapshot, lambda snapshot: len(snapshot.indices) == len(labels), after=place)
    more = np.concatenate([shown.embeddings, shown.embeddings[5:6]])  # nearer to the fifth than all others
    with session._state.lock:
        session._state.show_stored([replace(shown, indices=np.arange(len(more)), embeddings=more, step=shown.step)])
    place = heard.now()
    session.pin_history.want([5])
    told = heard.until(FirstRights, lambda told: shown.step in told.steps, after=place)
    column = told.steps.tolist().index(shown.step)
    assert told.ranks[0, column] == brute_rank(shown, labels, 5)


def followed_beyond_the_kept_steps(desk: Desk, item: int, count: int) -> list[int]:
    """Follow an item in a saved run and at further steps, of which its folder has no snapshot; return those told."""
    session, heard = desk
    session.train()
    heard.at_rest()
    path, place = session.run_folder, heard.now()
    assert path is not None
    session.open_run(path)
    shown = heard.until(Snapshot, after=place)
    last = max(RunFolder.open(path).snapshot_steps())
    for step in range(last + 1, last + 1 + count):
        with session._state.lock:
            session._state.show_stored([replace(shown, step=step)])
        session.pin_history.want([item])
        told = heard.until(FirstRights, lambda told, step=step: told.steps[-1] == step, after=place)  # type: ignore[misc]
    return [step for step in told.steps.tolist() if step > last]


def test_what_is_pinned_no_more_is_forgotten(start: Callable[..., Desk]) -> None:
    session, heard = desk = start(recipe=SHORT)
    followed = followed_beyond_the_kept_steps(desk, 5, 3)
    assert len(followed) == 3
    place = heard.now()
    session.pin_history.want([900])
    told = heard.until(FirstRights, lambda told: told.items.tolist() == [900], after=place)
    assert not set(followed[:-1]) & set(told.steps.tolist()), "nothing is known of it at these"
    assert (told.ranks >= 0).all()


def test_of_steps_that_are_not_kept_every_second_is_forgotten_where_they_are_many(
    start: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin_history, "MOST_UNKEPT", 3)
    followed = followed_beyond_the_kept_steps(start(recipe=SHORT), 5, 7)
    assert 2 <= len(followed) <= 4
