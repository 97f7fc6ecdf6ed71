"""What is shown is measured in the real window, by mouse and keyboard, and a report of the run is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.metrics.evaluate_panel import EvaluatePanel
from explorer.ui.metrics.figures_table import NAME, RAW, VALUE
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG

LEFT = Qt.MouseButton.LeftButton


def shown(panel: EvaluatePanel, column: int) -> list[str]:
    rows = panel.table.rows
    return [str(rows.index(row, column).data()).lstrip("▾▸ ") for row in range(rows.rowCount())]


def choose(panel: EvaluatePanel, title: str) -> None:
    """Take a protocol by typing its first letters, as a person does."""
    assert panel.form is not None
    (combo,) = panel.form.fields["protocol"].findChildren(QComboBox)
    combo.setFocus()
    QTest.keyClicks(combo, title[:4])
    assert combo.currentText() == title


def compared(qtbot: QtBot, window: MainWindow, session: Session, name: str) -> None:
    """Train what the run is compared with, to the end."""
    run, train = session.run, window.commands[f"run.compare_{name}"]
    qtbot.waitUntil(train.isEnabled, timeout=LONG)
    train.trigger()
    qtbot.waitUntil(lambda: session.run != run and session.state == "finished", timeout=LONG)


@pytest.mark.full
@pytest.mark.timeout(400)  # every protocol, and a report of all of them, on a busy machine
def test_a_run_is_measured_and_reported(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    qtbot.waitUntil(lambda: window.session is not None and window.commands["run.train"].isEnabled(), timeout=LONG)
    session, panel = window.session, window.workspace.panels["evaluate"]
    assert session is not None
    assert isinstance(panel, EvaluatePanel)
    qtbot.waitUntil(panel.run_button.isEnabled, timeout=LONG)
    assert not window.commands["run.report"].isEnabled()
    session.set("encoder", "mlp")
    session.set("epochs", 2)
    window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    window.workspace.docks["evaluate"].raise_()
    QTest.mouseClick(panel.run_button, LEFT)
    qtbot.waitUntil(lambda: "recall@1" in shown(panel, NAME), timeout=LONG)
    at = shown(panel, NAME).index("recall@1")
    qtbot.waitUntil(lambda: shown(panel, RAW)[at] != "–", timeout=LONG)  # they are measured after what is shown
    assert 0 < float(shown(panel, RAW)[at]) < 1
    assert float(shown(panel, VALUE)[at]) > 0.9
    qtbot.waitUntil(panel.run_button.isEnabled, timeout=LONG)
    choose(panel, "Verification")
    window.commands["evaluate.run"].trigger()
    qtbot.waitUntil(lambda: "EER" in shown(panel, NAME), timeout=LONG)
    assert panel.caption.text().startswith("Verification, step ")
    first = session.run_folder
    assert first is not None
    for name, recipe in (("classifier", "softmax"), ("linear", "lmnn")):
        compared(qtbot, window, session, name)
        assert recipe in (session.recipe.loss.name, session.recipe.fitter.name)
    two_runs_are_compared(qtbot, panel, first)
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    qtbot.waitUntil(window.commands["run.report"].isEnabled, timeout=LONG)
    window.reports.save(str(page))
    window.reports.save(str(paper))
    assert window.reports.writing == (page, paper)
    window.reports.save(str(page))
    window.reports.save(str(tmp_path / "report.doc"))
    assert window.reports.writing == (page, paper)
    closes_when_all_is_written(qtbot, window)
    assert "Worst queries" in page.read_text(encoding="utf-8")
    assert paper.read_bytes().startswith(b"%PDF-")


def two_runs_are_compared(qtbot: QtBot, panel: EvaluatePanel, first: Path) -> None:
    """Choose the first run by its name; what was found of both, with the difference and its p, is opened."""
    qtbot.waitUntil(panel.compare.isEnabled, timeout=LONG)
    QTest.mouseClick(panel.compare, LEFT)
    assert panel.compare.chooser is not None
    QTest.mouseClick(panel.compare.chooser.other, LEFT)
    (dialog,) = panel.window().findChildren(QFileDialog, "file-dialog")
    dialog.reject()
    QTest.mouseClick(panel.compare, LEFT)
    chooser = panel.compare.chooser
    assert chooser is not None
    qtbot.waitUntil(lambda: first in [run.path for run in chooser.runs], timeout=LONG)
    assert panel.desk.session.run_folder not in [run.path for run in chooser.runs]
    chooser.table.selectRow([run.path for run in chooser.runs].index(first))
    QTest.mouseClick(chooser.take, LEFT)
    assert not panel.compare.isEnabled()
    qtbot.waitUntil(lambda: panel.compare.view is not None, timeout=LONG)
    view = panel.compare.view
    assert view is not None
    rows = view.table.rows
    found = {rows.index(row, 0).data(): row for row in range(rows.rowCount())}
    other, this, difference = (float(rows.index(found["EER"], column).data()) for column in (1, 2, 3))
    assert difference == pytest.approx(this - other, abs=2e-4)
    assert "that both held out" in view.caption.text()
    assert "lmnn" in view.recipes.text().lower()
    view.close()


def closes_when_all_is_written(qtbot: QtBot, window: MainWindow) -> None:
    """Close, stay after all, close again, and wait until reports are written."""
    for words in ("Stay", "Close when it is written"):
        window.close()
        box = window.reports.question
        assert box is not None
        assert "report.html and report.pdf would be lost" in box.text()
        assert window.isVisible()
        (button,) = (button for button in box.buttons() if button.text().replace("&", "") == words)
        QTest.mouseClick(button, LEFT)
        assert window.reports.question is None
    with qtbot.waitSignal(window.closed, timeout=LONG):
        assert window.reports.writing
