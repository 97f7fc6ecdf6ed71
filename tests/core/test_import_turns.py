"""Imports of other threads wait for a turn, within bounds, and the main thread waits for nobody."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.core.import_turns import ImportTurns, import_turns


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "imported_in_its_turn.py").write_text("here = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "imported_in_its_turn"
    sys.modules.pop("imported_in_its_turn", None)


def _importing(name: str) -> threading.Thread:
    thread = threading.Thread(target=importlib.import_module, args=(name,))
    thread.start()
    return thread


def test_there_is_one_and_it_is_asked_first() -> None:
    turns = import_turns()
    assert import_turns() is turns
    assert sum(isinstance(finder, ImportTurns) for finder in sys.meta_path) == 1


def test_another_thread_imports_once_the_turn_is_over(module: str) -> None:
    turns = import_turns()
    with turns.held(60):
        thread = _importing(module)
        thread.join(0.05)
        assert thread.is_alive()
        assert module not in sys.modules
    thread.join(60)
    assert sys.modules[module].here


def test_the_main_thread_and_who_holds_others_up_do_not_wait(module: str) -> None:
    held, go_on = threading.Event(), threading.Event()
    found: list[bool] = []

    def hold() -> None:
        with import_turns().held(60):
            found.append(importlib.import_module(module).here)
            held.set()
            go_on.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    sys.modules.pop(module)
    assert importlib.import_module(module).here
    go_on.set()
    thread.join(60)
    assert found == [True]


def test_nobody_waits_longer_than_was_said(module: str) -> None:
    with import_turns().held(0.01):
        thread = _importing(module)
        thread.join(60)
        assert sys.modules[module].here
