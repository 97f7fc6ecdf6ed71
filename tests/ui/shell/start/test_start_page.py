from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QStyle
from pytestqt.qtbot import QtBot

from explorer.core.examples import start_examples
from explorer.core.recipe import Recipe
from explorer.core.types import JobStatus
from explorer.data.names import SAMPLE_PREFIX, SAMPLES
from explorer.engine.saved_runs import RunsFound, saved_runs
from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.opening.drag_and_drop import is_one_picture, is_run
from explorer.ui.shell.saved_runs.newest_runs import READING, SAVED
from explorer.ui.shell.start.drop_zone import INVITATION, KINDS
from explorer.ui.widgets.settings_folder import FOLDER_VARIABLE
from tests.engine.test_saved_runs import written
from tests.helpers.windows import LONG, close_window


def dragged(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def enter(window: MainWindow, mime: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(
        QPoint(400, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    return event


def drop(window: MainWindow, mime: QMimeData) -> QDropEvent:
    enter(window, mime)  # without it Qt has no target for the drop
    event = QDropEvent(
        QPointF(400, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    return event


AT_FIRST = """
explorer explorer.core explorer.core.errors explorer.core.examples explorer.core.freed_memory explorer.core.import_turns
explorer.core.plain_json explorer.core.priority
explorer.core.resources explorer.core.torch_environment explorer.core.words explorer.data explorer.data.names
explorer.engine
explorer.engine.fault_reports explorer.ui explorer.ui.app explorer.ui.session explorer.ui.session.commands
explorer.ui.session.settings_file explorer.ui.session.start_values explorer.ui.shell explorer.ui.shell.early_wishes
explorer.ui.shell.garbage explorer.ui.shell.header explorer.ui.shell.import_hook explorer.ui.shell.layout
explorer.ui.shell.layout.first_size explorer.ui.shell.loading explorer.ui.shell.main_window explorer.ui.shell.messages
explorer.ui.shell.messages.corner_popup explorer.ui.shell.messages.fault_reports explorer.ui.shell.messages.jobs_popup
explorer.ui.shell.opening explorer.ui.shell.opening.drag_and_drop explorer.ui.shell.saved_runs
explorer.ui.shell.saved_runs.newest_runs explorer.ui.shell.start explorer.ui.shell.start.drop_zone
explorer.ui.shell.start.example_cards explorer.ui.shell.start.recent_places explorer.ui.shell.start.start_page
explorer.ui.shell.status_bar explorer.ui.shell.type_room
explorer.ui.widgets explorer.ui.widgets.dresser explorer.ui.widgets.from_thread
explorer.ui.widgets.icons explorer.ui.widgets.language explorer.ui.widgets.local_paths explorer.ui.widgets.next_turn
explorer.ui.widgets.return_key
explorer.ui.widgets.settings_folder explorer.ui.widgets.text explorer.ui.widgets.text_size explorer.ui.widgets.theme
"""
"""What of the program is imported before the first paint: about a millisecond each, and what each of them imports."""
ALL_AT_FIRST = 235
"""Modules of Python, Qt and the program together."""


def test_the_start_page_needs_hardly_anything_to_be_imported(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"recents": ["sample:digits", "/gone"], "left_off": "/gone"}))
    script = (
        "import json, sys\n"
        "from explorer.ui.app import application, build\n"
        "app = application()\n"
        "window = build()\n"
        "window.show()\n"
        "window.grab()\n"
        "assert window.start_page.isVisible()\n"
        "print(json.dumps(list(sys.modules)))\n"
    )
    own = {**os.environ, "QT_QPA_PLATFORM": "offscreen", FOLDER_VARIABLE: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, env=own, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert [name for name in found if name.startswith("explorer") and name not in AT_FIRST.split()] == []
    slow = "numpy pydantic torch numba pyqtgraph faiss scipy PIL colorcet importlib.metadata email"
    assert not {*slow.split()} & {*found}
    assert len(found) <= ALL_AT_FIRST


def test_the_start_page_offers_what_it_should(start: MainWindow) -> None:
    zone = start.start_page.zone
    assert zone.title.text() == INVITATION
    assert zone.folder_button.isVisible()
    assert start.start_page.examples.cards[0].title.text() == "Digits, by triplets"
    assert not start.commands["run.train"].isEnabled()
    assert start.commands["run.train"].toolTip() == "Open pictures or vectors first"


def test_the_zone_reacts_to_a_drag_and_calms_down(start: MainWindow, tmp_path: Path) -> None:
    event = enter(start, dragged(tmp_path))
    assert event.isAccepted()
    assert start.start_page.zone.title.text() == f"Drop to open “{tmp_path.name}”"
    start.opener.drag_left()
    assert start.start_page.zone.title.text() == INVITATION


def test_a_drag_of_text_is_left_alone(start: MainWindow) -> None:
    mime = QMimeData()
    mime.setText("hello")
    enter(start, mime)
    assert start.start_page.zone.title.text() == INVITATION
    drop(start, mime)
    assert not start.start_page.zone.loading


def test_a_drop_is_a_copy_where_the_source_would_also_move(start: MainWindow, tmp_path: Path) -> None:
    mime = dragged(tmp_path)
    both = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    plain = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entered = QDragEnterEvent(QPoint(400, 300), both, mime, *plain)
    entered.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(start, entered)
    assert entered.isAccepted()
    assert entered.dropAction() == Qt.DropAction.CopyAction
    event = QDropEvent(QPointF(400, 300), both, mime, *plain)
    event.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(start, event)
    assert event.isAccepted()
    assert event.dropAction() == Qt.DropAction.CopyAction


def test_a_document_is_no_data_set(start: MainWindow, tmp_path: Path) -> None:
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.4")
    enter(start, dragged(paper))
    assert "is no data set" in start.start_page.zone.title.text()
    (tmp_path / "folder.pdf").mkdir()
    assert is_one_picture(str(paper))
    assert not is_one_picture(str(tmp_path / "folder.pdf"))


def test_a_drop_before_the_session_is_there_is_not_lost(start: MainWindow, tmp_path: Path) -> None:
    drop(start, dragged(tmp_path, tmp_path))
    assert start.start_page.zone.loading
    assert "only the first" in start.toasts.shown[0].text


def test_progress_and_failure_are_shown_in_the_zone(start: MainWindow) -> None:
    zone = start.start_page.zone
    zone.show_loading("Opening pictures")
    zone.show_job(JobStatus(1, "Opening pictures: decoding", 30, 100, "running"))
    assert (zone.bar.value(), zone.bar.maximum()) == (30, 100)
    assert zone.stage.text() == "Opening pictures: decoding"
    zone.show_invitation("pictures.zip is damaged")
    assert not zone.loading
    assert zone.error.isVisible()
    assert zone.error.text() == "pictures.zip is damaged"


def test_recent_places_are_listed_and_open(qtbot: QtBot, start: MainWindow, tmp_path: Path) -> None:
    start.start_page.show_recents([str(tmp_path), "sample:digits"])
    rows = start.start_page.recents.rows
    assert [row.accessibleName() for row in rows] == [f"Open {tmp_path.name}", "Open digits sample"]
    assert rows[0].toolTip() == rows[0].accessibleDescription() == str(tmp_path)
    assert rows[1].toolTip() == rows[1].accessibleDescription() == "digits sample"
    with qtbot.waitSignal(start.start_page.open_spec) as told:
        QTest.mouseClick(rows[1], Qt.MouseButton.LeftButton)
    assert told.args == ["sample:digits"]


def test_a_recent_run_is_told_by_its_recipe_and_its_recall(start: MainWindow, tmp_path: Path) -> None:
    run = written(tmp_path / "20261129-081511")
    start.start_page.show_recents([str(run)])
    row = start.start_page.recents.rows[0]
    assert row.name.text() == "20261129-081511"
    start.start_page.show_runs(RunsFound(tmp_path, saved_runs(tmp_path)))
    assert row.name.text() == "d · triplet 0.75 · hard"
    assert row.where.text().startswith("recall@1 0.520 of step 20 · step 30 · ")
    start.start_page.show_recents([str(run)])  # as after another one was opened
    assert start.start_page.recents.rows[0].name.text() == "d · triplet 0.75 · hard"


def test_saved_runs_are_being_looked_for_until_it_is_known_that_there_are_none(start: MainWindow) -> None:
    runs = start.start_page.runs
    assert runs.nothing.text() == READING
    start.start_page.show_runs(RunsFound(Path(), (), reading=True))
    assert runs.nothing.text() == READING
    start.start_page.show_runs(RunsFound(Path(), ()))
    assert runs.nothing.text() == SAVED


def test_runs_are_listed_before_the_panels_are_there(
    qtbot: QtBot, tmp_path: Path, settings: Settings, open_window: Callable[..., MainWindow]
) -> None:
    written(tmp_path / "runs" / "first")
    before: list[bool] = []

    def session(doorbell: Callable[[], None]) -> Session:
        return Session(doorbell, live=True, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")

    window = build(settings=settings, make_session=session)
    window.completed.connect(lambda: setattr(window.workspace, "build", before.append))  # panels that never come
    window.show()
    qtbot.waitUntil(lambda: bool(window.start_page.runs.rows), timeout=LONG)
    row = window.start_page.runs.rows[0]
    qtbot.waitUntil(lambda: window.start_page.runs.pictures.picture(row.run) is not None, timeout=LONG)
    close_window(qtbot, window)


def test_an_example_opens_its_sample_with_its_recipe_and_says_what_one_will_see(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window()
    card = window.start_page.examples.cards[1]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    session = window.session
    assert session is not None
    qtbot.waitUntil(lambda: window.toasts.shown != [], timeout=LONG)
    assert session.dataset is not None
    assert session.dataset.uri == card.example.data == "sample:photos"
    assert session.recipe == Recipe.load(card.example.path)
    toast = window.toasts.shown[0]
    assert card.example.summary in toast.text
    qtbot.waitUntil(lambda: not session.why_not(), timeout=LONG)
    QTest.mouseClick(toast.offer, Qt.MouseButton.LeftButton)
    assert session.state == "training"
    session.stop(quick=True)


def test_the_recipe_of_an_example_ends_with_it_and_can_be_kept(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window()
    session = window.session
    assert session is not None
    QTest.mouseClick(window.start_page.examples.cards[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.recipe.miner.name == "semi_hard", timeout=LONG)
    qtbot.waitUntil(lambda: window.actions_of_window.recipe_panel is not None, timeout=LONG)
    window.opener.open("sample:photos")
    qtbot.waitUntil(lambda: any("your own is back" in toast.text for toast in window.toasts.shown), timeout=LONG)
    assert session.recipe == Recipe()
    toast = next(toast for toast in window.toasts.shown if "your own is back" in toast.text)
    QTest.mouseClick(toast.offer, Qt.MouseButton.LeftButton)
    assert session.recipe.miner.name == "semi_hard"


def test_an_example_that_is_clicked_before_there_is_a_session_is_not_lost(
    qtbot: QtBot, tmp_path: Path, settings: Settings
) -> None:
    window = build(settings=settings)
    window.start_page.examples.cards[2].click()
    assert window.start_page.zone.loading
    with qtbot.waitSignal(window.built, timeout=LONG):
        window.show()
    session = window.session
    assert session is not None
    qtbot.waitUntil(lambda: window.toasts.shown != [], timeout=LONG)
    assert session.recipe.split.name == "classes"
    close_window(qtbot, window)


def test_every_example_has_a_recipe_for_a_sample_that_is_shipped() -> None:
    examples = start_examples()
    assert len(examples) == 3
    for example in examples:
        assert example.data.removeprefix(SAMPLE_PREFIX) in SAMPLES
        assert example.summary.endswith(".")
        Recipe.load(example.path)


def test_a_drag_says_what_is_seen_in_it(qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    folder, empty = tmp_path / "fruit", tmp_path / "nothing.bin"
    for name in ("apples", "pears"):
        (folder / name).mkdir(parents=True)
        (folder / name / "1.png").write_bytes(b"")
    empty.write_bytes(b"")
    window = open_window()
    zone = window.start_page.zone
    enter(window, dragged(folder))
    qtbot.waitUntil(lambda: zone.hint.text() == "A folder with 2 class folders", timeout=LONG)
    assert zone.title.text() == "Drop to open “fruit”"
    enter(window, dragged(empty))
    qtbot.waitUntil(lambda: zone.title.text() == "This will most likely not open: “nothing.bin”", timeout=LONG)
    enter(window, dragged(written(tmp_path / "runs" / "one")))
    qtbot.waitUntil(lambda: zone.hint.text() == "A saved run of d, at step 30", timeout=LONG)
    window.opener.drag_left()
    assert (zone.title.text(), zone.hint.text()) == (INVITATION, KINDS)


def test_a_drag_over_open_data_says_it_as_well(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    (tmp_path / "pears" / "a").mkdir(parents=True)
    window = open_window("sample:digits")
    qtbot.waitUntil(lambda: window.dataset is not None, timeout=LONG)
    enter(window, dragged(tmp_path / "pears"))
    qtbot.waitUntil(lambda: window.veil.details.text() != "", timeout=LONG)
    assert window.veil.label.text() == "Drop to choose what to do with “pears”"


def test_the_file_dialogs_do_not_block(qtbot: QtBot, start: MainWindow) -> None:
    start.commands["file.open_folder"].trigger()
    dialog = start.findChild(QFileDialog, "file-dialog")
    assert isinstance(dialog, QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.reject()


def test_a_folder_without_a_run_is_told(start: MainWindow, tmp_path: Path) -> None:
    assert not is_run(str(tmp_path))
    start.opener.open_run(str(tmp_path))
    assert "has no run.json" in start.toasts.shown[-1].text


def test_text_is_never_cut_at_the_smallest_size(start: MainWindow) -> None:
    start.resize(960, 600)
    zone = start.start_page.zone
    for button in (zone.folder_button, zone.file_button):
        assert button.width() >= button.sizeHint().width()
    assert start.header.search.width() >= start.header.search.sizeHint().width()


def test_a_window_that_is_closed_at_once_starts_nothing(qtbot: QtBot, settings: Settings) -> None:
    window = build(settings=settings)
    window.show()
    with qtbot.waitSignal(window.closed):
        window.close()
    ran: list[int] = []
    QTimer.singleShot(0, lambda: ran.append(1))
    qtbot.waitUntil(lambda: bool(ran))
    assert window.session is None
    window.deleteLater()


def test_a_long_place_is_cut_with_a_sign_and_close_has_no_icon_of_the_system(start: MainWindow) -> None:
    place = f"/data/{'deep/' * 20}fruit"
    start.start_page.show_recents([place, "/data/pears"])
    rows = start.start_page.recents.rows
    assert [(row.name.text(), row.where.text()) for row in rows] == [("fruit", "…/deep"), ("pears", "/data")]
    assert rows[0].toolTip() == place
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    assert not box.style().styleHint(QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons, None, box)
    assert box.button(QDialogButtonBox.StandardButton.Close).icon().isNull()


def test_a_large_window_has_a_larger_page(start: MainWindow) -> None:
    widths = []
    for size in ((1024, 700), (1440, 900), (2560, 1440)):
        start.resize(*size)
        QApplication.processEvents()
        widths.append(start.start_page.zone.width())
        assert start.start_page.horizontalScrollBar().maximum() == 0
    assert widths[0] == widths[1] < widths[2]


def test_with_large_text_a_small_page_scrolls_downwards_alone(qtbot: QtBot, start: MainWindow) -> None:
    start.settings.set_value("text", "200")
    page = start.start_page
    for size in ((1024, 700), (1440, 900)):
        start.resize(*size)
        qtbot.waitUntil(lambda: page.horizontalScrollBar().maximum() == 0)
    for percent in ("200", "100"):
        start.settings.set_value("text", percent)
        qtbot.waitUntil(lambda: all(card.height() >= card.heightForWidth(card.width()) for card in page.examples.cards))


def test_the_words_of_every_example_are_in_sight_from_the_beginning(qtbot: QtBot, start: MainWindow) -> None:
    start.resize(1024, 700)
    for card in start.start_page.examples.cards:
        qtbot.waitUntil(lambda card=card: card.height() >= 100)  # type: ignore[misc]
        assert card.height() >= card.heightForWidth(card.width())


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_the_button_that_has_the_focus_is_pressed_by_any_usual_key(
    qtbot: QtBot, start: MainWindow, key: Qt.Key
) -> None:
    start.activateWindow()
    start.start_page.left_off.setEnabled(True)
    start.start_page.show_left_off("/data/pictures", reopen=False)
    start.start_page.left_off.setFocus()
    with qtbot.waitSignal(start.start_page.left_off.clicked):
        QTest.keyClick(start.start_page.left_off, key)
