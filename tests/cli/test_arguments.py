from __future__ import annotations

import subprocess
import sys

import pytest

from explorer.cli.arguments import COMMANDS, parse
from explorer.cli.main import MODULES
from explorer.core.errors import UserError

HEAVY = "{'numpy', 'pydantic', 'torch', 'numba', 'faiss', 'PySide6', 'PIL', 'sklearn', 'platformdirs'}"


@pytest.mark.parametrize("change", ["loss.margin=0.5", "9:loss.margin", "x:loss=a", ""])
def test_a_change_has_a_step_a_key_and_a_value(change: str) -> None:
    with pytest.raises(UserError, match=r"STEP:KEY=VALUE|empty"):
        parse(["train", "D", "--out", "R", "--change", change])


def test_without_a_command_the_window_opens() -> None:
    assert (parse([]).command, parse([]).data, parse([]).recipe) == ("window", "", "")
    options = parse(["pictures", "--recipe", "r.toml"])
    assert (options.command, options.data, options.recipe) == ("window", "pictures", "r.toml")


def test_a_command_wins_over_a_folder_of_its_name() -> None:
    assert parse(["list"]).command == "list"
    assert parse(["./list"]).command == "window"


def test_the_contract_of_train() -> None:
    line = "train D --out R --test T --recipe F --set a=1 --set b.c=2 --epochs 3 --seed 4 --device cpu --json "
    line += "--precision float32 --resume --from 7 --gallery G --test U --threads 2 --change 9:loss.margin=0.5 "
    line += "--target age"
    options = parse(line.split())
    assert vars(options) == {
        "command": "train",
        "data": "D",
        "out": "R",
        "test": ["T", "U"],
        "gallery": ["G"],
        "threads": 2,
        "changes": [(9, "loss.margin", "0.5")],
        "recipe": "F",
        "settings": ["a=1", "b.c=2"],
        "target": "age",
        "epochs": 3,
        "seed": 4,
        "device": "cpu",
        "precision": "float32",
        "resume": True,
        "resume_or_start": False,
        "pairs": "",
        "triplets": "",
        "must_link": "",
        "origin": ("", 7),
        "json": True,
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("query R p.png q.png", r"q\.png is one word too many\. Put what holds blanks in quotes"),
        ("query R --text a red car", r"red car|car is one word too many"),
        ("train D --out R a b", "a b are 2 words too many"),
        ("query R p.png --kk 3", "There is no option --kk"),
        ("gallery R identify A B", "B is one word too many"),
        ("one two", "two is one word too many"),
        ("train D --out R --epochs nan", "nan is not a whole number from 0, such as 12"),
        ("train D --out R --epochs 1,5", "1,5 is not a whole number from 0, such as 12"),
        ("query R p.png -k nan", "nan is not a whole number from 1, such as 12"),
        ("train D --out R --threads auto", "auto is not a whole number from 1, such as 12"),
    ],
)
def test_words_left_over_are_named_in_one_sentence(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse(line.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("evaluate R --data D --protocol retrieval --set split=items --json", {"run": "R", "data": "D"}),
        ("embed R D O.npy", {"run": "R", "data": "D", "out": "O.npy"}),
        ("query R I -k 3 --json", {"run": "R", "image": "I", "k": 3}),
        ("query R I", {"k": 10, "json": False}),
        ("gallery R enrol N A B --json", {"action": "enrol", "name": "N", "images": ["A", "B"], "json": True}),
        ("gallery R identify A", {"action": "identify", "image": "A", "k": 5, "threshold": None}),
        ("gallery R list --json", {"run": "R", "action": "list", "json": True}),
        ("gallery R remove N", {"action": "remove", "name": "N"}),
        ("gallery R rename N M", {"action": "rename", "name": "N", "new": "M"}),
        ("check D --json", {"data": "D", "json": True}),
        ("list losses --json", {"kind": "losses"}),
        ("list", {"kind": ""}),
        ("doctor --json", {"json": True}),
        ("self-test --screenshots D", {"screenshots": "D"}),
    ],
)
def test_the_contract_of_the_others(line: str, expected: dict[str, object]) -> None:
    assert vars(parse(line.split())).items() >= expected.items()


@pytest.mark.parametrize(
    "line",
    [
        "train D",
        "train --out R",
        "train D --out R --epochs -1",
        "train D --out R --epochs many",
        "query R I -k 0",
        "gallery R",
        "gallery R enrol N",
        "gallery R forget N",
        "check",
        "list a b c",
        "D E",
        "--unknown",
        "train D --out R --rec F",
    ],
)
def test_what_cannot_be_understood_is_one_sentence_with_a_remedy(line: str) -> None:
    with pytest.raises(UserError, match="--help") as caught:
        parse(line.split())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_says_every_command_and_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([*([command] if command else []), "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in (COMMANDS if not command else [command]))


def test_every_command_has_its_module() -> None:
    assert set(MODULES) == {"window", *COMMANDS}


@pytest.mark.parametrize("line", ["--help", "train --help", "--version"])
def test_help_imports_nothing_heavy(line: str) -> None:
    script = (
        "import sys; from explorer.cli.main import run\n"
        f"try: run({line.split()!r})\nexcept SystemExit: pass\n"
        f"sys.exit(', '.join(sorted({HEAVY} & set(sys.modules))) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "line", [["train", "", "--out", "R"], ["evaluate", "R", "--data="], ["train", "D", "--out", ""], [""]]
)
def test_an_empty_word_is_not_the_current_folder(line: list[str]) -> None:
    with pytest.raises(UserError, match=r"^(an argument|--data|--out) is empty"):
        parse(line)


@pytest.mark.parametrize("step", ["0", "-1", "-12"])
def test_a_change_before_the_first_step_is_told_that_steps_begin_at_1(step: str) -> None:
    with pytest.raises(UserError, match=f"{step}:loss.margin=0.1 names the step {step}, and steps begin at 1"):
        parse(["train", "D", "--out", "R", "--change", f"{step}:loss.margin=0.1"])
