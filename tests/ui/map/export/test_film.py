"""A run as a film: files that others can play."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import Scalar, create
from explorer.core.text_column import TextColumn
from explorer.engine.export.base import ItemTable
from explorer.engine.export.subjects import subject_of_run
from explorer.ui.map.export.film import LOOKS, _legend
from explorer.ui.widgets.theme import DARK, LIGHT, WHITE
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.mapped import mapped_run, pictures_of

SMALL: dict[str, Scalar] = {"width": 320, "height": 240, "seconds": 2.0, "fps": 10}


def test_a_gif_has_the_pictures_that_were_asked_for_and_they_move(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    out = tmp_path / "run.gif"
    facts = create("export", "film", SMALL).write(out, subject_of_run(run.path), Progress())
    assert facts == {"frames": 20, "steps": 3, "width": 320, "height": 240}
    with Image.open(out) as film:
        assert (film.size, film.info["loop"], film.info["duration"]) == ((320, 240), 0, 100)
    shown = pictures_of(out)
    assert len(shown) == 20
    assert tuple(shown[0][0, 0]) == LOOKS["dark"]["background"]
    assert not np.array_equal(shown[0], shown[8])
    assert not np.array_equal(shown[8], shown[12])
    np.testing.assert_array_equal(shown[-1], shown[-5])
    assert list(tmp_path.glob(".*")) == []


def test_an_mp4_can_be_read(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    out = tmp_path / "run.mp4"
    create("export", "film", {**SMALL, "theme": "light"}).write(out, subject_of_run(run.path), Progress())
    code = (  # in a process of its own: the reader leaves its pipes to the garbage collector, which warns
        "import imageio.v2, json, sys; frames = list(imageio.v2.get_reader(sys.argv[1]).iter_data());"
        "print(json.dumps([len(frames), frames[0].shape, frames[0][5, 5].tolist()]))"
    )
    read = subprocess.run([sys.executable, "-c", code, str(out)], check=True, capture_output=True, text=True)
    count, shape, corner = json.loads(read.stdout)
    assert (count, shape) == (20, [240, 320, 3])
    assert np.abs(np.array(corner) - LOOKS["light"]["background"]).max() < 12


def test_a_run_of_one_map_is_a_still(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run", steps=(4,))
    create("export", "film", {**SMALL, "legend": False}).write(tmp_path / "a.gif", subject_of_run(run.path), Progress())
    assert len(pictures_of(tmp_path / "a.gif")) == 20


def test_the_colours_are_those_of_the_themes() -> None:
    for theme in (DARK, LIGHT):
        for token, colour in LOOKS[theme.name].items():
            assert theme.rgb(token) == colour
    assert LOOKS["white"] == {**LOOKS["light"], "background": WHITE.rgb("background")}


def test_a_film_on_white_has_a_white_ground_and_colours_for_it(tmp_path: Path) -> None:
    run, last = mapped_run(tmp_path / "run"), {}
    for theme in ("light", "white", "dark"):
        out = tmp_path / f"{theme}.gif"
        create("export", "film", {**SMALL, "theme": theme}).write(out, subject_of_run(run.path), Progress())
        last[theme] = pictures_of(out)[-1].astype(int)
        assert tuple(last[theme][0, 0]) == LOOKS[theme]["background"]
    yellow = np.array([240, 228, 66])  # of the fourth class, which nobody sees on white
    near = {theme: int((np.abs(pixels - yellow).max(axis=2) < 30).sum()) for theme, pixels in last.items()}
    assert near["light"] == near["white"] == 0


def test_a_film_that_is_not_wanted_leaves_nothing(tmp_path: Path) -> None:
    subject = subject_of_run(mapped_run(tmp_path / "run").path)
    for ending in (".gif", ".mp4"):
        with pytest.raises(Cancelled):
            create("export", "film", SMALL).write(tmp_path / f"a{ending}", subject, Progress(cancelled=True))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_mp4_without_the_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=" -m pip install imageio imageio-ffmpeg"):
        create("export", "film", SMALL).check(tmp_path / "a.mp4")


def test_what_stands_in_a_film_is_in_the_language_of_the_window(tmp_path: Path) -> None:
    told = {"step {step:,}": "Schritt {step:,}", "recall@1 {recall:.3f}": "", "+{left:,} more": "und {left:,}"}
    asked = set[str]()

    def tr(text: str, **values: object) -> str:
        asked.add(text)
        return told[text].format(**values)

    film = create("export", "film", {**SMALL, "seconds": 1.0})
    film.tr = tr
    film.write(tmp_path / "a.gif", subject_of_run(mapped_run(tmp_path / "run", steps=(4,)).path), Progress())
    assert asked == {"step {step:,}", "recall@1 {recall:.3f}"}
    names = tuple(f"class {k}" for k in range(20))
    same = TextColumn.of(("x",) * 20)
    items = ItemTable(same, str, np.arange(20), names, same)
    assert _legend(items, LOOKS["dark"], tr)[-1] == ("und 8", None)


def test_films_need_no_qt() -> None:
    code = "import sys, explorer.ui.map.export.film, explorer.ui.map.canvas.raster; sys.exit('PySide6' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
