from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.types import PIXELS_RUN, Evaluation
from explorer.engine.events import RunShown
from explorer.engine.session.gallery import GalleryChanged, Identified, NotIdentified
from explorer.retrieval.gallery import Candidate, Identification
from explorer.ui.queries.gallery_panel import DECIDE, GalleryPanel
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.name_table import COUNT, NAME
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(200, 10)[1]
GALLERY = GalleryChanged("r1", ("ann", "<b>bob</b>"), (4, 1200), True)
NEAR = Identification((Candidate("ann", 0.25), Candidate("<b>bob</b>", 0.5)), 0.3)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1", run_folder=tmp_path)


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[GalleryPanel]:
    with on_screen(qtbot, GalleryPanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 480) as panel:
        yield panel


def shown(panel: GalleryPanel) -> list[tuple[str, str]]:
    model = panel.table.identities
    return [(model.index(row, NAME).data(), model.index(row, COUNT).data()) for row in range(model.rowCount())]


def test_before_a_run_it_says_what_will_appear(panel: GalleryPanel, held: Held) -> None:
    assert held.asked == ["look at the gallery"]
    assert panel.body_shown
    held.run_folder = None
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "pixels"))
    assert not panel.body_shown
    assert held.asked == ["look at the gallery"]


def test_where_nobody_is_enrolled_it_says_so_like_every_panel(panel: GalleryPanel) -> None:
    inside = (panel.table, panel.remove_button, panel.undo_button, panel.reason)
    assert panel.nothing.isVisible()
    assert panel.nothing.property("role") == "empty"
    assert not any(part.isVisible() for part in inside)
    panel.desk.bridge.of(GalleryChanged).emit(GALLERY)
    assert not panel.nothing.isVisible()
    assert all(part.isVisible() for part in inside)


def test_what_is_selected_is_enrolled_under_the_name_that_is_typed(panel: GalleryPanel, held: Held) -> None:
    held.asked.clear()
    panel.desk.state.set_selection([3, 5])
    assert not panel.enrol_button.isEnabled()
    panel.desk.commands["gallery.enrol"].trigger()
    QTest.keyClicks(panel.name, "ann")
    assert panel.enrol_button.text() == "Enrol 2"
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    assert held.asked == ["enrol [3, 5] as ann"]
    assert panel.name.text() == "ann"  # kept until it is enrolled
    panel.desk.bridge.of(GalleryChanged).emit(GALLERY)
    assert panel.name.text() == ""
    panel.desk.state.set_selection([])
    QTest.keyClicks(panel.name, "bob")
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    QTest.mouseClick(panel.enrol_button, Qt.MouseButton.LeftButton)
    assert held.asked == ["enrol [3, 5] as ann"]


def test_while_nobody_is_enrolled_it_says_what_to_do_now(panel: GalleryPanel) -> None:
    assert panel.nothing.text().startswith("Select items on the map, then")
    panel.desk.state.set_selection([3, 5])
    assert panel.nothing.text() == "2 items selected: type the name of their identity above."
    QTest.keyClicks(panel.name, "ann")
    assert panel.nothing.text() == "Now press Enrol 2, or Return."


def test_why_an_item_is_not_identified_stands_in_the_place_of_the_answer(panel: GalleryPanel) -> None:
    panel.desk.bridge.of(GalleryChanged).emit(GALLERY)
    panel.desk.state.pins.choose(7)
    assert panel.reason.text() == "searching…"
    panel.desk.bridge.of(NotIdentified).emit(NotIdentified("r1", 8, "of another one"))
    assert panel.reason.text() == "searching…"
    panel.desk.bridge.of(NotIdentified).emit(NotIdentified("r1", 7, "<b>7</b> has no embedding yet. Wait"))
    assert (panel.answer.text(), panel.reason.text()) == ("not identified", "<b>7</b> has no embedding yet. Wait")
    panel.desk.bridge.of(Identified).emit(Identified("r1", 3, True, 7, NEAR, "the validation"))
    assert panel.answer.text() == "ann"


def test_identities_are_listed_renamed_removed_and_brought_back(panel: GalleryPanel, held: Held) -> None:
    panel.desk.bridge.of(GalleryChanged).emit(GALLERY)
    held.asked.clear()
    assert shown(panel) == [("ann", "4"), ("<b>bob</b>", "1,200")]
    assert panel.status == "2 identities"
    model = panel.table.identities
    model.setData(model.index(0, NAME), "anna")
    model.setData(model.index(0, NAME), "ann")
    model.setData(model.index(0, NAME), " ")
    assert held.asked == ["rename ann anna"]
    assert shown(panel)[0][0] == "ann"  # the gallery decides
    assert not panel.remove_button.isEnabled()
    panel.table.selectRow(1)
    QTest.mouseClick(panel.remove_button, Qt.MouseButton.LeftButton)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    QTest.mouseClick(panel.undo_button, Qt.MouseButton.LeftButton)
    assert held.asked[1:] == ["remove <b>bob</b>", "remove <b>bob</b>", "undo"]
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert shown(panel) == []
    assert not panel.undo_button.isEnabled()


def test_the_newest_pinned_item_is_identified(panel: GalleryPanel, held: Held) -> None:
    panel.desk.state.pins.choose(7)
    assert "identify 7" not in held.asked  # nobody is enrolled yet
    panel.desk.bridge.of(GalleryChanged).emit(GALLERY)
    panel.desk.state.pins.choose(9, add=True)
    assert [asked for asked in held.asked if asked.startswith("identify")] == ["identify 7", "identify 9"]
    answer = panel.desk.bridge.of(Identified)
    answer.emit(Identified("r1", 20, True, 7, NEAR, "half of the classes"))
    assert panel.answer.text() == ""  # no longer the one that is asked about
    answer.emit(Identified("r1", 1200, False, 9, NEAR, "half of the classes"))
    assert panel.answer.text() == "ann"
    assert panel.reason.text() == (
        "step 1,200 ≈. Who is farther than 0.3000 from all of them is unknown: that threshold was chosen on half of "
        "the classes."
    )
    assert panel.candidates.text() == "  0.2500  ann\n  0.5000  <b>bob</b>"
    assert panel.candidates.textFormat() == Qt.TextFormat.PlainText
    answer.emit(Identified("r1", 20, True, 9, Identification(NEAR.candidates, 0.2), "half of the classes"))
    assert panel.answer.text() == "unknown"
    answer.emit(Identified("r1", 20, True, 9, Identification(NEAR.candidates, None), "nothing is held out"))
    assert panel.answer.text() == "undecided, nearest ann"
    assert panel.reason.text() == f"step 20; there is no threshold, since nothing is held out. {DECIDE}"
    tied = (Candidate("ann", 0.25), Candidate("bob", 0.25))
    answer.emit(Identified("r1", 20, True, 9, Identification(tied, 0.3), "half of the classes"))
    assert panel.answer.text() == "ann or bob"
    assert "2 identities equally near: enrol more pictures" in panel.reason.text()
    panel.desk.commands["gallery.identify"].trigger()
    assert held.asked[-1] == "identify 9"
    panel.desk.state.pins.clear()
    assert panel.answer.text() == ""
    assert not panel.picture.isVisible()


def test_the_answer_follows_the_embeddings_and_stays_until_the_new_one_is_there(
    panel: GalleryPanel, held: Held
) -> None:
    bridge = panel.desk.bridge
    bridge.of(GalleryChanged).emit(GALLERY)
    panel.desk.state.pins.choose(9)
    bridge.of(Identified).emit(Identified("r1", 20, True, 9, NEAR, "half of the classes"))
    held.asked.clear()
    measured = Evaluation("r1", 40, "held-out", {}, 50, 10, False)
    for other in (replace(measured, run=PIXELS_RUN), replace(measured, part="train")):
        bridge.of(Evaluation).emit(other)
    assert held.asked == []
    bridge.of(Evaluation).emit(measured)
    assert held.asked == ["identify 9"]
    assert panel.answer.text() == "ann"


def test_a_long_name_does_not_widen_the_panel(panel: GalleryPanel) -> None:
    least = panel.minimumSizeHint().width()
    name = "a name that is much longer than any panel is wide, " * 4
    panel.desk.bridge.of(GalleryChanged).emit(GalleryChanged("r1", (name,), (3,), True))
    panel.desk.state.pins.choose(9)
    found = Identification((Candidate(name, 0.25),), 0.3)
    panel.desk.bridge.of(Identified).emit(Identified("r1", 20, True, 9, found, "half of the classes"))
    assert panel.minimumSizeHint().width() <= max(least, 304)
    assert name in panel.candidates.toolTip()


def test_commands_are_on_where_they_do_something(panel: GalleryPanel, held: Held) -> None:
    commands, bridge = panel.desk.commands, panel.desk.bridge
    assert commands["gallery.enrol"].isEnabled()
    assert not commands["gallery.identify"].isEnabled()
    bridge.of(GalleryChanged).emit(GALLERY)
    assert not commands["gallery.identify"].isEnabled()
    panel.desk.state.pins.choose(9)
    assert commands["gallery.identify"].isEnabled()
    held.run_folder = None
    bridge.of(RunShown).emit(RunShown(1, PIXELS_RUN))
    assert not commands["gallery.enrol"].isEnabled()
    assert not commands["gallery.identify"].isEnabled()
