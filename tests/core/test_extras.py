from __future__ import annotations

import sys
from pathlib import Path

import pytest

from explorer.core.extras import extra_line, installed, line_in, pip_line
from explorer.core.registry import install_line


def test_a_bundle_says_that_it_cannot_be_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert extra_line("sound") == f'{sys.executable} -m pip install "embedding-explorer[sound]"'
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert extra_line("sound").startswith('python -m pip install "embedding-explorer[sound]" (this ready-made copy')
    assert "ready-made copy" in install_line("one, two")


@pytest.mark.parametrize("python", ["python", "/my programs/python", r"C:\Python\python.exe"])
def test_the_line_is_found_again_in_what_is_said(monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    for line in (pip_line("one two==2.1"), extra_line("sound")):
        assert line_in(f"Recordings need soundfile. Install them with: {line}") == line
        assert line_in(f"That needs something: {line}.") == line
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert line_in(pip_line("one")) == "python -m pip install one"
    assert not line_in("Nothing has to be installed")


def test_a_python_below_a_name_with_a_blank_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/my programs/python")
    assert pip_line("one") == '"/my programs/python" -m pip install one'


def test_what_was_installed_since_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not installed("not_yet_there")
    (tmp_path / "not_yet_there.py").write_text("")
    assert installed("not_yet_there")
