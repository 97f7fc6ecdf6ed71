"""What was freed goes back to the system."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from explorer.core.freed_memory import give_back, keep_giving_back

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
