from __future__ import annotations

import gc
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import DataOptions
from explorer.core.registry import catalogue
from explorer.core.text_column import TextColumn
from explorer.data.cache import PixelCache
from explorer.data.decoding import decode_all, decode_picture
from explorer.data.layouts.place import ZipPlace
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from explorer.data.pictures import ZipPictures
from tests.helpers.data import picture, picture_folder, real_data, save_picture, scanned


def big_pictures(root: Path, count: int, side: int = 300) -> Path:
    """Make pictures large enough to be decoded by several threads."""
    for i in range(count):
        save_picture(root / f"c{i % 3}" / f"{i:03d}.png", picture(i, side, side))
    return root


def test_threads_keep_the_order(tmp_path: Path, cache: Path) -> None:
    big_pictures(tmp_path, 70, 60)
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    for i in (0, 17, 33, 69):
        data = (tmp_path / dataset.ids[i]).read_bytes()
        assert np.array_equal(dataset.inputs[i], decode_picture.decode(data, *dataset.shape[1:]))


def test_progress_counts_up_to_the_end(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 30, "b": 30})
    seen: list[tuple[str, int, int]] = []
    open_dataset(str(tmp_path), progress=lambda *said: seen.append(said), cache_folder=cache)
    assert seen[-1] == ("Reading pictures", 60, 60)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_a_set_is_decoded_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture_folder(tmp_path, {"a": 3})
    first = open_dataset(str(tmp_path), cache_folder=cache)
    monkeypatch.setattr(decode_picture, "decode", lambda *_: pytest.fail("decoded again"))
    second = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(first.inputs, second.inputs)
    assert (second.fingerprint, second.ids) == (first.fingerprint, first.ids)


def test_asked_for_as_a_run_asks_a_set_is_not_decoded_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture_folder(tmp_path / "first", {"a": 3, "b": 3})
    picture_folder(tmp_path / "second", {"a": 3, "b": 3})
    texts = tmp_path / "texts"
    for name in ("a/1.txt", "b/2.txt"):
        (texts / name).parent.mkdir(parents=True, exist_ok=True)
        (texts / name).write_text(f"some words of {name}")
    first = open_dataset(str(tmp_path / "first"), cache_folder=cache)
    alike = first.read_alike(first.modality.alike(DEFAULT_OPTIONS, first.shape))
    open_dataset(str(tmp_path / "second"), alike, cache_folder=cache)
    read = open_dataset(str(texts), cache_folder=cache)
    monkeypatch.setattr(PixelCache, "write", lambda *_: pytest.fail("decoded again"))
    again = open_dataset(str(tmp_path / "first"), alike, cache_folder=cache)
    assert np.array_equal(first.inputs, again.inputs)
    assert open_dataset(str(tmp_path / "second"), cache_folder=cache).report.kept == 6  # and the other way round
    length = read.modality.alike(DEFAULT_OPTIONS, read.shape)
    assert np.array_equal(open_dataset(str(texts), length, cache_folder=cache).inputs, read.inputs)
    for path in (tmp_path / "first", tmp_path / "second"):  # the second time without looking at any picture
        monkeypatch.setattr(decode_all, "choose_shape", lambda *_: pytest.fail("looked at again"))
        for options in (DEFAULT_OPTIONS, alike):
            open_dataset(str(path), options, cache_folder=cache)


def test_damaged_pixels_are_decoded_anew_and_that_is_said(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 3})
    first = open_dataset(str(tmp_path), cache_folder=cache)
    whole = np.array(first.inputs)
    (file,) = cache.rglob("*.pixels")
    file.write_bytes(bytes(len(file.read_bytes())))
    second = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(second.inputs, whole)
    assert any("damaged: decoded anew" in note for note in second.report.notes)
    assert not any("damaged" in note for note in open_dataset(str(tmp_path), cache_folder=cache).report.notes)


@pytest.mark.parametrize("side", [12, 200])
def test_cancel_is_quick_and_leaves_nothing(tmp_path: Path, cache: Path, side: int) -> None:
    big_pictures(tmp_path, 120, side)
    threads = threading.active_count()
    asked: list[float] = []

    def progress(text: str, done: int, total: int) -> None:
        if total and not asked:
            asked.append(time.monotonic())

    with pytest.raises(Cancelled):
        open_dataset(str(tmp_path), progress=progress, cancelled=lambda: bool(asked), cache_folder=cache)
    assert time.monotonic() - asked[0] < 1.0
    assert threading.active_count() == threads
    assert [p for p in cache.rglob("*") if p.is_file()] == []


def test_names_in_a_zip_are_no_objects_once_it_is_open(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(picture_folder(tmp_path / "a", {"a": 5, "b": 5}).rglob("*.png")):
            archive.write(file, file.relative_to(tmp_path))
    dataset = open_dataset(str(path), cache_folder=cache)
    assert isinstance(dataset.originals, ZipPictures)
    assert isinstance(dataset.originals.names, TextColumn)
    assert isinstance(dataset.originals.subset(np.arange(3)).names, TextColumn)
    assert dataset.originals.path(0).endswith("a.zip/" + dataset.ids[0])
    gc.collect()
    assert not [one for one in gc.get_objects() if type(one) is ZipPlace and one.spec == str(path)]


def test_cancel_before_anything(tmp_path: Path) -> None:
    picture_folder(tmp_path, {"a": 1})
    with pytest.raises(Cancelled):
        scanned(str(tmp_path), cancelled=lambda: True)


def test_a_picture_deleted_after_the_scan_is_read_again_later(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture_folder(tmp_path, {"a": 3})
    victim = tmp_path / "a" / "001.png"
    hidden = tmp_path / "a" / "001.hidden"
    state = victim.stat()

    def progress(text: str, done: int, total: int) -> None:
        if total and done == 1 and victim.exists():
            victim.rename(hidden)

    dataset = open_dataset(str(tmp_path), progress=progress, cache_folder=cache)
    assert [item.reason for item in dataset.report.skipped] == ["the file is no longer there"]
    hidden.rename(victim)
    assert victim.stat().st_mtime_ns == state.st_mtime_ns
    assert len(open_dataset(str(tmp_path), cache_folder=cache)) == 3


def test_a_link_of_a_browser_is_a_path(tmp_path: Path) -> None:
    picture_folder(tmp_path, {"a": 1})
    assert len(scanned(f"file://{tmp_path}")) == 1


def test_one_picture(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"a": 2, "b": 2})
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(dataset.modality.read(tmp_path / "b" / "001.png", dataset.shape)[0], dataset.inputs[3])
    (tmp_path / "bad.png").write_bytes(b"x")
    for name in ("bad.png", "none.png", "a"):
        with pytest.raises(UserError, match=name):
            dataset.modality.read(tmp_path / name, dataset.shape)


def test_the_sources() -> None:
    assert set(catalogue("source")) >= {"csv", "folder", "sample", "vectors", "zip", "idx", "cifar", "array_set"}


@pytest.mark.data
def test_a_folder_of_unusual_files_opens(cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = check(str(real_data("tricky")), cache_folder=cache).report
    assert report.kept > 400
    assert len(report.skipped) > 200
    for item in report.skipped:
        assert item.path
        assert item.reason
        assert "\n" not in item.reason
    assert capfd.readouterr().err == ""


def test_no_name_at_all_is_not_the_current_folder() -> None:
    with pytest.raises(UserError, match="No data were named"):
        open_dataset("")


@pytest.mark.parametrize("spec", ["sample:digits", "a.csv", "."])
def test_an_unknown_kind_is_refused_wherever_it_is_asked_for(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("image,label\na.png,x\n", "utf-8")
    save_picture(tmp_path / "a.png", picture(0))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="modality=texts is no kind of items") as told:
        scanned(spec, DataOptions(modality="texts"))
    assert "captioned, pictures, shapes, sound, table, text, vectors, video" in str(told.value)
