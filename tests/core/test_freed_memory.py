"""What was freed goes back to the system."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading

import pytest

from explorer.core.freed_memory import HEAPS, give_back, keep_giving_back

# blocks that are too small to be mapped one by one, every other one freed: the heap cannot shrink from its end
HELD = """
import os
from pathlib import Path
from explorer.core.freed_memory import give_back
from tests.helpers.footprint import footprint
blocks = [bytearray(100_000) for _ in range(3000)]
del blocks[:-1]
before = footprint(os.getpid()).own
give_back()
print(before - footprint(os.getpid()).own)
"""

# threads that allocate at the same time, each from a heap of its own if it can; malloc_stats names the heaps on stderr
THREADS = """
import ctypes, sys, threading
from explorer.core.freed_memory import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
all_here = threading.Barrier(6)
def work():
    block = bytearray(100_000)
    all_here.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ctypes.CDLL(None).malloc_stats()
"""

# large blocks, small ones that stay between them, as arrays that an answer is computed from and what it is kept in
APART = """
import os, sys
from explorer.core.freed_memory import keep_large_apart
from tests.helpers.footprint import footprint
if sys.argv[1] == "apart":
    keep_large_apart()
bytearray(30 << 20)  # after this one glibc takes all of 30 MiB and less from its heap
large, small = [], []
before = footprint(os.getpid()).own
for _ in range(40):
    large.append(bytearray(b"1") * (2 << 20))
    small.append(bytearray(100_000))
large.clear()
print(footprint(os.getpid()).own - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_memory_that_was_freed_below_some_that_is_used_goes_back() -> None:
    """In a process of its own, whose heap nothing else has used."""
    run = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True, env=os.environ)
    assert float(run.stdout) > 150


def test_giving_back_ends_when_it_is_told_to() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=keep_giving_back, args=(ended,))
    thread.start()
    ended.set()
    thread.join(10)
    assert not thread.is_alive()
    give_back()


@pytest.mark.skipif(sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="heaps of glibc")
def test_threads_share_few_heaps() -> None:
    def heaps(how: str) -> int:
        run = subprocess.run([sys.executable, "-c", THREADS, how], capture_output=True, text=True, check=True)
        return run.stderr.count("Arena ")

    assert heaps("shared") <= HEAPS < heaps("own")


@pytest.mark.skipif(sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="heaps of glibc")
def test_large_arrays_that_were_freed_leave_no_holes() -> None:
    def left(how: str) -> float:
        command = [sys.executable, "-c", APART, how]
        return float(subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout)

    assert left("apart") < 8
    assert left("together") > 60
