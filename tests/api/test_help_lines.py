"""The lines that the help shows are run as they stand there, one block after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from explorer.core.resources import resource_text


@pytest.mark.full
def test_the_lines_of_the_help_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", resource_text("help/scripts.md"), re.M | re.S)
    assert len(blocks) == 5
    known: dict[str, object] = {}
    for block in blocks:
        exec(block, known)
    said = capsys.readouterr().out
    assert "{'loss.margin': (0.1, 0.5)}" in said
    assert "(1797, 64) float32" in said
    assert "--change 5:loss.margin=0.6" in said
    assert "changes=[(5, 'loss.margin', 0.6)]" in said
    assert (tmp_path / "runs" / "margin-0.5" / "run.json").exists()
