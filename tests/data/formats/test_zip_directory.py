from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats.zip_directory import Member, members_of

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9)


def infolist(path: Path) -> list[Member] | str:
    """Return what ``zipfile`` says of an archive, or how it fails."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [
                Member(i.filename, i.flag_bits, i.compress_type, i.CRC, i.compress_size, i.file_size, i.external_attr,
                       i.header_offset)
                for i in archive.infolist()
            ]  # fmt: skip
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        return f"{type(error).__name__} {error}"


def ours(path: Path) -> list[Member] | str:
    try:
        return members_of(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        return f"{type(error).__name__} {error}"


def written(members: dict[str, bytes], comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return file.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zips") / "a.zip"


@given(
    members=st.dictionaries(NAMES, st.binary(max_size=40), max_size=5),
    before=st.sampled_from([b"", b"something"]),
    comment=st.sampled_from([b"", b"said"]),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_members_are_those_of_zipfile(
    place: Path, members: dict[str, bytes], before: bytes, comment: bytes, method: int
) -> None:
    place.write_bytes(before + written(members, comment, method))
    assert ours(place) == infolist(place)


@pytest.fixture
def many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two members be as many as make ``zipfile`` write the longer end of a directory."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)


@pytest.mark.usefixtures("many_members")
def test_a_directory_of_many_is_read_without_zipfile(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written({"a/é.png": b"one", "b.png": b"two"})
    assert b"PK\x06\x06" in whole
    for data in (whole, b"something" + whole):
        place.write_bytes(data)
        expected = infolist(place)
        assert len(expected) == 2
        with monkeypatch.context() as patch:
            patch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was asked"))
            assert members_of(place) == expected


@pytest.mark.usefixtures("many_members")
def test_a_damaged_directory_of_many_is_told_as_by_zipfile(place: Path) -> None:
    _damage(place, written({"a/é.png": b"one", "b.png": b"two"}))


def test_whatever_is_damaged_is_told_as_by_zipfile(place: Path) -> None:
    _damage(place, written({"a/é.png": b"one", "b.png": b"two"}))


def _damage(place: Path, whole: bytes) -> None:
    for at in range(whole.index(b"PK\x01\x02"), len(whole)):
        for value in (0, 0x20, 0xFF):
            place.write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
            assert ours(place) == infolist(place), f"{value} at {at}"
        place.write_bytes(whole[:at])
        assert ours(place) == infolist(place), f"cut at {at}"


@pytest.mark.parametrize("extra", [b"", struct.pack("<HHI", 0x5455, 4, 7), struct.pack("<HHQ", 1, 8, 7)])
def test_further_fields_and_names_of_old_archives(place: Path, extra: bytes) -> None:
    info = zipfile.ZipInfo("name.png")
    info.extra = extra
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(info, b"content")
    place.write_bytes(place.read_bytes().replace(b"name", b"n\x84me"))  # ä in the code page of DOS
    assert ours(place) == infolist(place)
    assert [member.filename for member in members_of(place)] == ["näme.png"]


def test_a_plain_archive_is_read_without_zipfile(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_bytes(b"something" + written({"a/b.png": b"one", "c.png": b"two"}))
    expected = infolist(place)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was asked"))
    assert members_of(place) == expected
