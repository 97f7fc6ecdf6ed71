"""All retrieval figures of 70,000 x 64 beside those of PyTorch Metric Learning 2.9.0; see them with ``-s``.

Each side in a process of its own, so that its peak memory is its own, with all cores. AccuracyCalculator keeps the k
nearest of every query; k is capped, since the 7,000 that MAP@R asks for would not fit beside the rest.
"""

from __future__ import annotations

import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.benchmarks.vectors import EUCLIDEAN, ITEMS, say, trained

CAPPED_K = 1000


def _ours() -> tuple[float, float]:
    import explorer.measure
    from explorer.evaluation.retrieval import evaluate

    x, labels = trained()
    explorer.measure.warm()
    evaluate(x[:200], labels[:200], EUCLIDEAN, thorough=True)
    before, began = _peak(), time.perf_counter()
    threads = os.cpu_count() or 1
    found = evaluate(x, labels, EUCLIDEAN, ks=(1, 2, 4, 5, 8, 10), thorough=True, threads=threads)
    taken = time.perf_counter() - began
    assert found.items == ITEMS
    return taken, _peak() - before


def _theirs() -> tuple[float, float]:
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    x, labels = trained()
    calculator = AccuracyCalculator(k=CAPPED_K)
    calculator.get_accuracy(x[:2000], labels[:2000])
    before, began = _peak(), time.perf_counter()
    calculator.get_accuracy(x, labels)
    return time.perf_counter() - began, _peak() - before


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.full
@pytest.mark.timeout(900)
def test_all_figures_of_seventy_thousand() -> None:
    sides = []
    for work in (_ours, _theirs):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            sides.append(pool.submit(work).result())
    (ours, memory), (theirs, their_memory) = sides
    say(
        f"all retrieval figures of 70,000 x 64: {ours:.1f} s, {memory:.0f} MB (aim: 8 s, not reached); "
        f"AccuracyCalculator, k = {CAPPED_K}: {theirs:.1f} s, {their_memory:.0f} MB"
    )
    assert memory <= their_memory / 5
