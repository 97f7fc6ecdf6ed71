"""The real window under random actions, in any order: no exception, no warning of Qt, no long wait, and it closes.

``FAULTS_COUNT`` says how many actions the long form does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.faults.acting import Person
from tests.helpers.blobs import blobs
from tests.helpers.data import picture_folder
from tests.helpers.sound import tones
from tests.helpers.texts import question_table

TOGETHER = 40
"""Actions of one example; a window outlives many of them."""

SHARE = st.floats(0.0, 1.0)
PLACE = st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
KINDS = ("digits", "pictures", "vectors", "texts", "sounds")

LONGEST_MS = 500.0
"""Work of the GUI thread between two turns of its event loop: the longest are changes of the theme and of all docks."""


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "data"
    folder.mkdir()
    x, labels = blobs(120, 4)
    np.savez(folder / "vectors.npz", x=x, y=labels)
    tones(folder / "sounds", (0, 4, 7), ("ann", "bob"), 4)
    return {
        "digits": "sample:digits",
        "pictures": str(picture_folder(folder / "pictures", {"a": 20, "b": 20, "c": 20})),
        "vectors": str(folder / "vectors.npz"),
        "texts": str(question_table(folder / "texts.csv")),
        "sounds": str(folder / "sounds"),
    }


@pytest.fixture
def person(qtbot: QtBot, data: dict[str, str], tmp_path: Path) -> Iterator[Person]:
    made = Person(qtbot, data, tmp_path)
    yield made
    made.close()
    made.work.end()


def machine(person: Person) -> type[RuleBasedStateMachine]:
    """Return the actions on a window."""
    ids = person.commands()
    assert len(ids) > 60

    class Actions(RuleBasedStateMachine):
        @rule(name=st.sampled_from(ids))
        def trigger(self, name: str) -> None:
            person.trigger(name)

        @rule(name=st.sampled_from(["run.train", "run.train", "run.stop", "run.continue"]))
        def run(self, name: str) -> None:
            person.trigger(name)

        @rule(place=PLACE, double=st.booleans())
        def click(self, place: tuple[float, float], double: bool) -> None:
            person.click(*place, double)

        @rule(points=st.lists(PLACE, min_size=2, max_size=6))
        def drag(self, points: list[tuple[float, float]]) -> None:
            person.drag(points)

        @rule(width=st.integers(700, 1600), height=st.integers(500, 1000))
        def resize(self, width: int, height: int) -> None:
            person.resize(width, height)

        @rule(key=st.sampled_from([Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_F]))
        def press(self, key: Qt.Key) -> None:
            person.press(key)

        @rule(share=SHARE, add=st.booleans())
        def pin(self, share: float, add: bool) -> None:
            person.pin(share, add)

        @rule(share=SHARE, count=st.integers(0, 400))
        def select(self, share: float, count: int) -> None:
            person.select(share, count)

        @rule(share=SHARE, how=st.sampled_from(["raise", "raise", "float", "close"]))
        def panel(self, share: float, how: str) -> None:
            person.panel(share, how)

        @rule(panel=SHARE, field=SHARE, value=SHARE)
        def fiddle(self, panel: float, field: float, value: float) -> None:
            person.fiddle(panel, field, value)

        @rule(name=st.sampled_from(KINDS), role=st.sampled_from(["main", "test", "gallery"]))
        def drop(self, name: str, role: str) -> None:
            person.drop(name, role)

        @rule(name=st.sampled_from(KINDS), odds=st.integers(0, 5))
        def open(self, name: str, odds: int) -> None:
            if odds == 0:
                person.open(name)

        @rule(name=st.sampled_from(KINDS), odds=st.integers(0, 20))
        def seldom(self, name: str, odds: int) -> None:
            if odds == 0:
                person.beside()
            elif odds == 1:
                person.reopen(name)

    return Actions


def _act(person: Person, count: int) -> None:
    run_state_machine_as_test(
        machine(person),
        settings=settings(
            max_examples=-(-count // TOGETHER), stateful_step_count=TOGETHER, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip


def test_some_random_actions_harm_nothing(person: Person) -> None:
    _act(person, 40)


@pytest.mark.full
@pytest.mark.timeout(4 * 3600)
def test_many_random_actions_harm_nothing(person: Person) -> None:
    count = int(os.environ.get("FAULTS_COUNT", "10000"))
    _act(person, count)
    spent = np.array([milliseconds for milliseconds, _ in person.work.spent])
    parts = [round(float(np.percentile(spent, share)), 1) for share in (50, 95, 99)]
    print(sum(person.done.values()), "actions; ms", parts, "longest", person.work.worst())  # noqa: T201 - for the note
    print(*person.work.stacks, sep="\n")  # noqa: T201
    print(dict(sorted(person.done.items(), key=lambda pair: -pair[1])))  # noqa: T201
    assert sum(person.done.values()) >= count / 2
    assert spent.max() <= LONGEST_MS
