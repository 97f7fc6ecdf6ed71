"""Two runs of the digits as two sessions show them: which is right where, against brute force."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from explorer.core.types import BoolArray, IntArray, Snapshot
from explorer.engine.events import DatasetOpened
from explorer.engine.session.duel import BROKEN, FIXED, DuelFound, DuelRecipes, DuelRefused
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk
from tests.helpers.listening import Listener


@pytest.fixture
def beside(trained: Desk) -> Iterator[Desk]:
    """A session beside the one that has trained, on its data."""
    heard = Listener()
    made = trained[0].beside(heard.ring)
    heard.listen(made.lanes)
    heard.until(DatasetOpened)
    yield made, heard
    assert made.close(60.0)


def right(session: Session, items: IntArray, labels: IntArray) -> BoolArray:
    """Return whether the nearest of the other items is of the class of each, by the newest embeddings of a run."""
    assert session.run_folder is not None
    folder = RunFolder.open(session.run_folder)
    shown = folder.snapshot(folder.snapshot_steps()[-1])
    x = rows(shown, items)
    apart = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    found: BoolArray = labels[items][apart.argmin(axis=1)] == labels[items]
    return found


def rows(shown: Snapshot, items: IntArray) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    order = np.argsort(shown.indices)
    return shown.embeddings[order[np.searchsorted(shown.indices, items, sorter=order)]]


def test_it_is_found_which_run_is_right_where(trained: Desk, beside: Desk) -> None:
    (home, heard), (guest, there) = trained, beside
    home.duel.compare(guest.duel, first=True)
    assert "no embeddings" in heard.until(DuelRefused).problem
    guest.configure(SHORT.with_settings(["loss=contrastive", "epochs=1"]))
    guest.train()
    there.at_rest()

    home.duel.compare(guest.duel, first=True)
    found, recipes = heard.until(DuelFound), heard.all(DuelRecipes)[-1]
    assert (recipes.a.loss.name, recipes.b.loss.name) == ("contrastive", SHORT.loss.name)
    dataset, split = home.dataset, home.split
    assert dataset is not None
    assert split is not None
    items, labels = np.sort(split.held_out), np.asarray(dataset.labels)
    a, b = right(guest, items, labels), right(home, items, labels)
    np.testing.assert_array_equal(found.with_fate(FIXED), items[b & ~a])
    np.testing.assert_array_equal(found.with_fate(BROKEN), items[a & ~b])
    assert np.count_nonzero(found.fates >= 0) == len(items)
    assert found.found.metrics["recall@1"].difference == pytest.approx(b.mean() - a.mean())
    assert found.verdict

    told = len(heard.all(DuelFound))
    home.duel.compare(guest.duel, first=True, anew=False)
    heard.at_rest()
    home.duel.compare(guest.duel, first=False)
    swapped = heard.until(DuelFound, lambda one: one is not found)
    assert len(heard.all(DuelFound)) == told + 1
    np.testing.assert_array_equal(swapped.with_fate(BROKEN), items[b & ~a])
