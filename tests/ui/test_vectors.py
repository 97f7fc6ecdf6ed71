"""Vectors in the window: shown, hovered, pinned and trained on, without a picture anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours, on_light
from explorer.core.types import PIXELS_RUN
from explorer.data.modalities.base import short_id
from explorer.data.names import DATA_ENDINGS
from explorer.data.opening import open_dataset
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.marks import paint_card
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.map.overlays.pinned_items import card_of
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.start.start_page import StartPage
from explorer.ui.shell.status_bar import described
from explorer.ui.widgets.item_picture import ItemPicture, item_picture, paint_item_picture
from explorer.ui.widgets.theme import DARK, LIGHT, Theme
from tests.helpers.blobs import blobs
from tests.ui.conftest import LONG
from tests.ui.shell.start.test_start_page import dragged, drop

Open = Callable[..., MainWindow]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    x, labels = blobs(200, 4)
    path = tmp_path / "blobs.npz"
    np.savez(path, vectors=x, labels=np.where(np.arange(200) == 7, -1, labels))
    return path


@pytest.mark.parametrize(
    ("name", "shown"), [("digits[17]", "17"), ("a/b/c.png", "c.png"), ("[3]", "[3]"), ("x", "x"), ("a/", "a")]
)
def test_an_id_in_short(name: str, shown: str) -> None:
    assert short_id(name) == shown


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_vector_has_the_colour_of_its_class_and_its_id(qtbot: QtBot, spec: Path, theme: Theme) -> None:
    dataset = open_dataset(str(spec))
    face = item_picture(dataset, 0)
    red, green, blue = class_colours(4)[dataset.labels[0]].tolist()
    assert face == ItemPicture(None, (red, green, blue), "0")
    assert item_picture(dataset, 7).colour is None
    for item in (0, 7):
        image = QImage(64, 64, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        paint_item_picture(painter, theme, item_picture(dataset, item), QRectF(0, 0, 64, 64), 0)
        painter.end()
        foot = image.pixelColor(32, 62)
        own = on_light(class_colours(4)) if theme is LIGHT else class_colours(4)
        colour = theme.colour("disabled") if item == 7 else foot.fromRgb(*own[dataset.labels[0]].tolist())
        assert foot.getRgb() == colour.getRgb()
        top = {image.pixelColor(x, y).name() for x in range(8, 56) for y in range(4, 50)}
        assert len(top) > 2  # the id is written there


def test_the_card_of_a_vector(qtbot: QtBot, spec: Path) -> None:
    card = card_of(open_dataset(str(spec)), None, 3)
    assert card.face is not None
    assert card.face.text == "3"
    assert card.lines == (("blobs[3]", "muted"),)
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    assert paint_card(painter, DARK, card, QPointF(200, 150), QRectF(0, 0, 400, 300)).height() > 50
    painter.end()


def test_the_start_page_invites_vectors(start: MainWindow) -> None:
    page = start.findChild(StartPage)
    assert page is not None
    assert "vectors" in page.zone.title.text()
    assert "vectors" in page.zone.hint.text()
    assert {".npy", ".npz", ".parquet"} <= set(DATA_ENDINGS)


def test_vectors_are_dropped_hovered_pinned_and_trained_on(qtbot: QtBot, open_window: Open, spec: Path) -> None:
    window = open_window()
    session, bridge = window.session, window.bridge
    assert session is not None
    assert bridge is not None
    with qtbot.waitSignal(bridge.of(DatasetOpened), timeout=LONG):
        drop(window, dragged(spec))
    panels = window.workspace.panels
    recipe, near, chart = panels["recipe"], panels["neighbours"], panels["map"]
    assert isinstance(recipe, RecipePanel)
    assert isinstance(near, NeighboursPanel)
    assert isinstance(chart, MapPanel)
    assert panels["data"].status == "200 vectors"
    assert recipe.recipe.encoder.name == "mlp"
    qtbot.waitUntil(lambda: recipe.body_shown and chart.body_shown, timeout=LONG)
    qtbot.waitUntil(lambda: chart.status.startswith("raw vectors"), timeout=LONG)
    assert session.run == PIXELS_RUN

    window.state.pins.set((3, 7))
    qtbot.waitUntil(lambda: all(card.tiles for card in near.findChildren(QueryCard)), timeout=LONG)
    window.state.set_hover(3)
    assert described(chart.desk, 3).endswith("blobs[3]")
    assert not window.grab().isNull()

    train = window.commands["run.train"]
    assert train.isEnabled()
    recipe._on_changed("encoder", "cnn")
    qtbot.waitUntil(lambda: not train.isEnabled(), timeout=LONG)
    assert "reads pictures" in train.toolTip()
    recipe.adopt(recipe.default())
    qtbot.waitUntil(lambda: train.isEnabled(), timeout=LONG)
    assert session.recipe.encoder.name == "mlp"
    session.set("epochs", 1)
    train.trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    qtbot.waitUntil(lambda: "step" in near.status, timeout=LONG)
    assert not window.grab().isNull()
