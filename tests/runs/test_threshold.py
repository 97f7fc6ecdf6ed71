from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.threshold import THRESHOLD_NAME, Threshold, read_threshold, write_threshold
from tests.helpers.runs import new_run

KEPT = Threshold(
    distance=0.25, fmr=0.01, fnmr=0.2, step=7, target=0.0, same_pairs=40, different_pairs=90, split="validation"
)


def test_a_threshold_is_kept_beside_a_run_that_stays_whole(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.finish({"steps": 7})
        assert read_threshold(run.path) is None
        write_threshold(run.path, KEPT)
        assert read_threshold(run.path) == KEPT
        run.finish({"steps": 7})
        write_threshold(run.path, KEPT.model_copy(update={"distance": 0.5}))
        assert run.verify() == ()
        run.rewind(7)
        assert read_threshold(run.path) is None
        run.rewind(7)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"distance": NaN}', KEPT.model_dump_json()[:-9], " " * 70_000])
def test_a_damaged_file_is_said_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / THRESHOLD_NAME).write_text(text)
    with pytest.raises(UserError, match=r"threshold\.json is damaged\. Delete it"):
        read_threshold(tmp_path)


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / THRESHOLD_NAME).write_text(KEPT.model_dump_json()[:-1] + ', "later": 1}')
    assert read_threshold(tmp_path) == KEPT
    (tmp_path / THRESHOLD_NAME).unlink()
    (tmp_path / THRESHOLD_NAME).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        read_threshold(tmp_path)
