"""Every call by which anything but a checkpoint is saved fails, or is the last of its process: what was there stays.

The checkpoints, with the snapshots and the history beside them, are in ``test_kill``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.label_decisions import Decision
from explorer.data.cache import PixelCache
from explorer.engine.embedding_formats.base import EmbeddedItems, write_embeddings
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import StoredGallery, read_gallery, write_gallery
from explorer.runs.label_file import read_decisions, write_decisions
from explorer.runs.notes import RunNotes, read_notes, write_notes
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from explorer.ui.session.settings import Settings
from tests.helpers.runs import new_run, projection, snapshot

CALLS = ("write", "fsync", "rename,renameat,renameat2", "openat", "ftruncate,unlink,mkdir")
FAULTS = ("signal=KILL", "error=ENOSPC", "error=EIO")
MOST_CALLS = 60
SAVED, REFUSED, KILLED = 0, 2, -9


@dataclass(frozen=True)
class Writer:
    """``write`` saves a value in the run of a folder; ``read`` returns the one that is saved there, 0 for none."""

    write: Callable[[Path, int], object]
    read: Callable[[Path], int]
    silent: bool = False
    """It tells nobody where it cannot: the value is kept in memory."""


def _threshold(path: Path, value: int) -> None:
    one = Threshold(distance=value, fmr=0, fnmr=0, step=2, target=0, same_pairs=1, different_pairs=1, split="items")
    write_threshold(path, one)


def _notes(path: Path, value: int) -> None:
    write_notes(path, RunNotes(name=str(value)))


def _gallery(path: Path, value: int) -> None:
    x = np.full((1, 4), value, np.float32)
    write_gallery(path, StoredGallery(value, "w", "euclidean", ("a",), np.array([0, 1]), x, ("p",)))


def _read_gallery(path: Path) -> int:
    stored = read_gallery(path)
    assert stored is not None
    assert (stored.embeddings == stored.step).all()
    return stored.step


def _decisions(path: Path, value: int) -> None:
    write_decisions(path, dict.fromkeys(range(value), Decision("exclude")), ("a", "b", "c"), ())


def _export(path: Path, value: int) -> None:
    items = EmbeddedItems(("a",) * value, ("c",) * value, np.ones((value, 3), np.float32))
    write_embeddings(path.parent / "out.csv", items)  # nothing else is put into the folder of a run


def _settings(path: Path, value: int) -> None:
    Settings(path / "settings.json").set_folder(str(value))


def _cache(path: Path, value: int) -> None:
    with PixelCache(path / "cache").write("key", (9, 9, 3)) as writer:
        writer.append(np.full((2, 9, 9, 3), value, np.uint8))
        writer.commit({})


def _read_cache(path: Path) -> int:
    entry = PixelCache(path / "cache").load("key")
    assert entry is not None
    assert (np.asarray(entry.pixels) == entry.pixels[0, 0, 0, 0]).all()
    return int(entry.pixels[0, 0, 0, 0])


def _shown(path: Path, value: int) -> None:
    with RunFolder.open(path, writable=True) as run:
        run.write_snapshot(snapshot(value))
        run.write_projection(projection(value))


def _read_shown(path: Path) -> int:
    run = RunFolder.open(path)
    for step in run.snapshot_steps():
        assert (run.snapshot(step).embeddings == snapshot(step).embeddings).all()
    return max((kept.step for kept in map(run.projection, run.projection_steps())), default=0)


WRITERS = {
    "notes": Writer(_notes, lambda path: int(read_notes(path).name or 0)),
    "threshold": Writer(_threshold, lambda path: int(getattr(read_threshold(path), "distance", 0))),
    "gallery": Writer(_gallery, _read_gallery),
    "decisions": Writer(_decisions, lambda path: len(read_decisions(path, ("a", "b", "c"), ()))),
    "export": Writer(_export, lambda path: (path.parent / "out.csv").read_text().count("\na,")),
    "settings": Writer(_settings, lambda path: int(Settings(path / "settings.json").folder or 0), silent=True),
    "cache": Writer(_cache, _read_cache),
    "snapshot and map": Writer(_shown, _read_shown),
}


def _child(writer: Writer, path: Path, go: int) -> int:
    """Save in a child, once it is told to, and return what became of it; never comes back in the child."""
    os.read(go, 1)
    status = 3
    with suppress(Exception):
        try:
            writer.write(path, 2)
            status = SAVED
        except UserError:
            status = REFUSED
    os._exit(status)


def _saved_under(writer: Writer, path: Path, call: str, fault: str) -> tuple[int, bool]:
    """Return the status of a child that saves while a call of it fails, and whether it came to that."""
    go, tell = os.pipe()
    child = os.fork()
    if not child:
        _child(writer, path, go)
    watch = ["strace", "-f", "-e", f"trace={call}", "-e", f"inject={call}:{fault}", "-p", str(child)]
    with subprocess.Popen(watch, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        os.write(tell, b"g")
        _, status = os.waitpid(child, 0)
        calls = tracer.stderr.read()
    os.close(go)
    os.close(tell)
    code = os.waitstatus_to_exitcode(status)
    return code, code == KILLED or "(INJECTED)" in calls


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("strace") is None, reason="needs strace")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WRITERS)
def test_every_call_of_every_other_writer_may_fail(name: str, fault: str, tmp_path: Path) -> None:
    writer = WRITERS[name]
    for call in CALLS:
        for number in range(1, MOST_CALLS):
            path = tmp_path / "run"
            new_run(path).close()
            writer.write(path, 1)
            status, met = _saved_under(writer, path, call, f"{fault}:when={number}")
            assert status in (SAVED, REFUSED, KILLED), f"{call} {number}"
            assert writer.read(path) in ((2,) if status == SAVED and not writer.silent else (1, 2)), f"{call} {number}"
            writer.write(path, 3)
            assert writer.read(path) == 3, f"{call} {number}"
            shutil.rmtree(path)
            if not met:
                break
        else:
            pytest.fail(f"{call}: it never got through")
