"""What a process and its children hold: memory, handles, threads; from /proc, thus on Linux alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MIB = 1024.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """One process. ``own``: MiB that it alone has to hold (anonymous); ``shared``: its share of memory that processes
    have in common; ``mapped``: its share of mapped files, which the system may drop."""

    pid: int
    name: str
    own: float
    shared: float
    mapped: float
    handles: int
    threads: int

    @property
    def held(self) -> float:
        """MiB of memory that no file backs."""
        return self.own + self.shared


def footprint(pid: int) -> Footprint:
    """Measure one process.

    Raises
    ------
    OSError: if it has ended.
    """
    folder = Path(f"/proc/{pid}")
    sizes = dict(_field(line) for line in (folder / "smaps_rollup").read_text().splitlines()[1:])
    status = dict(line.partition(":\t")[::2] for line in (folder / "status").read_text().splitlines())
    return Footprint(
        pid, status["Name"], sizes["Pss_Anon"] / MIB, sizes["Pss_Shmem"] / MIB, sizes["Pss_File"] / MIB,
        len(os.listdir(folder / "fd")), int(status["Threads"]),
    )  # fmt: skip


def _field(line: str) -> tuple[str, float]:
    name, _, rest = line.partition(":")
    return name, float(rest.split()[0])


def family(pid: int) -> list[Footprint]:
    """Measure a process and all that it started, it first."""
    found: list[Footprint] = []
    for one in [pid, *_descendants(pid)]:
        try:
            found.append(footprint(one))
        except OSError:  # ended while we looked
            continue
    return found


def _descendants(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children.extend(map(int, task.read_text().split()))
        except OSError:
            continue
    return children + [deeper for child in children for deeper in _descendants(child)]
