"""Codes of very many items, kept in the cache folder as plain arrays, so that they are made once.

They are named by what they are of, and taken only if they are what was written; else they are made anew. faiss's own
files are neither written nor read: what opens those trusts them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.plain_json import parse_json
from explorer.measure.coded_index import CodedIndex, Known, by_l2
from explorer.measure.codes import CodeArrays, Codes
from explorer.measure.codes_folder import ABOUT, UNFINISHED, CodesFolder
from explorer.measure.index import Index, build_index, by_codes
from explorer.measure.lifts import Lift
from explorer.measure.mapped_rows import PIECE
from explorer.measure.pairs import never

_FORM = 1


def kept_index(items: npt.ArrayLike, lift: Lift, *, exact: bool | None = None) -> Index:
    """Return an index of items (M, D); ``exact`` as for ``build_index``, but that codes are kept in the cache."""
    if by_codes(len(np.asarray(items)), exact):
        return KeptCodes().index(items, lift)
    return build_index(items, lift, exact=True)


class KeptCodes(CodesFolder):
    """Codes that are made, saved and loaded again."""

    def index(
        self, items: npt.ArrayLike, lift: Lift, *, threads: int = 1, cancelled: Callable[[], bool] = never
    ) -> CodedIndex:
        """Return an index of items (M, D): by the codes that are kept of them, else by new ones, which are kept then.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true.
        """
        rows = np.asarray(items)
        name = _name(rows, lift)
        if (known := self._load(name, len(rows), lift, threads)) is not None:
            return CodedIndex(rows, lift, threads=threads, known=known)
        index = CodedIndex(rows, lift, threads=threads, cancelled=cancelled)
        with suppress(OSError):  # a full disk: it is made again next time
            self._save(name, index.known)
        return index

    def _load(self, name: str, count: int, lift: Lift, threads: int) -> Known | None:
        """Return what was kept; None: nothing, or not what was written, which is removed."""
        entry = self.folder / name
        if not entry.exists():
            return None
        try:
            about = parse_json((entry / ABOUT).read_bytes())
            arrays = CodeArrays(
                *(_read(entry / f"{field}.npy", about["sha256"][field]) for field in CodeArrays._fields)
            )
            codes = Codes.from_arrays(arrays, by_l2(lift), threads=threads)
            if about["form"] != _FORM or len(arrays.ids) != count:
                raise ValueError("codes of something else")
            known = Known(codes, int(about["cells"]), int(about["wider"]), float(about["recall"]))
            (entry / ABOUT).touch()
            return known
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(entry, ignore_errors=True)
            return None

    def _save(self, name: str, known: Known) -> None:
        """Write codes beside where they belong, and put them there when they are whole."""
        part = self.folder / f"{UNFINISHED}{secrets.token_hex(4)}"
        part.mkdir(parents=True)
        try:
            digests = {}
            for field, array in known.codes.arrays()._asdict().items():
                np.save(part / f"{field}.npy", array, allow_pickle=False)
                digests[field] = _digest(part / f"{field}.npy")
            about = {"form": _FORM, "cells": known.cells, "wider": known.wider, "recall": known.recall}
            (part / ABOUT).write_text(json.dumps(about | {"sha256": digests}), encoding="utf-8")
            part.rename(self.folder / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self.evict(name)


def _name(rows: npt.NDArray[Any], lift: Lift) -> str:
    """Return what items (M, D) are called by their contents and the distance."""
    digest = hashlib.sha256(repr((rows.shape, rows.dtype.str, lift.name)).encode())
    for start in range(0, len(rows), PIECE):
        digest.update(np.ascontiguousarray(rows[start : start + PIECE]).view(np.uint8).data)
    return digest.hexdigest()[:40]


def _read(path: Path, sha256: str) -> npt.NDArray[Any]:
    """Return an array that is what was written; ValueError: it is not."""
    if _digest(path) != sha256:
        raise ValueError("not what was written")
    found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
