"""Vectors, tables of numbers and texts."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.importer import Importer, opens
from tests.helpers.texts import question_table


def _rows() -> tuple[Any, list[str]]:
    rows = np.random.default_rng(5).normal(size=(24, 6)).astype(np.float32)
    return rows, [f"class {i % 4}" for i in range(len(rows))]


def _table(delimiter: str, ending: str, folder: Path) -> Importer:
    folder.mkdir()
    rows, labels = _rows()
    file = folder / f"table.{ending}"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(["id", "label", *(f"x{i}" for i in range(6))])
        for i, (row, label) in enumerate(zip(rows.tolist(), labels, strict=True)):
            writer.writerow([f'"{i},é', label, *row])
    return opens(file)


def _texts(folder: Path) -> Importer:
    folder.mkdir()
    return opens(question_table(folder / "questions.csv", 4))


def _texts_in_lines(folder: Path) -> Importer:
    folder.mkdir()
    said = [{"text": f"where is my card number {i}", "intent": f"class {i % 3}"} for i in range(12)]
    (folder / "train.jsonl").write_text("\n".join(json.dumps(one) for one in said), "utf-8")
    return opens(folder / "train.jsonl")


def _npy(folder: Path) -> Importer:
    folder.mkdir()
    np.save(folder / "a.npy", _rows()[0])
    return opens(folder / "a.npy")


def _npy_labels(folder: Path) -> Importer:
    folder.mkdir()
    np.save(folder / "a.npy", _rows()[0])
    np.save(folder / "a_labels.npy", np.array(_rows()[1]))
    return opens(folder / "a_labels.npy", folder / "a.npy")


def _npz(folder: Path) -> Importer:
    folder.mkdir()
    rows, labels = _rows()
    np.savez_compressed(folder / "a.npz", vectors=rows, labels=np.array(labels))
    return opens(folder / "a.npz")


def _parquet(folder: Path) -> Importer:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    rows, labels = _rows()
    columns = {"vector": pa.array(rows.tolist(), pa.list_(pa.float32(), 6)), "label": pa.array(labels)}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return opens(folder / "a.parquet")


def _hdf5(folder: Path) -> Importer:
    """Write a set of ann-benchmarks."""
    import h5py

    folder.mkdir()
    rows = _rows()[0]
    with h5py.File(folder / "a.h5", "w") as file:
        file["train"], file["test"] = rows, rows[:5]
        file.attrs["distance"] = "euclidean"
    return opens(folder / "a.h5")


def _cells(folder: Path) -> Importer:
    """Write cells as AnnData does: a sparse matrix, a categorical column, and names."""
    import h5py

    folder.mkdir()
    with h5py.File(folder / "cells.h5ad", "w") as file:
        file.attrs["encoding-type"], file.attrs["encoding-version"] = "anndata", "0.1.0"
        group = file.create_group("X")
        group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", np.array([4, 3])
        group["data"], group["indices"] = np.ones(5, "f4"), np.array([0, 2, 1, 0, 1], "i4")
        group["indptr"] = np.array([0, 2, 3, 4, 5], "i4")
        obs = file.create_group("obs")
        obs.attrs["_index"], obs.attrs["encoding-type"] = "barcode", "dataframe"
        obs["barcode"] = np.array([f"AAA-{i}" for i in range(4)], dtype=h5py.string_dtype())
        kind = obs.create_group("cell_type")
        kind.attrs["encoding-type"] = "categorical"
        kind["codes"] = np.array([0, 1, 0, -1], np.int8)
        kind["categories"] = np.array(["B cell", "T cell"], dtype=h5py.string_dtype())
    return opens(folder / "cells.h5ad")


def _texmex(folder: Path) -> Importer:
    folder.mkdir()
    rows = _rows()[0]
    heads = np.full((len(rows), 1), 6, "<i4")
    (folder / "small_base.fvecs").write_bytes(np.hstack([heads.view("<f4"), rows]).tobytes())
    return opens(folder / "small_base.fvecs")


def _words(ending: str, folder: Path) -> Importer:
    folder.mkdir()
    rows, file = _rows()[0], folder / f"words.{ending}"
    if ending == "bin":
        body = b"".join(f"word{i} ".encode() + row.tobytes() + b"\n" for i, row in enumerate(rows))
        file.write_bytes(b"24 6\n" + body)
    else:
        lines = [f"wörd{i} {' '.join(map(repr, row))}" for i, row in enumerate(rows.tolist())]
        file.write_text("\n".join(["24 6", *lines]) + "\n", "utf-8")
    return opens(file)


CONFIG = """# made by a program
embeddings {
  tensor_name: "a \\"first\\" one:0"
  tensor_path: "vectors.tsv"
  metadata_path: 'metadata.tsv'
}
"""


def _projector(damaged: str, folder: Path) -> Importer:
    folder.mkdir()
    np.savetxt(folder / "vectors.tsv", _rows()[0], delimiter="\t", fmt="%.9g")
    (folder / "metadata.tsv").write_text("number\tlabel\n" + "".join(f"{i}\t{'ab'[i % 2]}\n" for i in range(24)))
    (folder / "projector_config.pbtxt").write_text(CONFIG)
    return opens(folder / damaged, folder)


def _measurements(folder: Path) -> Importer:
    folder.mkdir()
    file = folder / "m.csv"
    rows = (f"{i / 7:.3f},{'' if i % 5 == 0 else i % 3},{('red', 'blue')[i % 2]},{'ab'[i % 2]}" for i in range(24))
    file.write_text("\n".join(["width,height,colour,label", *rows]) + "\n")
    return opens(file)


VECTORS: dict[str, Callable[[Path], Importer]] = {
    "csv": partial(_table, ",", "csv"),
    "tsv": partial(_table, "\t", "tsv"),
    "measurements": _measurements,
    "texts in csv": _texts,
    "texts in jsonl": _texts_in_lines,
    "npy": _npy,
    "npy labels": _npy_labels,
    "npz": _npz,
    "parquet": _parquet,
    "hdf5": _hdf5,
    "h5ad": _cells,
    "fvecs": _texmex,
    "word2vec": partial(_words, "bin"),
    "words": partial(_words, "vec"),
    "projector vectors": partial(_projector, "vectors.tsv"),
    "projector config": partial(_projector, "projector_config.pbtxt"),
}
