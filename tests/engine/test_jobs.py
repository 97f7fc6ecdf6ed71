from __future__ import annotations

import threading
import time

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import JobStatus
from explorer.engine.events import Notice
from explorer.engine.jobs import AlreadyReported, Control, Jobs
from explorer.engine.lanes import Lanes
from explorer.engine.session.follow_job import FollowJob
from tests.helpers.listening import Listener
from tests.helpers.no_threads import no_thread_left


def made() -> tuple[Jobs, Listener]:
    listener = Listener()
    lanes = Lanes(listener.ring)
    listener.listen(lanes)
    return Jobs(lanes), listener


def until_cancelled(job: Control) -> None:
    while not job.cancelled():
        threading.Event().wait(0.005)
    raise Cancelled


def test_a_job_reports_progress_and_its_end() -> None:
    jobs, listener = made()

    def work(job: Control) -> None:
        job.progress("half", 5, 10)

    id = jobs.start("Count", work)
    status = listener.until(JobStatus, lambda status: status.state == "finished")
    assert (status.id, status.title, status.fraction, status.cancellable) == (id, "Count: half", 0.5, False)
    assert jobs.close(time.monotonic() + 5)


def test_another_stage_is_told_at_once_and_its_progress_ten_times_a_second() -> None:
    jobs, listener = made()

    def work(job: Control) -> None:
        for done in range(50):
            job.progress(f"Read {done}", done, 100)
        job.progress("Measure", 60, 100)  # it may take minutes

    jobs.start("Report", work)
    ended = listener.until(JobStatus, lambda status: status.state == "finished")
    assert (ended.title, ended.done) == ("Report: Measure", 60), "what was told last"
    assert len(listener.all(JobStatus)) < 50, "of the other stage not each number"
    assert jobs.close(time.monotonic() + 5)


def test_a_job_can_be_cancelled_and_that_is_no_error() -> None:
    jobs, listener = made()
    id = jobs.start("Wait", until_cancelled)
    assert jobs.running() == (id,)
    jobs.cancel(id)
    assert listener.until(JobStatus, lambda status: status.state == "cancelled").id == id
    jobs.cancel(id)
    jobs.cancel(999)
    assert jobs.close(time.monotonic() + 5)
    assert not listener.all(Notice)


def test_a_mendable_failure_is_one_sentence_and_a_fault_has_a_traceback() -> None:
    jobs, listener = made()

    def mendable(job: Control) -> None:
        raise UserError("x.png cannot be read", remedy="Remove it")

    def fault(job: Control) -> None:
        raise ZeroDivisionError("ours")

    def told(job: Control) -> None:
        raise AlreadyReported

    jobs.start("Read", mendable)
    assert listener.until(Notice).text == "x.png cannot be read. Remove it"
    place = listener.now()
    jobs.start("Divide", fault)
    assert "ZeroDivisionError: ours" in listener.until(Notice, after=place).text
    place = listener.now()
    id = jobs.start("Tell", told)
    listener.until(JobStatus, lambda status: status.id == id and status.state == "failed")
    assert not [value for value in listener.heard[place:] if isinstance(value, Notice)]
    assert jobs.close(time.monotonic() + 5)


def test_jobs_of_a_group_run_one_at_a_time_and_a_waiting_one_can_be_cancelled() -> None:
    jobs, listener = made()
    running = 0
    most = 0
    lock = threading.Lock()

    def work(job: Control) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1

    ids = [jobs.start("One", work, group="loader") for _ in range(3)]
    for id in ids:
        listener.until(JobStatus, lambda status, id=id: status.id == id and status.state == "finished")  # type: ignore[misc]
    assert most == 1
    first = jobs.start("Blocks", until_cancelled, group="loader")
    second = jobs.start("Waits", work, group="loader")
    jobs.cancel(second)
    listener.until(JobStatus, lambda status: status.id == second and status.state == "cancelled")
    jobs.cancel(first)
    assert jobs.close(time.monotonic() + 5)


def test_a_quiet_job_does_not_show_up() -> None:
    jobs, listener = made()
    done = threading.Event()
    jobs.start("Hidden", lambda job: done.set(), quiet=True)
    assert done.wait(5)
    assert jobs.close(time.monotonic() + 5)
    listener.drain()
    assert not listener.heard


def test_closing_cancels_everything_and_starts_nothing_more() -> None:
    jobs, _ = made()
    for _ in range(3):
        jobs.start("Wait", until_cancelled)
    assert jobs.close(time.monotonic() + 5)
    assert jobs.start("Late", until_cancelled) == 0
    assert jobs.running() == ()


def test_a_job_without_a_thread_is_told_once_and_is_not_listed() -> None:
    jobs, listener = made()
    follow = FollowJob(jobs, "Follow", lambda _control: followed.set(), seconds=0.0)
    followed = threading.Event()
    with no_thread_left():
        assert jobs.start("Read", until_cancelled) == 0
        follow.ask()
    assert listener.until(Notice).text.startswith("Read did not begin: The system lets this program begin no more")
    assert jobs.running() == ()
    follow.ask()
    assert followed.wait(10), "what was refused a thread is asked again"
    assert jobs.close(time.monotonic() + 5)
    assert len(listener.all(Notice)) == 1
