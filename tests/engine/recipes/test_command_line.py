"""A line that is pasted comes out as the words it was made of: by a real shell, and by the rules of Windows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.cli.arguments import parse
from explorer.core.events import Set
from explorer.engine.recipes.command_line import command_lines, program
from explorer.engine.recipes.how_trained import Longer
from explorer.engine.recipes.plan import Plan
from explorer.engine.recipes.python_lines import python_lines

NASTY = [
    "plain",
    "two words",
    "it's",
    'a "quote"',
    "$HOME `id` ;&|",
    "100%",
    "%PATH%",
    "back\\",
    'a\\\\" b',
    "(x)^!",
    "*?",
]


def plan(*words: str) -> Plan:
    """Return a plan whose data and values are these words."""
    settings = {f"data.text_column{number}": word for number, word in enumerate(words)}
    return Plan(((words[0], "main"), (words[-1], "test"), ("g", "gallery")), settings, {"epochs": 3})


def as_a_prompt_reads(line: str) -> str:
    """Return what the command prompt of Windows hands to a program: carets outside quotes escape, and are gone then."""
    read, quoted, signs = "", False, iter(line)
    for sign in signs:
        if sign == "^" and not quoted:
            read += next(signs, "")
            continue
        assert quoted or sign not in "&|<>", f"the prompt would take {sign} of {line} for itself"
        quoted ^= sign == '"'
        read += sign
    return read


def as_a_runtime_reads(line: str) -> Iterator[str]:
    """Yield the words that the C runtime of Windows makes of a line, by its documented rules."""
    word, quoted, begun, at = "", False, False, 0
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        sign = line[at + slashes : at + slashes + 1]
        if sign == '"':
            word, begun = word + "\\" * (slashes // 2) + ('"' if slashes % 2 else ""), True
            quoted ^= slashes % 2 == 0
        else:
            word, begun = word + "\\" * slashes, begun or slashes > 0
            if sign in (" ", "") and not quoted:
                if begun:
                    yield word
                word, begun = "", False
            else:
                word, begun = word + sign, True
        at += slashes + 1
    if begun:
        yield word


@pytest.mark.parametrize("word", NASTY)
def test_windows_reads_the_words_that_were_meant(word: str) -> None:
    (line,) = command_lines(plan(word, "x"), Path("out"), windows=True).splitlines()
    words = list(as_a_runtime_reads(as_a_prompt_reads(line)))
    assert words[len(program()) :][:2] == ["train", word]
    assert f"data.text_column0={word}" in words
    assert "%" not in re.sub(r"\^%", "", line)


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1))
def test_windows_reads_any_word(word: str) -> None:
    (line,) = command_lines(plan(word), Path("out"), windows=True).split("\n")
    assert word in list(as_a_runtime_reads(as_a_prompt_reads(line)))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
def test_a_shell_reads_the_words_that_were_meant() -> None:
    (line,) = command_lines(plan(*NASTY), Path("out"), windows=False).splitlines()
    script = f"show() {{ printf '%s\\n' \"$@\"; }}; show {line}"
    read = subprocess.run(["sh", "-c", script], capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    assert [word for word in NASTY if f"data.text_column{NASTY.index(word)}={word}" in read] == NASTY
    assert read[len(program()) :][:2] == ["train", NASTY[0]]


def test_a_command_says_all_that_a_plan_says() -> None:
    full = Plan(
        (("a b", "main"), ("t1", "test"), ("t2", "test"), ("g", "gallery")),
        {"loss": "contrastive", "data.crop": True},
        {"epochs": 3, "seed": 2},
        (Set("loss.margin", 0.5, 12),),
        longer=(Longer(6, 2), Longer(9, 1), Longer(12)),
        threads=2,
        lacking=("Something else",),
    )
    remark, first, second, third, fourth = command_lines(full, Path("out dir"), windows=False).splitlines()
    assert remark == "# Something else"
    words = first.replace("'", "\x00").split("\x00")
    assert "a b" in words
    parsed = parse(["train", "a b", "--out", "out dir", *first.split("'out dir' ")[1].split()])
    assert (parsed.test, parsed.gallery, parsed.threads) == (["t1", "t2"], ["g"], 2)
    assert parsed.settings == ["loss=contrastive", "data.crop=true"]
    assert (parsed.epochs, parsed.seed, parsed.changes) == (3, 2, [(12, "loss.margin", "0.5")])
    assert second.endswith("--resume --epochs 6 --threads 2 --change 12:loss.margin=0.5")
    assert third.endswith("--resume --epochs 9 --threads 1 --change 12:loss.margin=0.5")
    assert fourth.endswith("--resume --epochs 12 --change 12:loss.margin=0.5")


def test_lines_of_python_say_all_that_a_plan_says() -> None:
    full = Plan(
        (('it\'s "a\\b"', "main"), ("t1", "test"), ("t2", "test"), ("g", "gallery")),
        {f"data.text_column{number}": word for number, word in enumerate(NASTY)},
        {"epochs": 3},
        (Set("loss.margin", 0.5, 12),),
        longer=(Longer(6, 2), Longer(9, 1), Longer(12)),
        threads=2,
        lacking=("Something else",),
    )
    lines = python_lines(full, Path("out"))
    called: list[tuple[tuple[object, ...], dict[str, object]]] = []

    class Told:
        figures = "these"

        def resume(self, **words: object) -> Told:
            called.append(((), words))
            return self

    def train(*words: object, **named: object) -> Told:
        called.append((words, named))
        return Told()

    said: list[object] = []
    exec(
        lines.replace("import explorer\n", "").replace("explorer.train", "train"),
        {"train": train, "print": said.append},
    )
    assert said == ["these"]
    assert "# Something else" in lines
    assert called[0] == (
        ('it\'s "a\\b"',),
        {
            "out": "out",
            "test": ["t1", "t2"],
            "gallery": "g",
            "settings": dict(full.settings),
            "epochs": 3,
            "changes": [(12, "loss.margin", 0.5)],
            "threads": 2,
        },
    )
    changes = [(12, "loss.margin", 0.5)]
    assert [words for _, words in called[1:]] == [
        {"epochs": 6, "changes": changes, "threads": 2},
        {"epochs": 9, "changes": changes, "threads": 1},
        {"epochs": 12, "changes": changes},
    ]
