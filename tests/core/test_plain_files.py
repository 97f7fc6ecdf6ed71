"""A file that somebody named is read, and nothing else is waited for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from explorer.core.plain_files import read_plain


def test_a_file_is_read_and_a_large_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n")
    assert read_plain(path, 4) == b"a,b\n"
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(OSError, match="larger than 1 MB"):
        read_plain(path, 1 << 20)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "b.csv", 4)
    with pytest.raises(OSError, match=r"directory|denied"):
        read_plain(tmp_path, 4)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(OSError, match="it is no file"):
            read_plain(path, 4)
