"""A million vectors and more, searched by codes: what is built, found and replaced, and how fast.

``python -m tests.benchmarks.many_vectors FASHION_MNIST.zip FOLDER`` writes vectors of real ones (the pictures of a zip
or folder on their principal axes, repeated and jittered) once into FOLDER, maps them, and prints one JSON value: CPU
seconds and memory of the build, recall@10 and milliseconds of 200 queries that are asked one by one, through filters
too, and 10,000 rows replaced. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.types import BoolArray, FloatArray
from explorer.measure.coded_index import CodedIndex
from explorer.measure.lifts import lift
from tests.benchmarks.million import jittered

K, ASKED, REPLACED, PIECE = 10, 200, 10_000, 500_000


def write(source: str, items: int, dimension: int, jitter: float, path: Path) -> None:
    """Write ``items`` vectors of ``dimension`` numbers as ``.npy``, piece by piece, unless they are there."""
    if path.exists():
        return
    from explorer.core.recipe import DataOptions
    from explorer.data.opening import open_dataset

    dataset = open_dataset(source, DataOptions())
    x: FloatArray = dataset.inputs.reshape(len(dataset), -1).astype(np.float32) / np.float32(255)
    flat = jittered(x, np.arange(len(x)), dimension)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    made = np.lib.format.open_memmap(part, "w+", np.float32, (items, dimension))
    generator, scale = np.random.default_rng(1), flat.std(axis=0) * np.float32(jitter)
    for start in range(0, items, PIECE):
        rows = np.arange(start, min(start + PIECE, items)) % len(flat)
        made[start : start + len(rows)] = flat[rows] + scale * generator.standard_normal(
            (len(rows), dimension), np.float32
        )
    made.flush()
    part.rename(path)


def own_megabytes() -> float:
    """Return how much memory is this process's own, without what is mapped from files."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return round(int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) / 1024)


def nearest(x: FloatArray, queries: FloatArray, passing: BoolArray | None) -> FloatArray:
    """Return the true distance of the K-th nearest of each query among the rows that pass."""
    import faiss

    last = np.full((len(queries), K), np.inf, np.float32)
    for start in range(0, len(x), PIECE):
        rows = np.asarray(x[start : start + PIECE])
        rows = rows if passing is None else rows[passing[start : start + PIECE]]
        last = np.sort(np.hstack([last, faiss.knn(queries, rows, K)[0]]), axis=1)[:, :K]
    return np.sqrt(np.maximum(last[:, -1], 0))


def asked(index: CodedIndex, queries: FloatArray, passing: BoolArray | None, true: FloatArray) -> dict[str, float]:
    """Return the recall of queries that are asked one by one, and their milliseconds."""
    times, hits = [], 0
    for row in [*range(20), *range(len(queries))]:
        began = time.perf_counter()
        _, at = index.search(queries[row : row + 1], K, among=passing)
        times.append(1e3 * (time.perf_counter() - began))
        hits += int(np.count_nonzero(at[0] <= true[row] * (1 + 1e-5))) if len(times) > 20 else 0
    p50, p95 = np.percentile(times[20:], [50, 95])
    return {"recall": round(hits / K / len(queries), 4), "p50_ms": round(p50, 2), "p95_ms": round(p95, 2)}


def replaced(index: CodedIndex, x: FloatArray, queries: FloatArray) -> dict[str, Any]:
    """Move some rows as a training step would; return how long it took and what is found afterwards."""
    generator = np.random.default_rng(3)
    rows = np.sort(generator.choice(len(x), REPLACED, replace=False))
    new = x[rows] + generator.normal(size=(REPLACED, x.shape[1])).astype(np.float32) * x[:5_000].std(axis=0) * 0.2
    began, cpu = time.perf_counter(), time.process_time()
    index.replace(rows, new)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    now = np.array(x)
    now[rows] = new
    moved = queries.copy()
    moved[: ASKED // 2] = new[:: REPLACED // (ASKED // 2)]
    found = asked(index, moved, None, nearest(now, moved, None))
    return {"seconds": round(seconds, 3), "cpu_s": round(used, 3), **found}


def main() -> None:
    """Build, ask, filter, replace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--jitter", type=float, default=0.1, help="of an axis's deviation: how far copies differ")
    parser.add_argument("--distance", default="euclidean")
    options = parser.parse_args()
    path = options.folder / f"{options.items}x{options.dimension}-{options.jitter:g}.npy"
    write(options.source, options.items, options.dimension, options.jitter, path)
    x = np.load(path, mmap_mode="r")
    generator = np.random.default_rng(2)
    queries = np.array(x[generator.choice(len(x), ASKED, replace=False)])
    queries += generator.normal(size=queries.shape).astype(np.float32) * queries.std(axis=0) * np.float32(0.1)
    before, began, cpu = own_megabytes(), time.perf_counter(), time.process_time()
    index = CodedIndex(x, lift(options.distance))
    report: dict[str, Any] = {
        "rows": list(x.shape),
        "build_s": round(time.perf_counter() - began, 1),
        "build_cpu_s": round(time.process_time() - cpu, 1),
        "own_mb": own_megabytes() - before,
        "recall_of_sample": round(index.recall, 4),
        "cells": f"{index.known.cells} of {index.known.codes.cells}",
        "wider": index.known.wider,
    }
    if options.distance == "euclidean":
        for name, share in (("all", 1.0), ("20 %", 0.2), ("2 %", 0.02), ("1 %", 0.01), ("0.2 %", 0.002)):
            passing = None if share == 1 else generator.random(len(x)) < share
            report[name] = asked(index, queries, passing, nearest(x, queries, passing))
        if len(x) <= 1_000_000:
            report["replaced"] = replaced(index, x, queries)
        report["own_mb_at_the_end"] = own_megabytes() - before
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
