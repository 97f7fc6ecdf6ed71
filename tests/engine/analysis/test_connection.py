from __future__ import annotations

import os

import pytest

from explorer.engine.analysis.connection import ProcessConnection
from explorer.engine.analysis.messages import Ping, Pong, Ready, Reply, Result
from explorer.engine.events import AnalysisUnderWay


def answer(connection: ProcessConnection) -> Reply:
    """Return the next reply but for what the process is doing, of which it tells at any time."""
    while isinstance(found := connection.receive(), Result) and isinstance(found.value, AnalysisUnderWay):
        pass
    return found


def opened() -> ProcessConnection:
    """Return a connection to a process that has begun to read."""
    connection = ProcessConnection(live=False, threads=1)
    assert isinstance(answer(connection), Ready)
    return connection


def test_a_process_that_is_hung_up_on_ends_with_status_0() -> None:
    connection = opened()
    connection.send(Ping(3))
    assert answer(connection) == Pong(3)
    connection.hang_up()
    assert connection.finish(30.0) == 0
    connection.kill()  # of one that has ended is nothing


def test_a_process_that_does_not_end_in_time_is_killed() -> None:
    connection = opened()
    assert connection.finish(0.0) == -9
    connection.hang_up()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an exit code can be asked for more than once")
def test_a_process_that_somebody_else_waited_for_is_finished_all_the_same() -> None:
    """When Python exits, ``multiprocessing`` waits for its daemons in the main thread while the receiver does."""
    connection = opened()
    connection.hang_up()
    os.waitpid(connection.pid, 0)
    assert connection.finish(30.0) is None
