from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explorer.data.pictures import LEAST_AHEAD, MOST_AHEAD, PictureError, ZipPictures


def packed(path: Path, sizes: list[int]) -> tuple[ZipPictures, list[bytes]]:
    generator = np.random.default_rng(0)
    contents = [generator.integers(0, 256, size, dtype=np.uint8).tobytes() for size in sizes]
    with zipfile.ZipFile(path, "w") as archive:
        for number, content in enumerate(contents):
            kind = zipfile.ZIP_DEFLATED if number % 3 == 0 else zipfile.ZIP_STORED
            archive.writestr(f"a/{number}.png", content, kind)
        members = archive.infolist()
    rows = [(m.header_offset, m.compress_size, m.file_size, m.CRC, m.compress_type) for m in members]
    return ZipPictures(str(path), tuple(m.filename for m in members), np.array(rows, np.int64)), contents


SIZES = [1, 700, LEAST_AHEAD, 3, MOST_AHEAD + 5, 12, LEAST_AHEAD * 9, *[500] * 300]


def test_members_are_the_same_in_any_order(tmp_path: Path) -> None:
    pictures, contents = packed(tmp_path / "a.zip", SIZES)
    order = np.random.default_rng(1).permutation(len(SIZES)).tolist()
    with pictures.reading() as read:
        for index in (*range(len(SIZES)), *order, *reversed(range(len(SIZES)))):
            assert read(index) == contents[index]


def test_several_threads_read_from_one_archive(tmp_path: Path) -> None:
    pictures, contents = packed(tmp_path / "a.zip", SIZES)
    with pictures.reading() as read, ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, [*range(len(SIZES))] * 3)) == contents * 3


def test_an_archive_that_ends_early_says_so(tmp_path: Path) -> None:
    pictures, contents = packed(tmp_path / "a.zip", [600] * 50)
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: int(pictures.table[40, 0]) + 60])
    with pictures.reading() as read:
        assert read(39) == contents[39]
        with pytest.raises(PictureError, match="claims more bytes than there are"):
            read(40)
        with pytest.raises(PictureError, match="does not start where the directory says"):
            read(41)
