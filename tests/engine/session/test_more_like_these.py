from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from explorer.core.errors import UserError
from explorer.core.types import PIXELS_RUN, Snapshot
from explorer.engine.events import DatasetOpened, Notice
from explorer.engine.session.more_like_these import SUGGESTIONS, MoreFound
from tests.engine.conftest import SHORT, Desk


def test_a_few_examples_sort_the_rest_and_what_is_accepted_joins_them(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    session, heard = start()
    dataset = session.dataset
    assert dataset is not None
    heard.until(Snapshot, lambda shown: shown.run == PIXELS_RUN)
    with pytest.raises(UserError, match="There are no examples"):
        session.more.begin([])
    with pytest.raises(UserError, match="too many examples"):
        session.more.begin(range(51))
    sixes = np.flatnonzero(dataset.labels == 6)[:3].tolist()
    session.more.begin(sixes)
    found = heard.until(MoreFound)
    assert (found.run, found.manner, found.examples.marked) == (PIXELS_RUN, "nearest", tuple(sixes))
    assert len(found.suggestions) == SUGGESTIONS
    assert not np.isin(found.suggestions, sixes).any()
    assert np.isnan(found.precision)
    assert not found.undoable
    first, second = found.suggestions[:2].tolist()
    session.more.accept(first)
    session.more.refuse(second)
    later = heard.until(MoreFound, lambda told: told.examples.judged == 2)
    assert (later.examples.accepted, later.examples.refused) == ((first,), (second,))
    interval = binomtest(1, 2).proportion_ci(method="wilson")
    assert (later.precision, later.low, later.high) == pytest.approx((0.5, interval.low, interval.high))
    assert not np.isin([first, second], later.suggestions).any()
    session.more.save(tmp_path / "six.csv")
    heard.until(Notice, lambda notice: "six.csv is written" in notice.text)
    with open(tmp_path / "six.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "label", "answer"]
    assert rows[1] == [dataset.ids[sixes[0]], "6", "marked"]
    assert [row[2] for row in rows[1:]] == ["marked"] * 3 + ["accepted", "refused"]
    place = heard.now()
    session.more.undo()
    heard.until(MoreFound, lambda told: told.examples.judged == 1 and not told.examples.refused, after=place)
    session.more.rank_by("prototype")
    heard.until(MoreFound, lambda told: told.manner == "prototype", after=place)
    session.more.set_among(np.arange(1000, 1005))
    heard.until(MoreFound, lambda told: sorted(told.suggestions.tolist()) == list(range(1000, 1005)))
    session.more.end()
    assert session.more.examples is None


def test_it_goes_on_with_what_a_run_has_learned_and_ends_with_other_data(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    dataset = session.dataset
    assert dataset is not None
    session.more.begin(np.flatnonzero(dataset.labels == 0)[:2])
    session.train()
    heard.at_rest()
    found = heard.until(MoreFound, lambda told: told.run == session.run and told.exact and told.step > 0)
    assert (dataset.labels[found.suggestions] == 0).mean() > 0.8
    place = heard.now()
    session.open("sample:digits")
    heard.until(DatasetOpened, after=place)
    assert session.more.examples is None
