from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import run as command
from explorer.core.errors import UserError
from explorer.core.figure_words import figure_name
from explorer.core.types import Projection
from explorer.engine.report.drawings import MAP_EDGE, MAP_HEIGHT, MAP_WIDTH, curves, map_picture, picture, placed
from explorer.engine.report.findings import finite, gather, worst_queries
from explorer.engine.report.page import as_csv, check, looking, page
from explorer.engine.report.share import WRITE, ReportShare
from explorer.evaluation.figures import listed
from explorer.measure.lifts import lift
from tests.helpers.data import picture_folder

SHORT = ("--set", "encoder=linear", "--set", "augment=none", "--epochs", "2")
LIVE = ("--change", "2:loss.margin=0.4", "--change", "2:miner=semi_hard")

HIDDEN = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
"""What a process without a display is not told."""


class Tags(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    data = picture_folder(tmp_path / "pics", {"<b>bold & sons": 12, "plain": 12, "third": 12})
    assert command(["train", str(data), "--out", str(tmp_path / "run"), "--set", "split.test=0.5", *SHORT, *LIVE]) == 0
    return tmp_path / "run"


def test_a_run_on_one_page(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert command(["report", str(trained), str(tmp_path / "report.html"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    seen = Tags((tmp_path / "report.html").read_text(encoding="utf-8"))
    names = [tag for tag, _ in seen.tags]
    assert names.count("svg") >= 1
    plots = [str(of["aria-label"]) for tag, of in seen.tags if tag == "svg" and of.get("class") == "plot"]
    assert "DIR at FAR" in plots
    assert not {"script", "iframe", "link", "b", "object"} & set(names)  # a class name is no markup
    assert all(str(of["src"]).startswith("data:image/png;base64,") for tag, of in seen.tags if tag == "img")
    policy = [of["content"] for tag, of in seen.tags if of.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert next(iter(told["protocols"])) == "retrieval"  # what one looks for stands at the top
    for figure in listed(told["protocols"]["retrieval"]["metrics"]):
        shown = f"{figure.value:.4f}" if isinstance(figure.value, float) else str(figure.value)
        assert re.search(rf"{re.escape(figure_name(figure.name))}\s*{shown}", seen.text)
    assert told["protocols"]["verification"]["raw"]["auc"] > 0
    recipe = tomllib.loads(seen.text.partition("as it was at the end")[2].partition("Embedding Explorer")[0])
    assert (recipe["loss"]["margin"], recipe["miner"]["name"], recipe["epochs"]) == (0.4, "semi_hard", 2)
    assert (recipe["data"]["size"], recipe["data"]["colour"]) == (28, "rgb")  # what auto came to
    assert "white = 0  # auto" in seen.text
    assert "At step 2: margin of the loss 0.2 → 0.4 · At step 2: Miner All → Semi-hard" in seen.text
    results, _, left = seen.text.partition("Not measured")
    assert "These items are not pictures with captions" in left
    assert "Captions" not in results
    assert not re.search(r"--\w", seen.text)  # it may be read by who never saw a command line
    assert command(["report", str(trained), str(tmp_path / "report.json")]) == 0
    assert json.loads((tmp_path / "report.json").read_text()) == told["protocols"]


def test_a_report_says_what_the_history_lacks(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    journal = trained / "metrics.jsonl"
    journal.write_bytes(b"")
    assert command(["report", str(trained), str(tmp_path / "report.html")]) == 0
    said = f"The curves of run lack steps 1 to 2: {journal} is empty, or was not there. Put the file back"
    assert f"warning: {said}" in capsys.readouterr().err
    assert said in Tags((tmp_path / "report.html").read_text(encoding="utf-8")).text


def test_a_report_says_what_the_run_was_when_it_was_measured(trained: Path, tmp_path: Path) -> None:
    def meanwhile(stage: str, _done: int, _total: int) -> None:
        if stage.startswith("Measure") and trained.exists():
            trained.rename(tmp_path / "elsewhere")  # or it trains on

    found = gather(trained, meanwhile)
    assert not trained.exists()
    assert (found.step, len(found.history.metrics), found.recipe.miner.name, found.lost) == (2, 2, "semi_hard", "")


def test_the_figures_are_a_table_too_with_those_of_every_baseline(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert command(["report", str(trained), str(tmp_path / "report.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["protocols"]
    baselines = ["raw pixels cosine", "raw pixels Euclidean", "untrained encoder"]
    assert list(told["retrieval"]["baselines"]) == baselines
    assert told["retrieval"]["raw"] == told["retrieval"]["baselines"][baselines[0]]
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["protocol"], row["figure"]): row for row in csv.DictReader(file)}
    recall = rows["retrieval", "recall@1"]
    assert list(recall) == ["protocol", "figure", "value", "low", "high", *baselines]
    figures = told["retrieval"]["metrics"]
    assert [float(recall[key]) for key in ("value", "low", "high")] == [
        figures["recall@1"],
        figures["recall@1_low"],
        figures["recall@1_high"],
    ]
    for name in baselines:
        assert float(recall[name]) == told["retrieval"]["baselines"][name]["recall@1"]
    assert rows["retrieval", "map@r"]["low"] == ""
    assert not {key for key in rows if key[0] == "re_id"}  # there are no cameras


@pytest.mark.full
def test_a_run_on_paper_is_made_without_a_display(trained: Path, tmp_path: Path) -> None:
    """In a process of its own: Qt has no application there, and no display."""
    dest = tmp_path / "report.pdf"
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    made = subprocess.run(
        [sys.executable, "-m", "explorer", "report", str(trained), str(dest)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    content = dest.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Subtype /Image" in content  # the map


def test_test_data_that_were_added_beside_the_run_are_measured_by_themselves(trained: Path, tmp_path: Path) -> None:
    more = picture_folder(tmp_path / "more", {"plain": 5, "third": 5})
    told: list[tuple[str, int, int]] = []
    found = gather(trained, lambda stage, done, total: told.append((stage, done, total)), tests=[str(more)])
    alone = gather(trained, lambda stage, done, total: None)
    assert (len(found.test), found.held_out.tolist()) == (10, alone.held_out.tolist())
    assert [one.found and one.found.figures for one in found.protocols] == [
        one.found and one.found.figures for one in alone.protocols
    ], "the figures of the run stay what they are"
    assert found.numbers["test_items"]["retrieval"]["metrics"]["recall@1"] >= 0
    assert "test_items" not in alone.numbers
    text = Tags(page(found)).text
    assert f"{len(found.held_out)} held-out items · 10 test items by themselves" in text
    assert "Test items: Retrieval" in text
    assert "retrieval of test items" in as_csv(found)
    steps = [(stage, done) for stage, done, total in told if stage.startswith("Measure ")]
    assert [done for _, done in steps] == sorted({done for _, done in steps}), "it gets on with each measurement"
    assert ("Measure Retrieval", 0) in steps
    assert any(stage == "Measure Retrieval of test items: raw pixels cosine" for stage, _ in steps)


def test_a_report_says_what_has_no_class_and_goes_on_without_what_is_gone(trained: Path, tmp_path: Path) -> None:
    more = picture_folder(tmp_path / "more", {"plain": 5, "third": 5})
    flat = picture_folder(tmp_path / "flat", {"only": 4})
    for place, file in enumerate(sorted(flat.rglob("*.png"))):
        file.rename(flat / f"{place}.png")
    (flat / "only").rmdir()
    found = gather(trained, lambda stage, done, total: None, tests=[str(flat), str(tmp_path / "gone"), str(more)])
    assert len(found.test) == 10
    assert found.unlabelled == "4 test items without a class: nothing can be measured of these"
    (gone,) = found.gone
    assert gone.startswith(f"What was added from {tmp_path / 'gone'} is left out: ")
    facts = Tags(page(found)).text
    assert f"Left out{found.unlabelled}. {gone}" in facts


def test_data_that_a_run_was_trained_with_and_that_are_gone_are_left_out(tmp_path: Path) -> None:
    data = picture_folder(tmp_path / "pics", {"first": 12, "plain": 12, "third": 12})
    more, others = picture_folder(tmp_path / "more", {"first": 4}), picture_folder(tmp_path / "others", {"plain": 4})
    train = ["train", str(data), "--test", str(more), "--test", str(others), "--out", str(tmp_path / "run")]
    assert command([*train, *SHORT]) == 0
    shutil.rmtree(more)
    found = gather(tmp_path / "run", lambda stage, done, total: None)
    (gone,) = found.gone
    assert gone.startswith(f"What was added from {more} is left out: ")
    assert [found.dataset.ids[item].split("/")[1] for item in found.held_out] == ["plain"] * 4
    shutil.rmtree(others)
    with pytest.raises(UserError, match="Nothing that the run held out is left"):
        gather(tmp_path / "run", lambda stage, done, total: None)


def test_the_share_of_a_report_that_is_done_never_falls() -> None:
    told: list[tuple[int, int]] = []
    share = ReportShare(lambda stage, done, total: told.append((done, total)))
    stages = (
        "Find files",
        "Decode",
        "Load the network",
        "Embed the items",
        "untrained encoder",
        "Measure a",
        "Measure b",
        WRITE,
    )
    for stage in stages:
        for done in range(5):
            share(stage, done, 4)
    shares = [done / total for done, total in told]
    assert shares == sorted(shares)
    assert shares[0] == 0 < shares[-1] == 1
    assert len(set(shares)) > 2 * len(stages)


def test_other_endings_are_refused_before_anything_is_measured(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["report", str(trained), str(tmp_path / "report.doc")]) == 2
    told = capsys.readouterr().err
    assert "report.doc does not end in .html, .pdf, .csv or .json. Call it report.html, for example" in told
    with pytest.raises(UserError):
        check(Path("report"))
    with pytest.raises(UserError, match="nowhere does not exist"):
        check(tmp_path / "nowhere" / "report.html")
    there = tmp_path / "there"
    there.mkdir()
    steps: list[int] = []
    progress = looking(there / "report.html", lambda _title, done, _total: steps.append(done))
    progress("Measure retrieval", 1, 2)
    there.rmdir()
    with pytest.raises(UserError, match="there does not exist"):
        progress("Measure verification", 2, 2)
    assert steps == [1]


def test_a_run_is_reported_on_other_data_and_these_need_classes(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = picture_folder(tmp_path / "other", {"x": 6, "y": 6})
    assert command(["report", str(trained), str(tmp_path / "other.html"), "--data", str(other)]) == 0
    assert "12 held-out items · of classes never trained on" in Tags((tmp_path / "other.html").read_text()).text
    flat = tmp_path / "flat"
    flat.mkdir()
    for place, file in enumerate(sorted(other.rglob("*.png"))):
        file.rename(flat / f"{place}.png")
    capsys.readouterr()
    assert command(["report", str(trained), str(tmp_path / "flat.html"), "--data", str(flat)]) == 2
    assert "None of the pictures of flat has a class" in capsys.readouterr().err


def test_damaged_and_lost_checkpoints_are_told_apart(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for file in (trained / "checkpoints").rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-20])
    assert command(["report", str(trained), str(tmp_path / "report.html")]) == 2
    assert (
        "no checkpoint can be used: that of step 2 is damaged. Restore its folder checkpoints"
        in capsys.readouterr().err
    )
    shutil.rmtree(trained / "checkpoints")
    assert command(["report", str(trained), str(tmp_path / "report.html")]) == 2
    assert "has lost its checkpoints" in capsys.readouterr().err


def test_the_surest_mistakes_come_first() -> None:
    generator = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 4, dtype=np.float32) * 10, 20, axis=0)
    x = centres + generator.normal(scale=0.1, size=(60, 4)).astype(np.float32)
    labels, items = np.repeat([0, 1, 2], 20), np.arange(60) * 2
    labels[5] = 2  # in the midst of class 0, far from its own
    labels[25], x[25] = 0, [0, 9, 0, 0]  # beside class 1, nearer to its own than the other
    found = worst_queries(x, labels, lift("euclidean"), items)
    assert [query.item for query in found] == [10, 50]
    assert found[0].item not in found[0].neighbours
    assert set(labels[found[0].neighbours // 2]) == {0}
    assert (np.diff(found[0].distances) >= 0).all()
    assert worst_queries(centres, np.repeat([0, 1, 2], 20), lift("euclidean"), items) == ()


def test_an_item_alone_in_its_class_is_no_mistake() -> None:
    x = np.arange(4, dtype=np.float32)[:, None]
    assert worst_queries(x, np.array([0, 0, 1, 0]), lift("euclidean"), np.arange(4)) == ()


def test_the_map_lies_inside_its_picture_upright() -> None:
    xy = np.array([[-3, -1], [5, 7], [1, 2]], np.float32)
    at = placed(xy)
    assert (at >= MAP_EDGE - 0.01).all()
    assert (at <= np.array([MAP_WIDTH, MAP_HEIGHT]) - MAP_EDGE + 0.01).all()
    assert at[1, 1] < at[2, 1] < at[0, 1]
    assert np.ptp(at[:, 0]) == pytest.approx(np.ptp(at[:, 1]))  # one scale for both axes
    assert np.isfinite(placed(np.zeros((2, 2), np.float32))).all()
    frame = Projection("r", 1, np.array([2, 0, 1]), xy, 0, "pca", True)
    assert map_picture(frame, np.array([-1, 0, 1]), 2).startswith("data:image/png")


def test_pictures_of_either_colour_and_curves_without_points() -> None:
    for channels in (1, 3):
        assert picture(np.zeros((8, 5, channels), np.uint8)).startswith("data:image/png;base64,")
    assert curves([("a", [], [])]) == ""
    assert "&lt;x&gt;" in curves([("<x>", [1.0, 2.0], [0.5, 0.5])])


def test_numbers_are_what_json_allows() -> None:
    assert finite({"a": float("nan"), "b": 1, "c": {"d": float("inf"), "e": 0.5}}) == {
        "a": None,
        "b": 1,
        "c": {"d": None, "e": 0.5},
    }
