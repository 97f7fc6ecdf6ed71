from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from explorer.core.errors import UserError
from explorer.core.types import JobStatus
from explorer.engine.run_trash import TRASH
from explorer.runs.folder import RunFolder
from explorer.runs.notes import RunNotes, read_notes, write_notes
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.saved_runs.runs_page import RunsPage
from explorer.ui.shell.saved_runs.window_runs import SEVERAL
from tests.engine.test_saved_runs import written
from tests.helpers.windows import ready_session, train_long
from tests.ui.conftest import LONG


def page_of(qtbot: QtBot, window: MainWindow, number: int) -> RunsPage:
    window.commands["file.runs"].trigger()
    page = window.runs.page
    assert page is not None
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == number, timeout=LONG)
    assert window.centre.currentWidget() is page
    return page


def test_the_page_comes_and_goes_on_the_start_page(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    run = written(tmp_path / "runs" / "first")
    window = open_window()
    page = page_of(qtbot, window, 1)
    assert str(run.parent) in page.where.text()
    page.other.click()
    files = window.findChild(QFileDialog, "file-dialog")
    assert isinstance(files, QFileDialog)
    assert Path(files.directory().absolutePath()) == run.parent  # and not where something was exported last
    files.reject()
    page.back.click()
    assert window.centre.currentWidget() is window.start_page
    window.start_page.all_button.click()
    assert window.centre.currentWidget() is page
    assert window.bridge is not None
    asked = set[int]()
    window.bridge.of(JobStatus).connect(lambda job: asked.add(job.id) if job.title == SEVERAL else None)
    for _ in range(2):  # by a double click
        page.compared.emit([page.details.run] * 3)
    qtbot.waitUntil(lambda: bool(asked) and not window.runs._comparing, timeout=LONG)
    assert len(asked) == 1
    page.details.note.setPlainText("worth a look")
    run.rename(tmp_path / "elsewhere")  # by somebody else
    page.details.keep()
    qtbot.waitUntil(lambda: not page.view.runs.runs and bool(window.toasts.shown), timeout=LONG)
    told = window.toasts.shown[-1]
    assert told.text.startswith("What you wrote about first is not kept: ")
    assert told.text.count("is gone") == 1
    told.offer.click()
    assert QGuiApplication.clipboard().text() == "worth a look"


def test_notes_are_kept_and_a_deleted_run_comes_back_also_after_a_restart(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    for place, name in enumerate(("one", "two")):
        written(runs / name)
        os.utime(runs / name / "metrics.jsonl", (1_000 - place, 1_000 - place))
    window = open_window()
    page = page_of(qtbot, window, 2)
    page.details.name.setText("the one")
    page.details.keep()
    qtbot.waitUntil(lambda: page.view.runs.runs[0].name == "the one", timeout=LONG)
    assert read_notes(runs / "one") == RunNotes(name="the one")
    window.settings.set_left_off(str(runs / "one"))
    page.details.buttons["delete"].click()
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 1, timeout=LONG)
    assert (runs / TRASH / "one" / "run.json").exists()
    assert page.trash.isVisible()
    assert page.trash.words.text().endswith(": the one")
    assert window.settings.left_off == ""
    page.trash.undo.click()
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 2, timeout=LONG)
    assert not page.trash.isVisible()
    qtbot.waitUntil(lambda: [row.name for row in page.view.marked_rows] == ["the one"], timeout=LONG)  # what came back
    page.view.choose(str(runs / "two"))
    page.details.buttons["delete"].click()
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 1, timeout=LONG)
    with qtbot.waitSignal(window.closed):
        window.close()
    again = open_window()
    page = page_of(qtbot, again, 1)
    assert page.trash.words.text().endswith(": d · triplet 0.75 · hard")
    page.trash.undo.click()
    qtbot.waitUntil(lambda: len(page.view.runs.runs) == 2, timeout=LONG)
    told = "d · triplet 0.75 · hard is back, in the folder two."
    qtbot.waitUntil(lambda: any(toast.text == told for toast in again.toasts.shown), timeout=LONG)
    page.details.buttons["delete"].click()
    qtbot.waitUntil(page.trash.isVisible, timeout=LONG)
    page.emptied.emit()
    qtbot.waitUntil(lambda: not any((runs / TRASH).iterdir()), timeout=LONG)
    qtbot.waitUntil(lambda: not page.trash.isVisible(), timeout=LONG)


def test_a_run_that_comes_back_beside_another_is_told_by_its_new_folder(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    written(runs / "one")
    window = open_window()
    page = page_of(qtbot, window, 1)
    page.view.setCurrentIndex(page.view.runs.index(0, 0))
    page.details.buttons["delete"].click()
    qtbot.waitUntil(page.trash.isVisible, timeout=LONG)
    written(runs / "one")
    page.trash.undo.click()
    told = "d · triplet 0.75 · hard is back, in the folder one-2: one is the folder of another run by now."
    qtbot.waitUntil(lambda: any(toast.text == told for toast in window.toasts.shown), timeout=LONG)
    assert (runs / "one-2" / "run.json").exists()


class FileManager(QObject):
    """What the desktop would open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.fixture
def file_manager() -> FileManager:
    return FileManager()


def test_the_folder_is_shown_by_the_desktop(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path, file_manager: FileManager
) -> None:
    run = written(tmp_path / "runs" / "one")
    page = page_of(qtbot, open_window(), 1)
    QDesktopServices.setUrlHandler("file", file_manager, "take")  # type: ignore[arg-type]  # bytes are refused
    try:
        page.details.buttons["folder"].click()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert file_manager.opened == [str(run)]


@pytest.mark.full
def test_a_trained_run_is_opened_gone_on_with_branched_and_opened_at_the_next_start(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path, settings: Settings
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    session.configure(session.recipe.with_value("epochs", 1))
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    first = session.run_folder
    assert first is not None
    qtbot.waitUntil(lambda: settings.left_off == str(first), timeout=LONG)
    docks = [name for name, dock in window.workspace.docks.items() if not dock.isHidden()]
    page = page_of(qtbot, window, 1)
    assert all(dock.isHidden() for dock in window.workspace.docks.values())
    page.details.buttons["delete"].click()
    assert any("is what a window shows" in toast.text for toast in window.toasts.shown)
    page.details.buttons["anew"].click()
    assert [name for name, dock in window.workspace.docks.items() if not dock.isHidden()] == docks
    offer = next(toast for toast in window.toasts.shown if toast.offered)
    assert "The recipe of digits" in offer.text
    offer.offer.click()
    qtbot.waitUntil(lambda: session.state == "finished" and session.run_folder != first, timeout=LONG)
    page = page_of(qtbot, window, 2)
    page.view.choose(str(first))
    steps = RunFolder.open(first).checkpoint_steps()[-1]
    page.details.buttons["continue"].click()
    qtbot.waitUntil(lambda: session.run_folder == first and session.state == "finished", timeout=LONG)
    qtbot.waitUntil(lambda: RunFolder.open(first).checkpoint_steps()[-1] == 2 * steps, timeout=LONG)
    window.commands["file.reopen"].trigger()
    write_notes(first, RunNotes(name="the <b>first"))
    with qtbot.waitSignal(window.closed):
        window.close()
    again = open_window()
    qtbot.waitUntil(lambda: again.session is not None and again.session.run_folder == first, timeout=LONG)
    qtbot.waitUntil(lambda: again.windowTitle() == "the <b>first – digits — Embedding Explorer", timeout=LONG)
    assert again.session is not None
    with pytest.raises(UserError, match="is what is shown"):
        again.session.runs._delete(first)


def test_the_start_page_offers_what_was_open_last_first(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path, settings: Settings
) -> None:
    run = written(tmp_path / "runs" / "first")
    settings.set_left_off(str(run))
    window = open_window()
    page = window.start_page
    assert page.left_off.isVisible()
    qtbot.waitUntil(lambda: page.left_off.text() == "Continue: d · triplet 0.75 · hard", timeout=LONG)
    assert (
        page.left_off.mapTo(page, page.left_off.rect().topLeft()).y()
        < page.zone.mapTo(page, page.zone.rect().topLeft()).y()
    )
    with qtbot.waitSignal(page.open_spec) as asked:
        page.left_off.click()
    assert asked.args == [str(run)]
    page.reopen.click()
    assert settings.reopen
    assert window.commands["file.reopen"].isChecked()
    assert Settings(settings.path).reopen


@pytest.mark.full
def test_the_row_of_a_run_that_trains_follows_it(
    qtbot: QtBot, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.ui.shell.saved_runs.window_runs.AGAIN_MS", 50)
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    train_long(qtbot, session)
    page = page_of(qtbot, window, 1)
    qtbot.waitUntil(lambda: "recall@1" in page.view.runs.runs[0].metrics, timeout=LONG)
    qtbot.waitUntil(lambda: page.view.run is not None and pictured(window, page), timeout=LONG)
    seen, trained, size = page.view.runs.runs[0].step, page.view.runs.runs[0].seconds, page.view.runs.runs[0].bytes
    qtbot.waitUntil(lambda: page.view.runs.runs[0].step > seen, timeout=LONG)
    qtbot.waitUntil(lambda: (page.view.runs.runs[0].seconds or 0.0) > (trained or 0.0), timeout=LONG)
    qtbot.waitUntil(lambda: page.view.runs.runs[0].bytes > size, timeout=LONG)
    assert f"recall@1 {page.view.runs.runs[0].metrics['recall@1']:.3f}" in page.details.facts.text()


def pictured(window: MainWindow, page: RunsPage) -> bool:
    """Whether the first run has a small map."""
    return window.start_page.runs.pictures.picture(page.view.glance(page.view.runs.runs[0])) is not None


def test_a_stopped_run_is_gone_on_with_beside_train_and_the_title_has_its_new_name(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    bar = window.run_bar
    assert bar is not None
    assert not bar.go_on.isVisible()
    train_long(qtbot, session)
    assert not bar.go_on.isVisible()
    folder = session.run_folder
    assert folder is not None
    qtbot.waitUntil(lambda: bar.bar.value() > 5, timeout=LONG)
    session.stop()
    qtbot.waitUntil(bar.go_on.isVisible, timeout=LONG)
    assert bar.train.text() == "Train anew"
    page = page_of(qtbot, window, 1)
    page.details.name.setText("the one")
    page.details.keep()
    qtbot.waitUntil(lambda: window.windowTitle() == "the one – digits — Embedding Explorer", timeout=LONG)
    window.opener.open(str(folder))
    qtbot.waitUntil(lambda: bar.position.text().startswith("Saved at step"), timeout=LONG)
    assert 0 < bar.bar.value() < bar.bar.maximum()
    qtbot.waitUntil(bar.go_on.isVisible, timeout=LONG)
    bar.go_on.click()
    assert session.run_folder == folder
    qtbot.waitUntil(lambda: session.state == "training" and not bar.go_on.isVisible(), timeout=LONG)
    session.stop(quick=True)
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    session.train()
    qtbot.waitUntil(lambda: window.windowTitle() == "digits — Embedding Explorer", timeout=LONG)
    session.stop(quick=True)
