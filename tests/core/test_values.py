from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError, printable
from explorer.core.resources import resource_path, resource_text
from explorer.core.types import JobStatus, TripletCensus, frozen


def test_what_is_frozen_is_a_copy_that_cannot_be_written() -> None:
    source = np.arange(6).reshape(2, 3)[:, ::-1]
    copy = frozen(source)
    source[0, 0] = 99
    assert copy.tolist() == [[2, 1, 0], [5, 4, 3]]
    with pytest.raises(ValueError, match="read-only"):
        copy[0, 0] = 1


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_census_is_a_partition(easy: int, semi_hard: int, hard: int) -> None:
    census = TripletCensus(0.2, easy, semi_hard, hard)
    assert census.total == easy + semi_hard + hard
    assert census.violated == census.total - easy


@given(st.text())
def test_printable_text_cannot_drive_a_terminal(text: str) -> None:
    assert printable(text).isprintable()


def test_names_that_are_not_utf8_and_bidirectional_ones_are_shown_escaped() -> None:
    assert printable("caf\udce9") == "caf\\udce9"
    assert printable("a\u202eb") == "a\\u202eb"
    assert printable("shirt – été 犬") == "shirt – été 犬"


def test_an_error_ends_with_its_remedy() -> None:
    assert str(UserError("a.png cannot be read", remedy="Check its permissions")) == (
        "a.png cannot be read. Check its permissions"
    )


def test_a_job_of_unknown_length_has_no_share() -> None:
    assert JobStatus(1, "Scan", 5, 0, "running").fraction is None
    assert JobStatus(1, "Decode", 5, 20, "running").fraction == 0.25


def test_resources_ship() -> None:
    assert resource_text("style.qss")
    with pytest.raises(FileNotFoundError):
        resource_path("icons/absent.svg")
