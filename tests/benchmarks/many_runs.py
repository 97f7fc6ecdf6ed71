"""Ten thousand synthetic runs, and how long their table takes: ``python -m tests.benchmarks.many_runs FOLDER``.

Each is a whole run folder with a recipe, a journal and notes of its own. The folder is made where there is none.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from explorer.core.events import RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.engine.run_table import read_table
from explorer.runs.checksums import CHECKSUMS_NAME
from explorer.runs.creation import new_header
from explorer.runs.folder import RunFolder
from explorer.runs.header import HEADER_NAME, header_bytes
from explorer.runs.journal import METRICS_NAME, Entry, encode
from explorer.runs.notes import NOTES_NAME, RunNotes
from explorer.runs.sealed import sealed
from tests.helpers.runs import checkpoint, data_record, evaluation, metrics, projection, run_items, snapshot

RUNS = 10_000
LOSSES = ("triplet", "contrastive", "supcon", "nt_xent", "multi_similarity")
FILTERS = ("loss=supcon seed>3", "recall@1>=0.7 loss.margin<0.3", "good", "triplet run-0077")


def make(folder: Path, count: int = RUNS) -> None:
    """Write so many runs."""
    first = folder / "run-00000"
    with RunFolder.create(first, Recipe().resolved(), data_record(), run_items()) as run:
        run.write_checkpoint(checkpoint(200))
        run.write_snapshot(snapshot(200))
        run.write_projection(projection(200))
    for number in reversed(range(count)):
        path = folder / f"run-{number:05d}"
        if number:
            shutil.copytree(first, path)
        _make_own(path, number)


def _make_own(path: Path, number: int) -> None:
    loss = LOSSES[number % len(LOSSES)]
    settings = [f"loss={loss}", f"seed={number // 50}", f"optimiser.rate={10 ** (-2 - number % 7 / 3):.6f}"]
    settings += [f"loss.margin={0.1 + number % 9 / 20}"] if loss in ("triplet", "contrastive") else []
    header = header_bytes(new_header(f"{number:012x}", Recipe().with_settings(settings).resolved(), data_record()))
    (path / HEADER_NAME).write_bytes(header)
    own = {HEADER_NAME: header, "items.csv": (path / "items.csv").read_bytes()}
    files = {name: {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()} for name, text in own.items()}
    (path / CHECKSUMS_NAME).write_bytes(sealed({"files": files}))
    measured = replace(evaluation(200), metrics={"recall@1": 0.5 + number % 400 / 1000, "map@r": 0.4}, items=500)
    entries: list[Entry] = [RunStarted("r", 0, 200, 2, "cpu", 2, 10), *map(metrics, range(1, 201)), measured]
    entries.append(RunFinished("r", 200, 2, "done", 60.0, 500.0))
    (path / METRICS_NAME).write_bytes(b"".join(map(encode, entries)))
    if number % 10 == 0:
        (path / NOTES_NAME).write_bytes(sealed(RunNotes(name=f"the {number}th", tags=("good",)).model_dump()))


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")


def main(folder: Path) -> None:
    """Make the runs where they are missing, and say how long their table takes."""
    if not folder.exists():
        folder.mkdir(parents=True)
        make(folder)
    for words in ("first or kept", "kept"):
        began = time.perf_counter()
        table = read_table(folder)
        say(f"{words}: {len(table.rows):,} rows, {len(table.columns)} columns, {time.perf_counter() - began:.2f} s")
    for text in FILTERS:
        began = time.perf_counter()
        found = table.matching(text)
        say(f"filter {text!r}: {len(found):,} in {(time.perf_counter() - began) * 1000:.1f} ms")
    say(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
