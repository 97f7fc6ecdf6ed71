"""The index of what is shown: an answer at once, codes as soon as they are there, and only for what has moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.ticks import TICKS, ticks
from explorer.core.types import FloatArray, IntArray
from explorer.engine.analysis.shared_state import Held
from explorer.engine.analysis.workers.index_of_many import IndexOfMany
from explorer.measure.coded_index import CodedIndex
from explorer.measure.codes import Codes
from explorer.measure.kept_codes import KeptCodes
from explorer.measure.lifts import lift

LONG = 60.0


def held(x: FloatArray, serial: int = 1) -> Held:
    """Return a snapshot of these embeddings."""
    return Held(serial, 0, "r", serial, np.arange(len(x)), x, False, lift("euclidean"), x, serial)


def test_many_items_are_answered_exactly_until_there_are_codes(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(4_000, 16)).astype(np.float32)
    many = IndexOfMany(KeptCodes(tmp_path), exact_up_to=3_999)
    shown = held(x)
    assert many.of(shown).exact
    assert many.settled(LONG)
    assert not many.of(shown).exact
    assert many.of(shown) is many.of(shown)
    few = held(x[:3_999], 2)
    assert many.of(few).exact
    assert many.settled(LONG)
    assert many.of(few).exact


def test_only_what_moved_gets_new_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(4_000, 16)).astype(np.float32)
    many = IndexOfMany(KeptCodes(tmp_path), exact_up_to=1_000)
    many.of(held(x))
    assert many.settled(LONG)
    coded: list[int] = []
    whole = Codes.replace

    def noted(self: Codes, ids: IntArray, rows: FloatArray) -> None:
        coded.append(len(ids))
        whole(self, ids, rows)

    monkeypatch.setattr(Codes, "replace", noted)
    now = x.copy()
    now[5:305] += 1
    later = held(now, 2)
    assert many.of(later).exact
    assert many.settled(LONG)
    index = many.of(later)
    assert coded == [300]
    assert not index.exact
    found, away = index.search(now[5:10], 1)
    np.testing.assert_array_equal(found[:, 0], np.arange(5, 10))
    assert not away.any()
    other = replace(later, serial=3, lift=lift("cosine"))
    many.of(other)
    assert many.settled(LONG)
    assert many.of(other).lift.name == "cosine"
    assert coded == [300]


def test_only_what_is_asked_about_last_is_made(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    many = IndexOfMany(KeptCodes(tmp_path), exact_up_to=1_000)
    shown = [held(generator.normal(size=(3_000 + n, 8)).astype(np.float32), n) for n in range(4)]
    for each in shown:
        assert many.of(each).exact
    assert many.settled(LONG)
    assert not many.of(shown[-1]).exact


def test_who_asks_again_and_again_meanwhile_gets_the_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[CodedIndex] = []
    monkeypatch.setattr(CodedIndex, "follow", lambda index, items: followed.append(index))
    shown = held(np.random.default_rng(0).normal(size=(4_000, 16)).astype(np.float32))
    many = IndexOfMany(KeptCodes(tmp_path), exact_up_to=1_000)
    coded = False
    for _ in range(20_000):
        coded = not many.of(shown).exact
        if coded or many.settled(0.001):
            break
    assert many.settled(LONG)
    assert coded or not many.of(shown).exact
    assert not followed  # nothing has moved since


def test_rows_that_are_written_over_get_new_codes_by_when_that_was(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(4_000, 16)).astype(np.float32)
    written = np.full(4_000, ticks() - 10 * TICKS, np.uint32)
    many = IndexOfMany(KeptCodes(tmp_path), exact_up_to=1_000)

    def index_of(shown: Held) -> CodedIndex:
        many.of(shown)
        assert many.settled(LONG)
        index = many.of(shown)
        assert isinstance(index, CodedIndex)
        return index

    live = replace(held(x), written=written)
    index = index_of(live)
    assert not list(tmp_path.iterdir())  # what changes is not kept
    moved = np.arange(100, 1_900)
    x[moved] = generator.normal(size=(len(moved), 16)) + 9  # where the same rows are read, nothing can be compared
    written[moved] = ticks()
    later = replace(live, serial=2, step=2)
    assert index_of(later) is index
    assert (index.search(x[moved], 1)[0][:, 0] == moved).mean() > 0.98  # by codes: nearly all
    x[moved[::2]] -= 18
    written[moved[::2]] = ticks()
    copy = held(x.copy(), 3)
    assert index_of(copy) is index
    assert (index.search(x[moved], 1)[0][:, 0] == moved).mean() > 0.98
