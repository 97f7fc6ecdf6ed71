"""What a GPU does of the work of a run, without a window and without Qt: ``python -m tests.benchmarks.gpu``.

Images a second of training, the steps of a run as they are beside a bare compiled loop of the same encoder; how often
such a step makes the host wait; the loss over all triplets. And what would be had from torch on that device for what
the program does on the processor today: exact search, the graph of neighbours, epochs of a layout. One JSON value a
line. ``--device cpu --small`` does all of it small, without figures that mean anything, so that it still runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import explorer  # noqa: F401  first, as in the application: it prepares what torch reads when it is loaded

import numpy as np  # isort: skip
import torch  # isort: skip
from torch import Tensor  # isort: skip

from explorer.core.recipe import Part, Recipe  # isort: skip
from explorer.core.registry import create  # isort: skip
from explorer.learn.batch import Batch  # isort: skip
from explorer.learn.device_data import DeviceData  # isort: skip
from explorer.learn.learner import Learner  # isort: skip

NEEDS_CUDA = (
    "There is no CUDA device that this build of torch can use: run it where there is one, "
    "or try it with --device cpu --small."
)
SIZES: dict[str, dict[str, Any]] = {
    "full": {
        "cnn": ((28, 1024), (64, 512)), "resnet": (224, 256), "pictures": 20_000, "steps": 50,
        "losses": (1024, 4096, 16_384), "search": (10_000_000, 1024, 262_144), "graph": (1_000_000, 4096, 262_144),
        "layout": 1_000_000, "dimension": 128,
    },
    "small": {
        "cnn": ((28, 16), (64, 16)), "resnet": (72, 16), "pictures": 64, "steps": 2,
        "losses": (64,), "search": (500, 8, 128), "graph": (400, 64, 128), "layout": 500, "dimension": 16,
    },
}  # fmt: skip
"""Search and graph: items, queries at once, items at once."""


class Bench:
    """What all measurements share: the device, the sizes and the flags."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.device = torch.device(options.device)
        self.sizes = SIZES["small" if options.small else "full"]
        self.options = options
        self.random = torch.Generator(device=self.device).manual_seed(0)

    def seconds(self, work: Callable[[], object]) -> float:
        """Return how long one of some repetitions takes, after two that prepare: the median."""
        times = []
        for number in range(2 + self.sizes["steps"]):
            self.wait()
            began = time.perf_counter()
            work()
            self.wait()
            if number >= 2:
                times.append(time.perf_counter() - began)
        return float(median(times))

    def rate(self, step: Callable[[], object], images: int) -> float:
        """Return images a second of steps that are not waited for one by one."""
        for _ in range(5):
            step()
        self.wait()
        began = time.perf_counter()
        for _ in range(self.sizes["steps"]):
            step()
        self.wait()
        return float(images * self.sizes["steps"] / (time.perf_counter() - began))

    def wait(self) -> None:
        """Let the device finish."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return random numbers on the device."""
        return torch.randn(*shape, device=self.device, generator=self.random, dtype=dtype)


def learner_of(bench: Bench, encoder: Part, side: int, batch: int) -> Learner:
    """Return the parts of a run on made-up pictures, grey to 28 px; ``batch``: its rows."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (bench.sizes["pictures"], side, side, 1 if side <= 28 else 3), np.uint8)
    labels = np.arange(len(pixels)) % 16
    sampler = Part(name="pk", params={"classes": 8, "images": batch // 8})
    precision = "auto" if bench.options.bf16 else "float32"
    recipe = Recipe(encoder=encoder, sampler=sampler, device=str(bench.device), precision=precision)
    return Learner(recipe, DeviceData(pixels, bench.device), labels, np.arange(len(pixels)))


def endless(learner: Learner) -> Iterator[Any]:
    """Yield the positions of one batch after the other."""
    while True:
        yield from learner.sampler.epoch()


def bare_step(bench: Bench, learner: Learner, batch: int) -> Callable[[], None]:
    """Return a step of a plain script: a compiled encoder, a mean of squares, an optimiser; nothing is kept."""
    options = bench.options
    encoder: Any = learner.encoder
    if options.channels_last:
        encoder = encoder.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(encoder.parameters(), fused=True)
    if options.compile:
        encoder = torch.compile(encoder, mode="reduce-overhead" if options.graphs else "default")
    pictures = learner.pictures.batch(np.arange(batch) % len(learner.pictures))
    if options.channels_last:
        pictures = pictures.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        with torch.autocast(bench.device.type, torch.bfloat16, enabled=options.bf16):
            value = encoder(pictures).float().square().mean()
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()

    return step


def host_waits(bench: Bench, step: Callable[[], object]) -> int | None:
    """Return how often a step makes the host wait for the device; None where there is no such thing."""
    if bench.device.type != "cuda":
        return None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        step()
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in told)


def training(bench: Bench) -> Iterator[dict[str, Any]]:
    """Images a second of the steps of a run, and of the bare loop; aims at 28 px: 100,000."""
    side, batch = bench.sizes["resnet"]
    cases = [("cnn", Part(name="cnn"), *case) for case in bench.sizes["cnn"]]
    cases.append(("resnet", Part(name="resnet", params={"width": 64, "blocks": 4}), side, batch))
    for name, encoder, side, batch in cases:
        learner = learner_of(bench, encoder, side, batch)
        batches = endless(learner)
        ours = bench.rate(lambda: learner.advance(next(batches), 1.0), batch)  # noqa: B023  called here
        waits = host_waits(bench, lambda: learner.advance(next(batches), 1.0))  # noqa: B023
        bare = bench.rate(bare_step(bench, learner, batch), batch)
        row = {"images/s": round(ours), "bare loop": round(bare), "share of it": round(ours / bare, 3)}
        yield {"what": f"train {name}, {side} px, batch of {batch}", **row, "host waits a step": waits}


def losses(bench: Bench) -> Iterator[dict[str, Any]]:
    """Milliseconds of the loss over all triplets, forward and backward; aims: 0.5, 1 and 15."""
    distance = create("distance", "euclidean", {})
    for rows in bench.sizes["losses"]:
        loss = create("loss", "triplet", {}, distance=distance, classes=rows // 4, dimension=128)
        z = bench.normal(rows, 128).requires_grad_()
        y = torch.arange(rows, device=bench.device) // 4

        def step(loss: Any = loss, z: Tensor = z, y: Tensor = y) -> None:
            loss(Batch(z, y, distance), None).value.backward()

        yield {"what": f"all-triplet loss of {rows:,}", "ms": round(1e3 * bench.seconds(step), 4)}


def nearest(items: Tensor, asked: Tensor, k: int, together: int) -> Tensor:
    """Return the rows (Q, k) of the largest inner products with half-precision items, some items after the other."""
    best = torch.full((len(asked), k), -torch.inf, dtype=items.dtype, device=items.device)
    rows = torch.zeros(len(asked), k, dtype=torch.int64, device=items.device)
    for first in range(0, len(items), together):
        piece = items[first : first + together]
        found, at = (asked @ piece.T).topk(min(k, len(piece)), dim=1)
        best, chosen = torch.cat((best, found), 1).topk(k, dim=1)
        rows = torch.cat((rows, at + first), 1).gather(1, chosen)
    return rows


def search(bench: Bench) -> Iterator[dict[str, Any]]:
    """Queries a second of an exact search, and seconds of a whole graph, in half precision; aim of the graph: 1.5 s."""
    half = torch.float16 if bench.device.type == "cuda" else torch.float32
    for what in ("search", "graph"):
        count, asked, together = bench.sizes[what]
        items = torch.nn.functional.normalize(bench.normal(count, bench.sizes["dimension"], dtype=half), dim=1)
        taken = bench.seconds(lambda: nearest(items, items[:asked], 16, together))  # noqa: B023  called here
        told = {"what": f"exact {what} among {count:,}", "queries/s": round(asked / taken)}
        yield told if what == "search" else {**told, "s of all, from a part": round(taken * count / asked, 5)}


def layout_epoch(places: Tensor, heads: Tensor, tails: Tensor, random: torch.Generator) -> None:
    """Move places (M, 2) once as UMAP does, by all edges (E,) at once and five other items an edge (McInnes, 2018)."""
    others = torch.randint(len(places), (5, len(heads)), device=places.device, generator=random)
    gap = places[heads] - places[tails]
    near = gap.square().sum(1, keepdim=True)
    moves = (-2 * gap / (1 + near)).clamp_(-4, 4)
    away = places[heads] - places[others]
    far = away.square().sum(2, keepdim=True)
    pushed = moves + (2 * away / ((0.001 + far) * (1 + far))).clamp_(-4, 4).sum(0)
    places.index_add_(0, heads, pushed, alpha=0.1).index_add_(0, tails, moves, alpha=-0.1)


def layout(bench: Bench) -> Iterator[dict[str, Any]]:
    """Epochs a second of a layout with eight edges an item; aim: 30."""
    count = bench.sizes["layout"]
    places = bench.normal(count, 2)
    heads = torch.arange(count, device=bench.device).repeat(8)
    tails = torch.randint(count, (len(heads),), device=bench.device, generator=bench.random)
    taken = bench.seconds(lambda: layout_epoch(places, heads, tails, bench.random))
    yield {"what": f"layout of {count:,}", "epochs/s": round(1 / taken, 1)}


PARTS: dict[str, Callable[[Bench], Iterator[dict[str, Any]]]] = {
    "training": training,
    "losses": losses,
    "search": search,
    "layout": layout,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 2 where there is no such device."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    for flag in ("bf16", "channels-last", "graphs", "compile"):
        parser.add_argument(f"--{flag}", action=argparse.BooleanOptionalAction, default=None)
    options = parser.parse_args(arguments)
    on_gpu = options.device.startswith("cuda")
    if on_gpu and not torch.cuda.is_available():
        sys.stderr.write(f"{NEEDS_CUDA}\n")
        return 2
    for flag in ("bf16", "channels_last", "graphs", "compile"):
        if getattr(options, flag) is None:  # on the processor a compiler would be needed
            setattr(options, flag, on_gpu or flag == "channels_last")
    bench = Bench(options)
    for name in options.only:
        for row in PARTS[name](bench):
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
