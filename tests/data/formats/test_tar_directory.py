from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.data.formats.tar_directory import DamagedTarError, Member, is_tar, tar_members

NAMES = ("a.txt", "dir/b.png", "l" * 90 + "/" + "m" * 90 + ".jpg", "n" * 300 + ".jpg", "späte/ü.png", "empty.cls")


def write(path: Path, form: int) -> dict[str, bytes]:
    """Write a tar with files, a folder and a link by the library of Python; return the files."""
    files = {name: bytes([65 + i]) * (i * 511) for i, name in enumerate(NAMES[:-1])} | {NAMES[-1]: b""}
    with tarfile.open(path, "w", format=form) as archive:
        folder = tarfile.TarInfo("dir")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return files


def members(data: bytes) -> Iterator[Member]:
    return tar_members(lambda offset, size: data[offset : offset + size], len(data))


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_those_that_the_library_finds(form: int, tmp_path: Path) -> None:
    files = write(tmp_path / "a.tar", form)
    data = (tmp_path / "a.tar").read_bytes()
    *found, link = members(data)
    assert {one.name: data[one.offset : one.offset + one.size] for one in found} == files
    with tarfile.open(tmp_path / "a.tar") as archive:
        theirs = [(one.name, one.offset_data, one.size) for one in archive if one.isfile()]
    assert [(one.name, one.offset, one.size) for one in found] == theirs
    assert (link.name, link.refused) == ("link.png", "refused: a link in an archive")
    assert is_tar(data[:512])
    assert not is_tar(b"\0" * 512)
    assert not is_tar(data[100:612])


def test_a_size_in_binary_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", tarfile.GNU_FORMAT)
    data = bytearray((tmp_path / "a.tar").read_bytes())
    at = data.index(b"dir/b.png")
    data[at + 124 : at + 136] = b"\x80" + (511).to_bytes(11, "big")
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    assert next(one for one in members(bytes(data)) if one.name == "dir/b.png").size == 511


def test_what_comes_before_damage_holds(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", tarfile.GNU_FORMAT)
    data = (tmp_path / "a.tar").read_bytes()
    place = data.index(b"dir/b.png")
    for broken, text in (
        (data[: place + 520], "cut off within dir/b.png"),
        (data[:place], "it has no end"),
        (data[:place] + b"x" + data[place + 1 :], "checksum"),
    ):
        seen: list[str] = []
        with pytest.raises(DamagedTarError, match=text):
            seen.extend(member.name for member in members(broken))
        assert seen == ["a.txt"]
