"""The whole path as a person goes it, on an X display from outside: drop, train, look, ask, evaluate, export, quit."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer.core.class_colours import class_colours
from explorer.engine.paths import RUNS_VARIABLE
from explorer.runs.folder import RunFolder
from explorer.ui.widgets.theme import DARK
from tests.helpers.data import picture_folder
from tests.x_session.screen import Screen, missing, program, screen, wait_for

pytestmark = [pytest.mark.full, pytest.mark.skipif(bool(missing()), reason=f"the session needs {missing()}")]

DATA, WITH_DATA = "fruit", "fruit — Embedding Explorer"
SIZE = (1440, 900)
"""Of the window; the other program stands at the right of it."""
WINDOW = (0, 0, *SIZE)
MAP = (330, 120, 1000, 560)
RIGHT = (1124, 80, 1440, 900)
TRAIN = (60, 52)
SEEN = 300
"""So many pixels of a colour are no accident."""


class Visit:
    """What a person does and sees; nothing of the program is called."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.screen, self.folder = screen, folder

    def command(self, words: str) -> None:
        """Do what the palette finds first for some words."""
        self.screen.press("ctrl+shift+p")
        self.screen.write(words)
        self.screen.press("Return")

    def save_as(self, title: str, name: str) -> Path:
        """Write a name into the dialog that asks for one."""
        wait_for(f"the dialog “{title}”", lambda: self.screen.windows(title))
        self.screen.press("ctrl+a")
        self.screen.write(str(self.folder / name))
        self.screen.press("Return")
        wait_for(f"no dialog “{title}” any more", lambda: not self.screen.windows(title))
        self.screen.focus(WITH_DATA)
        return self.folder / name

    def coloured(self, area: tuple[int, int, int, int], colours: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
        """Return the places in an area that have one of these colours."""
        seen = self.screen.picture(*area).astype(np.int16)
        found = np.zeros(seen.shape[:2], bool)
        for colour in colours:
            found |= np.abs(seen - np.array(colour, np.int16)).max(axis=2) <= 3
        rows, columns = np.nonzero(found)
        return [(area[0] + int(x), area[1] + int(y)) for y, x in zip(rows, columns, strict=True)]

    def points(self) -> list[tuple[int, int]]:
        """Return the pixels of the map that have the colour of a class."""
        return self.coloured(MAP, [(int(r), int(g), int(b)) for r, g, b in class_colours(3)])

    def framed(self) -> int:
        """Return how many pixels of frames of right and wrong neighbours are seen."""
        return len(self.coloured(RIGHT, [DARK.rgb("right"), DARK.rgb("wrong")]))

    def asked(self) -> int:
        """Click at a point, which may have moved on by then; return how much of frames is seen afterwards."""
        points = self.points()
        self.screen.click(*points[len(points) // 2])
        return self.framed()

    @property
    def run(self) -> Path:
        """The folder of the one run."""
        (run,) = (self.folder / "runs").glob("*/run.json")
        return run.parent

    def steps(self) -> list[int]:
        """Return the steps that the run has written down so far."""
        runs = list((self.folder / "runs").glob("*/metrics.jsonl"))
        lines = runs[0].read_text("utf-8").splitlines() if runs else []
        return [json.loads(line).get("step", 0) for line in lines[:-1]]

    def ended(self) -> bool:
        """Whether the run has written down that it has ended."""
        return '"type":"finished"' in (self.run / "metrics.jsonl").read_text("utf-8")


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    with screen(tmp_path, SIZE[0] + 260, SIZE[1] + 60) as shown:
        shown.environment[RUNS_VARIABLE] = str(tmp_path / "runs")
        shown.environment["EMBEDDING_EXPLORER_CACHE"] = str(tmp_path / "cache")
        yield Visit(shown, tmp_path)


def dropped(visit: Visit, pictures: Path) -> None:
    """Drag a folder out of the window of another program and let it go over the start page."""
    at = (SIZE[0] + 30, 60)
    with program(visit.screen, "-m", "tests.x_session.drag_source", str(pictures), *map(str, at)):
        wait_for("the other program", lambda: visit.screen.windows("Files of another program"))
        inviting = [DARK.rgb("selected")]
        visit.screen.drag(
            (at[0] + 100, at[1] + 60),
            (SIZE[0] // 2, SIZE[1] // 2),
            lambda: len(visit.coloured(WINDOW, inviting)) > 100 * SEEN,
        )
        wait_for("the name of the data in the title", lambda: visit.screen.windows(WITH_DATA))


def trained(visit: Visit) -> None:
    """Train, see the map move, ask for neighbours on it, and stop."""
    screen = visit.screen
    screen.focus(WITH_DATA)
    wait_for("a map of the pictures as they are", lambda: len(visit.points()) > SEEN)
    before = screen.picture(*MAP)
    screen.click(*TRAIN)
    wait_for("ten steps", lambda: max(visit.steps(), default=0) >= 10)
    wait_for("another map", lambda: np.mean(screen.picture(*MAP) != before) > 0.005)
    unasked = visit.framed()
    wait_for("framed pictures of neighbours", lambda: visit.asked() > unasked + SEEN)
    screen.press("ctrl+period")
    wait_for("the end of the run", visit.ended)


def evaluated(visit: Visit) -> None:
    """Measure by a protocol, see figures, and save the report of the run."""
    before = visit.screen.picture(*RIGHT)
    visit.command("evaluate by a protocol")
    wait_for("another panel with figures", lambda: np.mean(visit.screen.picture(*RIGHT) != before) > 0.02)
    visit.command("save report")
    report = visit.save_as("Save report", "report.html")
    wait_for("the report", report.is_file)
    wait_for("figures in the report", lambda: "recall@1" in report.read_text("utf-8"))


def exported(visit: Visit) -> None:
    """Save the network."""
    visit.command("save the network")
    network = visit.save_as("Save the network", "network")
    wait_for("the network", (network / "README.md").is_file)
    assert list(network.glob("*.safetensors"))


def quitted(visit: Visit, window: subprocess.Popen[str]) -> None:
    """Quit, and find the run as it was left."""
    visit.screen.press("ctrl+q")
    assert window.wait(120) == 0
    with RunFolder.open(visit.run) as run:
        history = run.history()
        assert history.finished is not None
        assert history.finished.step == run.checkpoint_steps()[-1] > 0
        assert history.finished.reason == "stopped"


def test_from_a_folder_of_another_program_to_an_exported_network(visit: Visit) -> None:
    pictures = picture_folder(visit.folder / DATA, {"apple": 120, "pear": 120, "plum": 120}, side=32)
    with program(visit.screen, "-m", "explorer") as window:
        wait_for("the window", lambda: visit.screen.windows("Embedding Explorer"))
        dropped(visit, pictures)
        trained(visit)
        evaluated(visit)
        exported(visit)
        quitted(visit, window)
