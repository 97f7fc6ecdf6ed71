from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from explorer.engine.analysis import under_way
from explorer.engine.analysis.messages import Reply, Result
from explorer.engine.analysis.under_way import UnderWay

LONG = 20.0


def told(replies: queue.Queue[Reply]) -> list[str]:
    reply = replies.get(timeout=LONG)
    assert isinstance(reply, Result)
    assert reply.generation == -1
    return [piece.work for piece in reply.value.pieces]


@pytest.fixture
def replies() -> queue.Queue[Reply]:
    return queue.Queue()


@contextmanager
def told_of(works: UnderWay) -> Iterator[None]:
    thread = threading.Thread(target=works.run)
    thread.start()
    try:
        yield
    finally:
        works.end()
        thread.join(LONG)


def test_work_that_takes_long_is_told_of_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, replies: queue.Queue[Reply]
) -> None:
    monkeypatch.setattr(under_way, "MOMENT_SECONDS", 0.05)
    works = UnderWay(replies.put)
    with told_of(works):
        assert told(replies) == [], "what the process before this one was at has ended with it"
        with works.doing("census"):
            assert told(replies) == ["census"]
            with works.doing("values"):
                assert told(replies) == ["census", "values"]
            assert told(replies) == ["census"]
        assert told(replies) == []


def test_work_of_a_moment_is_not_told_of_and_a_fall_ends_it(replies: queue.Queue[Reply]) -> None:
    works = UnderWay(replies.put)
    with told_of(works):
        assert told(replies) == []
        for _ in range(20):
            with pytest.raises(KeyError), works.doing("neighbours"):
                raise KeyError
        assert replies.empty()
        assert works._patience() is None
