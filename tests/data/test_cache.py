from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from explorer.core.cache_folder import FOLDER_VARIABLE, default_folder
from explorer.core.errors import UserError
from explorer.data.cache import PixelCache

PIXELS = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4, 1)


def store(cache: PixelCache, key: str = "key") -> None:
    with cache.write(key, (4, 4, 1)) as writer:
        writer.append(PIXELS[0])
        writer.append(PIXELS[1:])
        writer.commit({7: "why"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    assert cache.load("key") is None
    store(cache)
    entry = cache.load("key")
    assert entry is not None
    assert np.array_equal(entry.pixels, PIXELS)
    assert entry.skipped == {7: "why"}
    assert isinstance(entry.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        entry.pixels[0] = 0


def test_nothing_stays_of_what_is_not_committed(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    with cache.write("key", (4, 4, 1)) as writer:
        writer.append(PIXELS)
    assert cache.load("key") is None
    assert list(cache.folder.iterdir()) == []


def test_pictures_of_another_shape_are_a_fault(tmp_path: Path) -> None:
    with PixelCache(tmp_path).write("key", (4, 4, 3)) as writer, pytest.raises(ValueError, match="are not of"):
        writer.append(PIXELS)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"pixels": "x", "shape": [1], "skipped": {}}', "\x00"])
def test_a_damaged_entry_is_no_entry(tmp_path: Path, text: str) -> None:
    cache = PixelCache(tmp_path)
    store(cache)
    (cache.folder / "key.json").write_text(text)
    assert cache.load("key") is None
    store(cache)
    assert cache.load("key") is not None


def test_a_shortened_file_is_no_entry(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    store(cache)
    file = next(cache.folder.glob("*.pixels"))
    os.truncate(file, 10)
    assert cache.load("key") is None


@pytest.mark.parametrize("size", [(3, 4, 4, 1), (40, 300, 400, 3)])
def test_a_single_wrong_bit_is_no_entry(tmp_path: Path, size: tuple[int, int, int, int]) -> None:
    cache = PixelCache(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    with cache.write("key", size[1:]) as writer:
        writer.append(pixels[0])
        writer.append(pixels[1:-1])
        writer.append(pixels[-1])
        writer.commit({0: "why"})
    entry = cache.load("key")
    assert entry is not None
    assert np.array_equal(entry.pixels, pixels)
    assert not cache.notes("pictures")
    (file,) = cache.folder.glob("*.pixels")
    for path in (file, cache.folder / "key.json"):
        content = path.read_bytes()
        for at in np.linspace(0, len(content) - 1, 12, dtype=int).tolist():
            changed = bytearray(content)
            changed[at] ^= 4
            path.write_bytes(changed)
            assert cache.load("key") is None
        path.write_bytes(content)
    assert cache.load("key") is not None
    assert "decoded anew" in cache.notes("pictures")[0]


def test_an_entry_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    store(cache)
    secret = tmp_path / "secret"
    secret.write_bytes(PIXELS.tobytes())
    (cache.folder / "key.json").write_text(json.dumps({"pixels": str(secret), "shape": PIXELS.shape, "skipped": {}}))
    assert cache.load("key") is None


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path, limit_bytes=2 * PIXELS.size)
    for age, key in enumerate(("a", "b")):
        store(cache, key)
        os.utime(cache.folder / f"{key}.json", (1000 + age, 1000 + age))
    assert cache.load("a") is not None  # used again, so that b is now the oldest
    store(cache, "c")
    assert [key for key in "abc" if cache.load(key)] == ["a", "c"]
    assert len(list(cache.folder.glob("*.pixels"))) == 2


def test_an_entry_is_found_under_a_second_name_and_goes_as_one(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    cache.link("other", "key")
    assert cache.load("other") is None
    store(cache)
    cache.link("key", "key")
    cache.link("other", "key")
    cache.link("third", "other")
    for name in ("key", "other", "third"):
        entry = cache.load(name)
        assert entry is not None
        assert np.array_equal(entry.pixels, PIXELS)
    assert cache.clear() == PIXELS.nbytes
    assert list(cache.folder.iterdir()) == []
    store(cache)
    cache.link("other", "key")
    (cache.folder / "key.json").unlink()
    assert cache.load("other") is None
    assert not cache.damaged
    cache.prepare()
    assert not (cache.folder / "other.json").exists()
    (cache.folder / "other.json").write_text('{"same_as": "../../elsewhere"}')
    assert cache.load("other") is None


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path)
    store(cache)
    for name in ("old-1.pixels", "old-1.tmp", "new-1.pixels"):
        (cache.folder / name).write_bytes(b"x")
        if name.startswith("old"):
            os.utime(cache.folder / name, (0, 0))
    store(cache, "other")
    assert {f.name for f in cache.folder.iterdir() if f.name.startswith(("old", "new"))} == {"new-1.pixels"}
    assert cache.load("key") is not None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "pixels").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=FOLDER_VARIABLE):
        PixelCache(tmp_path).write("key", (4, 4, 1))


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    cache = PixelCache(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        with cache.write("key", (64, 64, 3)) as writer, pytest.raises(UserError, match="cannot be written"):
            writer.append(np.zeros((1000, 64, 64, 3), dtype=np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(cache.folder.iterdir()) == []


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert PixelCache().folder == tmp_path / "pixels"
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert "embedding-explorer" in str(default_folder())
