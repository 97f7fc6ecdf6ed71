"""Test data that join the data of a run: what is pinned, enrolled and decided stays, and is answered for anew."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from explorer.core.types import Neighbours
from explorer.data.opening import open_dataset
from explorer.ui.data.cleaning_panel import CleaningPanel
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.gallery_panel import GalleryPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.shell.main_window import MainWindow
from tests.engine.conftest import SHORT
from tests.helpers.windows import LONG, ready_session

COUNT = 1797
QUERY = 40


def archive_in(folder: Path) -> Path:
    """Write six digits of a class into a zip."""
    digits = open_dataset("sample:digits")
    with zipfile.ZipFile(folder / "more.zip", "w") as made:
        for item in np.flatnonzero(digits.labels == 3)[:6]:
            file = io.BytesIO()
            Image.fromarray(digits.inputs[item][..., 0]).save(file, "PNG")
            made.writestr(f"3/{item}.png", file.getvalue())
    return folder / "more.zip"


@pytest.mark.full
def test_what_was_asked_before_items_joined_is_answered_after_it(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    panels = window.workspace.panels
    canvas, gallery, cleaning = panels["map"], panels["gallery"], panels["cleaning"]
    assert isinstance(canvas, MapPanel)
    assert isinstance(gallery, GalleryPanel)
    assert isinstance(cleaning, CleaningPanel)
    session.configure(SHORT)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    window.state.pins.choose(QUERY)
    window.state.set_selection([QUERY, 7])
    session.gallery.enrol("somebody", [QUERY])
    session.cleaning.decide([7], "keep")
    qtbot.waitUntil(lambda: gallery.answer.text() == "somebody" and 7 in cleaning._decisions, timeout=LONG)
    heard: list[Neighbours] = []
    assert window.bridge is not None
    window.bridge.of(Neighbours).connect(heard.append)
    with qtbot.waitSignal(window.bridge.of(Neighbours), timeout=LONG):
        session.open(str(archive_in(tmp_path)), role="test")
    assert window.dataset is not None
    assert len(window.dataset) == COUNT + 6
    assert [found.queries.tolist() for found in heard] == [[QUERY]] * len(heard)
    assert [star.query for star in canvas._canvas._stars] == [QUERY]
    assert canvas._canvas._stars[0].neighbours.size
    assert canvas._canvas._chosen.tolist() == [7, QUERY]
    panel = panels["neighbours"]
    assert isinstance(panel, NeighboursPanel)
    (card,) = panel.findChildren(QueryCard)
    assert any(tile.item >= 0 for tile in card.tiles)
    assert "searching" not in card.summary.text()
    qtbot.waitUntil(lambda: gallery.answer.text() == "somebody" and 7 in cleaning._decisions, timeout=LONG)
