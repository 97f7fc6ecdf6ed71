"""Two analysis processes that the tests of a module share: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.engine.events import AnalysisReady, AnalysisRestarted, Notice
from tests.engine.analysis.scenes import Room


@pytest.fixture(scope="module")
def live() -> Iterator[Room]:
    """A process that also moves a map."""
    yield from _shared(live=True)


@pytest.fixture(scope="module")
def plain() -> Iterator[Room]:
    """A process as headless commands use it."""
    yield from _shared(live=False)


def _shared(*, live: bool) -> Iterator[Room]:
    with Room(live=live) as room:
        room.listener.until(AnalysisReady)
        yield room
        room.listener.drain()
        assert not room.listener.all(Notice)
        assert not room.listener.all(AnalysisRestarted)
