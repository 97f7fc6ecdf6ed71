"""Thousands of damaged files for every importer: each is read or refused in words, soon, and never as another meaning.

``FAULTS_SEED`` is the first seed of the long form, ``FAULTS_COUNT`` how many damages each importer gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from explorer.core.recipe import Recipe
from tests.faults.importers import IMPORTERS
from tests.faults.mutation import mutant

DRIVER = "tests.faults.import_mutants"
HANG_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[2]
MEANT = frozenset({"kept", "refused"})

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a process")


def _tried(folder: Path, first: int, count: int, *names: str) -> tuple[Counter[str], list[str]]:
    """Return how many files were kept and refused, and what went wrong with which."""
    folder.mkdir()
    command = [sys.executable, "-m", DRIVER, str(folder), str(first), str(count), *names]
    own = {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    at = "the start"
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | own, text=True, cwd=ROOT) as child:
        for line in _watched(child):
            if line.startswith("at "):
                at = line[3:]
            elif line == "done":
                return counts, wrong
            else:
                counts[line.split()[0]] += 1
                wrong += [] if line in MEANT else [f"{at}: {line}"]
    return counts, [*wrong, f"{at}: the process ended with {child.returncode}"]


def _watched(child: subprocess.Popen[str]) -> list[str]:
    """Return the lines of a process, which is killed where none comes for too long."""
    assert child.stdout is not None
    lines = []
    timer = threading.Timer(HANG_SECONDS, child.kill)
    timer.start()
    for line in child.stdout:
        lines.append(line.rstrip("\n"))
        timer.cancel()
        timer = threading.Timer(HANG_SECONDS, child.kill)
        timer.start()
    timer.cancel()
    return lines


@pytest.mark.full
def test_no_damaged_file_is_believed_or_takes_the_process_with_it(tmp_path: Path) -> None:
    quick = [name for name in IMPORTERS if name != "hub config"]
    counts, wrong = _tried(tmp_path / "files", 0, 5, *quick)
    assert wrong == []
    assert counts["refused"] > counts["kept"] / 3
    assert sum(counts.values()) == 5 * len(quick)


FOUND = {
    "a C++ exception in a footer": "parquet@5025",
    "a group of rows that names another column": "parquet@102256",
    "a text beyond its dictionary": "parquet@106219",
    "more bytes than a zip has": "zip@101214",
    "a vertex of a mesh that is no number": "shape ply@55",
    "a label of what is no character": "npy labels@300195",
    "pictures of a group of rows under another name": "parquet of pictures@300026",
    "a text beyond its dictionary where a table is looked at": "parquet@103178",
    "a caption in a folder that no system can name": "Flickr captions@103179",
    "a column of cells whose name is not UTF-8": "h5ad@103839",
    "a heap of texts that says it has 2 GB": "h5ad@107242",
    "a summary without the name of its seal and most of it": "run summary.json@2506",
    "a summary with half of its seal under another name": "run summary.json@5191",
}
"""What damaged files did before it was mended: importer and seed of each."""
ENDLESS = {"a circle in an attribute": "hdf5@21485", "a circle in the attributes of cells": "h5ad@3"}


@pytest.mark.parametrize("found", [FOUND, pytest.param(ENDLESS, marks=pytest.mark.full)], ids=["soon", "in the end"])
def test_what_was_found_once_is_refused_or_left_out(tmp_path: Path, found: dict[str, str]) -> None:
    counts, wrong = _tried(tmp_path / "files", 0, 1, *found.values())
    assert (sum(counts.values()), wrong) == (len(found), [])


@pytest.mark.full
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", IMPORTERS)
def test_ten_thousand_damaged_files_for_every_importer(tmp_path: Path, name: str) -> None:
    first, count = int(os.environ.get("FAULTS_SEED", "1000")), int(os.environ.get("FAULTS_COUNT", "10000"))
    counts, wrong = _tried(tmp_path / "files", first, count, name)
    print(name, dict(counts))  # noqa: T201 - the figures of the note
    assert wrong == []


def test_a_damage_follows_from_its_seed() -> None:
    content = Recipe().resolved().to_toml().encode()
    assert [mutant(content, seed) for seed in range(50)] == [mutant(content, seed) for seed in range(50)]
    assert len({mutant(content, seed) for seed in range(50)}) > 45
