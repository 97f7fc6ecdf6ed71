from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from explorer.core.cache_folder import default_folder
from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data.bids import bids_for
from explorer.data.formats import tar_index
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from tests.helpers.containers import png
from tests.helpers.data import picture, scanned

SIDE = 28


def write(path: Path, members: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def shard(path: Path, seeds: range) -> Path:
    """Write samples as WebDataset does."""
    members = {}
    for i in seeds:
        members[f"{i:06d}.cls"] = str(i % 3).encode()
        members[f"{i:06d}.png"] = png(picture(i, SIDE, SIDE))
        members[f"{i:06d}.json"] = json.dumps({"writer": f"w{i % 2}", "box": [1, 2], "wide": 1.5}).encode()
        members[f"{i:06d}.txt"] = f"number {i}\n".encode()
    return write(path, members)


def pixels(seeds: range | list[int]) -> ByteArray:
    return np.stack([picture(i, SIDE, SIDE) for i in seeds])


def test_shards_are_one_set_with_the_split(tmp_path: Path, cache: Path) -> None:
    shard(tmp_path / "set-train-000000.tar", range(5))
    shard(tmp_path / "set-train-000001.tar", range(5, 8))
    shard(tmp_path / "set-val-000000.tar", range(8, 12))
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(data.inputs, pixels(range(12)))
    assert [data.class_name(i) for i in range(12)] == [str(i % 3) for i in range(12)]
    assert data.columns["split"] == ("train",) * 8 + ("val",) * 4
    assert data.columns["writer"] == tuple(f"w{i % 2}" for i in range(12))
    assert data.columns["txt"] == tuple(f"number {i}" for i in range(12))
    assert data.columns["wide"] == ("1.5",) * 12
    assert "box" not in data.columns
    assert data.ids[9] == "val/000009.png"
    assert np.array_equal(data.full_picture(10), picture(10, SIDE, SIDE))
    bid = bids_for(str(tmp_path), DEFAULT_OPTIONS)[0]
    assert (bid.source, bid.bid.reason) == ("webdataset", "3 tars of .png with .cls, .json, .txt beside them")
    one = open_dataset(str(tmp_path / "set-train-000001.tar"), cache_folder=cache)
    assert np.array_equal(one.inputs, pixels(range(5, 8)))
    braces = open_dataset(str(tmp_path / "set-train-{000000..000001}.tar"), cache_folder=cache)
    assert np.array_equal(braces.inputs, pixels(range(8)))
    writers = scanned(str(tmp_path), DataOptions(label_column="writer"))
    assert writers.class_names == ("w0", "w1")
    assert list(writers.columns["cls"]) == [str(i % 3) for i in range(12)]


def test_a_second_opening_does_not_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard(tmp_path / "a.tar", range(5))
    first = scanned(str(tmp_path / "a.tar"))
    monkeypatch.setattr(tar_index, "_scanned", None)
    second = scanned(str(tmp_path / "a.tar"))
    assert second.ids == first.ids
    assert np.array_equal(second.items.table, first.items.table)
    assert second.columns == first.columns
    assert second.notes == first.notes
    monkeypatch.undo()
    shard(tmp_path / "a.tar", range(6))
    assert len(scanned(str(tmp_path / "a.tar"))) == 6
    for kept in (default_folder() / "indexes").iterdir():
        kept.write_bytes(kept.read_bytes()[:100])
    assert len(scanned(str(tmp_path / "a.tar"))) == 6


def test_keys_end_at_the_first_dot_and_an_item_has_one_picture(tmp_path: Path, cache: Path) -> None:
    image = png(picture(0, SIDE, SIDE))
    write(
        tmp_path / "a.tar",
        {
            "in/a.left.png": image,
            "in/a.right.png": image,
            "in/a.cls": b"4",
            "in.two/b.PNG": image,
            "in.two/b.json": b'"7"',
            "c.png": image,
            "c.json": b"{broken",
            "d.npy": b"x",
            "d.cls": b"1",
        },
    )
    data = open_dataset(str(tmp_path / "a.tar"), cache_folder=cache)
    assert data.ids == ("in/a.left.png", "in.two/b.PNG", "c.png")
    assert [data.class_name(i) for i in range(3)] == ["4", "7", ""]
    assert "1 further picture of items that have one left out" in data.report.notes


def test_a_tar_of_class_folders_is_as_the_folder(tmp_path: Path, cache: Path) -> None:
    members = {f"./set/{part}/{name}/v1.{i}.png": png(picture(i, SIDE, SIDE))
               for part in ("train", "test") for name in ("cat", "dog") for i in range(3)}  # fmt: skip
    write(tmp_path / "set.tar", members | {"./set/readme.md": b"x", "./set/.DS_Store": b"x"})
    data = open_dataset(str(tmp_path / "set.tar"), cache_folder=cache)
    assert data.class_names == ("cat", "dog")
    assert len(data) == 12
    assert data.columns["split"] == ("train",) * 6 + ("test",) * 6
    assert data.report.notes == ("Beside them: 1 file that is not a picture",)
    assert np.array_equal(data.inputs[:3], pixels(range(3)))


def test_what_is_broken_is_left_out_with_its_reason(tmp_path: Path, cache: Path) -> None:
    shard(tmp_path / "s-0.tar", range(3))
    cut = shard(tmp_path / "s-1.tar", range(3, 6))
    data = cut.read_bytes()
    cut.write_bytes(data[: data.rindex(b"\x89PNG") + 20])
    image = bytearray(png(picture(9, SIDE, SIDE)))
    image[60:90] = b"\0" * 30
    write(tmp_path / "s-2.tar", {"x.png": bytes(image), "x.cls": b"1", "../y.png": bytes(image), "y.heic": b"x"})
    (tmp_path / "s-3.tar").write_bytes(b"no tar" * 200)
    report = check(str(tmp_path), cache_folder=cache).report
    assert report.kept == 5
    told = {item.path: item.reason for item in report.skipped}
    assert told["s-1.tar"] == "the archive is cut off within 000005.png; what lies behind is left out"
    assert "checksum does not agree" in told["s-3.tar"]
    assert told["../y.png"] == "refused: its name leads outside the archive"
    assert "convert it to PNG" in told["y.heic"]
    assert "damaged" in told["x.png"] or "cut short" in told["x.png"]


def test_what_cannot_be_read_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"x" * 2000)
    (tmp_path / "b.tar.gz").write_bytes(b"\x1f\x8b" + b"x" * 2000)
    write(tmp_path / "c.tar", {"a.bin": b"x"})
    for name, text in (("a.tar", "checksum"), ("b.tar.gz", r"packed as a whole.*Unpack it"), ("c.tar", "nothing")):
        with pytest.raises(UserError, match=text):
            check(str(tmp_path / name))


def test_tars_beside_a_folder_of_pictures_do_not_take_it(tmp_path: Path) -> None:
    shard(tmp_path / "a.tar", range(2))
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(png(picture(0, SIDE, SIDE)))
    assert bids_for(str(tmp_path), DEFAULT_OPTIONS)[0].source == "folder"


def test_what_lacks_its_other_half_is_counted(tmp_path: Path) -> None:
    members = {"a/1.png": png(picture(1, SIDE, SIDE)), "a/1.cls": "é".encode("latin-1"), "lonely.cls": b"2",
               "a/2.jpg": png(picture(2, SIDE, SIDE)), "far/3.json": b'{"writer": "x"}', "model.weights": b"9",
               "README.txt": b"of pictures"}  # fmt: skip
    found = scanned(str(write(tmp_path / "s.tar", members)))
    assert (list(found.ids), found.class_names, found.labels.tolist()) == (["a/1.png", "a/2.jpg"], ("é",), [0, -1])
    assert {
        "2 keys with a class or columns and nothing else left out, such as lonely.cls",
        "Beside them: 2 files that are not pictures",
        "1 picture without a class: unlabelled",
    } <= set(found.notes)


def test_texts_that_stand_beside_nothing_are_the_items(tmp_path: Path, cache: Path) -> None:
    members = {"1.txt": b"one two", "1.cls": b"0", "2.txt": b"two three", "2.json": b'{"cls": 1}'}
    data = open_dataset(str(write(tmp_path / "s.tar", members)), cache_folder=cache)
    assert (data.modality.name, [data.words(i) for i in range(2)]) == ("text", ["one two", "two three"])
    assert [data.class_name(i) for i in range(2)] == ["0", "1"]
    assert set(data.columns) == set()
    folders = write(tmp_path / "f.tar", {"news/a.txt": b"one", "mail/a.txt": b"two"})
    assert open_dataset(str(folders), cache_folder=cache).class_names == ("mail", "news")
    bid = bids_for(str(folders), DEFAULT_OPTIONS)[0].bid
    assert bid.reason == "a tar of .txt"


def test_a_tar_from_windows_has_folders_too(tmp_path: Path) -> None:
    members = {f"train\\{label}\\{i}.png": png(picture(i, SIDE, SIDE)) for i, label in enumerate("abab")}
    found = scanned(str(write(tmp_path / "s.tar", members | {"..\\x\\4.png": b"out"})))
    assert (found.class_names, list(found.columns["split"])) == (("a", "b"), ["train"] * 4)
    assert [one.path for one in found.skipped] == ["../x/4.png"]


def test_a_name_that_leads_back_within_a_tar_is_no_name_outside(tmp_path: Path) -> None:
    members = {name: png(picture(1, SIDE, SIDE)) for name in ("a/../b/0.png", "c/0.png", "c/../../d/0.png")}
    found = scanned(str(write(tmp_path / "s.tar", members)))
    assert list(found.ids) == ["b/0.png", "c/0.png"]
    assert [one.path for one in found.skipped] == ["c/../../d/0.png"]
