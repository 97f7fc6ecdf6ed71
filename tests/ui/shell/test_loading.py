from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.app import PARTS
from explorer.ui.session.settings import Settings
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell import loading
from explorer.ui.shell.loading import Loading
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.type_room import TYPES
from explorer.ui.widgets.settings_folder import FOLDER_VARIABLE
from explorer.ui.widgets.theme import ThemeManager


def test_it_begins_after_the_first_paint_and_tells_what_cannot_be_loaded(
    qtbot: QtBot, themes: ThemeManager, settings: Settings
) -> None:
    window = MainWindow(themes, StartValues.of(settings))
    done: list[str] = []
    Loading(window, [((name,), partial(done.append, name)) for name in ("json", "explorer.gone", "csv")])
    with qtbot.waitSignal(window.failed) as told:
        window.show()
        assert not done
    assert isinstance(told.args[0], ModuleNotFoundError)
    assert done == ["json"]
    window.close()
    window.deleteLater()


def test_a_window_that_is_never_painted_is_loaded_all_the_same(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, themes: ThemeManager, settings: Settings
) -> None:
    monkeypatch.setattr(loading, "UNSEEN_MS", 1)
    window = MainWindow(themes, StartValues.of(settings))
    Loading(window, [(PARTS, lambda: window.complete(settings))])
    with qtbot.waitSignal(window.completed):
        pass
    assert window.whole
    window.close()
    window.deleteLater()


def test_a_window_that_was_closed_is_loaded_no_further(qtbot: QtBot, themes: ThemeManager, settings: Settings) -> None:
    window = MainWindow(themes, StartValues.of(settings))
    done: list[str] = []
    made = Loading(window, [(("json",), lambda: done.append("then"))])
    window.show()
    window.close()
    made.begin()
    made.wait()
    assert not done
    window.deleteLater()


IMPORTED_BY_THE_WINDOW = """
import json, sys, threading
from importlib.abc import MetaPathFinder
from shiboken6 import Shiboken
from explorer.ui.app import application, build

class Asked(MetaPathFinder):
    names = []
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            self.names.append(name)

app = application()
window = build()
window.show()
window.grab()
sys.meta_path.insert(0, Asked())
window.built.connect(window.close)
window.closed.connect(app.quit)
app.exec()

def types_of(kind):
    return {kind}.union(*map(types_of, kind.__subclasses__()))

print(json.dumps([Asked.names, len(types_of(Shiboken.Object))]))
"""


def test_the_gui_thread_imports_nothing_after_the_first_paint_and_the_types_have_room(tmp_path: Path) -> None:
    own = {**os.environ, "QT_QPA_PLATFORM": "offscreen", FOLDER_VARIABLE: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_BY_THE_WINDOW], check=True, timeout=120, env=own, capture_output=True, text=True
    )
    imported, types = json.loads(done.stdout.splitlines()[-1])
    assert imported == []
    assert 500 < types < TYPES
