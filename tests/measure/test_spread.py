from contextlib import ExitStack

import numpy as np  # noqa: F401  loads the library whose threads are counted
import pytest
from threadpoolctl import threadpool_info

from explorer.measure.spread import one_thread_a_product, spread


def blas_threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_piece_is_done_once(threads: int) -> None:
    done: list[int] = []
    spread(lambda part: done.extend(range(7)[part]), 7, threads)
    assert sorted(done) == list(range(7))


def test_products_get_their_threads_back_when_the_last_has_ended() -> None:
    before = blas_threads()
    first, second = ExitStack(), ExitStack()
    for stack in (first, second):
        stack.enter_context(one_thread_a_product())
    first.close()
    assert blas_threads() == {1}
    second.close()
    assert blas_threads() == before
