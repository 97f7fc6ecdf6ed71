"""The real window under random actions, in any order: no exception, no warning of Qt, no long wait, and it closes.

The long form is ``FAULTS_COUNT`` actions in parts, each in a window and of a seed of its own; ``FAULTS_SEED`` is the
first. ``EXPLORER_ACTIONS_RECORDS``, a file, gets a line of JSON for each part.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from PySide6.QtCore import Qt
from pytestqt.logging import _QtMessageCapture as QtLog
from pytestqt.qtbot import QtBot

from tests.faults.acting import OPENING, Person
from tests.faults.gui_work import figures
from tests.helpers.blobs import blobs
from tests.helpers.captions import shape_captions
from tests.helpers.data import picture, picture_folder, save_picture
from tests.helpers.shapes import shape_folder
from tests.helpers.sound import tones
from tests.helpers.texts import question_table

TOGETHER = 25
"""Actions of one example; a window outlives many of them."""
PART = 500
"""Actions of one window in the long form."""
PARTS = -(-int(os.environ.get("FAULTS_COUNT", "10000")) // PART)
FIRST = int(os.environ.get("FAULTS_SEED", "0"))

LONGEST_MS = 500.0
"""Work of the GUI thread between two turns of its event loop: the longest are changes of the theme and of all docks."""

SHARE = st.floats(0.0, 1.0)
PLACE = st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
WHICH = st.integers(0, 9999)
KIND = st.sampled_from(("digits", "pictures", "vectors", "texts", "sounds", "captions", "shapes"))
KEYS = st.sampled_from([getattr(Qt.Key, f"Key_{name}") for name in (
    "Escape", "Space", "Tab", "Down", "Up", "Left", "Right", "Return", "Delete", "Home", "End", "PageDown", "F", "A",
)])  # fmt: skip
WORDS = st.sampled_from(
    ["", "a", "red", "card", "run", "map", "0.3", "-1", "1e9", "nan", "é\u202e<b>", "a, b", "x" * 300]
)


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "data"
    folder.mkdir()
    x, labels = blobs(120, 4)
    np.savez(folder / "vectors.npz", x=x, y=labels)
    tones(folder / "sounds", (0, 4, 7), ("ann", "bob"), 4)
    save_picture(tmp_path / "asked.png", picture(3))
    return {
        "digits": "sample:digits",
        "pictures": str(picture_folder(folder / "pictures", {"a": 20, "b": 20, "c": 20})),
        "vectors": str(folder / "vectors.npz"),
        "texts": str(question_table(folder / "texts.csv")),
        "sounds": str(folder / "sounds"),
        "captions": str(shape_captions(folder / "captions", 60)),
        "shapes": str(shape_folder(folder / "shapes", 6, 2, families=("brick", "cone"))),
    }


@pytest.fixture
def person(qtbot: QtBot, qtlog: QtLog, data: dict[str, str], tmp_path: Path) -> Iterator[Person]:
    made = Person(qtbot, qtlog, data, tmp_path)
    yield made
    made.close()
    made.work.end()


def actions(ids: list[str]) -> st.SearchStrategy[tuple[object, ...]]:
    """Return an action and its numbers; what may be drawn depends on nothing that happens, and so never on time."""
    known: dict[str, tuple[int, tuple[st.SearchStrategy[object], ...]]] = {
        "trigger": (20, (st.sampled_from(ids), WHICH)),
        "fiddle": (20, (WHICH, WHICH, SHARE, WHICH)),
        "click": (12, (PLACE, st.sampled_from(["once", "once", "double", "right"]), WHICH)),
        "drag": (6, (st.lists(PLACE, min_size=2, max_size=6),)),
        "point": (4, (PLACE,)),
        "wheel": (4, (PLACE, st.integers(-480, 480))),
        "press": (6, (KEYS, WHICH)),
        "write": (6, (WHICH, WORDS, WHICH)),
        "menu": (6, (WHICH, WHICH)),
        "dialog": (6, (WHICH, WHICH)),
        "resize": (4, (st.integers(700, 1600), st.integers(500, 1000))),
        "pin": (6, (WHICH, st.booleans())),
        "select": (6, (WHICH, st.integers(0, 400))),
        "panel": (8, (WHICH, st.sampled_from(["raise", "float", "close"]))),
        "enrol": (2, (WHICH, WORDS)),
        "open": (2, (KIND,)),
        "cancel": (1, (KIND,)),
        "drop": (6, (KIND, st.sampled_from(["main", "test", "gallery"]))),
        "ask": (4, (st.sampled_from(["picture", "text", "file", "nothing"]), st.sampled_from(["drop", "paste"]))),
        "open_run": (2, (WHICH,)),
        "follow": (1, (WHICH,)),
        "let_go": (1, ()),
        "beside": (1, ()),
        "reopen": (1, (KIND,)),
    }
    runs = st.tuples(st.just("trigger"), st.sampled_from(["run.train", "run.train", "run.stop", "run.continue"]), WHICH)
    each = [st.tuples(st.just(name), *drawn) for name, (weight, drawn) in known.items() for _ in range(weight)]
    return st.one_of(*each, *[runs for _ in range(8)])


def machine(person: Person) -> type[RuleBasedStateMachine]:
    """Return the actions on a window; nothing is raised in it, so that nothing is looked for again after a fault."""
    ids = person.commands()
    assert len(ids) > 100

    class Actions(RuleBasedStateMachine):
        @rule(action=actions(ids))
        def act(self, action: tuple[str, *tuple[object, ...]]) -> None:
            person.act(*action)

    return Actions


def _act(person: Person, count: int, first: int) -> None:
    run_state_machine_as_test(
        seed(first)(machine(person)),
        settings=settings(
            max_examples=-(-count // TOGETHER), stateful_step_count=TOGETHER, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False, derandomize=False,
        ),
    )  # fmt: skip
    assert not person.faults, "\n".join(
        (*person.trail, "", f"seed {first}, {len(person.trail)} actions", *person.faults)
    )


def _record(person: Person, first: int) -> dict[str, object]:
    work, clock = ([piece for piece in all_ if piece[1] != OPENING] for all_ in (person.work.spent, person.work.waited))
    found = {
        "seed": first, "actions": len(person.trail), "done": sum(person.done.values()), "faults": person.faults,
        "work": figures(work), "clock": figures(clock),
        "opening": figures([piece for piece in person.work.spent if piece[1] == OPENING]),
        "kinds": dict(person.done.most_common()), "stacks": person.work.stacks,
    }  # fmt: skip
    if path := os.environ.get("EXPLORER_ACTIONS_RECORDS"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
    return found


def test_some_random_actions_harm_nothing(person: Person) -> None:
    _act(person, 50, 0)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(FIRST, FIRST + PARTS))
def test_many_random_actions_harm_nothing(person: Person, part: int) -> None:
    try:
        _act(person, PART, part)
    finally:
        found = _record(person, part)
    assert len(person.trail) >= PART * 0.9, found
    longest = max(milliseconds for milliseconds, doing in person.work.spent if doing != OPENING)
    assert longest <= LONGEST_MS, found["work"]
