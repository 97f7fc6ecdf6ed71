"""Recordings on the real window: dropped as a zip, seen as spectrograms, trained on, and asked about by a file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, drop
from tests.helpers.sound import save_tone, tones


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A zip of tones called NOTE_SPEAKER_INDEX.wav, in one folder."""
    root = tones(tmp_path / "recordings", range(4), ("ann", "bob"), 4)
    with zipfile.ZipFile(tmp_path / "tones.zip", "w") as archive:
        for path in sorted(root.iterdir()):
            archive.write(path, f"recordings/{path.name}")
    return tmp_path / "tones.zip"


@pytest.mark.qt_log_ignore("Couldn't load", "Couldn't resolve", "PulseAudioService")
def test_a_zip_of_recordings_is_shown_trained_on_and_asked(
    qtbot: QtBot, window: MainWindow, recordings: Path, tmp_path: Path
) -> None:
    session, panel, map_panel = window.session, window.workspace.panels["neighbours"], window.workspace.panels["map"]
    assert session is not None
    assert isinstance(panel, NeighboursPanel)
    assert isinstance(map_panel, MapPanel)
    drop(window, recordings)
    qtbot.waitUntil(lambda: session.dataset is not None and map_panel.body_shown, timeout=LONG)
    dataset = session.dataset
    assert dataset is not None
    assert (dataset.modality.name, dataset.class_names) == ("sound", ("0", "1", "2", "3"))
    assert any("part1 of the file names" in note for note in dataset.report.notes)
    assert session.recipe.encoder.name == "mel_cnn"
    assert window.run_bar is not None
    assert window.run_bar.speed.label.text() == "recordings / s"
    shown = dataset.preview(0)
    assert not isinstance(shown, str)
    assert shown.shape == (64, 64, 3)
    qtbot.waitUntil(lambda: bool(np.isfinite(map_panel.canvas.places([0])).all()), timeout=LONG)
    window.state.pins.toggle(0)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    space_plays_unless_what_has_the_focus_uses_it(qtbot, window)

    drop(window, save_tone(tmp_path / "new.wav", 300 * 1.3**2, 0.33, seed=77))
    qtbot.waitUntil(lambda: any("%" in card.summary.text() for card in panel.outside.cards.values()), timeout=LONG)
    qtbot.waitUntil(lambda: panel.status == "mel statistics", timeout=LONG)

    session.set("epochs", 1)
    qtbot.waitUntil(lambda: not session.why_not(), timeout=LONG)
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    card = next(iter(panel.outside.cards.values()))
    qtbot.waitUntil(lambda: "since step" in card.movement.text(), timeout=LONG)


def space_plays_unless_what_has_the_focus_uses_it(qtbot: QtBot, window: MainWindow) -> None:
    """Press Space over the map, and on a button; where it cannot be heard one sentence says why, and what to do."""
    playing, map_panel = window.actions_of_window.playing, window.workspace.panels["map"]
    assert isinstance(map_panel, MapPanel)
    window.activateWindow()
    map_panel.canvas.setFocus()
    assert playing.chosen() == 0, "the pinned one"
    window.state.set_hover(3)
    assert playing.chosen() == 3, "the one pointed at"
    QTest.keyClick(map_panel.canvas, Qt.Key.Key_Space)
    why_not = ("embedding-explorer[play]", "no sound device")
    qtbot.waitUntil(
        lambda: playing.output.playing or any(why in one.text for one in window.toasts.shown for why in why_not),
        timeout=LONG,
    )
    QTest.keyClick(map_panel.canvas, Qt.Key.Key_Space)
    playing.stop()
    assert not playing.output.playing

    window.state.set_hover(-1)
    pressed: list[bool] = []
    button = map_panel.freeze
    button.toggled.connect(pressed.append)
    button.setFocus()
    asked = playing.command.triggered
    with qtbot.assertNotEmitted(asked):
        QTest.keyClick(button, Qt.Key.Key_Space)
    assert pressed == [True]
    button.click()
