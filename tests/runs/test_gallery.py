from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.runs.arrays import npy_bytes
from explorer.runs.gallery import (
    EMBEDDINGS,
    FACTS,
    GALLERY_NAME,
    StoredGallery,
    changing,
    read_gallery,
    write_gallery,
)
from tests.helpers.runs import new_run

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
STORED = StoredGallery(7, "ab", "cosine", ("ann", "bób\\n"), np.array([0, 2, 3]), X, ("item:1", "/x/\udcff.png", "/y"))


def same(a: StoredGallery | None, b: StoredGallery) -> bool:
    return a is not None and repr(replace(a, embeddings=X)) == repr(replace(b, embeddings=X)) and np.array_equal(
        a.embeddings, b.embeddings
    )  # fmt: skip


def test_a_gallery_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_gallery(tmp_path) is None
    write_gallery(tmp_path, STORED)
    assert same(read_gallery(tmp_path), STORED)
    empty = StoredGallery(8, "", "dot", (), np.array([0]), np.empty((0, 0), np.float32), ())
    write_gallery(tmp_path, empty)
    assert same(read_gallery(tmp_path), empty)
    assert [path.name for path in tmp_path.iterdir()] == [GALLERY_NAME]


def test_others_can_read_it(tmp_path: Path) -> None:
    write_gallery(tmp_path, STORED)
    with np.load(tmp_path / GALLERY_NAME, allow_pickle=False) as archive:
        assert np.array_equal(archive["embeddings"], X)


def packed(facts: object, array: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(FACTS, json.dumps(facts))
        archive.writestr(EMBEDDINGS, array)
    return file.getvalue()


def facts(*identities: object, **others: object) -> dict[str, object]:
    return {"step": 1, "weights": "w", "distance": "dot", "identities": list(identities), **others}


def npy(array: object) -> bytes:
    return b"".join(npy_bytes(np.asarray(array)))


ONE = {"name": "a", "pictures": ["x"]}
ROW = npy(np.ones((1, 2), np.float32))
DAMAGED = {
    "nothing": b"",
    "no archive": b"PK\x03\x04" + b"\0" * 99,
    "compressed": packed(facts(ONE), ROW, zipfile.ZIP_DEFLATED),
    "no facts": packed([], ROW),
    "no names": packed(facts({"pictures": ["x"]}), ROW),
    "an empty name": packed(facts({"name": "", "pictures": ["x"]}), ROW),
    "a number as a name": packed(facts({"name": 1, "pictures": ["x"]}), ROW),
    "one name twice": packed(facts(ONE, ONE), npy(np.ones((2, 2), np.float32))),
    "no picture": packed(facts({"name": "a", "pictures": []}), npy(np.ones((0, 2), np.float32))),
    "more pictures than rows": packed(facts({"name": "a", "pictures": ["x", "y"]}), ROW),
    "not finite": packed(facts(ONE), npy(np.full((1, 2), np.nan, np.float32))),
    "no floats": packed(facts(ONE), npy(np.ones((1, 2), np.int64))),
    "no rows": packed(facts(ONE), npy(np.ones(1, np.float32))),
    "a promise": packed(facts(ONE), ROW[:-4]),
    "no step": packed(facts(ONE, step=None), ROW),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_one_is_told_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / GALLERY_NAME).write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        read_gallery(tmp_path)


def test_any_byte_that_changed_is_noticed_or_harmless(tmp_path: Path) -> None:
    write_gallery(tmp_path, STORED)
    whole = (tmp_path / GALLERY_NAME).read_bytes()
    for at in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[at] ^= 0x55
        (tmp_path / GALLERY_NAME).write_bytes(broken)
        try:
            found = read_gallery(tmp_path)
        except UserError:
            continue
        assert same(found, STORED)


def test_two_do_not_change_it_at_once_and_training_is_no_hindrance(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run, changing(run.path):
        with pytest.raises(UserError, match="Try again in a moment"), changing(run.path):
            pass
        write_gallery(run.path, STORED)
    assert not list((tmp_path / "run").glob("*.lock"))


def test_a_finished_run_is_whole_whatever_becomes_of_its_gallery(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        write_gallery(run.path, STORED)
        run.finish({})
        write_gallery(run.path, replace(STORED, step=9))
        assert run.verify() == ()
