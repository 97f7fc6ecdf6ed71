from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.core.events import RunFinished
from explorer.core.label_decisions import Decision
from explorer.core.recipe import Part
from explorer.engine.cleaning import find_in_run
from explorer.engine.events import DatasetOpened, Notice
from explorer.engine.offline import OfflineRun
from explorer.engine.session.cleaning import CleaningFound, DecisionsChanged
from explorer.engine.session.evaluate import ProtocolResult
from explorer.runs.folder import RunFolder
from explorer.runs.label_file import LABELS_NAME, read_decisions
from tests.engine.conftest import SHORT, Desk
from tests.helpers.data import picture_folder


def test_decisions_are_kept_with_the_run_undone_and_carried_on(trained: Desk) -> None:
    session, heard = trained
    dataset, folder = session.dataset, session.run_folder
    assert dataset is not None
    assert folder is not None
    session.cleaning.look()
    classes = len(dataset.class_names)
    assert heard.until(DecisionsChanged) == DecisionsChanged(session.run, {}, False, classes)
    left, given = Decision("exclude"), Decision("relabel", 3)
    steps: tuple[tuple[Callable[[], int], dict[int, Decision]], ...] = (
        (lambda: session.cleaning.decide([4, 5], "exclude"), {4: left, 5: left}),
        (lambda: session.cleaning.decide([5], "relabel", 3), {4: left, 5: given}),
        (lambda: session.cleaning.decide([6], "keep", 3), {4: left, 5: given, 6: Decision("keep")}),
        (session.cleaning.undo, {4: left, 5: given}),
    )
    for act, expected in steps:
        place = heard.now()
        act()
        told = heard.until(DecisionsChanged, after=place)
        assert (told.decisions, told.undoable) == (expected, True)
        assert read_decisions(folder, dataset.ids, dataset.class_names) == expected
    heard.at_rest()  # what is beside the decisions is written by now
    assert RunFolder.open(folder).verify() == ()
    before = session.run
    place = heard.now()
    session.train()
    heard.until(RunFinished, after=place)
    assert session.run != before
    assert session.run_folder is not None
    assert read_decisions(session.run_folder, dataset.ids, dataset.class_names) == {4: left, 5: given}


def test_what_is_found_is_listed_and_evaluations_go_by_decisions(trained: Desk, tmp_path: Path) -> None:
    session, heard = trained
    dataset, split = session.dataset, session.split
    assert dataset is not None
    assert split is not None
    assert session.run_folder is not None
    session.cleaning.find()
    found = heard.until(CleaningFound).found
    assert not found.problem
    assert len(found.suspects) == len(dataset)
    assert sorted((suspect.score for suspect in found.suspects), reverse=True) == [s.score for s in found.suspects]
    _, _, offline = find_in_run(OfflineRun(session.run_folder), lambda stage, done, total: None)
    assert offline.steps == found.steps
    assert {suspect.item for suspect in offline.suspects[:5]} & {suspect.item for suspect in found.suspects[:10]}
    place = heard.now()
    session.cleaning.export(tmp_path / "list.csv", found)
    assert heard.until(Notice, after=place).text.endswith("items are listed in list.csv")
    with open(tmp_path / "list.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["likely"] for row in rows[: found.likely]] == ["yes"] * found.likely

    def measured() -> int:
        at = heard.now()
        session.evaluate(Part(name="retrieval"), asker="test")  # which posts no second result
        return heard.until(ProtocolResult, after=at).found.items

    whole = measured()
    place = heard.now()
    session.cleaning.decide(split.held_out[:7].tolist(), "exclude")
    heard.until(DecisionsChanged, after=place)
    assert measured() == whole - 7
    asked = OfflineRun(session.run_folder)
    opened = asked.data()
    sample = asked.sample(opened, asked.split(opened).held_out)
    assert int((np.asarray(sample.labels) == -1).sum()) == 7


def test_a_damaged_file_holds_up_no_training_and_is_said(trained: Desk) -> None:
    session, heard = trained
    assert session.run_folder is not None
    (session.run_folder / LABELS_NAME).write_text("nonsense")
    place = heard.now()
    session.cleaning.decide([1], "keep")
    assert "its first line is not" in heard.until(Notice, after=place).text
    session.train()
    heard.until(RunFinished, after=place)


def test_before_a_run_there_is_nowhere_to_keep_decisions(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    place = heard.now()
    session.cleaning.look()
    session.cleaning.find()
    assert "Train first" in heard.until(Notice, lambda notice: notice.level == "error", after=place).text


def test_a_change_is_taken_back_by_its_number_and_what_was_decided_is_forgotten(trained: Desk) -> None:
    session, heard = trained
    cleaning, left = session.cleaning, Decision("exclude")

    def told(act: Callable[[], object]) -> dict[int, Decision]:
        place = heard.now()
        act()
        return dict(heard.until(DecisionsChanged, after=place).decisions)

    numbers: list[int] = []
    assert told(lambda: numbers.append(cleaning.decide(np.arange(3), "exclude"))) == dict.fromkeys(range(3), left)
    assert told(lambda: numbers.append(cleaning.forget([1, 2]))) == {0: left}
    assert told(lambda: cleaning.take_back(numbers[1])) == dict.fromkeys(range(3), left)
    assert told(lambda: cleaning.take_back(numbers[1], again=True)) == {0: left}
    place = heard.now()
    cleaning.take_back(numbers[0])  # the later one stands in its way
    assert "changed again since" in heard.until(Notice, after=place).text
    assert told(cleaning.undo) == dict.fromkeys(range(3), left)
    assert told(cleaning.undo) == {}


def test_a_class_of_what_was_added_beside_the_run_is_refused(trained: Desk, tmp_path: Path) -> None:
    session, heard = trained
    place = heard.now()
    session.open(str(picture_folder(tmp_path / "more", {"another": 3})), role="test")
    heard.until(DatasetOpened, after=place)
    dataset, folder = session.dataset, session.run_folder
    assert dataset is not None
    assert folder is not None
    place = heard.now()
    session.cleaning.decide([4], "relabel", dataset.class_names.index("another"))
    told = heard.until(Notice, after=place)
    assert "another is a class of what was added beside the run, and none of the run: nothing was" in told.text
    assert not (folder / LABELS_NAME).exists()
    place = heard.now()
    session.cleaning.look()
    classes = heard.until(DecisionsChanged, after=place).classes
    assert classes == len(dataset.class_names) - 1
