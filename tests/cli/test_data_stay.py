"""What is exported never takes the place of the data of the run, nor of what lies beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.core.data_in_use import keep_whole
from explorer.core.errors import UserError
from explorer.core.registry import catalogue
from explorer.engine.export.base import Export, written_whole
from explorer.engine.report.page import ENDINGS
from explorer.runs.folder import RunFolder
from tests.helpers.command_line import run_command
from tests.helpers.data import picture_folder

pytestmark = pytest.mark.usefixtures("shared_cache")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside the pictures that it is of, in ``data``."""
    root = tmp_path_factory.mktemp("stay")
    data = picture_folder(root / "data", {"a": 6, "b": 6})
    assert run_command("train", data, "--out", root / "run", "--epochs", 1, "--set", "sampler.classes=2")[0] == 0
    return root / "run"


def refused(*arguments: object) -> None:
    status, out, err = run_command(*arguments)
    assert (status, out) == (2, ""), arguments
    assert "the data" in err, err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", [name for name, entry in catalogue("export").items() if entry.available])
def test_no_export_puts_anything_into_the_data(run: Path, name: str) -> None:
    part = catalogue("export")[name].part
    assert isinstance(part, type)
    assert issubclass(part, Export)
    path = run.parent / "data" / f"mine{part.endings[0]}"
    refused("export", run, name, path)
    assert not path.exists()
    if part.endings[0]:
        path.write_text("mine")
        refused("export", run, name, path)
        assert path.read_text() == "mine"
        path.unlink()


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_report_puts_anything_into_the_data(run: Path, ending: str) -> None:
    refused("report", run, run.parent / "data" / "a" / f"mine{ending}")


def test_no_list_embeddings_or_run_go_into_the_data(run: Path) -> None:
    data = run.parent / "data"
    refused("clean", run, "--out", data / "x.csv")
    refused("embed", run, data, data / "x.npy")
    refused("train", data, "--out", data / "run")
    with pytest.raises(UserError, match="lies in the data"):
        explorer.train(data, out=data / "run")
    assert not (data / "run").exists()


def test_the_labels_beside_vectors_are_of_the_data(tmp_path: Path) -> None:
    vectors, labels = tmp_path / "v.npy", tmp_path / "v_labels.npy"
    np.save(vectors, np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
    np.save(labels, np.arange(40) % 4)
    before = labels.read_bytes()
    assert run_command("train", vectors, "--out", tmp_path / "run", "--epochs", 1)[0] == 0
    refused("embed", tmp_path / "run", vectors, labels)
    assert labels.read_bytes() == before
    written_whole(tmp_path / "v-mine.npy", lambda beside: beside.write_bytes(b"mine"))


def test_what_a_table_names_and_the_pairs_beside_it_are_of_the_data(tmp_path: Path) -> None:
    pictures = picture_folder(tmp_path / "elsewhere", {"a": 6, "b": 6})
    (tmp_path / "table").mkdir()
    table, pairs = tmp_path / "table" / "faces.csv", tmp_path / "table" / "pairs.txt"
    named = sorted(pictures.rglob("*.png"))
    table.write_text("path,class\n" + "".join(f"{path},{path.parent.name}\n" for path in named))
    pairs.write_text("a 1 2\n")
    before = {path: path.read_bytes() for path in (named[0], pairs)}
    run = tmp_path / "run"
    assert run_command("train", table, "--out", run, "--epochs", 1, "--set", "sampler.classes=2")[0] == 0
    refused("clean", run, "--out", table)
    for other in (pairs, named[0]):  # no list, whatever it is of
        assert run_command("clean", run, "--out", other)[0] == 2
    refused("report", run, table)
    with pytest.raises(UserError, match="belongs to the data"):
        explorer.train(table, out=pairs)
    assert {path: path.read_bytes() for path in before} == before
    mine = pictures / "mine.csv"
    mine.write_bytes(b"mine")
    assert run_command("clean", run, "--out", mine)[0] == 0  # it is none of the items


class Owner:
    """Whoever reads data."""


def test_a_run_goes_on_in_no_folder_of_the_data(run: Path) -> None:
    owner = Owner()
    keep_whole(owner, [run.parent / "data"])
    with RunFolder.open(run) as folder, pytest.raises(UserError, match="lies in the data"):
        folder.copied_to(run.parent / "data" / "saved")
