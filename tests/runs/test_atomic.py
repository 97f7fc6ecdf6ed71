from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.atomic import digest_of, saving, write_file, write_folder, write_synced


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert write_file(path, [b"one", memoryview(b"two")]) == digest_of(path)
    write_file(path, [b"three"])
    assert path.read_bytes() == b"three"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_when_the_disk_refuses_the_old_file_is_intact_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "a"
    write_file(path, [b"old"])

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(UserError, match=os.strerror(code)):
            write_file(path, [b"new"])
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def half(folder: Path) -> None:
        write_synced(folder / "a", [b"1"])
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match="No space left"):
        write_folder(tmp_path / "f", half)
    assert os.listdir(tmp_path) == []

    def whole(folder: Path) -> None:
        write_synced(folder / "a", [b"1"])

    write_folder(tmp_path / "f", whole)
    assert (tmp_path / "f" / "a").read_bytes() == b"1"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"), open(tmp_path / "full", "wb", buffering=0) as file:
        file.write(b"x")
    with pytest.raises(UserError, match="Free some space"), saving(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("write", [lambda path: write_file(path, [b"x"]), lambda path: write_folder(path, Path.mkdir)])
def test_a_folder_that_went_away_is_called_gone_and_never_made_again(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    run = tmp_path / "run"
    with pytest.raises(UserError, match="run is gone") as caught:
        write(run / "checkpoints" / "1")
    assert "save the run in another place" in (caught.value.remedy or "")
    assert not run.exists()
    run.write_bytes(b"a file in its place")
    with pytest.raises(UserError, match="run is gone"):
        write(run / "checkpoints" / "1")
    run.unlink()
    run.mkdir()
    with pytest.raises(UserError, match="checkpoints is gone"):
        write(run / "checkpoints" / "1")
