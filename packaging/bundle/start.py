"""What the bundle starts with: the window or a command, or the work of one of its processes."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

import platformdirs

KERNELS = "NUMBA_CACHE_DIR"


def keep_kernels() -> None:
    """Let numba keep what it compiles in the cache of this person: the bundle may be another's, and stays as it was.

    Where there is no such place, it is kept as long as this process lives: numba refuses to load without any.
    """
    folder = Path(platformdirs.user_cache_dir("embedding-explorer", appauthor=False)) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="embedding-explorer-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[KERNELS] = str(folder)


if __name__ == "__main__":
    multiprocessing.freeze_support()  # first of all: the analysis process and the decoders start this file again
    if KERNELS not in os.environ:
        keep_kernels()
    from explorer import __main__ as program

    windowed = Path(sys.executable).stem.endswith("-gui") or sys.stdout is None
    sys.exit(program.gui() if windowed else program.main())
