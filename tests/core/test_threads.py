from __future__ import annotations

import threading
from pathlib import Path

import pytest

import explorer
from explorer.core.errors import UserError
from explorer.core.threads import MOST, begin, check_threads
from tests.helpers.command_line import run_command
from tests.helpers.no_threads import no_thread_left


@pytest.mark.parametrize("threads", [0, 1, MOST])
def test_as_many_threads_as_cores_can_use_are_allowed(threads: int) -> None:
    check_threads(threads)


@pytest.mark.parametrize("threads", [-1, MOST + 1, 10**6, True, 1.5, "2"])
def test_more_threads_than_cores_can_use_are_refused_before_anything_is_computed(threads: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"no number of threads .* from 1 to {MOST}, or none for all cores"):
        explorer.train("sample:digits", out=tmp_path / "run", threads=threads)
    assert not (tmp_path / "run").exists()


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "run", "--threads", 10**6)
    assert status == 2
    assert f"1000000 is no number of threads that can train here. Give a whole number from 1 to {MOST}" in err


def test_that_the_system_has_no_thread_left_is_said_in_a_sentence() -> None:
    thread = threading.Thread(target=int)
    with no_thread_left(), pytest.raises(UserError, match=r"begin no more threads\. Close other programs"):
        begin(thread)
