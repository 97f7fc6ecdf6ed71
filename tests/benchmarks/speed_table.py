"""Losses and miners beside PyTorch Metric Learning 2.9.0, time and memory: ``python -m tests.benchmarks.speed_table``.

One thread; forward and backward of a loss, distances included on both sides; every measurement in a process of its own,
so that its peak memory is its own. Time is CPU time, the best of some repetitions.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from tests.benchmarks.training import save

DIMENSION = 128
CASES: dict[str, tuple[str, int, int, str]] = {
    "all-triplet loss, B = 1,024": ("loss triplet", 1024, 4, "TripletMarginLoss"),
    "NT-Xent, B = 512": ("loss nt_xent", 512, 4, "NTXentLoss"),
    "lifted structure, B = 512": ("loss lifted_structure", 512, 4, "LiftedStructureLoss"),
    "multi-similarity, B = 512": ("loss multi_similarity", 512, 4, "MultiSimilarityLoss"),
    "FastAP, B = 512": ("loss fast_ap", 512, 4, "FastAPLoss"),
    "Smooth-AP, B = 512": ("loss smooth_ap", 512, 4, "SmoothAPLoss"),
    "semi-hard mining, B = 512": ("miner semi_hard", 512, 4, "TripletMarginMiner(type_of_triplets='semihard')"),
    "hard mining, B = 512": ("miner hard", 512, 4, "TripletMarginMiner(type_of_triplets='hard')"),
    "distance-weighted mining, B = 512": ("miner distance_weighted", 512, 4, "DistanceWeightedMiner"),
    "multi-similarity mining, B = 512": ("miner multi_similarity", 512, 4, "MultiSimilarityMiner"),
}
BUDGETS = {
    "all-triplet loss, B = 1,024": 25.0,
    "NT-Xent, B = 512": 500.0,
    "lifted structure, B = 512": 500.0,
    "multi-similarity, B = 512": 6.0,
    "FastAP, B = 512": 6.0,
    "semi-hard mining, B = 512": 20.0,
    "hard mining, B = 512": 20.0,
    "multi-similarity mining, B = 512": 6.0,
}


def _work(case: str, theirs: bool) -> Callable[[], object]:
    """Return the work of one side: forward and backward of a loss, or mining."""
    import torch

    part, rows, images, peer = CASES[case]
    kind, name = part.split()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    z, y = torch.randn(rows, DIMENSION, requires_grad=kind == "loss"), torch.arange(rows) // images
    if theirs:
        from pytorch_metric_learning import losses, miners

        source: Any = losses if kind == "loss" else miners
        made = getattr(source, peer.partition("(")[0])(**_arguments(peer))
        return (lambda: made(z, y).backward()) if kind == "loss" else (lambda: made(z, y))
    from explorer.core.registry import create
    from explorer.learn.batch import Batch
    from explorer.learn.device import generator

    distance = create("distance", "euclidean", {})
    if kind == "loss":
        loss = create("loss", name, {}, distance=distance, classes=rows // images, dimension=DIMENSION)
        return lambda: loss(Batch(z, y, distance), None).value.backward()
    miner = create("miner", name, {"positives": "all"} if name == "hard" else {})
    return lambda: miner(Batch(z, y, distance), 0.2, generator(0))


def _arguments(peer: str) -> dict[str, str]:
    _, _, rest = peer.rstrip(")").partition("(")
    return dict([rest.replace("'", "").split("=")]) if rest else {}


def measure(case: str, theirs: bool) -> tuple[float, float]:
    """Return seconds of CPU and MB of peak memory over what was there before; in a process of its own."""
    work = _work(case, theirs)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: list[float] = []
    until = time.monotonic() + 1.0
    while not times or (time.monotonic() < until and len(times) < 50):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def alone(case: str, theirs: bool) -> tuple[float, float]:
    """Measure in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, case, theirs).result()


def compare(case: str) -> dict[str, Any]:
    """Return both sides of a case and their ratio."""
    (ours, memory), (theirs, their_memory) = alone(case, False), alone(case, True)
    return {
        "case": case,
        "ms": round(ours * 1e3, 2),
        "MB": round(memory),
        "PML ms": round(theirs * 1e3, 1),
        "PML MB": round(their_memory),
        "ratio": round(theirs / ours, 1),
        "budget": BUDGETS.get(case, 1.0),
    }


def main() -> None:
    """Measure all cases, one after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=list(CASES))
    options = parser.parse_args()
    rows = []
    for case in options.only:
        rows.append(compare(case))
        sys.stderr.write(f"{rows[-1]}\n")
    if set(options.only) == set(CASES):
        save("speed", "one thread, D = 128, 4 images a class", rows)


if __name__ == "__main__":
    main()
