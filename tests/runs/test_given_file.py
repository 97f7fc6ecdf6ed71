from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.given_tuples import GivenTuples, given_of
from explorer.runs.given_file import copy_given, read_content, read_record, write_given

CONTENT = b"a,b,1\na,c,0\n"


def given(name: str = "pairs.TSV") -> GivenTuples:
    return given_of(name, CONTENT, "pairs", ("a", "b", "c"))


def test_the_file_lies_under_its_hash_and_is_read_as_it_was(tmp_path: Path) -> None:
    write_given(tmp_path, given())
    record = read_record(tmp_path)
    assert record is not None
    assert (record.kind, record.name, record.digest) == ("pairs", "pairs.TSV", given().digest)
    assert record.of(tmp_path) == tmp_path / "given" / f"{given().digest}.tsv"
    assert read_content(tmp_path, record) == CONTENT
    assert np.array_equal(given_of(record.name, CONTENT, record.kind, ("a", "b", "c")).rows, given().rows)


def test_a_copy_has_it_too_and_a_run_without_has_none(tmp_path: Path) -> None:
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "other").mkdir()
    copy_given(one, other)
    assert read_record(other) is None
    write_given(one, given())
    copy_given(one, other)
    assert read_record(other) == read_record(one)


def test_a_changed_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    write_given(tmp_path, given())
    record = read_record(tmp_path)
    assert record is not None
    record.of(tmp_path).write_bytes(CONTENT + b"b,c,0\n")
    with pytest.raises(UserError, match="is damaged"):
        read_content(tmp_path, record)
    record.of(tmp_path).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        read_content(tmp_path, record)
    (tmp_path / "given.json").write_text('{"kind": "other", "name": "x", "digest": ""}')
    with pytest.raises(UserError, match="is damaged"):
        read_record(tmp_path)
