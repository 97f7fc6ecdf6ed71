"""Enrol, identify, list, rename and remove as a script would, on a run that was trained here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer.data.opening import open_dataset
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import GALLERY_NAME, read_gallery
from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command

pytestmark = pytest.mark.usefixtures("shared_cache")

FAST = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", 1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDDING_EXPLORER_CACHE", str(cache))
        assert run_command("train", "sample:digits", "--out", path, *FAST)[0] == 0
        yield path


@pytest.fixture
def asked(trained: Path) -> Iterator[Path]:
    """The run, with nobody enrolled."""
    yield trained
    (trained / GALLERY_NAME).unlink(missing_ok=True)


def of_class(name: str, count: int) -> list[int]:
    digits = open_dataset("sample:digits")
    return [int(item) for item in np.flatnonzero(digits.labels == digits.class_names.index(name))[:count]]


def saved(folder: Path, items: list[int]) -> list[Path]:
    digits = open_dataset("sample:digits")
    for item in items:
        Image.fromarray(digits.inputs[item][..., 0]).save(folder / f"{item}.png")
    return [folder / f"{item}.png" for item in items]


def test_who_is_enrolled_is_identified(asked: Path, tmp_path: Path) -> None:
    assert json_of("gallery", asked, "list") == []
    *threes, another = saved(tmp_path, of_class("3", 5))
    zeros = [open_dataset("sample:digits").ids[item] for item in of_class("0", 3)]
    assert json_of("gallery", asked, "enrol", "three", *threes) == [{"name": "three", "images": 4}]
    assert json_of("gallery", asked, "enrol", "zero", *zeros)[1] == {"name": "zero", "images": 3}
    again = json_of("gallery", asked, "identify", threes[0])
    assert set(again) == {"name", "distance", "threshold", "candidates"}
    assert (again["name"], again["distance"]) == ("three", pytest.approx(0, abs=1e-5))
    assert [set(candidate) for candidate in again["candidates"]] == [{"name", "distance"}] * 2
    assert json_of("gallery", asked, "identify", zeros[1], "-k", 1)["candidates"] == [{"name": "zero", "distance": 0.0}]
    found = json_of("gallery", asked, "identify", another)
    assert found["candidates"][0]["name"] == "three"
    assert found["name"] == ("three" if found["distance"] <= found["threshold"] else None)
    assert found["threshold"] == again["threshold"] > 0
    assert json_of("gallery", asked, "identify", another, "--threshold", found["distance"])["name"] == "three"
    stranger = json_of("gallery", asked, "identify", another, "--threshold", found["distance"] / 2)
    assert (stranger["name"], stranger["distance"]) == (None, found["distance"])
    status, out, _ = run_command("gallery", asked, "identify", another, "--threshold", "0")
    assert status == 0
    assert out.startswith("unknown  (nearest")
    assert RunFolder.open(asked).verify() == ()


def test_names_are_changed_and_taken_back(asked: Path, tmp_path: Path) -> None:
    pictures = saved(tmp_path, of_class("3", 2))
    json_of("gallery", asked, "enrol", "a\x1b[31m", pictures[0])
    json_of("gallery", asked, "enrol", "b", pictures[1])
    assert json_of("gallery", asked, "rename", "b", "bob")[1]["name"] == "bob"
    status, out, _ = run_command("gallery", asked, "list")
    assert (status, out.splitlines()) == (0, ["     1  a\\x1b[31m", "     1  bob"])
    assert json_of("gallery", asked, "remove", "a\x1b[31m") == [{"name": "bob", "images": 1}]
    assert json_of("gallery", asked, "remove", "bob") == []
    assert "Nobody is enrolled" in run_command("gallery", asked, "list")[2]


def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(asked: Path, tmp_path: Path) -> None:
    (picture,) = saved(tmp_path, of_class("3", 1))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    for arguments, words in (
        (("identify", picture), "Nobody is enrolled with this run yet"),
        (("identify", picture, "--threshold", "nan"), "nan is not a distance: a number from 0"),
        (("identify", picture, "--threshold", "-1"), "-1 is not a distance: a number from 0"),
        (("remove", "ann"), "There is no identity ann"),
        (("enrol", "ann", picture, tmp_path / "bad.png"), "bad.png cannot be read"),
        (("enrol", "ann", tmp_path / "none.png"), "neither a file nor an item of the run"),
        (("enrol", " ", picture), "needs a name"),
    ):
        status, out, err = run_command("gallery", asked, *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert json_of("gallery", asked, "list") == []
    (asked / GALLERY_NAME).write_bytes(b"damaged")
    for action in (("list",), ("identify", picture), ("enrol", "ann", picture), ("remove", "ann")):
        status, out, err = run_command("gallery", asked, *action)
        assert (status, out) == (2, "")
        assert "cannot be read" in err
        assert (asked / GALLERY_NAME).read_bytes() == b"damaged"


def test_new_weights_embed_the_enrolled_pictures_again(asked: Path, tmp_path: Path) -> None:
    pictures = saved(tmp_path, of_class("3", 2))
    one = open_dataset("sample:digits").ids[of_class("1", 1)[0]]
    json_of("gallery", asked, "enrol", "three", pictures[0])
    json_of("gallery", asked, "enrol", "one", one)
    before = json_of("gallery", asked, "identify", pictures[1], "--threshold", 9)
    kept = read_gallery(asked)
    _train_on(asked)
    after = json_of("gallery", asked, "identify", pictures[1], "--threshold", 9)
    now = read_gallery(asked)
    assert kept is not None
    assert now is not None
    assert (after["name"], now.names, now.sources) == ("three", kept.names, kept.sources)
    assert now.weights != kept.weights
    assert now.step > kept.step
    assert after["distance"] != before["distance"]
    assert json_of("gallery", asked, "identify", one)["distance"] == pytest.approx(0, abs=0.02)
    _train_on(asked)
    pictures[0].unlink()
    status, _, err = run_command("gallery", asked, "identify", pictures[1])
    assert status == 2
    assert "where three was enrolled" in err
    assert json_of("gallery", asked, "remove", "three") == [{"name": "one", "images": 1}]
    assert run_command("gallery", asked, "identify", pictures[1])[0] == 0


def _train_on(path: Path) -> None:
    """Give a run a checkpoint of a later step and other weights."""
    with RunFolder.open(path, writable=True) as folder:
        last = folder.latest_checkpoint()
        assert last is not None
        random = np.random.default_rng(last.step)
        tensors: dict[str, Any] = {
            name: (array + random.normal(0, 0.01, array.shape)).astype(array.dtype) if name.startswith("enc") else array
            for name, array in last.tensors.items()
        }
        folder.write_checkpoint(type(last)(last.run, last.step + 1, last.epoch, tensors, last.scalars))


def test_items_of_vectors_are_enrolled_by_id_or_number(tmp_path: Path) -> None:
    x, labels = blobs(300, 6)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    path = tmp_path / "run"
    assert run_command("train", tmp_path / "x.npy", "--out", path, "--epochs", 1, "--device", "cpu")[0] == 0
    assert json_of("gallery", path, "enrol", "first", "x[0]", "1") == [{"name": "first", "images": 2}]
    assert json_of("gallery", path, "identify", "x[1]")["distance"] == 0
    status, _, err = run_command("gallery", path, "enrol", "first", "picture.png")
    assert status == 2
    assert "none of its items" in err
