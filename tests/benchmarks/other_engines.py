"""Ours, LanceDB and usearch on the vectors of ``many_vectors``: ``python -m tests.benchmarks.other_engines FILE.npy``.

FILE.npy is what ``many_vectors`` writes; ``--source FASHION_MNIST.zip --items N`` makes it where it is not there. Each
engine, or those that are named behind FILE, works in a process of its own, one after the other, and prints a line of
JSON: CPU seconds of the build, recall@10 and milliseconds of 200 queries one by one, also among 20 % and 1 % of the
rows, and 10,000 rows replaced. Run it on an otherwise idle machine; what is built lies beside FILE and is deleted. A
million rows take about eight minutes, most of them the graph of usearch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from explorer.core.types import FloatArray, IntArray
from tests.benchmarks.many_vectors import ASKED, REPLACED, K, nearest, own_megabytes, write

PIECE = 100_000
"""Rows that are added at a time; there have to be as many."""

SHARES = (1.0, 0.2, 0.01)
CELLS, PROBES, REFINE = 1024, 40, 20
"""Cells of the index of LanceDB, those that are looked into, and how many times K rows are compared in all digits."""


class Engine(Protocol):
    """An index of rows, of which ``by`` (N,) are numbers to filter by."""

    def search(self, query: FloatArray, below: float) -> IntArray:
        """Return the K rows nearest to a query whose number to filter by is below a share."""
        ...

    def replace(self, rows: IntArray, vectors: FloatArray) -> None:
        """Let rows be others."""
        ...


class Lance:
    """IVF_RQ of LanceDB, true rows from its table; a bitmap would do for classes, numbers are read."""

    def __init__(self, x: FloatArray, by: FloatArray, folder: Path) -> None:
        import lancedb
        from lancedb.index import IvfRq

        self._by = by
        self._table = lancedb.connect(folder).create_table("v", data=self._rows(np.arange(PIECE), x[:PIECE]))
        for start in range(PIECE, len(x), PIECE):
            rows = np.arange(start, min(start + PIECE, len(x)))
            self._table.add(self._rows(rows, x[rows]))
        self._table.create_index("vector", config=IvfRq(distance_type="l2", num_partitions=CELLS, sample_rate=64))

    def _rows(self, rows: IntArray, vectors: FloatArray) -> Any:
        import pyarrow as pa

        numbers = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
        lists = pa.FixedSizeListArray.from_arrays(numbers, vectors.shape[1])
        return pa.table({"number": pa.array(rows), "share": pa.array(self._by[rows]), "vector": lists})

    def search(self, query: FloatArray, below: float) -> IntArray:
        asked: Any = self._table.search(query, vector_column_name="vector").select(["number", "_distance"]).limit(K)
        if below < 1:
            asked = asked.where(f"share < {below}", prefilter=True).minimum_nprobes(PROBES).maximum_nprobes(0)
        else:
            asked = asked.nprobes(PROBES)
        found: IntArray = asked.refine_factor(REFINE).to_arrow()["number"].to_numpy()
        return found

    def replace(self, rows: IntArray, vectors: FloatArray) -> None:
        merged = self._table.merge_insert("number").when_matched_update_all().when_not_matched_insert_all()
        merged.execute(self._rows(rows, vectors))


class Usearch:
    """The graph of usearch in half precision, with the settings it comes with.

    It cannot filter: so many more are asked for that enough of them pass.
    """

    def __init__(self, x: FloatArray, by: FloatArray, folder: Path) -> None:
        from usearch.index import Index

        self._by = by
        self._index = Index(ndim=x.shape[1], metric="l2sq", dtype="f16")
        for start in range(0, len(x), PIECE):
            rows = np.arange(start, min(start + PIECE, len(x)))
            self._index.add(rows, np.ascontiguousarray(x[rows]), threads=2)

    def search(self, query: FloatArray, below: float) -> IntArray:
        count = K if below == 1 else int(1.5 * K / below)
        while True:
            found = np.asarray(self._index.search(query, count).keys, np.int64)
            passing = found[self._by[found] < below]
            if len(passing) >= K or count >= len(self._by):
                return passing[:K]
            count = min(2 * count, len(self._by))

    def replace(self, rows: IntArray, vectors: FloatArray) -> None:
        self._index.remove(rows)
        self._index.add(rows, vectors, threads=2)


class Ours:
    """The codes of this program."""

    def __init__(self, x: FloatArray, by: FloatArray, folder: Path) -> None:
        from explorer.measure.coded_index import CodedIndex
        from explorer.measure.lifts import lift

        self._index, self._by = CodedIndex(x, lift("euclidean")), by
        self._passing = {share: None if share == 1 else by < share for share in SHARES}

    def search(self, query: FloatArray, below: float) -> IntArray:
        rows, _ = self._index.search(query[None], K, among=self._passing[below])
        return np.asarray(rows[0], np.int64)

    def replace(self, rows: IntArray, vectors: FloatArray) -> None:
        self._index.replace(rows, vectors)


ENGINES: dict[str, Any] = {"ours": Ours, "lancedb": Lance, "usearch": Usearch}


def asked(engine: Engine, x: FloatArray, queries: FloatArray, below: float, true: FloatArray) -> dict[str, float]:
    """Return the recall of queries that are asked one by one, and their milliseconds."""
    times, hits = [], 0
    for row in [*range(20), *range(len(queries))]:
        began = time.perf_counter()
        found = engine.search(queries[row], below)
        times.append(1e3 * (time.perf_counter() - began))
        away = np.linalg.norm(x[np.unique(found)] - queries[row], axis=1)
        hits += int(np.count_nonzero(away <= true[row] * (1 + 1e-5))) if len(times) > 20 else 0
    p50, p95 = np.percentile(times[20:], [50, 95])
    return {"recall": round(hits / K / len(queries), 4), "p50_ms": round(p50, 2), "p95_ms": round(p95, 2)}


def replaced(engine: Engine, x: FloatArray, queries: FloatArray) -> dict[str, Any]:
    """Move some rows; return how long it took and what is found afterwards."""
    generator = np.random.default_rng(3)
    rows = np.sort(generator.choice(len(x), REPLACED, replace=False))
    new = x[rows] + generator.normal(size=(REPLACED, x.shape[1])).astype(np.float32) * x[:5_000].std(axis=0) * 0.2
    began, cpu = time.perf_counter(), time.process_time()
    engine.replace(rows, new)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    now = np.array(x)
    now[rows] = new
    moved = queries.copy()
    moved[: ASKED // 2] = new[:: REPLACED // (ASKED // 2)]
    found = asked(engine, now, moved, 1.0, nearest(now, moved, None))
    return {"seconds": round(seconds, 3), "cpu_s": round(used, 3), **found}


def measured(name: str, file: Path) -> dict[str, Any]:
    """Build, ask, filter, replace."""
    x = np.load(file, mmap_mode="r")
    generator = np.random.default_rng(2)
    queries = np.array(x[generator.choice(len(x), ASKED, replace=False)])
    queries += generator.normal(size=queries.shape).astype(np.float32) * queries.std(axis=0) * np.float32(0.1)
    by = generator.random(len(x)).astype(np.float32)
    before, began, cpu = own_megabytes(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        engine: Engine = ENGINES[name](x, by, Path(folder))
        report: dict[str, Any] = {
            "engine": name,
            "rows": list(x.shape),
            "build_s": round(time.perf_counter() - began, 1),
            "build_cpu_s": round(time.process_time() - cpu, 1),
            "own_mb": own_megabytes() - before,
            "disk_mb": sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) >> 20,
        }
        for share in SHARES:
            passing = None if share == 1 else by < share
            report[f"{share:.0%}"] = asked(engine, x, queries, share, nearest(x, queries, passing))
        report["replaced"] = replaced(engine, x, queries)
    return report


def main() -> None:
    """Measure one engine here, or several in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--source", help="pictures of which FILE is made where it is not there")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=128)
    options = parser.parse_args()
    if options.source:
        write(options.source, options.items, options.dimension, 0.1, options.file)
    if len(options.engines) == 1:
        sys.stdout.write(json.dumps(measured(options.engines[0], options.file)) + "\n")
        return
    for name in options.engines or ENGINES:
        subprocess.run([sys.executable, "-m", "tests.benchmarks.other_engines", str(options.file), name], check=True)


if __name__ == "__main__":
    main()
