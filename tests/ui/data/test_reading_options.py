"""What the items of a table may be, to be chosen by a click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.data.reading_options import OF_TABLES, ReadingOptions
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.fields.choice import ChoiceField
from tests.helpers.blobs import blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of


@pytest.mark.parametrize(("uri", "table"), [("/data/rows.csv", True), ("/data/rows.parquet", True), ("/data/a", False)])
def test_the_rows_of_a_table_and_the_files_of_a_folder_are_of_other_kinds(
    qtbot: QtBot, tmp_path: Path, uri: str, table: bool
) -> None:
    dataset = replace(dataset_of(blobs(40, 4)[1]), uri=uri)
    desk = desk_of(Held(dataset=dataset), Settings(tmp_path / "settings.json"))
    reading = ReadingOptions(desk)
    qtbot.addWidget(reading)
    reading.show_dataset(dataset)
    field = reading.fields["modality"]
    assert isinstance(field, ChoiceField)
    offered = {field.combo.itemData(place) for place in range(field.combo.count())}
    assert "" in offered
    assert (offered - {""} == OF_TABLES) is table
    assert ("video" in offered) is not table
    assert {"pictures", "captioned"} <= offered
    desk.bridge.close()


def test_the_fields_are_made_once_they_are_unfolded(qtbot: QtBot, tmp_path: Path) -> None:
    dataset = dataset_of(blobs(40, 4)[1])
    desk = desk_of(Held(dataset=dataset), Settings(tmp_path / "settings.json"))
    reading = ReadingOptions(desk)
    qtbot.addWidget(reading)
    reading.take(dataset)
    assert not reading.fields
    reading.fold.click()
    assert "modality" in reading.fields
    first = reading.fields["modality"]
    reading.take(dataset)
    assert reading.fields["modality"] is not first
    desk.bridge.close()
