from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import explorer
from explorer.cli.console import Console
from explorer.cli.kept_list import FILE_NAME, kept
from explorer.cli.main import run
from explorer.core.cache_folder import default_folder

LISTS: tuple[tuple[str, ...], ...] = ((), ("--json",), ("losses",), ("losses", "--json"))


def _listed(*arguments: str) -> str:
    out = io.StringIO()
    assert run(["list", *arguments], Console(out, io.StringIO())) == 0
    return out.getvalue()


@pytest.mark.parametrize("arguments", LISTS)
def test_what_is_kept_is_what_was_made(arguments: tuple[str, ...]) -> None:
    made = _listed(*arguments)
    assert (default_folder() / FILE_NAME).is_file()
    assert _listed(*arguments) == made


def test_a_second_call_imports_no_part() -> None:
    _listed("--json")
    script = (
        "import sys; from explorer.cli.main import run; run(['list', '--json']);"
        "print([name for name in ('torch', 'numba', 'numpy', 'pydantic') if name in sys.modules], file=sys.stderr)"
    )
    found = [
        subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=True)
        for _ in range(2)  # the first one has a path of its own, and so makes the list anew
    ]
    assert found[0].stdout == found[1].stdout
    assert found[1].stderr.strip() == "[]"


def _made(value: int, ours: bool = True) -> tuple[list[Any], bool]:
    return [value], ours


def test_a_list_is_made_anew_once_a_module_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "package" / "room" / "part.py"
    module.parent.mkdir(parents=True)
    module.write_text("one = 1\n")
    monkeypatch.setattr(explorer, "__path__", [str(tmp_path / "package")])
    assert kept("a", lambda: _made(1)) == [1]
    assert kept("a", lambda: _made(2)) == [1]
    assert kept("b", lambda: _made(3)) == [3]
    assert kept("a", lambda: _made(2)) == [1]
    module.write_text("one = 10\n")
    assert kept("a", lambda: _made(4)) == [4]


def test_a_list_is_made_anew_once_something_was_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [sys.path[0], str(tmp_path), *sys.path[1:]])
    assert kept("a", lambda: _made(1)) == [1]
    (tmp_path / ".cache").mkdir()
    assert kept("a", lambda: _made(2)) == [1]
    (tmp_path / "package-1.0.dist-info").mkdir()
    assert kept("a", lambda: _made(3)) == [3]


def test_parts_of_others_are_asked_each_time() -> None:
    assert kept("a", lambda: _made(1, ours=False)) == [1]
    assert kept("a", lambda: _made(2, ours=False)) == [2]


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"stamp": 1, "lists": 2}', "[" * 100_000])
def test_a_damaged_file_is_written_anew(text: str) -> None:
    file = default_folder() / FILE_NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert kept("a", lambda: _made(1)) == [1]
    assert kept("a", lambda: _made(2)) == [1]


def test_a_list_that_is_not_what_was_written_is_made_anew() -> None:
    assert kept("a", lambda: _made(7)) == [7]
    file = default_folder() / FILE_NAME
    file.write_text(file.read_text().replace('"a": [7]', '"a": [5, null]'))
    assert kept("a", lambda: _made(8)) == [8]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "file" / "cache"))
    assert kept("a", lambda: _made(1)) == [1]
