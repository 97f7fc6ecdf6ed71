from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.notes import LONGEST_NAME, MOST_TAGS, NOTES_NAME, RunNotes, read_notes, run_notes, write_notes
from tests.helpers.runs import new_run

NOTES = RunNotes(name="the one with é", tags=("good", "to show"), note="two\nlines")


def test_notes_are_kept_in_a_run_that_stays_whole_and_go_with_its_copy(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.finish({"steps": 7})
        assert read_notes(run.path) == RunNotes()
        write_notes(run.path, NOTES)
        assert run.verify() == ()
        run.finish({"steps": 7})
        write_notes(run.path, NOTES.model_copy(update={"name": "another"}))
        assert run.verify() == ()
        with run.copied_to(tmp_path / "copy") as copy:
            assert read_notes(copy.path) == NOTES.model_copy(update={"name": "another"})


def test_what_was_typed_is_tidied_and_refused_where_it_is_too_long() -> None:
    assert run_notes("  a  b ", (" x ", "", "x", "y  z"), " n\n") == RunNotes(name="a b", tags=("x", "y z"), note="n")
    for name, tags in (("n" * (LONGEST_NAME + 1), ()), ("", [str(number) for number in range(MOST_TAGS + 1)])):
        with pytest.raises(UserError, match=r"A name has at most 200 letters, .* Say it in fewer words"):
            run_notes(name, tags, "")
    with pytest.raises(UserError):
        run_notes("half a letter \udc80", (), "")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": 3}', '{"tags": "abc"}', NOTES.model_dump_json()[:-9], " " * (2 << 20)]
)
def test_damaged_notes_are_said_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / NOTES_NAME).write_text(text)
    with pytest.raises(UserError, match=r"notes\.json is damaged\. Name the run anew"):
        read_notes(tmp_path)


def test_what_a_later_version_adds_is_passed_over_and_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / NOTES_NAME).write_text('{"name": "a", "later": 1}')
    assert read_notes(tmp_path) == RunNotes(name="a")
    (tmp_path / NOTES_NAME).unlink()
    (tmp_path / NOTES_NAME).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        read_notes(tmp_path)
