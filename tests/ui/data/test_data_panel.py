"""The Data panel: as what the data were read, and what is to be said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.core.text_column import TextColumn
from explorer.core.types import JobStatus, Report, Split
from explorer.data.growth import Growth
from explorer.engine.events import DatasetComplete, SplitChanged
from explorer.ui.data.data_panel import LEAST_CLASSES, NOTED, DataPanel
from explorer.ui.data.reading_options import LEAST
from explorer.ui.session.settings import Settings
from explorer.ui.shell.layout.panel_scroll import PanelScroll
from explorer.ui.widgets.class_list import ROW_HEIGHT
from explorer.ui.widgets.text_size import scaled
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of


def test_the_known_set_is_named_and_all_that_is_said_stands_in_the_tip(qtbot: QtBot, tmp_path: Path) -> None:
    notes = ("pairs.txt: 400 pairs to be verified", "Split by people: " + "a long story, " * 20)
    report = Report(200, 10, (), notes, "LFW: pairs.txt and people such as Ann_Ash/Ann_Ash_0001.jpg")
    dataset = replace(dataset_of(blobs(200, 10)[1], CLOTHES), report=report)
    held = Held(dataset=dataset, split=Split("items", np.arange(150), np.arange(150, 200), False), run="")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    panel = DataPanel(desk)
    qtbot.addWidget(panel)
    text = panel.note.text()
    assert text == "read as LFW · pairs.txt: 400 pairs to be verified · 1 more…", "each part is whole, or not there"
    assert len(text) <= NOTED
    assert "read as LFW: pairs.txt and people such as" in panel.note.toolTip()
    assert panel.note.toolTip().replace("\n", " ").count("a long story") == 20
    assert panel.reading.read_as.text() == ""
    desk.bridge.close()


def test_a_flat_folder_is_not_called_one_of_class_folders(qtbot: QtBot, tmp_path: Path) -> None:
    report = Report(20, 0, (), ("No class folders: the pictures are unlabelled",), "folder: a folder with 20 files")
    made = dataset_of(np.zeros(20, np.int64))
    flat = replace(made, labels=np.full(20, -1), class_names=(), report=report)
    desk = desk_of(Held(dataset=flat, split=None, run=""), Settings(tmp_path / "settings.json"))
    panel = DataPanel(desk)
    qtbot.addWidget(panel)
    assert panel.note.text().startswith("read as Folder without classes · No class folders")
    desk.bridge.close()


def test_what_it_is_read_as_takes_no_line_from_the_classes_where_nothing_else_is_said(
    qtbot: QtBot, tmp_path: Path
) -> None:
    report = Report(20, 2, (), (), "folder: a folder with 2 class folders")
    held = Held(dataset=replace(dataset_of(blobs(20, 2)[1], CLOTHES[:2]), report=report), split=None, run="")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    panel = DataPanel(desk)
    qtbot.addWidget(panel)
    assert panel.note.isHidden()
    assert panel.reading.read_as.text() == "Folder of class folders"
    assert panel.reading.read_as.about == "read as Folder of class folders: a folder with 2 class folders"
    desk.bridge.close()


def test_items_in_neither_part_are_called_what_the_data_call_them(qtbot: QtBot, tmp_path: Path) -> None:
    dataset = dataset_of(blobs(20, 2)[1], CLOTHES[:2])
    columns = {"split": TextColumn.of(["train"] * 12 + ["test"] * 5 + ["gallery"] * 2 + ["later"])}
    split = Split("items", np.arange(8), np.arange(8, 12), False)
    held = Held(dataset=replace(dataset, columns=columns), split=split, run="")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    panel = DataPanel(desk)
    qtbot.addWidget(panel)
    assert panel.split.text() == "8 train · 4 held out · 5 test · 2 gallery · 1 neither"
    everything = replace(split, held_out=np.arange(8, 20))
    desk.bridge.of(SplitChanged).emit(SplitChanged(everything))
    assert panel.split.text() == "8 train · 12 held out"
    desk.bridge.close()


def test_how_much_is_decoded_is_counted_until_all_is(qtbot: QtBot, tmp_path: Path) -> None:
    growth = Growth(20)
    report = Report(20, 2, (), (), "folder: a folder with 2 class folders")
    dataset = replace(dataset_of(blobs(20, 2)[1], CLOTHES[:2]), growth=growth, report=report)
    held = Held(dataset=dataset, split=None, run="")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    panel = DataPanel(desk)
    qtbot.addWidget(panel)
    assert panel.status == "0 of 20 decoded"
    for item in range(20):
        growth.add(item)
    desk.bridge.of(JobStatus).emit(JobStatus(1, "Open", 20, 20, "running"))
    assert panel.status == "20 of 20 decoded"
    growth.end()
    desk.bridge.of(DatasetComplete).emit(DatasetComplete(dataset))
    assert "decoded" not in panel.status
    desk.bridge.close()


@pytest.mark.parametrize(("classes", "seen"), [(60, 3), (2, 2)])
def test_some_classes_stay_in_sight_in_a_low_panel(qtbot: QtBot, tmp_path: Path, classes: int, seen: int) -> None:
    names = tuple(f"class {k}" for k in range(classes))
    desk = desk_of(Held(dataset=dataset_of(np.arange(240) % classes, names)), Settings(tmp_path / "s"))
    scroll = PanelScroll(DataPanel(desk))
    qtbot.addWidget(scroll)
    scroll.resize(276, 120)
    scroll.show()
    classes_shown = cast(DataPanel, scroll.panel).list
    qtbot.waitUntil(lambda: classes_shown.viewport().height() == seen * scaled(ROW_HEIGHT))
    desk.bridge.close()


def test_what_is_unfolded_has_room_before_the_dock_scrolls(qtbot: QtBot, tmp_path: Path) -> None:
    labels = np.arange(240) % 60
    desk = desk_of(Held(dataset=dataset_of(labels, tuple(f"class {k}" for k in range(60)))), Settings(tmp_path / "s"))
    scroll = PanelScroll(DataPanel(desk))
    qtbot.addWidget(scroll)
    scroll.resize(276, 330)
    scroll.show()
    reading = cast(DataPanel, scroll.panel).reading
    reading.fold.click()
    qtbot.waitUntil(lambda: reading.area.height() >= LEAST)
    assert not scroll.verticalScrollBar().isVisible()
    assert cast(DataPanel, scroll.panel).list.viewport().height() >= LEAST_CLASSES * scaled(ROW_HEIGHT)
    assert cast(DataPanel, scroll.panel).least_height() <= 330
    desk.bridge.close()
