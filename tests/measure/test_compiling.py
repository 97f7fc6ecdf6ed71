from __future__ import annotations

import threading

import numba as nb

from explorer.measure.compiling import told_of_compiling


def test_the_first_kernel_that_is_compiled_is_told_of_once() -> None:
    told: list[str] = []
    one, other = nb.njit(lambda x: x + 1), nb.njit(lambda x: x - 1)
    with told_of_compiling(lambda: told.append("compiled")):
        assert one(1) == 2
        assert other(1) == 0
    assert told == ["compiled"]
    with told_of_compiling(lambda: told.append("again")):
        one(1)
    assert told == ["compiled"], "nothing was compiled"
    one(1.5)  # for another type: nobody listens any more
    assert told == ["compiled"]


def test_what_another_thread_compiles_is_not_told_of() -> None:
    told: list[str] = []
    kernel = nb.njit(lambda x: x + 2)
    thread = threading.Thread(target=lambda: kernel(1))
    with told_of_compiling(lambda: told.append("compiled")):
        thread.start()
        thread.join()
    assert not told
