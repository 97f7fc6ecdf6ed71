from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import UserError
from explorer.data.listing import Listing
from explorer.data.opening import check, open_dataset
from tests.helpers.data import picture, picture_folder, real_data, scanned


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(seed, 28, 28)).save(file, "PNG")
    return file.getvalue()


def test_a_zip_equals_its_folder(tmp_path: Path, cache: Path) -> None:
    folder = picture_folder(tmp_path / "set", {"cat": 3, "dog": 2})
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.png"), reverse=True):
            archive.write(file, Path("wrapper") / file.relative_to(folder))
        archive.writestr("__MACOSX/wrapper/cat/._000.png", b"x")
        archive.writestr("wrapper/.DS_Store", b"x")
        archive.writestr("wrapper/readme.txt", b"x")
    zipped = open_dataset(str(path), cache_folder=cache)
    plain = open_dataset(str(folder), cache_folder=cache)
    assert zipped.ids == tuple(f"wrapper/{name}" for name in plain.ids)
    assert zipped.class_names == plain.class_names
    assert np.array_equal(zipped.labels, plain.labels)
    assert np.array_equal(zipped.inputs, plain.inputs)
    assert np.array_equal(zipped.full_picture(2), plain.full_picture(2))
    assert zipped.report.notes == ("Beside them: 1 file that is not a picture",)


def test_an_archive_from_windows(tmp_path: Path) -> None:
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in ("Training", "Testing"):
            for name in ("ring", "star"):
                archive.writestr(f"set\\{part}\\{name}\\0.png", png(1))
    listing = scanned(str(path))
    assert listing.class_names == ("ring", "star")
    assert listing.columns["split"] == ("testing", "testing", "training", "training")
    assert listing.ids[0] == "set/Testing/ring/0.png"


def test_entries_that_could_do_harm_are_refused(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/good.png", png(0))
        for name in ("../out.png", "cat/../../out.png", "/etc/out.png", "C:/out.png", "cat\\..\\..\\out.png"):
            archive.writestr(name, png(1))
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("cat/odd.png", png(2), compress_type=zipfile.ZIP_LZMA)
    report = check(str(path), cache_folder=cache).report
    assert report.kept == 1
    reasons = [item.reason for item in report.skipped]
    assert reasons.count("refused: its name leads outside the archive") == 5
    assert "refused: a link or a device in an archive" in reasons
    assert "packed by LZMA, which is not read; make the archive again with deflate" in reasons


def test_folders_called_dot_or_nothing_are_none(tmp_path: Path) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("./ring/0.png", "ring//1.png", "././star/./2.png", "./", "ring/"):
            archive.writestr(name, png(1))
        archive.writestr(".//../out.png", png(2))
    listing = scanned(str(path))
    assert listing.ids == ("ring/0.png", "ring/1.png", "star/2.png")
    assert listing.class_names == ("ring", "star")
    assert [one.reason for one in listing.skipped] == ["refused: its name leads outside the archive"]


@pytest.mark.parametrize(
    ("names", "method", "said"),
    [
        ((), zipfile.ZIP_STORED, "is an empty zip. Zip one folder"),
        (("a/0.png", "a/1.png"), zipfile.ZIP_LZMA, "; the first, a/0.png: packed by LZMA, which is not read; make"),
        (("a/0.png", "a/1.png"), zipfile.ZIP_BZIP2, "; the first, a/0.png: packed by bzip2, which is not read; make"),
        (("sets/inner.zip",), zipfile.ZIP_STORED, "but other archives, as sets/inner.zip. Unpack it"),
        (("a/notes.md",), zipfile.ZIP_STORED, "can be read in"),
    ],
)
def test_why_nothing_is_read_is_said(tmp_path: Path, names: tuple[str, ...], method: int, said: str) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(name, png(1))
    with pytest.raises(UserError) as refused:
        scanned(str(path))
    assert said in str(refused.value)


@pytest.mark.parametrize("between", ["/", "\\"])
def test_a_name_that_leads_back_within_the_archive_is_no_name_outside(tmp_path: Path, between: str) -> None:
    path = tmp_path / "back.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/../b/0.png", "a/0.png", "a/c/../../d/0.png", "a/../../e/0.png"):
            archive.writestr(name.replace("/", between), png(1))
    listing = scanned(str(path))
    assert listing.ids == ("a/0.png", "b/0.png", "d/0.png")
    assert [(one.path, one.reason) for one in listing.skipped] == [
        ("a/../../e/0.png", "refused: its name leads outside the archive")
    ]


def test_a_method_that_is_not_read_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/0.png", png(1))
    plain = path.read_bytes()
    for method, called in ((9, "deflate64"), (93, "Zstandard"), (77, "method 77")):
        data = bytearray(plain)
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            data[data.index(mark) + place] = method
        path.write_bytes(data)
        with pytest.raises(UserError, match=rf"a/0\.png: packed by {called}, which is not read"):
            scanned(str(path))


def test_archives_within_are_told_in_folders_zips_and_tars(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "set", {"cat": 2, "dog": 2})
    for name in ("cat/more.zip", "all.tar.gz"):
        (folder / name).write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as zipped, tarfile.open(tmp_path / "set.tar", "w") as tarred:
        for file in sorted(folder.rglob("*.*")):
            zipped.write(file, file.relative_to(folder))
            tarred.add(file, file.relative_to(folder))
    told = "2 archives such as all.tar.gz not read: unpack it, or open it instead, where items are in it"
    for path in (folder, tmp_path / "set.zip", tmp_path / "set.tar"):
        assert scanned(str(path)).notes.count(told) == 1
    shutil.rmtree(folder / "cat")
    shutil.rmtree(folder / "dog")
    with pytest.raises(UserError, match=r"no pictures in .*set but archives, as all\.tar\.gz\. Unpack it and open"):
        scanned(str(folder))
    (tmp_path / "set.7z").write_bytes(b"7z")
    with pytest.raises(UserError, match=r"set\.7z is packed and not read as it is\. Unpack it and open what"):
        scanned(str(tmp_path / "set.7z"))


def test_damage_is_noticed_whatever_was_kept_before_and_so_is_that_it_is_mended(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", png(0))
        archive.writestr("cat/b.png", png(1))
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[whole.index(png(1)) + 100] ^= 0xFF
    seen = []
    for number, content in enumerate((whole, bytes(damaged), whole)):
        path.write_bytes(content)
        os.utime(path, (1_000 + number, 1_000 + number))
        data = open_dataset(str(path), cache_folder=cache)
        seen.append((data.report.kept, [one.path for one in data.report.skipped], data.fingerprint))
    assert [one[:2] for one in seen] == [(2, []), (1, ["cat/b.png"]), (2, [])]
    assert seen[0][2] == seen[2][2]  # the same data, wherever and whenever they were copied


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/0.png", png(1))
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"the first, a/0\.png: encrypted; make the archive again without a password"):
        scanned(str(path))


def test_damage_inside_is_told_per_picture(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", png(0))
        archive.writestr("cat/b.png", png(1))
    data = bytearray(path.read_bytes())
    data[data.index(png(1)) + 100] ^= 0xFF
    path.write_bytes(data)
    report = check(str(path), cache_folder=cache).report
    assert report.kept == 1
    assert [(i.path, i.reason) for i in report.skipped] == [
        ("cat/b.png", "damaged in the archive: its checksum does not agree")
    ]


def test_an_entry_that_lies_about_its_size_is_not_unpacked_further(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/a.png", b"\0" * 50_000_000)
        archive.writestr("cat/b.png", png(1))
    data = bytearray(path.read_bytes())
    for at in (22, data.index(b"PK\x01\x02") + 24):  # the unpacked size, in both headers
        data[at : at + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    report = check(str(path), cache_folder=cache).report
    assert (report.kept, len(report.skipped)) == (1, 1)


def test_entries_that_share_bytes_are_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", png(0))
        archive.writestr("cat/b.png", png(1))
        archive.infolist()[1].header_offset = archive.infolist()[0].header_offset
    with pytest.raises(UserError, match="zip bomb"):
        scanned(str(path))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not really", b"PK\x05\x06" + b"\0" * 18])
def test_not_a_zip(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(UserError):
        scanned(str(path))


def test_names_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", png(0))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("cat/a.png", png(1))
    listing = scanned(str(path))
    assert isinstance(listing, Listing)
    assert len(listing) == 1
    with listing.items.reading() as read:
        assert read(0) == png(1)
    assert listing.skipped[0].reason.startswith("named twice")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "items", "classes", "columns"),
    [("omniglot.zip", 32_460, 1623, ["level1"]), ("fashion_mnist.zip", 70_000, 10, ["split"])],
)
def test_real_archives(name: str, items: int, classes: int, columns: list[str]) -> None:
    listing = scanned(str(real_data(name)))
    assert (len(listing), len(listing.class_names), sorted(listing.columns)) == (items, classes, columns)
    assert listing.skipped == ()


def test_lists_that_may_say_the_classes_are_told_in_folders_and_archives(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "set", {"images": 2})
    (folder / "annotations").mkdir()
    for name in ("annotations/instances.json", "labels.csv"):
        (folder / name).write_text("name,label\n")
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        tar.add(folder, ".")
    shutil.make_archive(str(tmp_path / "set"), "zip", folder)
    unpack = "unpack the archive and open it"
    for name, how in (("set", "open that instead"), ("set.zip", unpack), ("set.tar", unpack)):
        told = f"2 tables or lists such as labels.csv not read: {how}, where one of them says the classes"
        assert told in scanned(str(tmp_path / name)).notes
