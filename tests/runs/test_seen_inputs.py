from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.seen_inputs import INPUTS_NAME, read_inputs, write_inputs
from tests.helpers.runs import new_run

SEEN = {"a/0.png": "00ff", "é\udce9": "12"}


def test_what_was_seen_is_kept_with_the_run(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        assert read_inputs(run.path) == {}, "a run of an older version"
        write_inputs(run.path, SEEN)
        run.finish({})
        assert run.verify() == ()
        with run.copied_to(tmp_path / "moved") as moved:
            assert read_inputs(moved.path) == SEEN


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"items": 3}', '{"items": {"a": "b"}, "sha256": "0"}'])
def test_a_damaged_file_is_said_in_words(text: str, tmp_path: Path) -> None:
    (tmp_path / INPUTS_NAME).write_text(text)
    with pytest.raises(UserError, match=r"inputs\.json is damaged"):
        read_inputs(tmp_path)
