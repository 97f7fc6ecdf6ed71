"""Folders in which the kernel shows itself (``/proc``, ``/sys``): without end, and never data."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

SHOWN_BY_KERNEL = frozenset(
    (
        *("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs"),
        *("securityfs", "configfs", "pstore", "bpf", "efivarfs", "mqueue"),
    )
)
"""File systems whose files are made up as they are read; see ``man 5 proc_pid_mountinfo``."""


@cache
def _devices(mounts: Path = MOUNTS) -> frozenset[int]:
    """Return the device numbers of what the kernel shows; none where it does not tell (macOS, Windows)."""
    found = set()
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        mount, _, system = line.partition(" - ")
        if system.split(" ", 1)[0] in SHOWN_BY_KERNEL:
            major, _, minor = mount.split(" ")[2].partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)


def is_of_kernel(status: os.stat_result) -> bool:
    """Return whether a folder or a file is one of the kernel's, by its ``stat``."""
    return status.st_dev in _devices()


def path_is_of_kernel(path: str) -> bool:
    """Return whether there is something at a path that is the kernel's."""
    try:
        return is_of_kernel(os.stat(path))
    except (OSError, ValueError):
        return False
