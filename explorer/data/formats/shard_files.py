"""Which files of a folder are the shards of one set, and what part of the split their names say."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import PurePosixPath

from explorer.data import names
from explorer.data.labels.part_names import likely_part_of, part_of

DEEPEST = 3
PEEKED, MOST = 4096, 2_000_000
"""So many entries are looked at for a bid, and for the listing itself."""


def files_below(root: str, wanted: Callable[[str], bool], most: int = MOST) -> list[str]:
    """Return the files whose names are wanted, relative to ``root`` with slashes, sorted; a few folders deep.

    Raises
    ------
    OSError: if ``root`` cannot be read.
    """
    found: list[str] = []
    waiting = deque([("", 0)])
    while waiting and most > 0:
        prefix, depth = waiting.popleft()
        try:
            with os.scandir(os.path.join(root, prefix)) as entries:
                for entry in islice(entries, most):
                    most -= 1
                    if names.hidden(entry.name):
                        continue
                    if wanted(entry.name) and entry.is_file():
                        found.append(prefix + entry.name)
                    elif depth < DEEPEST and entry.is_dir():
                        waiting.append((f"{prefix}{entry.name}/", depth + 1))
        except OSError:
            if not prefix:
                raise
    return sorted(found)


def part_of_shard(relative: str) -> str:
    """Return the part that a shard holds: ``train-00000-of-00005.parquet``, ``test/0000.tar``; empty: not said."""
    path = PurePosixPath(relative)
    said = likely_part_of(path.name.partition(".")[0])
    return said or next((part for folder in path.parts[-2::-1] if (part := part_of(folder))), "")
