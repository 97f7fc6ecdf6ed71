from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunPaused
from explorer.core.map_values import BatchTriplets
from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.types import PIXELS_RUN, frozen
from explorer.engine.events import DatasetOpened, RunShown
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Style
from explorer.ui.map.overlays.switches import OVERLAYS, MapOverlays
from explorer.ui.map.overlays.triplets import NO_CLASSES, WAITING, MapTriplets
from explorer.ui.map.view_options import ViewOptions
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import DARK
from tests.helpers.blobs import CLOTHES, dataset_of
from tests.ui.panel_desk import Held, desk_of

XY = np.array([[-10, -5], [10, -5], [-10, 5], [10, 5], [0, 0]], np.float32)
LABELS = np.array([0, 0, 1, 1, 1])
STYLE = Style.plain(len(XY), (90, 160, 250), DARK.rgb("background"), DARK.rgb("text"))


def triplets(*, run: str = "r1", step: int = 1234, far: float = 0.4, count: int = 1) -> BatchTriplets:
    """Return triplets with edges from item 0 to its right, 1, and up to 2; and of ``count`` 2 one from 3 as well."""
    anchors, positives, negatives = [0, 3][:count], [1, 2][:count], [2, 1][:count]
    return BatchTriplets(
        run, step, 0.2, frozen(anchors, np.int64), frozen(positives, np.int64), frozen(negatives, np.int64),
        frozen([0.5, 0.3][:count], np.float32), frozen([far, 0.9][:count], np.float32), 12_845,
    )  # fmt: skip


@dataclass
class Scene:
    """A map of five items with its overlays."""

    held: Held
    desk: Desk
    canvas: PointCanvas
    overlays: MapOverlays
    triplets: MapTriplets

    def send(self, found: BatchTriplets) -> None:
        self.desk.bridge.of(BatchTriplets).emit(found)

    def between(self, one: int, other: int, share: float = 0.5) -> QPoint:
        """Return a place on the way from one item to another."""
        start, end = self.canvas.places([one, other])
        x, y = start + (end - start) * share
        return QPoint(round(x), round(y))

    def click(self, at: QPoint) -> None:
        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


@pytest.fixture
def scene(qtbot: QtBot, tmp_path: Path) -> Iterator[Scene]:
    held = Held(run="r1", dataset=dataset_of(LABELS, CLOTHES[:2]))
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    canvas = PointCanvas(DARK, lambda _item: None)
    qtbot.addWidget(canvas)
    canvas.resize(900, 600)
    canvas.show()
    canvas.set_items(len(XY), STYLE)
    canvas.move_points(np.arange(len(XY)), XY)
    overlays = MapOverlays(desk, canvas, ViewOptions(desk.themes, canvas))
    yield Scene(held, desk, canvas, overlays, MapTriplets(desk, canvas, overlays))
    canvas.shut()
    desk.bridge.close()


@pytest.fixture
def shown(qtbot: QtBot, scene: Scene) -> Scene:
    """The scene with one hard triplet on it."""
    rest(qtbot, scene)
    scene.overlays.switch("triplets", True)
    scene.send(triplets())
    return scene


def rest(qtbot: QtBot, scene: Scene) -> None:
    def resting() -> bool:
        picture = scene.canvas.picture
        view = scene.canvas.navigator.view
        return picture is not None and picture.view == view and picture.bounds is not None and picture.share >= 1.0

    qtbot.waitUntil(resting, timeout=60_000)


def layers(scene: Scene) -> int:
    return len(scene.canvas._layers)


def test_every_overlay_is_a_command_that_knows_its_state(qtbot: QtBot, scene: Scene) -> None:
    assert len({overlay.shortcut for overlay in OVERLAYS}) == len(OVERLAYS)
    for overlay in OVERLAYS:
        action = scene.desk.commands[f"overlay.{overlay.name}"]
        assert action.isCheckable()
        assert action.isChecked() == overlay.first == scene.overlays.on(overlay.name)
        with qtbot.waitSignal(scene.overlays.toggled) as told:
            action.trigger()
        assert told.args == [overlay.name, not overlay.first]
        assert action.isChecked() == scene.overlays.on(overlay.name) != overlay.first
    assert scene.overlays.choice.choices.actions() == [
        scene.desk.commands[f"overlay.{overlay.name}"] for overlay in OVERLAYS
    ]


def test_the_button_names_what_is_shown_beyond_the_usual(scene: Scene) -> None:
    button = scene.overlays.choice
    assert button.text() == "Overlay ▾"
    scene.overlays.switch("triplets", True)
    assert button.text() == "Overlay: triplets ▾"
    scene.overlays.switch("pins", False)
    assert button.text() == "Overlay: triplets ▾"
    scene.overlays.switch("trails", True)
    assert button.text() == "Overlay: 2 ▾"
    assert button.accessibleName() == "Overlay: 2"
    scene.overlays.switch("triplets", False)
    assert button.text() == "Overlay: trails ▾"


def test_triplets_are_asked_for_only_while_they_are_shown(qtbot: QtBot, scene: Scene) -> None:
    rest(qtbot, scene)
    assert "triplets on" not in scene.held.asked
    assert scene.triplets.key.isHidden()
    assert scene.triplets.room == 0
    scene.send(triplets())
    assert layers(scene) == 0
    scene.overlays.switch("triplets", True)
    assert scene.held.asked == ["triplets on"]
    assert scene.triplets.key.head.text() == WAITING
    assert scene.triplets.room >= scene.triplets.key.height()
    scene.send(triplets())
    assert layers(scene) == 1
    assert scene.triplets.room >= scene.triplets.key.height()
    scene.overlays.switch("triplets", False)
    assert scene.held.asked == ["triplets on", "triplets off"]
    assert layers(scene) == 0
    assert scene.triplets.key.isHidden()


def test_the_key_says_whose_they_are_and_how_many(shown: Scene) -> None:
    key = shown.triplets.key
    assert key.head.text() == "Batch of step 1,234 · 1 of 12,845"
    assert [button.count_shown for button in key.sorts] == ["1", "0", "0"]
    shown.send(triplets(count=2, step=1300))
    assert key.head.text() == "Batch of step 1,300 · 2 of 12,845"
    assert [button.count_shown for button in key.sorts] == ["1", "0", "1"]
    shown.held.run = PIXELS_RUN
    shown.send(triplets(run=PIXELS_RUN, step=0))
    assert key.head.text() == "Drawn from raw pixels · 1 of 12,845"
    assert shown.canvas.rect().contains(key.geometry())


def test_the_key_says_why_there_are_none(scene: Scene) -> None:
    scene.overlays.switch("triplets", True)
    scene.send(triplets(count=0))
    assert scene.triplets.key.head.text() == "No triplets were chosen · batch of step 1,234"
    catalogue("loss")
    scene.held.recipe = scene.held.recipe.model_copy(update={"loss": Part(name="vicreg")})
    assert scene.held.dataset is not None
    scene.desk.bridge.of(DatasetOpened).emit(DatasetOpened(scene.held.dataset, None))
    assert scene.triplets.key.head.text() == NO_CLASSES


def test_a_run_that_begins_takes_the_triplets_of_the_one_before_away(shown: Scene) -> None:
    shown.desk.bridge.run_event.emit(RunPaused("r1", 1234))
    assert layers(shown) == 1
    shown.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert layers(shown) == 0


def test_another_step_takes_the_triplets_of_the_one_before_away_and_asks_for_its_own(shown: Scene) -> None:
    shown.held.asked.clear()
    shown.desk.state.set_displayed_step(800)
    assert shown.held.asked == ["triplets on"]
    assert layers(shown) == 0
    shown.send(triplets(step=800))
    assert shown.triplets.key.head.text().startswith("Batch of step 800")
    shown.desk.state.set_displayed_step(-1)
    assert layers(shown) == 0


def test_a_card_that_stays_open_says_that_its_batch_is_an_earlier_one(shown: Scene) -> None:
    shown.triplets.open_next()
    assert shown.triplets.card.step.text() == "batch of step 1,234"
    shown.send(triplets(count=2, step=1300))
    shown.send(triplets(count=2, step=1400))
    assert shown.triplets.card.isVisible()
    assert shown.triplets.card.step.text() == "earlier: step 1,234"
    shown.triplets.open_next()
    assert shown.triplets.card.step.text() == "batch of step 1,400"


def test_the_edge_under_the_pointer_is_highlighted_but_points_win(shown: Scene) -> None:
    on = shown.between(0, 1)
    QTest.mouseMove(shown.canvas, on)
    assert shown.triplets.pointed is not None
    assert shown.triplets.pointed[:3] == (0, 1, 2)
    QTest.mouseMove(shown.canvas, on + QPoint(0, 12))
    assert shown.triplets.pointed is None
    QTest.mouseMove(shown.canvas, shown.between(0, 1, 0.0))
    assert shown.canvas._hover == 0
    assert shown.triplets.pointed is None


def test_what_is_pointed_at_stays_until_the_pointer_leaves_it(shown: Scene) -> None:
    QTest.mouseMove(shown.canvas, shown.between(0, 1))
    shown.send(triplets(step=1300))
    assert shown.triplets.key.head.text().startswith("Batch of step 1,234")
    QTest.mouseMove(shown.canvas, shown.between(0, 1) + QPoint(0, 30))
    assert shown.triplets.key.head.text().startswith("Batch of step 1,300")


def test_a_click_on_an_edge_opens_its_card_and_a_click_elsewhere_closes_it(shown: Scene) -> None:
    card = shown.triplets.card
    shown.click(shown.between(0, 2))
    assert card.isVisible()
    assert card.title.text() == "Hard triplet"
    assert card.step.text() == "batch of step 1,234"
    assert [tile.item for tile in card.tiles] == [0, 1, 2]
    assert shown.canvas.rect().contains(card.geometry())
    shown.send(triplets(step=1300, far=0.6))
    assert card.isVisible()
    assert card.title.text() == "Hard triplet"
    shown.triplets.arrange()
    free = next(at for at in (QPoint(880, 300), QPoint(20, 300)) if shown.canvas.childAt(at) is None)
    shown.click(free)
    assert card.isHidden()


def test_the_card_closes_by_its_button_and_by_escape_with_the_focus_back_on_the_map(shown: Scene) -> None:
    card = shown.triplets.card
    shown.click(shown.between(0, 2))
    QTest.mouseClick(card.close_button, Qt.MouseButton.LeftButton)
    assert card.isHidden()
    assert not shown.triplets.close_card()
    shown.click(shown.between(0, 2))
    card.tiles[1].setFocus()
    QTest.keyClick(card.tiles[1], Qt.Key.Key_Escape)
    assert card.isHidden()
    assert shown.canvas.hasFocus()


def test_a_picture_of_the_card_is_pinned_by_a_click(shown: Scene) -> None:
    shown.click(shown.between(0, 1))
    QTest.mouseClick(shown.triplets.card.tiles[2], Qt.MouseButton.LeftButton)
    assert shown.desk.state.pins.items == (2,)
    assert shown.triplets.card.isVisible()


def test_hidden_sorts_and_hidden_points_cannot_be_clicked(shown: Scene) -> None:
    hard = shown.triplets.key.sorts[0]
    QTest.mouseClick(hard, Qt.MouseButton.LeftButton)
    shown.click(shown.between(0, 1))
    assert shown.triplets.card.isHidden()
    QTest.mouseClick(hard, Qt.MouseButton.LeftButton)
    on = shown.between(0, 1)
    visible = np.ones(len(XY), np.bool_)
    visible[1] = False
    shown.canvas.set_style(Style(STYLE.colours, STYLE.palette, STYLE.backdrop, STYLE.ink, visible=visible))
    assert np.isnan(shown.canvas.places([1])).all()
    shown.click(on)
    assert shown.triplets.card.isHidden()


def test_the_command_looks_at_one_triplet_after_the_other(shown: Scene) -> None:
    shown.send(triplets(count=2))
    command, card = shown.desk.commands["map.next_triplet"], shown.triplets.card
    seen = []
    for _ in range(3):
        command.trigger()
        assert card.isVisible()
        seen.append(card.tiles[0].item)
    assert seen == [0, 3, 0]


def test_a_dataset_that_is_opened_takes_triplets_and_card_away(shown: Scene) -> None:
    shown.click(shown.between(0, 1))
    assert shown.held.dataset is not None
    shown.desk.bridge.of(DatasetOpened).emit(DatasetOpened(shown.held.dataset, None))
    assert shown.triplets.card.isHidden()
    assert layers(shown) == 0
    assert shown.triplets.key.head.text() == WAITING


def test_a_batch_of_items_that_are_not_on_the_map_yet_waits_for_them(qtbot: QtBot, scene: Scene) -> None:
    scene.overlays.switch("triplets", True)
    some = np.array([1, 2, 3, 4])
    with qtbot.waitSignal(scene.canvas.drawn):
        scene.canvas.move_points(some, XY[some])
    qtbot.waitUntil(lambda: bool(np.isnan(scene.canvas.places([0])).all()))
    scene.send(triplets(step=10))
    scene.send(triplets(step=11))
    assert scene.triplets._layer is None
    scene.canvas.move_points(np.arange(len(XY)), XY)
    qtbot.waitUntil(lambda: scene.triplets._layer is not None)
    assert scene.triplets._layer is not None
    assert scene.triplets._layer.found.step == 10, "the first that waited: the newest is always too early"
    scene.send(triplets(step=12))
    assert scene.triplets._layer.found.step == 12
