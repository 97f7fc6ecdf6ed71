"""What a second process costs on the same cores: two ranks of one thread each beside one process of two threads.

    python -m tests.benchmarks.rank_speed [SIDE]

Prints images a second of both, turn by turn, their ratio, and what an order takes; 64 px if no side is named.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

STEPS, WARM, TURNS = 10, 3, 5
ORDERS = 500
PORT = 29611


def work(rank: int, size: int, threads: int, side: int, port: int, results: Any) -> None:
    """Train some steps as one of so many processes."""
    import torch
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    from explorer.core.recipe import Recipe
    from explorer.learn.follow import follow
    from explorer.learn.ranks import Ranks
    from explorer.learn.run_state import RunState
    from explorer.learn.torch_ranks import TorchRanks
    from tests.learn.tasks import halves, made_up
    from tests.learn.tasks import task as task_of

    torch.set_num_threads(threads)
    pixels, labels = made_up(2048, 64, side=side, channels=3)
    recipe = Recipe(epochs=10, device="cpu", precision="float32")
    ranks = Ranks()
    if size > 1:
        ranks = TorchRanks(TCPStore("127.0.0.1", port, size, rank == 0, timeout=timedelta(seconds=60)), rank, size)
    made = task_of(recipe, pixels=pixels, labels=labels, split=halves(2048, 0))
    task = replace(made, threads=threads, ranks=ranks)
    if rank:
        assert isinstance(ranks, TorchRanks)
        follow(task, ranks)
        while ranks.hear()[0]["op"] != "stop":
            pass
        return
    state = RunState(task)
    batches = state.learner.sampler.epoch()
    for _ in range(WARM):
        state.advance(next(batches), watched=False)
    began = time.perf_counter()
    for _ in range(STEPS):
        state.advance(next(batches), watched=False)
    rate = STEPS * state.learner.sampler.batch / (time.perf_counter() - began)
    ranks.say("stop")
    began = time.perf_counter()
    for _ in range(ORDERS):
        ranks.say("advance", np.arange(1024), factor=0.123456789)
    order = 1000 * (time.perf_counter() - began) / ORDERS
    ranks.close()
    results.put((rate, order))


def measured(size: int, threads: int, side: int, port: int) -> tuple[float, float]:
    """Return images a second and milliseconds an order."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    made = [context.Process(target=work, args=(rank, size, threads, side, port, results)) for rank in range(size)]
    for process in made:
        process.start()
    found: tuple[float, float] = results.get(timeout=200)
    for process in made:
        process.join()
    return found


def say(found: dict[str, float]) -> None:
    """Write a line of figures."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main(side: int) -> None:
    """Measure both in turn."""
    one, two, orders = [], [], []
    for turn in range(TURNS):
        one.append(measured(1, 2, side, PORT)[0])
        rate, order = measured(2, 1, side, PORT + turn)
        two.append(rate)
        orders.append(order)
        say({"one": one[-1], "two": rate, "order_ms": order})
    ratio = statistics.median(two) / statistics.median(one)
    say({"side": side, "ratio": round(ratio, 3), "order_ms": round(min(orders), 3)})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
