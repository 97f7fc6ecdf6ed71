"""Names that meet in an archive, and names that lead out of it: a zip and a tar are read alike."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.data.formats.archive_names import OUTSIDE, TWICE, leads_outside, plain_name
from tests.helpers.containers import png
from tests.helpers.data import picture, scanned

Members = list[tuple[str, bytes]]


def zipped(path: Path, members: Members) -> None:
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name comes again is what is wanted here
        for name, data in members:
            archive.writestr(name, data)


def tarred(path: Path, members: Members) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize(("made", "ending"), [(zipped, "zip"), (tarred, "tar")], ids=["zip", "tar"])
def test_of_names_that_meet_the_last_is_used_and_absolute_ones_are_refused(
    tmp_path: Path, made: Callable[[Path, Members], None], ending: str
) -> None:
    pictures = [png(picture(seed)) for seed in range(9)]
    spelt = ("cat/a.png", "cat/a.png", "dog//b.png", "Cat/a.png", "./cat/a.png", "cat/../dog/b.png", "dog/c.png",
             "/etc/d.png", "C:/e.png")  # fmt: skip
    path = tmp_path / f"set.{ending}"
    made(path, list(zip(spelt, pictures, strict=True)))
    listing = scanned(str(path))
    with listing.items.reading() as read:
        found = {name: read(place) for place, name in enumerate(listing.ids)}
    assert found == {
        "cat/a.png": pictures[4],  # as tools do that unpack them
        "Cat/a.png": pictures[3],  # another file, as on most systems that archives are made on
        "dog/b.png": pictures[5],
        "dog/c.png": pictures[6],
    }
    assert sorted((one.path, one.reason) for one in listing.skipped) == [
        ("/etc/d.png", OUTSIDE),
        ("C:/e.png", OUTSIDE),
        ("cat/a.png", TWICE),
        ("cat/a.png", TWICE),
        ("dog/b.png", TWICE),
    ]


@pytest.mark.parametrize(("made", "ending"), [(zipped, "zip"), (tarred, "tar")], ids=["zip", "tar"])
def test_a_name_of_windows_is_read_alike_beside_others(
    tmp_path: Path, made: Callable[[Path, Members], None], ending: str
) -> None:
    spelt = ("cat/a.png", "dog\\b.png", "set\\cat\\c.png", "cat/d\\e.png", "..\\f.png", "cat\\..\\dog\\g.png")
    path = tmp_path / f"set.{ending}"
    made(path, [(name, png(picture(seed))) for seed, name in enumerate(spelt)])
    listing = scanned(str(path))
    assert sorted(listing.ids) == ["cat/a.png", "cat/d\\e.png", "dog/b.png", "dog/g.png", "set/cat/c.png"]
    assert [one.reason for one in listing.skipped] == [OUTSIDE]


@pytest.mark.parametrize(
    ("name", "plain", "outside"),
    [
        ("a/1.png", "a/1.png", False),
        ("./a//1.png", "a/1.png", False),
        ("a/b/../1.png", "a/1.png", False),
        ("a/./", "a/", False),
        ("./", "", False),
        ("a..b/1.png", "a..b/1.png", False),
        ("a/../../1.png", "a/../../1.png", True),
        ("/a/../1.png", "/a/../1.png", True),
        ("\\a\\1.png", "\\a\\1.png", True),
        ("c:a.png", "c:a.png", True),
    ],
)
def test_how_names_are_read(name: str, plain: str, outside: bool) -> None:
    assert plain_name(name) == plain
    assert leads_outside(plain) == outside
