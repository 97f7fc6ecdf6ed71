"""``export`` as a script uses it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from explorer.runs.item_sets import ItemSet, write_sets
from tests.helpers.command_line import run_command
from tests.helpers.mapped import mapped_run, pictures_of


def test_coordinates_of_the_last_map_and_of_a_step(tmp_path: Path) -> None:
    saved = mapped_run(tmp_path / "run")
    status, out, err = run_command("export", saved.path, "coordinates", tmp_path / "a.csv", "--json")
    assert status == 0, err
    assert json.loads(out) == {
        "out": str(tmp_path / "a.csv"), "format": "coordinates", "items": 59, "step": 20, "columns": 7,
    }  # fmt: skip
    status, out, err = run_command("export", saved.path, "coordinates", tmp_path / "b.csv", "--step", "0")
    assert (status, out) == (0, "")
    assert f"{tmp_path / 'b.csv'} written: items 59, step 0" in err
    with open(tmp_path / "b.csv", newline="") as file:
        assert {row["step"] for row in csv.DictReader(file)} == {"0"}


def test_a_film_with_parameters(tmp_path: Path) -> None:
    saved = mapped_run(tmp_path / "run")
    sets = [part for value in ("seconds=1", "fps=8", "width=160", "height=120") for part in ("--set", value)]
    assert run_command("export", saved.path, "film", tmp_path / "a.gif", *sets)[0] == 0
    pictures = pictures_of(tmp_path / "a.gif")
    assert len(pictures) == 8
    assert pictures[0].shape == (120, 160, 3)


def test_a_named_set_is_exported_by_its_name(tmp_path: Path) -> None:
    saved = mapped_run(tmp_path / "run")
    ids = saved.items.ids
    write_sets(saved.path, [ItemSet("odd ones", (ids[4], ids[2], "gone")), ItemSet("lost", ("gone",))])
    status, out, err = run_command("export", saved.path, "list", tmp_path / "a.csv", "--items", "odd ones", "--json")
    assert status == 0, err
    assert json.loads(out)["items"] == 2
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["tags"]) for row in rows] == [(ids[2], "odd ones"), (ids[4], "odd ones")]
    assert run_command("export", saved.path, "list", tmp_path / "b.txt")[0] == 0
    assert len((tmp_path / "b.txt").read_text().splitlines()) == len(ids)
    for name, words in (("even", "Sets: odd ones, lost"), ("lost", "No item of the set 'lost' is in the run")):
        status, _, err = run_command("export", saved.path, "list", tmp_path / "c.csv", "--items", name)
        assert status == 2
        assert words in err


def test_what_the_user_can_mend_is_status_2(tmp_path: Path) -> None:
    saved = mapped_run(tmp_path / "run").path
    for arguments, words in (
        ((saved, "coordinate", "a.csv"), "Did you mean coordinates?"),
        ((saved, "coordinates", "a.png"), "ends in none of"),
        ((saved, "coordinates", tmp_path / "a.csv", "--step", 5), "Choose one of: 0, 10, 20"),
        ((saved, "film", tmp_path / "a.gif", "--set", "speed=3"), "no parameter 'speed'"),
        ((saved, "film", tmp_path / "a.gif", "--set", "fps"), "not KEY=VALUE"),
        ((tmp_path, "coordinates", tmp_path / "a.csv"), "no run"),
    ):
        status, out, err = run_command("export", *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1


def test_every_format_is_listed() -> None:
    status, out, _ = run_command("list", "exports", "--json")
    assert status == 0
    assert {entry["name"] for entry in json.loads(out)} == {
        "atlas", "coordinates", "embeddings", "faiss", "fiftyone", "files", "film", "imagefolder", "lance", "list",
        "model", "onnx", "projector",
    }  # fmt: skip
