"""``embed RUN DATA OUT``: any pictures to vectors in a file."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of
from explorer.core.errors import UserError, printable
from explorer.core.types import FloatArray
from explorer.engine.export.base import needs_package, written_whole
from explorer.runs.items import safe_cell

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def main(options: argparse.Namespace, console: Console) -> int:
    """Embed every picture of DATA and write OUT, by its ending."""
    from explorer.engine.offline import OfflineRun

    out = Path(options.out)
    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise UserError(f"{printable(out.name)} ends in none of {', '.join(WRITERS)}", remedy="Name OUT accordingly")
    if out.suffix.lower() == ".parquet":
        needs_package("writing .parquet", "pyarrow")
    asked = OfflineRun(Path(options.run), console.progress)
    dataset = asked.data(options.data, recipe_of(options).data)
    embeddings = asked.embed(dataset)
    written_whole(out, lambda path: write(path, dataset, embeddings))
    console.clear()
    for item in dataset.report.skipped:
        console.say(f"skipped {item.path}: {item.reason}")
    if options.json:
        count, dimension = embeddings.shape
        console.json({"out": str(out), "items": count, "dimension": dimension, "distance": asked.embedder().lift})
    else:
        console.say(f"{len(embeddings):,} vectors of {embeddings.shape[1]} written to {out}")
    return 0


def _npy(path: Path, _: Dataset, embeddings: FloatArray) -> None:
    np.save(path, embeddings, allow_pickle=False)


def _npz(path: Path, dataset: Dataset, embeddings: FloatArray) -> None:
    ids = np.array([printable(name) for name in dataset.ids], dtype=np.str_)
    labels = np.array([printable(dataset.class_name(i)) for i in range(len(dataset))], dtype=np.str_)
    np.savez(path, embeddings=embeddings, ids=ids, labels=labels)


def _csv(path: Path, dataset: Dataset, embeddings: FloatArray) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", "label", *(f"z{i}" for i in range(embeddings.shape[1]))])
    for index, row in enumerate(embeddings.tolist()):
        numbers = (f"{value:.9g}" for value in row)
        writer.writerow([safe_cell(dataset.ids[index]), safe_cell(dataset.class_name(index)), *numbers])
    path.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))


def _parquet(path: Path, dataset: Dataset, embeddings: FloatArray) -> None:
    import pyarrow
    import pyarrow.parquet

    vectors = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(embeddings.ravel()), embeddings.shape[1])
    table = {
        "id": pyarrow.array([printable(name) for name in dataset.ids]),
        "label": pyarrow.array([printable(dataset.class_name(i)) for i in range(len(dataset))]),
        "embedding": vectors,
    }
    pyarrow.parquet.write_table(pyarrow.table(table), path)


WRITERS: dict[str, Callable[[Path, Dataset, FloatArray], None]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _csv,
    ".parquet": _parquet,
}
