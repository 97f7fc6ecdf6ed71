"""What is given beside open data: the next run learns from it, a saved run brings its own, and other data have none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.given_tuples import read_given
from explorer.core.recipe import Part
from explorer.core.types import Evaluation, Projection
from explorer.engine.events import DatasetOpened, GivenChanged, Notice, RunOpened
from tests.engine.conftest import SHORT, Desk


def written(folder: Path, desk: Desk, name: str = "t.csv") -> Path:
    dataset = desk[0].dataset
    assert dataset is not None
    labels, draw, ids = np.asarray(dataset.labels), np.random.default_rng(0), dataset.ids
    lines = []
    for number in range(400):
        a, b = draw.choice(np.flatnonzero(labels == number % 10), 2, replace=False).tolist()
        c = int(draw.choice(np.flatnonzero(labels != number % 10)))
        pair = f"{ids[a]},{ids[c if number % 2 else b]},{1 - number % 2}"
        lines.append(f"{ids[a]},{ids[b]},{ids[c]}" if name == "t.csv" else pair)
    (folder / name).write_text("\n".join(lines))
    return folder / name


def test_a_run_learns_from_what_is_given_and_brings_it_when_it_is_opened(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = session, heard = start(recipe=SHORT)
    session.given.give(written(tmp_path, desk))
    heard.until(GivenChanged, lambda event: event.given is not None and event.given.kind == "triplets")
    session.analysis.project(Part(name="t_ste"))  # a map of what is given, before anything was trained
    heard.until(Projection, lambda frame: frame.method == "t_ste")
    session.train()
    heard.at_rest()
    held = heard.until(Evaluation, lambda found: found.protocol == "given_held" and found.step > 0)
    assert held.metrics["given_held"] > 0.6
    run = session.run_folder
    assert run is not None
    session.given.take(None)
    assert session.given.tuples is None
    session.open_run(run)
    heard.until(RunOpened)
    assert session.given.tuples is not None
    assert session.given.tuples.kind == "triplets"


def test_pairs_choose_a_loss_that_learns_from_them_and_give_it_back(start: Callable[..., Desk], tmp_path: Path) -> None:
    desk = session, heard = start(recipe=SHORT)
    session.given.give(written(tmp_path, desk, "p.csv"))
    heard.until(GivenChanged, lambda event: event.given is not None and event.given.kind == "pairs")
    assert session.recipe.loss.name == "contrastive"
    assert session.why_not() == ""
    session.configure(session.recipe.with_value("loss", "triplet"))
    assert session.why_not().startswith("The loss Triplet learns from classes, and pairs are given")
    session.configure(session.recipe.with_value("loss", "contrastive"))
    session.given.take(None)
    assert session.recipe.loss.name == "triplet"


def test_a_file_that_is_wrong_is_said_and_changes_nothing(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, heard = start(recipe=SHORT)
    (tmp_path / "bad.csv").write_text("a,b,c\nnobody,1,2\n")
    session.given.give(tmp_path / "bad.csv")
    assert f"Line 2 of {tmp_path / 'bad.csv'} names nobody" in heard.until(Notice).text
    assert session.given.tuples is None
    session.train()
    with pytest.raises(UserError, match="while a run trains"):
        session.given.take(None)
    heard.at_rest()


def test_what_was_read_of_other_data_is_not_taken(start: Callable[..., Desk], tmp_path: Path) -> None:
    """A large file is read for seconds, in which other data may be opened: its rows would name items of these."""
    desk = session, heard = start(recipe=SHORT)
    before = session.dataset
    assert before is not None
    given = read_given(written(tmp_path, desk), None, before.ids)
    session.open("sample:digits")
    heard.until(DatasetOpened, lambda event: event.dataset is not before)
    with pytest.raises(UserError, match=r"t.csv is of data that are not open any more"):
        session.given.take(given, of=before)
    assert session.given.tuples is None
