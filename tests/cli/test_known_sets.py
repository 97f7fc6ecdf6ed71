"""Known data sets from the command line: named by ``check``, trained on by their parts, verified by their pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.layouts.sets import texts
from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture_folder


@pytest.fixture
def lfw(tmp_path: Path) -> Path:
    people = [f"{first}_{last}" for first in ("Ann", "Bo", "Cy") for last in ("Ash", "Elm", "Fir", "Oak")]
    root = tmp_path / "home"
    picture_folder(root / "lfw", dict.fromkeys(people, 4))
    for person in people:
        for number in range(4):
            (root / "lfw" / person / f"{number:03d}.png").rename(
                root / "lfw" / person / f"{person}_{number + 1:04d}.png"
            )
    folds = [people[:6], people[6:]]
    same = [[f"{name}\t{a}\t{b}\n" for name in fold for a, b in ((1, 2), (3, 4))] for fold in folds]
    other = [[f"{fold[i]}\t{k}\t{fold[i - 1]}\t{k}\n" for i in range(6) for k in (1, 3)] for fold in folds]
    texts(root, {"pairs.txt": "2\t12\n" + "".join("".join(a + b) for a, b in zip(same, other, strict=True))})
    return root


def test_check_names_the_set_its_parts_and_its_pairs(lfw: Path) -> None:
    code, text, _ = run_command("check", lfw)
    assert code == 0
    assert [line for line in text.splitlines()[3:] if not line.startswith("not read as ")] == [
        "split: test 24, train 24",
        "read as LFW: pairs.txt and people such as Ann_Ash/Ann_Ash_0001.png",
        "pairs.txt: 48 pairs in 2 folds to be verified",
        "Split by people: those of the last of 2 folds of pairs.txt are test, all others train",
    ]
    found = json_of("check", lfw)
    assert found["pairs"] == {"pairs.txt": 48}
    assert found["source"] == "known_set"


@pytest.mark.full
def test_a_run_is_verified_by_the_pairs_of_people_whom_it_never_saw(lfw: Path, tmp_path: Path) -> None:
    assert run_command("train", lfw, "--out", tmp_path / "run", "--set", "epochs=1")[0] == 0
    found = json_of("evaluate", tmp_path / "run", "--protocol", "verification")
    assert (found["items"], found["classes"]) == (24, 6)
    assert (found["metrics"]["same_pairs"], found["metrics"]["different_pairs"]) == (12, 12)
    drawn = ("--protocol", "verification", "--set", "protocol.pairs_file=drawn")
    assert json_of("evaluate", tmp_path / "run", *drawn)["metrics"]["same_pairs"] == 6 * 6
