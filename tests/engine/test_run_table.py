"""Tables of synthetic runs: rows, what tells them apart, filters, and what is kept between two looks."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.cli.runs import _line, _plain
from explorer.core.errors import Cancelled, UserError
from explorer.core.events import RunFailed, RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.engine import run_table
from explorer.engine.kept_rows import kept_file
from explorer.engine.run_rows import RunRow, differing
from explorer.engine.run_table import RunTable, as_csv, read_table
from explorer.engine.saved_runs import RunGlance, glance_of
from explorer.runs.folder import RunFolder
from explorer.runs.notes import RunNotes, write_notes
from tests.helpers.runs import data_record, evaluation, run_items


def a_run(path: Path, *settings: str, recall: float = 0.5, device: str = "cpu") -> Path:
    recipe = Recipe().with_settings(settings).resolved()
    with RunFolder.create(path, recipe, data_record(), run_items()) as run:
        run.append([RunStarted("r", 0, 20, 2, device, 1, 10), replace(evaluation(20), metrics={"recall@1": recall})])
        run.append([RunFinished("r", 20, 2, "done", 12.5, 100.0)])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, (loss, margin) in enumerate([("triplet", 0.1), ("triplet", 0.4), ("contrastive", 0.4)]):
        a_run(tmp_path / f"run-{number}", f"loss={loss}", f"loss.margin={margin}", recall=0.5 + number / 10)
        os.utime(tmp_path / f"run-{number}" / "metrics.jsonl", (1_000 + number, 1_000 + number))
    return tmp_path


def names(rows: tuple[RunRow, ...]) -> list[str]:
    return [row.name for row in rows]


def test_a_table_says_what_tells_runs_apart_what_was_measured_and_what_it_took(folder: Path) -> None:
    write_notes(folder / "run-1", RunNotes(name="the one", tags=("good", "new"), note="why"))
    table = read_table(folder)
    assert names(table.rows) == ["run-2", "the one", "run-0"]
    assert table.columns[:2] == ("loss", "loss.margin")
    assert "loss.mean" not in table.columns  # only one of the losses has it, and nobody changed it
    one = table.rows[1]
    assert (one.state, one.step, one.epochs, one.pictures) == ("done", 20, 2, 20 * 128)
    assert (one.seconds, one.device, one.tags, one.note, one.queries) == (12.5, "cpu", ("good", "new"), "why", 30)
    assert (one.value("loss"), one.value("loss.margin"), one.value("recall@1")) == ("triplet", 0.4, 0.6)
    assert [one.value(key) for key in ("tags", "epochs", "loss.none", "nobody")] == ["good, new", 2, None, None]
    assert (one.value("data.size"), one.value("seed")) == (0, 0)
    interval = one.interval("recall@1")
    assert interval is not None
    assert interval[0] < 0.6 < interval[1]
    assert one.interval("map@r") is None


def test_a_run_is_found_by_each_of_its_tags(folder: Path) -> None:
    write_notes(folder / "run-1", RunNotes(tags=("Good", "new")))
    table = read_table(folder)
    assert names(table.matching("tags=good")) == names(table.matching("tags=new")) == ["run-1"]
    assert names(table.matching("tags!=new")) == ["run-2", "run-0"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["run-2", "run-1", "run-0"]),
        ("loss=triplet", ["run-1", "run-0"]),
        ("loss!=triplet", ["run-2"]),
        ("loss.margin=0.40", ["run-2", "run-1"]),
        ("loss.margin>=0.4 recall@1<0.65", ["run-1"]),
        ("recall@1>0.5 recall@1<=0.6", ["run-1"]),
        ("CONTRA", ["run-2"]),
        ("Loss=Triplet RECALL@1>0.5", ["run-1"]),
        ("run-1 triplet", ["run-1"]),
        ("state=done nothing>3", []),
        ("nothing=3", []),
        ("name>3", []),
    ],
)
def test_words_filter_by_fields_metrics_recipe_and_text(folder: Path, text: str, found: list[str]) -> None:
    assert names(read_table(folder).matching(text)) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recall@1>abc", "recall@1 is a number, and 'abc' is none. For example: recall@1>0.7"),
        ("recall@1>nan", "recall@1 is a number, and 'nan' is none"),
        ("epochs=two", "epochs is a number, and 'two' is none. For example: epochs=2"),
        ("recall@1=>0.9", "recall@1 is a number, and '>0.9' is none"),
        ("loss.margin!=wide", "loss.margin is a number, and 'wide' is none"),
        ("name>3", "name is no number, and cannot be compared by >. Write name=run-2"),
        ("los=triplet", "No run says anything of 'los'"),
        ("recall@3>0.5", "No run says anything of 'recall@3'"),
        ("recall@1 > 0.5", "'>' compares nothing"),
        ("recall@1>", "'recall@1>' compares nothing"),
        ("recall@1 >0.5", "'>0.5' compares nothing"),
        ("RECALL@3>0.5", "No run says anything of 'recall@3'"),
        ("loss=!triplet", "'=!' compares nothing. Write loss!=triplet"),
        ("loss==triplet", "'==' compares nothing. Write loss=triplet"),
        ("tags>a", "tags is no number, and cannot be compared by >. Write tags=…"),
    ],
)
def test_what_no_run_can_have_is_told_in_a_sentence(folder: Path, text: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        read_table(folder).check(f"loss=triplet {text}")
    assert words in str(told.value)


@pytest.mark.parametrize(
    "text", ["", "run-1 triplet", "parent=none", "tags=good", "note!=x", "recipe.epochs>=0", "a-b"]
)
def test_what_a_run_can_have_is_asked_for(folder: Path, text: str) -> None:
    read_table(folder).check(text)


def test_only_what_changed_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_table(folder)
    read: list[str] = []

    def counted(path: Path) -> RunGlance | None:
        read.append(path.name)
        return glance_of(path)

    monkeypatch.setattr(run_table, "glance_of", counted)
    assert read_table(folder).rows == first.rows
    assert read == []
    write_notes(folder / "run-1", RunNotes(tags=("new",)))
    a_run(folder / "run-3", recall=0.9)
    assert read_table(folder).rows[0].name == "run-3"
    assert sorted(read) == ["run-1", "run-3"]
    read.clear()
    assert len(read_table(folder).rows) == 4
    assert read == []


@pytest.mark.parametrize("damage", [b"", b"{}", b"no hash\n{}"])
def test_a_damaged_list_is_read_anew(folder: Path, damage: bytes) -> None:
    first = read_table(folder).rows
    content = kept_file(folder).read_bytes()
    for broken in (damage, content.replace(b"0.6", b"0.7"), content[:-9]):
        kept_file(folder).write_bytes(broken)
        assert read_table(folder).rows == first


def test_reading_tells_how_far_it_is_and_can_be_cancelled(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    read_table(folder, progress=lambda *said: told.append(said))
    assert told == [("Read the runs", number, 3) for number in range(3)]
    kept_file(folder).unlink()

    def cancelled(stage: str, done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_table(folder, progress=cancelled)


def test_a_run_that_cannot_be_read_is_left_out_and_one_that_failed_says_so(folder: Path) -> None:
    (folder / "run-0" / "run.json").write_bytes(b"{}")
    with RunFolder.open(folder / "run-1", writable=True) as run:
        run.append([RunStarted("r", 20, 40, 4, "cuda:0", 1, 10), RunFailed("r", 21, "no memory")])
    with RunFolder.open(folder / "run-2", writable=True) as run:
        run.append([RunStarted("r", 20, 40, 4, "cpu", 1, 10)])
    for _ in range(2):
        rows = {row.name: row for row in read_table(folder).rows}
        assert {name: (row.state, row.device) for name, row in rows.items()} == {
            "run-1": ("failed", "cuda:0"),
            "run-2": ("unfinished", "cpu"),
        }


def test_batches_of_every_sampler_are_counted_in_pictures(tmp_path: Path) -> None:
    settings = {
        "pk": ("sampler=pk", "sampler.classes=8", "sampler.images=4"),
        "shuffled": ("sampler=shuffled", "sampler.items=50"),
        "episodic": ("sampler=episodic", "sampler.ways=5", "sampler.shots=1", "sampler.queries=3"),
        "hierarchical": ("sampler=hierarchical", "sampler.groups=2", "sampler.classes=3", "sampler.images=4"),
        "fitted": ("fitter=lmnn",),
    }
    for name, chosen in settings.items():
        a_run(tmp_path / name, *chosen)
    found = {row.name: row.pictures for row in read_table(tmp_path).rows}
    assert found == {"pk": 640, "shuffled": 1000, "episodic": 400, "hierarchical": 480, "fitted": None}


def test_csv_holds_the_columns_that_differ_and_intervals(folder: Path) -> None:
    table = read_table(folder)
    head, *lines = as_csv(table, table.matching("loss=triplet")).splitlines()
    columns = head.split(",")
    assert columns[:2] == ["run", "name"]
    assert {"loss", "loss.margin", "recall@1", "recall@1_low", "recall@1_high"} <= set(columns)
    assert len(lines) == 2
    assert lines[0].split(",")[columns.index("loss.margin")] == "0.4"


def test_no_two_columns_have_one_name_and_the_recipe_says_its_own(tmp_path: Path) -> None:
    a_run(tmp_path / "a", "epochs=3", "device=cpu")
    a_run(tmp_path / "b", "epochs=4")
    with RunFolder.open(tmp_path / "b", writable=True) as run:
        run.append([replace(evaluation(20), metrics={"recall@1": 0.5, "recall@1_low": 0.4})])
    table = read_table(tmp_path)
    first, *rows = csv.reader(as_csv(table, table.rows).splitlines())
    assert len(set(first)) == len(first)
    said = {row[1]: dict(zip(first, row, strict=True)) for row in rows}
    assert {name: (row["epochs"], row["recipe.epochs"]) for name, row in said.items()} == {
        "a": ("2", "3"),
        "b": ("2", "4"),
    }
    assert (said["a"]["device"], said["a"]["recipe.device"], said["b"]["recipe.device"]) == ("cpu", "cpu", "auto")
    assert said["b"]["recall@1_low"] == "0.4"
    assert names(table.matching("recipe.epochs=4")) == names(table.matching("recipe.epochs>3")) == ["b"]
    assert names(table.matching("epochs=4")) == names(table.matching("epochs=2 device=auto")) == []
    assert names(table.matching("recipe.epochs=4 recipe.device=auto")) == ["b"]
    assert {"recipe.epochs", "recipe.device"} <= set(_plain(table.rows[0], table.columns)["differs"])
    assert f"recipe.epochs={table.rows[0].setting('epochs')}" in _line(table.rows[0], table.columns)


def test_a_figure_of_an_earlier_step_than_the_saved_one_says_of_which(folder: Path) -> None:
    table = read_table(folder)
    row, closed = table.rows[0], replace(table.rows[0], step=30)
    assert "of step" not in _line(row, table.columns)
    assert "  of step 20  step      30  " in _line(closed, table.columns)
    assert [_plain(one, table.columns)[key] for one in (row, closed) for key in ("steps", "measured")] == [
        20,
        20,
        30,
        20,
    ]


def test_nothing_is_a_table_as_well(tmp_path: Path) -> None:
    table = read_table(tmp_path)
    assert (table.rows, table.columns, table.metrics, table.matching("a=1")) == ((), (), (), ())
    assert differing(RunTable(()).rows) == ()
