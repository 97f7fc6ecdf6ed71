from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from explorer.core.name_lists import names_in
from explorer.engine.events import Notice
from explorer.engine.session.cleaning import DecisionsChanged
from explorer.engine.session.item_sets import SetsChanged
from tests.engine.conftest import Desk


def test_a_list_has_all_that_is_known_in_the_order_that_is_shown(trained: Desk, tmp_path: Path) -> None:
    session, heard = trained
    dataset = session.dataset
    assert dataset is not None
    session.item_sets.put("odd", np.array([5, 9]))
    heard.until(SetsChanged)
    session.item_sets.put("even, not odd", np.array([9]))
    heard.until(SetsChanged, lambda told: len(told.sets) == 2)
    place = heard.now()
    session.cleaning.decide([9], "exclude")
    session.cleaning.decide([2], "relabel", 3)
    heard.until(DecisionsChanged, lambda told: len(told.decisions) == 2, after=place)
    items = np.array([9, 2, 5])
    session.selection_files.save_list(tmp_path / "a.csv", items, [5])
    told = heard.until(Notice, lambda notice: "3 items written to a.csv" in notice.text)
    assert told.folder == tmp_path
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [dataset.ids[item] for item in items]
    assert [row["tags"] for row in rows] == ['"even, not odd", odd', "", "odd"]
    assert names_in(rows[0]["tags"]) == ("even, not odd", "odd")
    assert [row["decision"] for row in rows] == ["exclude", "relabel: 3", ""]
    assert rows[0]["loss"] == rows[0]["violation"] == ""  # what is excluded has no class
    assert 0 <= float(rows[1]["violation"]) <= 1
    assert float(rows[2]["distance"]) == pytest.approx(0, abs=1e-3)
    assert float(rows[1]["distance"]) > 0
    session.selection_files.save_list(tmp_path / "b.txt", items)
    heard.until(Notice, lambda notice: "b.txt" in notice.text)
    assert (tmp_path / "b.txt").read_text().splitlines() == [dataset.path(item) for item in items]


def test_files_go_to_a_new_folder_and_nothing_over_a_run(trained: Desk, tmp_path: Path) -> None:
    session, heard = trained
    session.selection_files.copy(tmp_path / "out", np.arange(30))
    told = heard.until(Notice, lambda notice: "30 files copied to out" in notice.text)
    assert told.folder == tmp_path / "out"
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 30
    assert session.run_folder is not None
    place = heard.now()
    session.selection_files.save_list(session.run_folder / "items.csv", np.arange(3))
    assert "belongs to a run" in heard.until(Notice, after=place).text
    place = heard.now()
    session.selection_files.copy(tmp_path / "out", np.arange(3))
    assert "is there already" in heard.until(Notice, after=place).text
