"""Commands through the folder of a run: taken once and in order, and nothing else than commands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.events import Pause, Resume, Save, Set, Stop
from explorer.runs.commands import COMMANDS_NAME, LARGEST, MOST, decode, forget, give, take, words

COMMANDS = (
    Pause(),
    Pause(after=3),
    Resume(),
    Save(),
    Set("loss.margin", 0.3),
    Set("miner", "hard", 7),
    Stop(quick=True),
)


def test_commands_are_taken_once_and_in_order(tmp_path: Path) -> None:
    for command in COMMANDS:
        give(tmp_path, command)
    assert [taken.command for taken in take(tmp_path)] == list(COMMANDS)
    assert take(tmp_path) == []
    assert list((tmp_path / COMMANDS_NAME).iterdir()) == []


def test_values_keep_their_kind(tmp_path: Path) -> None:
    for value in (True, 1, 1.0, "1"):
        give(tmp_path, Set("loss.margin", value))
    values = [taken.command.value for taken in take(tmp_path) if isinstance(taken.command, Set)]
    assert [(type(value), value) for value in values] == [(bool, True), (int, 1), (float, 1.0), (str, "1")]


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", '"pause"', "{", '{"command": "shout"}', '{"command": ["pause"]}', '{"after": 1}'),
        *('{"command": "pause", "after": "1"}', '{"command": "pause", "often": 1}', '{"command": "set"}'),
        *('{"command": "set", "path": "miner", "value": ["hard"]}', "[" * 100_000, " " * (LARGEST + 1)),
        *('{"command": "pause", "after": -5}', '{"command": "pause", "after": 99999999999999999999999}'),
        *(
            '{"command": "set", "path": "loss.margin", "value": NaN}',
            f'{{"command": "set", "path": "{"a" * 60_000}", "value": 1}}',
        ),
        *(
            '{"command": "set", "path": "loss.margin", "value": 1e400}',
            '{"command": "set", "path": "a", "value": 1, "step": -1}',
        ),
    ],
)
def test_what_is_no_command_is_refused_and_gone(tmp_path: Path, text: str) -> None:
    place = tmp_path / COMMANDS_NAME
    place.mkdir()
    (place / "0.json").write_text(text, encoding="utf-8")
    give(tmp_path, Resume())
    (refused, taken) = take(tmp_path)
    assert refused.command is None
    assert refused.problem.startswith("A command to the run was refused: ")
    assert taken.command == Resume()
    assert not list(place.iterdir())


@given(st.binary(max_size=200))
def test_no_bytes_are_a_fault(data: bytes) -> None:
    with pytest.raises(UserError, match="refused"):
        decode(b"\xff" + data)
    with pytest.raises(UserError, match="refused"):
        decode(b'{"command": "pause", "after": "' + data)


def test_links_and_other_names_are_left_alone(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / COMMANDS_NAME, tmp_path / "elsewhere.json"
    place.mkdir()
    elsewhere.write_text(json.dumps({"command": "stop"}), encoding="utf-8")
    os.symlink(elsewhere, place / "1.json")
    (place / "note.txt").write_text("stop", encoding="utf-8")
    (place / "folder.json").mkdir()
    (place / ".half.json.tmp-1").write_text('{"command": "stop"}', encoding="utf-8")
    assert take(tmp_path) == []
    assert len(list(place.iterdir())) == 4
    os.rename(place, tmp_path / "real")
    os.symlink(tmp_path / "real", place)
    give(tmp_path, Resume())
    assert take(tmp_path) == [], "through a link the files of others would be removed"


def test_so_many_at_a_time(tmp_path: Path) -> None:
    for _ in range(MOST + 5):
        give(tmp_path, Pause())
    assert len(take(tmp_path)) == MOST
    forget(tmp_path)
    assert take(tmp_path) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing can be asked of the run"):
        give(tmp_path / "gone", Pause())


def test_words() -> None:
    assert [words(command) for command in COMMANDS] == [
        *("pause", "pause after 3 steps", "resume", "save", "set loss.margin = 0.3", "set miner = hard", "stop")
    ]
