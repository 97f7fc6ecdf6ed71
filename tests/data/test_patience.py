"""A worker is waited for by what it uses of the processor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from explorer.data.patience import BUSY, Patience, processor_seconds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")


@pytest.fixture
def child() -> Iterator[Callable[[str], int]]:
    begun: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> int:
        begun.append(subprocess.Popen([sys.executable, "-c", code]))
        return begun[-1].pid

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def test_who_works_has_its_time_and_who_waits_has_more(child: Callable[[str], int]) -> None:
    pid = child("while True: pass")
    before = processor_seconds(pid)
    works = Patience(pid, 0.3)
    while not works.over():
        pass
    used = processor_seconds(pid)
    assert before is not None
    assert used is not None
    assert used - before >= 0.3 or works.took >= BUSY * 0.3
    waits = Patience(child("import time; time.sleep(600)"), 0.3)
    while not waits.over():
        pass
    assert waits.took >= BUSY * 0.3
    assert waits.starved()


def test_where_nothing_is_told_the_clock_is_what_counts() -> None:
    assert processor_seconds(-1) is None
    gone = Patience(-1, 0.05)
    while not gone.over():
        pass
    assert not gone.starved()
