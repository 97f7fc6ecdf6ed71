"""Given pairs and triplets in the panel Data, and by a drop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from explorer.core.given_tuples import given_of
from explorer.core.recipe import Part
from explorer.core.types import Report, Split
from explorer.engine.events import GivenChanged
from explorer.ui.data.given_files import GivenFiles
from explorer.ui.session.settings import Settings
from explorer.ui.shell.opening.drag_and_drop import ChoiceBar
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of


def test_what_is_given_is_said_with_what_it_means(qtbot: QtBot, tmp_path: Path) -> None:
    dataset = dataset_of(blobs(20, 2)[1], CLOTHES[:2])
    assert isinstance(dataset.report, Report)
    held = Held(dataset=dataset, split=Split("items", np.arange(10), np.arange(10, 20), False), run="")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    files = GivenFiles(desk)
    qtbot.addWidget(files)
    assert files.isHidden()
    ids = list(dataset.ids)
    lines = [",".join(ids[:3]), ",".join((ids[1], ids[2], ids[15]))]
    given = given_of("t.csv", "\n".join(lines).encode(), "triplets", ids)
    files.show_given(given)
    assert files.told.text() == "t.csv: 1 triplet train · 1 kept out"
    assert "Classes are not trained on" in files.meaning.text()
    assert not files.isHidden()
    files.map.click()
    assert held.projection == Part(name="t_ste")
    files.show_given(given_of("p.csv", "\n".join((f"{ids[0]},{ids[1]},1", f"{ids[0]},{ids[2]},0")).encode(), None, ids))
    assert files.map.isHidden()
    assert GivenChanged(None).given is None
    files.show_given(None)
    assert files.isHidden()
    desk.bridge.close()


def test_a_dropped_table_may_be_trained_on(qtbot: QtBot) -> None:
    bar = ChoiceBar()
    qtbot.addWidget(bar)
    bar.ask("/somewhere/pictures.zip")
    assert bar.give.isHidden()
    bar.ask("/somewhere/pairs.csv")
    assert not bar.give.isHidden()
    with qtbot.waitSignal(bar.given) as taken:
        bar.give.click()
    assert taken.args == ["/somewhere/pairs.csv"]
