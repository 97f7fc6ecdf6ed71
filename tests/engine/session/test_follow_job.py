"""Work that follows what is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from explorer.core.errors import UserError
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.lanes import Lanes
from explorer.engine.session.follow_job import FollowJob

PATIENCE = 20.0


@pytest.fixture
def lanes() -> Lanes:
    return Lanes(lambda: None)


@pytest.fixture
def jobs(lanes: Lanes) -> Iterator[Jobs]:
    made = Jobs(lanes)
    yield made
    assert made.close(time.monotonic() + PATIENCE)


class Work:
    """Counts, and waits where a test wants it to."""

    def __init__(self) -> None:
        self.done = 0
        self.at_once = 0
        self.most = 0
        self.began = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, _control: Control) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.began.release()
        assert self.may_end.wait(PATIENCE)
        self.at_once -= 1
        self.done += 1
        self.ended.release()


def test_asks_that_come_while_it_works_are_one_more_work(jobs: Jobs) -> None:
    work = Work()
    work.may_end.clear()
    following = FollowJob(jobs, "w", work, seconds=0.0)
    following.ask()
    assert work.began.acquire(timeout=PATIENCE)
    for _ in range(50):
        following.ask()
    work.may_end.set()
    for _ in range(2):
        assert work.ended.acquire(timeout=PATIENCE)
    while jobs.running():
        threading.Event().wait(0.005)
    assert (work.done, work.most) == (2, 1)


def test_it_keeps_its_pace_and_does_the_last_ask(jobs: Jobs) -> None:
    work = Work()
    following = FollowJob(jobs, "w", work, seconds=30.0)
    following.ask()
    assert work.ended.acquire(timeout=PATIENCE)
    following.ask()
    assert work.done == 1, "the second waits for its time, and is cancelled with the session"


def test_a_work_that_fails_says_so_and_the_next_is_done(jobs: Jobs, lanes: Lanes) -> None:
    fails = [True]
    done = threading.Event()

    def work(_control: Control) -> None:
        if fails:
            fails.clear()
            raise UserError("it is broken")
        done.set()

    following = FollowJob(jobs, "w", work, seconds=0.0)
    following.ask()
    while jobs.running():
        threading.Event().wait(0.005)
    following.ask()
    assert done.wait(PATIENCE)
    assert Notice("it is broken", "error") in lanes.drain().sent
