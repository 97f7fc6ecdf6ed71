from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.core import registry
from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.types import Projection, Snapshot, Split
from explorer.engine.events import CatalogueReady, DatasetOpened
from explorer.ui.map.frame_status import title_of
from explorer.ui.map.layout import MapLayout
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.fields.choice import ChoiceField
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of

COUNT = 200
XY, LABELS = blobs(COUNT, 10)


@pytest.fixture
def held() -> Held:
    return Held(run="r1", dataset=dataset_of(LABELS, CLOTHES))


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Iterator[Desk]:
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    yield desk
    desk.bridge.close()


@pytest.fixture
def layout(qtbot: QtBot, desk: Desk) -> MapLayout:
    canvas = QWidget()
    qtbot.addWidget(canvas)
    canvas.resize(700, 450)
    canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    settle, freeze = QToolButton(canvas), QToolButton(canvas)
    freeze.setCheckable(True)
    catalogue("projection")
    made = MapLayout(desk, canvas, settle, freeze)
    with qtbot.waitExposed(canvas):
        canvas.show()
    return made


def frame(method: str) -> Projection:
    return Projection("r1", 3, np.arange(COUNT), XY, 1, method, True)


def choose(layout: MapLayout, path: str, value: object) -> None:
    assert layout.box.form is not None
    field = layout.box.form.fields[path]
    field.set_value(value)  # type: ignore[arg-type]
    field.changed.emit(value)


def test_a_method_is_chosen_by_name_alone(layout: MapLayout, desk: Desk) -> None:
    offered = layout.offered()
    assert offered["umap"][0] == "UMAP, live"
    assert {"PCA", "t-SNE", "Two directions"} <= {title for title, _ in offered.values()}
    layout.lay_out("pca")
    assert desk.session.analysis.projection.name == "pca"
    assert not layout.box.isVisible()


def test_the_box_opens_below_its_button_inside_the_map_and_closes_with_escape(layout: MapLayout) -> None:
    assert not layout.box.isVisible()
    QTest.mouseClick(layout.choice.button, Qt.MouseButton.LeftButton)
    assert layout.box.isVisible()
    canvas = layout.box.parentWidget()
    assert canvas is not None
    assert canvas.rect().contains(layout.box.geometry())
    assert layout.box.height() > 250
    for button in (layout.box.hold, layout.box.hold_class, layout.box.let_go, layout.box.settle, layout.box.freeze):
        assert button.width() >= button.minimumSizeHint().width()
    assert layout.box.form is not None
    assert layout.box.form.fields["projection"].isAncestorOf(layout.box.focusWidget() or canvas)
    QTest.keyClick(layout.box, Qt.Key.Key_Escape)
    assert not layout.box.isVisible()
    assert canvas.hasFocus()


def test_another_method_is_taken_at_once_and_a_value_in_a_moment(
    qtbot: QtBot, layout: MapLayout, held: Held, desk: Desk
) -> None:
    layout.toggle()
    choose(layout, "projection", "dimensions")
    assert held.projection == Part(name="dimensions")
    choose(layout, "projection.x", 3)
    choose(layout, "projection.x", 4)
    assert held.projection == Part(name="dimensions")
    qtbot.waitUntil(lambda: held.projection.params == {"x": 4})
    assert [asked for asked in held.asked if "x=3" in asked] == []
    choose(layout, "projection", "umap")
    choose(layout, "projection", "dimensions")
    assert held.projection.params == {"x": 4}
    assert layout.choice.button.text() == "Layout: Two dimensions ▾"
    desk.bridge.of(Projection).emit(frame("umap"))
    assert layout.choice.button.text() == "Layout: Two dimensions … ▾"
    desk.bridge.of(Projection).emit(frame("dimensions"))
    assert layout.choice.button.text() == "Layout: Two dimensions ▾"


def test_the_box_grows_and_shrinks_with_the_method(qtbot: QtBot, layout: MapLayout) -> None:
    canvas = layout.box.parentWidget()
    assert canvas is not None
    canvas.resize(700, 300)
    layout.toggle()
    heights: list[int] = []

    def still() -> bool:
        heights.append(layout.box.height())
        return len(heights) > 5 and len(set(heights[-5:])) == 1 and heights[-1] > 300

    qtbot.waitUntil(still)  # on its way there it is lower for a moment
    tall, top = layout.box.height(), layout.box.y()
    choose(layout, "projection", "pca")
    qtbot.waitUntil(lambda: layout.box.height() < tall - 100)
    qtbot.waitUntil(lambda: layout.box.y() > top)
    choose(layout, "projection", "umap")
    qtbot.waitUntil(lambda: layout.box.height() >= tall and layout.box.y() <= top)


def test_values_that_do_not_fit_are_refused_in_the_box(qtbot: QtBot, layout: MapLayout, held: Held) -> None:
    layout.toggle()
    choose(layout, "projection.min_dist", 3.0)
    qtbot.waitUntil(lambda: bool(layout.box.problem.text()))
    assert "minimum distance of 3" in layout.box.problem.text()
    assert layout.box.problem.isVisible()
    assert held.projection == Part(name="umap")
    choose(layout, "projection.min_dist", 0.3)
    qtbot.waitUntil(lambda: held.projection.params == {"min_dist": 0.3})
    assert not layout.box.problem.isVisible()


def test_another_distance_is_that_of_the_map_alone(qtbot: QtBot, layout: MapLayout, held: Held) -> None:
    layout.toggle()
    assert layout.box.distance is not None
    combo = layout.box.distance.combo
    assert combo.itemText(0) == "As trained: Euclidean"
    combo.setCurrentIndex(combo.findData("cosine"))
    qtbot.waitUntil(lambda: held.projection.params == {"distance": "cosine"})
    assert "true neighbours are still by Euclidean" in layout.box.note.text()
    choose(layout, "projection", "pca")
    assert held.projection == Part(name="pca", params={"distance": "cosine"})
    combo.setCurrentIndex(0)
    qtbot.waitUntil(lambda: held.projection == Part(name="pca"))
    assert not layout.box.note.isVisible()


def test_what_the_map_went_back_to_is_shown(layout: MapLayout, held: Held, desk: Desk) -> None:
    layout.toggle()
    choose(layout, "projection", "dimensions")
    held.projection = Part(name="umap", params={"neighbours": 30})
    desk.bridge.of(Projection).emit(frame("umap"))
    assert layout.box.form is not None
    assert layout.box.form.part == held.projection
    assert layout.box.form.fields["projection.neighbours"].value() == 30
    assert layout.choice.button.text() == "Layout: UMAP live ▾"


def test_items_and_classes_are_held_and_let_go(layout: MapLayout, held: Held, desk: Desk) -> None:
    layout.toggle()
    assert not layout.box.hold.isEnabled()
    assert not layout.box.let_go.isEnabled()
    desk.state.set_selection([4, 9])
    layout.box.hold.click()
    assert held.still == [[4, 9]]
    assert layout.box.held.text() == "2 items held"
    desk.state.set_selection([4])
    layout.box.hold_class.click()
    same = np.flatnonzero(LABELS[4] == LABELS)
    assert held.still[-1] == np.union1d(same, [4, 9]).tolist()
    layout.box.let_go.click()
    assert held.still[-1] == []
    desk.commands["map.hold"].trigger()
    assert held.still[-1] == [4]
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(
        DatasetOpened(held.dataset, Split("items", np.arange(2), np.arange(2, 4), False))
    )
    assert len(layout.held) == 0
    assert len(held.still) == 4


def test_items_without_a_class_are_no_class(layout: MapLayout, held: Held, desk: Desk) -> None:
    labels = LABELS.copy()
    labels[:20] = -1
    held.dataset = dataset_of(labels, CLOTHES)
    desk.state.set_selection([3])
    layout.hold_classes()
    assert held.still == []


def test_settle_and_freeze_are_those_of_the_header(layout: MapLayout) -> None:
    canvas = layout.box.parentWidget()
    assert canvas is not None
    settle, freeze = canvas.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    pressed: list[str] = []
    settle.clicked.connect(lambda: pressed.append("settle"))
    layout.box.settle.click()
    assert pressed == ["settle"]
    layout.box.freeze.click()
    assert freeze.isChecked()
    freeze.setChecked(False)
    assert not layout.box.freeze.isChecked()


def test_methods_have_titles(layout: MapLayout, desk: Desk) -> None:
    assert title_of("umap") == "UMAP live"
    assert title_of("dimensions") == "Two dimensions"
    assert title_of("of another version") == "of another version"
    desk.bridge.of(CatalogueReady).emit(CatalogueReady(("projection",)))
    assert layout.choice.button.accessibleName() == "Layout: UMAP live"


def test_a_method_that_is_not_installed_says_how_to_get_it(layout: MapLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = replace(catalogue("projection")["pca"], name="drum", title="Drum", missing="no_such_package")
    monkeypatch.setitem(registry._ENTRIES, ("projection", "drum"), entry)
    layout.toggle()
    assert f"Drum: {sys.executable} -m pip install no_such_package" in layout.box.missing.text()
    assert layout.box.missing.isVisible()
    assert layout.box.form is not None
    field = layout.box.form.fields["projection"]
    assert isinstance(field, ChoiceField)
    place = field.combo.findData("drum")
    assert not field.combo.model().flags(field.combo.model().index(place, 0)) & Qt.ItemFlag.ItemIsEnabled
    canvas = layout.box.parentWidget()
    assert canvas is not None
    assert canvas.rect().contains(layout.box.geometry())


def test_fewer_dimensions_are_asked_for_and_named_on_the_button(qtbot: QtBot, desk: Desk, layout: MapLayout) -> None:
    found = Snapshot("r1", 1, np.arange(3), np.eye(3, 32, dtype=np.float32), True, "euclidean")
    desk.bridge.of(Snapshot).emit(found)
    slider = layout.box.dimensions.slider
    slider.setValue(0)
    qtbot.waitUntil(lambda: "8 dimensions" in cast(Held, desk.session).asked)
    assert layout.choice.button.text() == "Layout: UMAP live, 8 dims ▾"
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset_of(np.arange(3)), None))
    assert not slider.isEnabled()
