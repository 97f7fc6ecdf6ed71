"""What is measured once on a machine is written into the run, and holds for it from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import explorer
from explorer.core.cache_folder import default_folder
from explorer.core.events import RunStarted
from explorer.learn.precision import FILE_NAME, PRECISIONS, VARIABLE
from explorer.runs.folder import RunFolder


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)


def trained(path: Path, precision: str = "auto") -> explorer.Run:
    return explorer.train(
        "sample:digits", out=path, encoder="linear", epochs=1, device="cpu", threads=1, precision=precision
    )


def told(path: Path) -> tuple[str, list[str]]:
    """What the recipe of a run says, and in what it was trained each time."""
    folder = RunFolder.open(path)
    began = [event.precision for event in folder.history().lifecycle if isinstance(event, RunStarted)]
    return folder.recipe.precision, began


@pytest.mark.full
def test_a_run_keeps_what_was_measured_when_it_began(tmp_path: Path) -> None:
    first = trained(tmp_path / "first")
    file = default_folder() / FILE_NAME
    known = json.loads(file.read_text())
    found, began = told(tmp_path / "first")
    assert found in known.values()
    assert began == [found]
    (other,) = {*PRECISIONS} - {found}
    file.write_text(json.dumps(dict.fromkeys(known, other)))
    trained(tmp_path / "second")
    assert told(tmp_path / "second") == (other, [other])
    assert f"--precision {found}" in first.command_line()
    first.resume(epochs=2, threads=1)
    assert told(tmp_path / "first") == (found, [found, found])
    file.write_text(json.dumps(known))


def test_what_is_asked_for_is_written(tmp_path: Path) -> None:
    trained(tmp_path / "run", "bfloat16")
    assert told(tmp_path / "run") == ("bfloat16", ["bfloat16"])
