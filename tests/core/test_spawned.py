from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.spawn import get_preparation_data

from explorer.core.spawned import apart_from_main, end


def test_a_process_of_ours_is_told_nothing_of_the_script_that_runs() -> None:
    main = sys.modules["__main__"]
    with apart_from_main():
        assert not {"init_main_from_path", "init_main_from_name"} & set(get_preparation_data("child"))
    assert sys.modules["__main__"] is main


def test_a_process_that_does_not_end_by_itself_is_killed_and_one_that_does_is_waited_for() -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Process(target=time.sleep, args=(600,)), context.Process(target=time.sleep, args=(0,))
    for process in (held, done):
        process.start()
    assert end(held)
    assert end(done, 60)
    assert (held.exitcode, done.exitcode) == (-9, 0)
