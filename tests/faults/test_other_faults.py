"""Faults of the list in ``numbered`` that belong to no one module: files of all sorts, names, resources, rules."""

from __future__ import annotations

import ast
import os
import pickle  # noqa: TID251 - the attack
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.data.decoding import decode_picture
from explorer.data.opening import open_dataset
from explorer.data.pictures import PictureError
from explorer.runs.folder import RunFolder
from explorer.runs.items import RunItems
from tests.faults.test_kill import WRITER
from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture, picture_folder, save_picture, scanned
from tests.helpers.runs import data_record, new_run, snapshot

EXPLORER = Path(__file__).resolve().parents[2] / "explorer"


def test_a_format_that_is_not_allowed_is_not_opened_under_another_name() -> None:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"
    with pytest.raises(PictureError):
        decode_picture.decode(eps, 28, 3)


def test_of_an_endless_animation_the_first_picture_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "one.gif"
    Image.fromarray(picture(1, 9, 9)).convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(file)
    one = file.read_bytes()
    start = 13 + 3 * 2 ** ((one[10] & 7) + 1)
    many = one[:start] + one[start:-1] * 10_000 + one[-1:]
    assert np.array_equal(decode_picture.decode(many, 28, 3), decode_picture.decode(one, 28, 3))


@pytest.mark.parametrize("count", [10_000, pytest.param(200_000, marks=pytest.mark.full)])
def test_a_large_folder_is_listed_in_bounded_memory_and_cancelled(tmp_path: Path, count: int) -> None:
    first = save_picture(tmp_path / "set" / "a" / "first.png", picture(0))
    for number in range(count - 1):
        if number % 50_000 == 49_999:  # a file has so many names at most
            first = shutil.copyfile(first, first.with_name(f"first{number}.png"))
        else:
            os.link(first, first.with_name(f"{number}.png"))
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        scanned(str(tmp_path / "set"), cancelled=cancelled)
    assert len(scanned(str(tmp_path / "set"))) == count


def test_no_folder_is_watched() -> None:
    texts = [path.read_text(encoding="utf-8") for path in EXPLORER.rglob("*.py")]
    assert not [text for text in texts if "QFileSystemWatcher" in text or "inotify" in text]


def test_names_that_look_alike_long_ones_and_those_of_devices_are_classes(tmp_path: Path) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    picture_folder(tmp_path / "set", dict.fromkeys((composed, apart, "CON", "x" * 240), 2))
    found = scanned(str(tmp_path / "set"))
    assert set(found.class_names) == {composed, "CON", "x" * 240}, "the twins are one class for people"
    assert len(set(found.ids)) == 8, "and two folders of two pictures each"
    deep = tmp_path.joinpath("deep", *(letter * 60 for letter in "abcdef"))
    picture_folder(deep, {"one": 2, "two": 2})
    assert len(scanned(str(tmp_path / "deep"))) == 4


def test_numbers_with_zeros_and_na_are_texts(tmp_path: Path) -> None:
    labels = ("01", "NA", "null", "1e3", "True")
    for number in range(len(labels)):
        save_picture(tmp_path / f"{number}.png", picture(number))
    rows = "".join(f"{number}.png,{label}\n" for number, label in enumerate(labels))
    (tmp_path / "labels.csv").write_text("path,label\n" + rows)
    assert set(scanned(str(tmp_path / "labels.csv")).class_names) == set(labels)


def test_texts_in_parquet_that_repeat_for_nothing_take_little_memory(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path, pool = tmp_path / "texts.parquet", pa.default_memory_pool()
    rows = pa.table({"text": pa.array(["so many words " * 7_000] * 100)})
    how = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    with pq.ParquetWriter(path, rows.schema, compression="zstd", **how) as writer:
        for _ in range(12):
            writer.write_table(rows)
    before = pool.max_memory()
    assert path.stat().st_size < 40_000
    assert len(scanned(str(path))) == 1_200
    assert pool.max_memory() < before + (60 << 20)


def test_a_model_that_can_run_code_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("model.pt", "model.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps({"weights": [1.0]}))
        with pytest.raises(UserError, match="run code"):
            open_dataset(str(tmp_path / name))


CALLS = ("eval", "exec", "torch.load", "faiss.read_index", "faiss.deserialize_index")
MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle", "yaml"}


def _runs_code(node: ast.AST) -> bool:
    """Whether something imports what unpickles, calls what runs code, or lets NumPy unpickle."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        return bool({name.split(".")[0] for name in (module, *(alias.name for alias in node.names))} & MODULES)
    if isinstance(node, ast.keyword):
        return node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
    return isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("builtins.") in CALLS


def test_nothing_that_runs_code_is_called() -> None:
    found = []
    for path in EXPLORER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in (*MODULES, *CALLS, "allow_pickle")):
            nodes = filter(_runs_code, ast.walk(ast.parse(text)))
            found += [f"{path.name}: {ast.unparse(node)}" for node in nodes]
    assert found == []


def test_a_run_is_copied_while_it_is_written(tmp_path: Path) -> None:
    new_run(tmp_path / "run").close()
    command = [sys.executable, str(WRITER), str(tmp_path / "run"), "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            child.stdout.readline()
            for number in range(5):
                copy = tmp_path / f"copy{number}"
                with suppress(shutil.Error):  # what was swept meanwhile
                    shutil.copytree(tmp_path / "run", copy)
                with RunFolder.open(copy) as run:
                    assert run.latest_checkpoint() is not None
                    assert len(run.items) == 6
        finally:
            child.kill()


def test_a_handful_of_items_is_trained_and_asked_and_named_where_it_moved(tmp_path: Path) -> None:
    picture_folder(tmp_path / "data", {"a": 3, "b": 3})
    fast = ("--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", 2)
    json_of("train", tmp_path / "data", "--out", tmp_path / "run", *fast, "--set", "sampler.classes=64")
    asked = json_of("query", tmp_path / "run", tmp_path / "data" / "a" / "000.png", "-k", 100_000)
    assert 0 < len(asked["neighbours"]) <= 6
    (tmp_path / "data").rename(tmp_path / "moved")
    status, _, err = run_command("evaluate", tmp_path / "run")
    assert status == 2
    assert "--data" in err


@pytest.mark.full
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the handles of a process")
def test_a_run_gets_by_with_few_handles(tmp_path: Path) -> None:
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)); "
    start = limit + "from explorer.__main__ import main; sys.exit(main())"
    fast = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", "2"]
    command = [sys.executable, "-c", start, "train", "sample:digits", "--out", str(tmp_path / "run"), *fast]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert RunFolder.open(tmp_path / "run").verify() == ()


def test_durations_are_measured_by_a_clock_that_does_not_jump() -> None:
    users = [path.relative_to(EXPLORER).as_posix() for path in EXPLORER.rglob("*.py")
             if "time.time()" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert sorted(users) == ["data/cache.py", "engine/run_trash.py", "measure/codes_folder.py", "runs/lock.py"], (
        "the age of files, and since when for people"
    )


def test_no_file_is_called_by_a_class(tmp_path: Path) -> None:
    names = ("../../x", "CON", "y" * 300, "=cmd", "<img src=x>")
    labels = np.arange(6) % len(names)
    items = RunItems(TextColumn.of([f"i{n}" for n in range(6)]), labels, TextColumn.of(["train"] * 6))
    with RunFolder.create(tmp_path / "in" / "run", Recipe(), data_record(class_names=names), items) as run:
        run.write_snapshot(snapshot(1))
        run.finish({"ended": "well"})
    found = [path.name for path in tmp_path.rglob("*")]
    assert not [
        name for name in found if "CON" in name or "yyy" in name or "cmd" in name or "img" in name or name == "x"
    ]
    assert RunFolder.open(tmp_path / "in" / "run").header.data.class_names == names
