from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QStyle
from pytestqt.qtbot import QtBot

from explorer.core.types import JobStatus
from explorer.ui.app import build
from explorer.ui.session.settings import Settings
from explorer.ui.shell.drag_and_drop import is_one_picture, is_run
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.start_page import INVITATION, LONGEST_PLACE


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


def test_the_start_page_needs_nothing_that_is_slow_to_import(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from explorer.ui.app import application, build\n"
        "from explorer.ui.session.settings import Settings\n"
        "app = application()\n"
        f"window = build(settings=Settings(Path({str(tmp_path / 's.json')!r})))\n"
        "window.show()\n"
        "window.grab()\n"
        "slow = {'torch', 'numba', 'pyqtgraph', 'faiss', 'scipy', 'PIL', 'colorcet', 'sklearn'} & set(sys.modules)\n"
        "assert not slow, slow\n"
        "assert window.start_page.isVisible()\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    )


def test_the_start_page_offers_what_it_should(start: MainWindow) -> None:
    zone = start.start_page.zone
    assert zone.title.text() == INVITATION
    assert zone.folder_button.isVisible()
    assert zone.sample_button.text() == "Try the digits sample"
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
    rows = start.start_page.recent_rows
    assert [row.accessibleName() for row in rows] == [f"Open {tmp_path}", "Open digits sample"]
    with qtbot.waitSignal(start.start_page.open_spec) as told:
        QTest.mouseClick(rows[1], Qt.MouseButton.LeftButton)
    assert told.args == ["sample:digits"]


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
    for button in (zone.folder_button, zone.file_button, zone.sample_button):
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
    start.start_page.show_recents([f"/data/{'deep/' * 20}fruit", "/data/pears"])
    long, short = (row.text() for row in start.start_page.recent_rows)
    assert long == f"fruit   …{('deep/' * 20)[-LONGEST_PLACE:-1]}"
    assert short == "pears   /data"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    assert not box.style().styleHint(QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons, None, box)
    assert box.button(QDialogButtonBox.StandardButton.Close).icon().isNull()
