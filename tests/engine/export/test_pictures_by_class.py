from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import Cancelled, UserError
from explorer.data.dataset import Dataset
from explorer.data.opening import open_dataset
from explorer.engine.export.pictures_by_class import FreeNames, copy_by_class
from tests.helpers.blobs import blobs, dataset_of
from tests.helpers.runs import new_run


class Control:
    """A job that is cancelled after some looks."""

    def __init__(self, looks: int = 10_000) -> None:
        self.looks = looks

    def progress(self, stage: str, done: int, total: int) -> None:
        assert stage == "copy"

    def cancelled(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Dataset]:
    root = tmp_path / "data"
    for name in ("cat", "CON", "a&b"):
        for part in ("x", "y"):
            (root / name / part).mkdir(parents=True)
            for k in range(2):
                Image.new("L", (20, 20), 40 * k + 10).save(root / name / part / f"{k}.jpg")
    return root, open_dataset(str(root), cache_folder=tmp_path / "cache")


def test_files_are_copied_as_they_are_and_none_over_another(pictures: tuple[Path, Dataset], tmp_path: Path) -> None:
    root, dataset = pictures
    dest = tmp_path / "out"
    assert copy_by_class(dest, dataset, np.arange(len(dataset)), Control()) == 12
    copied = [path for path in dest.rglob("*") if path.is_file()]
    assert len(copied) == 12
    assert sorted(path.read_bytes() for path in copied) == sorted(path.read_bytes() for path in root.rglob("*.jpg"))
    assert {path.name for path in copied} <= {"0.jpg", "1.jpg", "0-2.jpg", "1-2.jpg"}
    again = open_dataset(str(dest), cache_folder=tmp_path / "cache")
    assert len(again.class_names) == len(dataset.class_names)
    assert sorted(np.bincount(again.labels).tolist()) == sorted(np.bincount(dataset.labels).tolist())


def test_items_without_a_file_are_drawn(tmp_path: Path) -> None:
    labels = blobs(40, 3)[1]
    dataset = dataset_of(labels, ("a/b", "a\\b", ".."))
    copy_by_class(tmp_path / "out", dataset, np.arange(40), Control())
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == sorted({"a_b", "a_b-2", "_"})
    first = dataset.ids[0].rsplit("/", 1)[-1]
    with Image.open(next((tmp_path / "out").rglob(first))) as image:
        assert np.array_equal(np.asarray(image), np.asarray(dataset.inputs[0])[:, :, 0])


def test_nothing_is_written_into_the_data_a_run_or_what_is_there(
    pictures: tuple[Path, Dataset], tmp_path: Path
) -> None:
    root, dataset = pictures
    with new_run(tmp_path / "run") as run:
        run.finish({"steps": 1})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    for dest, why in (
        (root / "copies", "lies in the data"), (root / "cat" / "copies", "lies in the data"),
        (tmp_path / "run" / "layouts", "belongs to a run"), (tmp_path / "full", "is there already"),
        (tmp_path / "none" / "copies", "does not exist"),
    ):  # fmt: skip
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(UserError, match=why):
            copy_by_class(dest, dataset, np.arange(3), Control())
        assert sorted(tmp_path.rglob("*")) == before


def test_of_copies_that_were_cancelled_or_cannot_be_read_nothing_is_left(
    pictures: tuple[Path, Dataset], tmp_path: Path
) -> None:
    root, dataset = pictures
    with pytest.raises(Cancelled):
        copy_by_class(tmp_path / "out", dataset, np.arange(3), Control(0))
    next(root.rglob("*.jpg")).unlink()
    with pytest.raises(UserError, match="no longer there"):
        copy_by_class(tmp_path / "out", dataset, np.arange(12), Control())
    assert not [path for path in tmp_path.iterdir() if path.name not in ("data", "cache")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.png", "a.png"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("a/b:c", "a_b_c"),
        (" .. ", "_"),
        ("x" * 99, "x" * 80),
    ],
)
def test_names_are_allowed_everywhere(text: str, name: str) -> None:
    free = FreeNames()
    assert free.of(text) == name
    assert free.of(text.upper()) != name.upper()
