from __future__ import annotations

import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from explorer.engine.events import Notice
from explorer.engine.lanes import Batch, Lanes
from explorer.engine.saved_runs import RunsFound


def test_each_lane_keeps_its_promise() -> None:
    lanes = Lanes(lambda: None)
    for step in range(5):
        lanes.latest("snapshot", step)
        lanes.latest(("job", step % 2), step)
        lanes.append(step)
        lanes.send(f"event {step}")
    batch = lanes.drain()
    assert batch.latest == {"snapshot": 4, ("job", 0): 4, ("job", 1): 3}
    assert batch.appended == list(range(5))
    assert batch.sent == [f"event {step}" for step in range(5)]
    assert not lanes.drain()


@given(st.lists(st.sampled_from(["latest", "append", "send", "drain"]), max_size=40))
def test_the_bell_rings_once_between_two_drains(actions: list[str]) -> None:
    rings = 0

    def ring() -> None:
        nonlocal rings
        rings += 1

    lanes = Lanes(ring)
    waiting, expected = False, 0
    for action in actions:
        if action == "drain":
            assert bool(lanes.drain()) == waiting
            waiting = False
        else:
            expected += not waiting
            waiting = True
            if action == "latest":
                lanes.latest("key", 1)
            else:
                getattr(lanes, action)(1)
        assert rings == expected


def test_some_kinds_can_be_taken_and_the_rest_waits() -> None:
    rung: list[int] = []
    lanes = Lanes(lambda: rung.append(1))
    notice, found = Notice("wait"), RunsFound(Path("runs"), ())
    lanes.post(notice)
    lanes.post(found)
    taken = lanes.take((RunsFound,))
    assert (list(taken.latest.values()), list(taken.sent)) == ([found], [])
    lanes.post(found)
    assert len(rung) == 2
    rest = lanes.drain()
    assert (list(rest.latest.values()), list(rest.sent)) == ([found], [notice])


def test_nothing_is_lost_between_threads() -> None:
    rung = threading.Event()
    lanes = Lanes(rung.set)

    def fill(start: int) -> None:
        for value in range(start, start + 500):
            lanes.append(value)
            lanes.send(value)

    threads = [threading.Thread(target=fill, args=(start,)) for start in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    appended: list[int] = []
    sent: list[int] = []
    while len(sent) < 1500 or len(appended) < 1500:
        assert rung.wait(10)
        rung.clear()
        batch = lanes.drain()
        appended += batch.appended
        sent += batch.sent
    for thread in threads:
        thread.join()
    for start in (0, 1000, 2000):
        own = [value for value in sent if start <= value < start + 500]
        assert own == list(range(start, start + 500))
    assert sorted(appended) == sorted(sent)


def test_a_closed_lane_takes_nothing_more_and_keeps_what_waits() -> None:
    rings: list[int] = []
    lanes = Lanes(lambda: rings.append(1))
    lanes.send("before")
    lanes.close()
    lanes.send("after")
    lanes.append("after")
    lanes.latest("key", "after")
    assert lanes.drain() == Batch({}, [], ["before"])
    assert rings == [1]


def test_what_belongs_to_an_old_run_can_be_forgotten() -> None:
    lanes = Lanes(lambda: None)
    lanes.latest("snapshot", 1)
    lanes.latest(("job", 1), 2)
    lanes.forget(lambda key: key == "snapshot")
    assert lanes.drain().latest == {("job", 1): 2}
