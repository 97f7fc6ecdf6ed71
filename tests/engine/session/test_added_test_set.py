"""A test set that is added to a run that was trained is embedded and measured by what the run has learned."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.events import RunFinished
from explorer.core.recipe import Part, Recipe
from explorer.core.types import Snapshot
from explorer.data.opening import open_dataset
from explorer.engine.datasets.loading import Opened, resplit
from explorer.engine.events import DatasetOpened, Notice, RunOpened, SplitChanged
from explorer.engine.run.alarms import Remedy
from explorer.engine.session import state
from explorer.engine.session.duel import DuelFound
from explorer.engine.session.evaluate import ProtocolRefused, ProtocolResult
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk
from tests.helpers.listening import Listener

COUNT = 1797


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Twelve digits of two known classes in a zip."""
    digits = open_dataset("sample:digits")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as made:
        for label in (3, 7):
            for item in np.flatnonzero(digits.labels == label)[:6]:
                file = io.BytesIO()
                Image.fromarray(digits.inputs[item][..., 0]).save(file, "PNG")
                made.writestr(f"{label}/{item}.png", file.getvalue())
    return tmp_path / "more.zip"


def test_the_run_is_kept_and_the_test_set_is_measured_apart(
    start: Callable[..., Desk], archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, heard = start(recipe=SHORT)
    session.evaluate(Part(name="retrieval"), "test")
    assert "Add a test folder" in heard.until(ProtocolRefused).problem
    session.train()
    heard.at_rest()
    run, split, place = session.run, session.split, heard.now()
    assert split is not None
    session.open(str(archive), role="test")
    opened = heard.until(DatasetOpened, after=place)
    assert (opened.role, opened.kept_run, len(opened.dataset)) == ("test", True, COUNT + 12)
    assert heard.until(RunOpened, after=place).run == run == session.run
    heard.until(Snapshot, lambda shown: shown.run == run and len(shown.indices) == COUNT + 12, after=place)
    assert opened.split is not None
    assert np.array_equal(opened.split.held_out, split.held_out)
    session.evaluate(Part(name="retrieval"), "test")
    found = heard.until(ProtocolResult, after=place)
    assert (found.run, found.items, found.found.items, found.found.classes) == (run, "test", 12, 2)

    place = heard.now()
    split_in: list[str] = []

    def noted(opened: Opened, recipe: Recipe) -> Opened:
        split_in.append(threading.current_thread().name)
        return resplit(opened, recipe)

    monkeypatch.setattr(state, "resplit", noted)
    session.train()  # a new run holds out what it is tested on
    changed = heard.until(SplitChanged, after=place)
    assert split_in == ["trainer"], "of millions it takes seconds, for which no window waits"
    assert changed.split is not None
    assert changed.split.held_out.tolist() == list(range(COUNT, COUNT + 12))
    assert heard.until(Notice, after=place).text == state.TESTS_HELD_OUT, "other items train now: it is said once"
    heard.at_rest(after=place)


def test_a_test_set_that_was_trained_on_is_told(start: Callable[..., Desk]) -> None:
    session, heard = start()
    session.open("sample:digits", role="test")
    said = heard.until(Notice)
    assert said.level == "warning"
    assert said.text.endswith(
        "pictures that were looked at of digits sample are in digits as well: "
        "figures measured on what was trained on are no test"
    )


def test_a_run_beside_which_a_test_set_was_added_is_branched_without_it(
    start: Callable[..., Desk], archive: Path
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    parent, place = session.run_folder, heard.now()
    assert parent is not None
    session.open(str(archive), role="test")
    heard.until(RunOpened, after=place)
    place = heard.now()
    session.branches.begin(parent, RunFolder.open(parent).checkpoint_steps()[-1], ["loss.margin=0.45"])
    assert "without the data that were added" in heard.until(Notice, after=place).text
    heard.at_rest(after=place)
    assert session.run_folder not in (None, parent)
    assert session.run_folder is not None
    assert RunFolder.open(session.run_folder).data.items == COUNT
    assert session.dataset is not None
    assert len(session.dataset) == COUNT
    assert len(session.sources) == 1


def test_a_run_beside_which_a_test_set_was_added_goes_on_and_back_without_it(
    start: Callable[..., Desk], archive: Path
) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    first = heard.until(RunFinished)
    heard.at_rest()
    run, folder = session.run, session.run_folder
    ways: tuple[Callable[[], None], ...] = (
        lambda: session.train(resume=True),
        lambda: session.mend(Remedy("Go back", "rewind", (), first.step)),
    )
    for again in ways:
        place = heard.now()
        session.open(str(archive), role="test")
        heard.until(RunOpened, after=place)
        heard.until(Snapshot, lambda shown: shown.run == run, after=place)
        place = heard.now()
        again()
        assert "goes on without the data that were added" in heard.until(Notice, after=place).text
        assert heard.until(RunFinished, after=place).step == 2 * first.step
        heard.at_rest(after=place)
        assert (session.run, session.run_folder) == (run, folder)
        assert session.dataset is not None
        assert (len(session.dataset), len(session.sources)) == (COUNT, 1)


def test_another_run_beside_is_shown_with_the_test_set_that_was_added_and_compared(
    start: Callable[..., Desk], archive: Path
) -> None:
    session, heard = start(recipe=SHORT)
    folders = []
    for epochs in (1, 2):
        place = heard.now()
        session.configure(SHORT.model_copy(update={"epochs": epochs}))
        session.train()
        heard.at_rest(after=place)
        folders.append(session.run_folder)
    place = heard.now()
    session.open(str(archive), role="test")
    heard.until(RunOpened, after=place)
    there = Listener()
    guest = session.beside(there.ring)
    try:
        there.listen(guest.lanes)
        there.until(DatasetOpened)
        assert folders[0] is not None
        guest.open_run(folders[0])
        there.until(Snapshot, lambda shown: len(shown.indices) == COUNT + 12)
        assert guest.dataset is session.dataset
        assert (guest.run_folder, guest.branches.without_added) == (folders[0], True)
        session.duel.compare(guest.duel, first=True)
        found = heard.until(DuelFound, after=place)
        assert session.split is not None
        assert sorted(found.items.tolist()) == sorted(session.split.held_out.tolist())
    finally:
        assert guest.close(60.0)
