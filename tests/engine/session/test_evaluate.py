from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished
from explorer.core.recipe import Part
from explorer.core.text_column import TextColumn
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Split
from explorer.engine.datasets.loading import Opened, raw_rows
from explorer.engine.events import Notice
from explorer.engine.session.evaluate import EVALUATE, ProtocolRefused, ProtocolResult, items_of, nothing_among
from explorer.engine.session.session import Session
from explorer.evaluation.protocol import Sample
from explorer.evaluation.retrieval import evaluate
from explorer.measure.lifts import lift
from tests.engine.conftest import SHORT, Desk
from tests.helpers.blobs import dataset_of

RETRIEVAL = Part(name="retrieval")


def test_before_training_the_raw_data_are_measured(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    session.evaluate(RETRIEVAL)
    result = heard.until(ProtocolResult)
    assert (result.run, result.step, result.exact, result.items) == (PIXELS_RUN, 0, True, "held-out")
    assert result.found == result.raw
    assert session.dataset is not None
    assert session.split is not None
    items = session.split.held_out
    rows = raw_rows(session.dataset, items).astype(np.float32)
    wanted = evaluate(rows, session.dataset.labels[items], lift("cosine"))
    assert result.found.figures["recall@1"] == pytest.approx(wanted.metrics["recall@1"])
    assert result.found.items == len(items)


def test_a_run_is_measured_by_its_exact_embeddings_beside_the_raw_data(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.until(RunFinished)
    live = heard.until(
        Evaluation, lambda value: value.run == session.run and value.part == "held-out" and value.step > 1
    )
    last = [value for value in heard.all(Evaluation) if value.run == session.run and value.part == "held-out"][-1]
    session.evaluate(RETRIEVAL)
    result = heard.until(ProtocolResult, lambda value: value.raw is not None)
    assert result.raw is not None
    early = [value for value in heard.all(ProtocolResult) if value.raw is None]
    assert all(value.found == result.found for value in early)  # there at once, unless the raw data were as quick
    assert result.exact
    assert result.run == session.run != PIXELS_RUN
    assert result.distance == SHORT.resolved().distance.name
    measured = {value.step: value.metrics["recall@1"] for value in (live, last)}
    assert result.found.figures["recall@1"] == pytest.approx(measured[result.step])
    assert result.raw.figures["recall@1"] != result.found.figures["recall@1"]
    place = heard.now()
    session.evaluate(Part(name="few_shot", params={"ways": "5", "shots": "1", "episodes": 50}), "train")
    other = heard.until(ProtocolResult, lambda value: value.items == "train" and value.raw is not None, after=place)
    assert other.raw is not None
    assert set(other.found.figures) == set(other.raw.figures) == {"5-way 1-shot"}


def test_test_items_are_those_beside_both_parts_else_those_that_are_held_out() -> None:
    parts = ["train"] * 4 + ["test"] * 3
    dataset = replace(dataset_of(np.array([0, 1, 0, 1, 0, 1, 1])), columns={"split": TextColumn.of(parts)})
    split = Split("column", np.arange(4), np.arange(4, 7), False)
    opened = Opened(dataset, split, "", ())
    assert items_of(opened, "test").tolist() == items_of(opened, "held-out").tolist() == [4, 5, 6]
    added = replace(opened, split=replace(split, held_out=np.arange(4, 6)))
    assert items_of(added, "test").tolist() == [6], "what was added alone, not with what is held out"
    trained = replace(opened, split=replace(split, train=np.arange(6), held_out=np.arange(6, 7)))
    assert items_of(trained, "test").tolist() == [6], "never what was trained on"
    assert items_of(replace(opened, split=None), "test").tolist() == [4, 5, 6]


def test_the_raw_data_by_the_other_distance_and_the_encoder_before_training_stand_beside(
    start: Callable[..., Desk],
) -> None:
    session, heard = start(recipe=SHORT)
    session.evaluate(RETRIEVAL)
    assert [one.name for one in heard.until(ProtocolResult).beside] == ["raw pixels Euclidean"]
    session.train()
    heard.at_rest()
    place = heard.now()
    session.evaluate(RETRIEVAL)
    result = heard.until(ProtocolResult, lambda value: len(value.beside) == 2, after=place)
    euclid, first = result.beside
    assert session.dataset is not None
    assert session.split is not None
    items = session.split.held_out
    rows = raw_rows(session.dataset, items).astype(np.float32)
    wanted = evaluate(rows, session.dataset.labels[items], lift("euclidean"))
    assert euclid.found is not None
    assert euclid.found.figures["recall@1"] == pytest.approx(wanted.metrics["recall@1"])
    assert (first.name, first.problem) == ("untrained encoder", "")
    assert first.found is not None
    assert first.found.figures["map@r"] < result.found.figures["map@r"]
    place = heard.now()
    session.evaluate(Part(name="few_shot", params={"ways": "5", "shots": "1", "episodes": 50}))
    other = heard.until(ProtocolResult, lambda value: len(value.beside) == 2, after=place)
    assert all(one.found is not None and set(one.found.figures) == {"5-way 1-shot"} for one in other.beside)


class Replacing:
    """The control of a job during which other data are opened."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancelled(self) -> bool:
        return False

    def progress(self, stage: str, _done: int, _total: int) -> None:
        if stage == "embeddings":
            self._session._state.generation += 1


def test_nothing_more_is_measured_of_data_that_were_replaced_meanwhile(trained: Desk) -> None:
    session, _heard = trained
    before = session.start("before", lambda _control: None)
    session._evaluator.evaluate(RETRIEVAL, "held-out", EVALUATE, Replacing(session))
    assert session.start("after", lambda _control: None) == before + 1, "a run of other data has another encoder"


@pytest.mark.full
def test_what_is_not_possible_is_said_and_the_next_one_works(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    job = session.evaluate(Part(name="verification", params={"across": "camera"}))
    heard.until(JobStatus, lambda status: status.id == job and status.state == "failed")
    refused = heard.until(ProtocolRefused)
    assert refused.protocol.name == "verification"
    assert "There is no column 'camera'" in refused.problem
    assert not [notice for notice in heard.all(Notice) if notice.level == "error"]  # told once, where it was asked
    session.evaluate(Part(name="verification"))
    assert "eer" in heard.until(ProtocolResult).found.figures


def test_why_nothing_is_measured_depends_on_what_there_is() -> None:
    dataset = dataset_of(np.array([0, 0, 1, 1]))
    none, every = np.empty(0, np.int64), np.arange(4)
    held = Opened(dataset, Split("items", every, none, False), "", ())
    assert "is held out. Hold out more" in str(nothing_among(held, "held-out"))
    trained = Opened(dataset, Split("items", none, every, False), "", ())
    assert "is trained on. Measure the held-out" in str(nothing_among(trained, "train"))
    plain = Opened(replace(dataset, labels=np.full(4, -1)), None, "", ())
    assert "No item has a class. Put each class" in str(nothing_among(plain, "held-out"))


def test_a_session_without_data_says_so(start: Callable[..., Desk]) -> None:
    session, heard = start(spec="")
    job = session.evaluate(RETRIEVAL)
    heard.until(JobStatus, lambda status: status.id == job and status.state == "failed")
    assert heard.until(Notice).text.startswith("There are no data")


def test_what_the_data_lack_is_said_before_anything_is_measured(start: Callable[..., Desk]) -> None:
    session, heard = start(live=False)
    place = heard.now()
    session.evaluate(Part(name="verification", params={"pairs_file": "nowhere.csv"}), asker="a panel")
    refused = heard.until(ProtocolRefused, after=place)
    assert "nowhere.csv cannot be read" in refused.problem
    assert refused.asker == "a panel"
    assert not [status for status in heard.all(JobStatus) if "raw data" in status.title]


def test_embeddings_that_are_no_numbers_are_named(start: Callable[..., Desk]) -> None:
    session, _ = start(live=False)
    x = np.ones((6, 2), np.float32)
    x[4] = np.nan
    sample = Sample(x, np.arange(6) // 2, lift("euclidean"))
    with pytest.raises(UserError, match="1 of 6 embeddings are not finite numbers"):
        session.analysis.measure(RETRIEVAL, sample)
