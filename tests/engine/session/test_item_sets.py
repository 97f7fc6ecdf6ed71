from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished
from explorer.engine.events import Notice
from explorer.engine.session.item_sets import SetsChanged
from explorer.runs.item_sets import SETS_NAME, ItemSet, read_sets, write_sets
from tests.engine.conftest import SHORT, Desk


def told(desk: Desk, act: Callable[[], object]) -> dict[str, list[int]]:
    """Return the sets after an act."""
    session, heard = desk
    place = heard.now()
    act()
    event = heard.until(SetsChanged, after=place)
    assert event.run == session.run
    return {one.name: one.items.tolist() for one in event.sets}


def test_sets_are_named_changed_taken_back_and_kept_with_the_run(trained: Desk) -> None:
    session, _ = trained
    sets, folder, dataset = session.item_sets, session.run_folder, session.dataset
    assert folder is not None
    assert dataset is not None
    numbers: list[int] = []
    assert told(trained, sets.look) == {}
    assert told(trained, lambda: numbers.append(sets.put(" odd  ones ", np.array([5, 9, 2])))) == {
        "odd ones": [2, 5, 9]
    }
    assert told(trained, lambda: sets.put("odd ones", np.array([9, 11]), "add")) == {"odd ones": [2, 5, 9, 11]}
    assert told(trained, lambda: sets.put("odd ones", np.array([5]), "remove")) == {"odd ones": [2, 9, 11]}
    assert told(trained, lambda: sets.put("Zero", np.arange(3))) == {"odd ones": [2, 9, 11], "Zero": [0, 1, 2]}
    assert told(trained, lambda: numbers.append(sets.rename("Zero", "few"))) == {
        "few": [0, 1, 2],
        "odd ones": [2, 9, 11],
    }
    assert told(trained, lambda: numbers.append(sets.delete("odd ones"))) == {"few": [0, 1, 2]}
    assert told(trained, lambda: sets.take_back(numbers[2])) == {"few": [0, 1, 2], "odd ones": [2, 9, 11]}
    assert told(trained, lambda: sets.take_back(numbers[1])) == {"Zero": [0, 1, 2], "odd ones": [2, 9, 11]}
    assert told(trained, lambda: sets.take_back(numbers[1], again=True))["few"] == [0, 1, 2]
    kept = read_sets(folder)
    assert kept is not None
    assert {one.name: set(one.ids) for one in kept} == {
        "few": {dataset.ids[item] for item in range(3)}, "odd ones": {dataset.ids[item] for item in (2, 9, 11)},
    }  # fmt: skip


def test_what_cannot_be_is_said(trained: Desk) -> None:
    session, heard = trained
    told(trained, lambda: session.item_sets.put("a", np.arange(2)))
    told(trained, lambda: session.item_sets.put("b", np.arange(2)))
    with pytest.raises(UserError):
        session.item_sets.put(" ", np.arange(2))
    place = heard.now()
    session.item_sets.rename("a", "b")
    assert "There is a set" in heard.until(Notice, after=place).text
    assert session.run_folder is not None
    (session.run_folder / SETS_NAME).write_text("{")
    place = heard.now()
    session.item_sets.look()
    assert "sets.json is damaged" in heard.until(Notice, after=place).text


def test_items_that_are_gone_are_counted_and_stay_in_their_set(trained: Desk) -> None:
    session, heard = trained
    folder, dataset = session.run_folder, session.dataset
    assert folder is not None
    assert dataset is not None
    write_sets(folder, [ItemSet("mixed", (dataset.ids[3], "gone/1.png", "gone/2.png"))])
    place = heard.now()
    session.item_sets.look()
    (one,) = heard.until(SetsChanged, after=place).sets
    assert (one.items.tolist(), one.gone) == ([3], 2)
    told(trained, lambda: session.item_sets.put("mixed", np.array([4]), "add"))
    kept = read_sets(folder)
    assert kept is not None
    assert kept[0].ids == (dataset.ids[3], "gone/1.png", "gone/2.png", dataset.ids[4])


def test_before_a_run_they_are_kept_with_the_data_and_every_run_begins_with_them(
    start: Callable[..., Desk], tmp_path: Path
) -> None:
    first = start(recipe=SHORT)
    told(first, lambda: first[0].item_sets.put("before", np.arange(4)))
    again = start(recipe=SHORT)  # as after a restart
    session, heard = again
    assert told(again, session.item_sets.look) == {"before": [0, 1, 2, 3]}
    session.train()
    heard.at_rest()
    assert told(again, session.item_sets.look) == {"before": [0, 1, 2, 3]}
    told(again, lambda: session.item_sets.put("in the run", np.arange(2)))
    place = heard.now()
    before = session.run
    session.train()
    heard.until(RunFinished, after=place)
    assert session.run != before
    assert told(again, session.item_sets.look) == {"before": [0, 1, 2, 3], "in the run": [0, 1]}
    third = start(recipe=SHORT)
    assert told(third, third[0].item_sets.look) == {"before": [0, 1, 2, 3]}
