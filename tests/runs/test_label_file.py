from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.label_decisions import Decision
from explorer.runs.label_file import LABELS_NAME, changing_labels, read_decisions, write_decisions

IDS = ("a/1.png", "=SUM(1)", "'quoted", 'b,"2".png', "\udcff.png")
CLASSES = ("cat", "=dog", "bird, small")


def test_decisions_are_the_same_when_they_are_read_again(tmp_path: Path) -> None:
    decided = {0: Decision("keep"), 1: Decision("relabel", 1), 2: Decision("exclude"), 4: Decision("relabel", 2)}
    write_decisions(tmp_path, decided, IDS, CLASSES)
    assert read_decisions(tmp_path, IDS, CLASSES) == decided
    lines = (tmp_path / LABELS_NAME).read_bytes().splitlines()
    assert lines[0] == b"id,decision,class"
    assert lines[2] == b"'=SUM(1),relabel,'=dog"  # no spreadsheet runs it
    saved = b"\xef\xbb\xbf" + (tmp_path / LABELS_NAME).read_bytes() + b"\r\n"  # by a spreadsheet
    (tmp_path / LABELS_NAME).write_bytes(saved)
    assert read_decisions(tmp_path, IDS, CLASSES) == decided
    write_decisions(tmp_path, {}, IDS, CLASSES)
    assert read_decisions(tmp_path, IDS, CLASSES) == {}
    assert [path.name for path in tmp_path.iterdir()] == [LABELS_NAME]


def test_where_nothing_was_decided_there_is_no_file(tmp_path: Path) -> None:
    assert read_decisions(tmp_path, IDS, CLASSES) == {}


def test_an_item_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    write_decisions(tmp_path, {0: Decision("exclude"), 3: Decision("exclude")}, IDS, CLASSES)
    assert read_decisions(tmp_path, IDS[1:], CLASSES) == {2: Decision("exclude")}


def test_what_was_decided_of_data_that_are_not_open_stays(tmp_path: Path) -> None:
    more, classes = (*IDS, "test/=1.png"), (*CLASSES, "of tests")
    write_decisions(tmp_path, {1: Decision("exclude"), 5: Decision("relabel", 3)}, more, classes)
    assert read_decisions(tmp_path, IDS, CLASSES) == {1: Decision("exclude")}
    write_decisions(tmp_path, {0: Decision("keep")}, IDS, CLASSES)
    assert read_decisions(tmp_path, IDS, CLASSES) == {0: Decision("keep")}
    assert read_decisions(tmp_path, more, classes) == {0: Decision("keep"), 5: Decision("relabel", 3)}
    write_decisions(tmp_path, {}, more, classes)
    assert read_decisions(tmp_path, more, classes) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "its first line is not"),
        ("id,decision\n", "its first line is not"),
        ("id,decision,class\na/1.png,keep\n", "line 2 has 2 cells"),
        ("id,decision,class\na/1.png,relabel,cow\n", "line 2 names 'cow', which is no class of the run"),
        ("id,decision,class\na/1.png,burn,\n", "line 2 says 'burn'"),
        ('id,decision,class\n"a/1', "unexpected end of data"),
    ],
)
def test_a_damaged_file_is_said_in_words(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / LABELS_NAME).write_text(text)
    with pytest.raises(UserError, match=reason):
        read_decisions(tmp_path, IDS, CLASSES)


@given(content=st.binary(max_size=200))
def test_whatever_stands_in_the_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / LABELS_NAME).write_bytes(content)
    with suppress(UserError):
        assert set(read_decisions(folder, IDS, CLASSES)) <= set(range(len(IDS)))


def test_two_do_not_change_it_at_once(tmp_path: Path) -> None:
    with changing_labels(tmp_path), pytest.raises(UserError), changing_labels(tmp_path):
        pass
    with changing_labels(tmp_path):
        pass
