"""All-triplet loss and miners against PyTorch Metric Learning 2.9.0, in one run: ``pytest tests/benchmarks -s``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import torch

from explorer.core.registry import Scalar, create
from explorer.learn.batch import Batch
from explorer.learn.device import generator

losses = pytest.importorskip("pytorch_metric_learning.losses")
miners = pytest.importorskip("pytorch_metric_learning.miners")
distances = pytest.importorskip("pytorch_metric_learning.distances")


def best(work: Callable[[], object], repeats: int) -> float:
    """Shortest of some runs, in seconds of CPU, so that other work on the machine does not decide."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def report(what: str, ours: float, theirs: float, budget: float) -> None:
    times = f"{ours * 1e3:.1f} ms, theirs {theirs * 1e3:.0f} ms"
    sys.stdout.write(f"\n{what}: {times}, {theirs / ours:.0f} x (budget {budget:.0f} x)\n")
    assert theirs / ours >= budget


@pytest.mark.parametrize("images", [4, 32])
def test_all_triplet_loss(images: int) -> None:
    """B = 1,024, D = 128, forward and backward; ours counts the census as well."""
    torch.manual_seed(0)
    z = torch.randn(1024, 128, requires_grad=True)
    y = torch.arange(1024) // images
    distance = create("distance", "euclidean", {})
    loss = create("loss", "triplet", {}, distance=distance, classes=1024 // images, dimension=128)
    peer = losses.TripletMarginLoss(margin=0.2)
    ours = best(lambda: loss(Batch(z, y, distance), None).value.backward(), 5)
    theirs = best(lambda: peer(z, y).backward(), 1)
    report(f"all-triplet loss, {images} images a class", ours, theirs, 25)


@pytest.mark.parametrize(
    ("name", "params"), [("semi_hard", {}), ("semi_hard", {"pick": "random"}), ("hard", {"positives": "all"})]
)
def test_miners(name: str, params: dict[str, Scalar]) -> None:
    """B = 512, D = 128, 4 images a class, distances included on both sides."""
    torch.manual_seed(0)
    z, y = torch.randn(512, 128), torch.arange(512) // 4
    distance = create("distance", "euclidean", {})
    miner = create("miner", name, params)
    kind = name.replace("_", "")
    peer = miners.TripletMarginMiner(margin=0.2, type_of_triplets=kind, distance=distances.LpDistance())
    random = generator(0)
    ours = best(lambda: miner(Batch(z, y, distance), 0.2, random), 10)
    theirs = best(lambda: peer(z, y), 1)
    report(f"miner {name} {params or ''}", ours, theirs, 20)


MEMORY = """
import torch
from pathlib import Path
from explorer.core.registry import create
from explorer.learn.batch import Batch
torch.set_num_threads(1)
distance = create("distance", "euclidean", {})
loss = create("loss", "triplet", {}, distance=distance, classes=1024, dimension=128)
def peak():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20
def step(n):
    z = torch.randn(n, 128, requires_grad=True)
    loss(Batch(z, torch.arange(n) // 4, distance), None).value.backward()
step(64)
before = peak()
step(4096)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of the memory from /proc")
def test_a_batch_of_4096_fits_in_a_gigabyte() -> None:
    """Peak of the whole step over the same process after a batch of 64; getrusage would inherit ours."""
    shown = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True).stdout
    sys.stdout.write(f"\nB = 4,096: {float(shown):.2f} GB\n")
    assert float(shown) <= 1.0
