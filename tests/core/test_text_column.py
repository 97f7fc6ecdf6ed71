from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core import text_column
from explorer.core.text_column import TextColumn, TextColumnBuilder

ANY = st.text(st.characters(), max_size=5)  # half characters too: names of files that are no UTF-8 have them
TEXTS = st.one_of(st.lists(ANY), st.lists(st.sampled_from(["", "a", "é", "\udc80x", "\ud83d", "train"]), max_size=40))


@pytest.fixture(autouse=True, params=["in memory", "mapped"])
def _small_portions(request: pytest.FixtureRequest) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_column, "AT_ONCE", 4)
        if request.param == "mapped":
            patch.setattr(text_column, "MAPPED_FROM", 6)
        yield


@given(texts=TEXTS, data=st.data())
def test_it_is_a_tuple_of_the_same_texts(texts: list[str], data: st.DataObject) -> None:
    column, plain = TextColumn.of(iter(texts)), tuple(texts)
    assert len(column) == len(plain)
    assert tuple(column) == plain
    assert [column[i] for i in range(-len(plain), len(plain))] == [*plain, *plain]
    assert column == plain
    assert plain == column
    assert column == texts
    cut = data.draw(st.slices(len(plain)))
    assert tuple(column[cut]) == plain[cut]
    assert column[cut] == TextColumn.of(plain[cut])
    other = data.draw(TEXTS)
    assert (column == TextColumn.of(other)) == (plain == tuple(other))
    assert (column == tuple(other)) == (plain == tuple(other))
    assert np.asarray(column).tolist() == np.array(texts, np.str_).tolist()


@given(texts=TEXTS, text=ANY)
def test_it_finds_a_text_where_a_tuple_does(texts: list[str], text: str) -> None:
    column, plain = TextColumn.of(texts), tuple(texts)
    for wanted in {text, *texts}:
        assert (wanted in column) == (wanted in plain)
        assert column.count(wanted) == plain.count(wanted)
        assert column.rows_of(wanted).tolist() == [i for i, known in enumerate(plain) if known == wanted]
        if wanted in plain:
            assert column.index(wanted) == plain.index(wanted)
        else:
            with pytest.raises(ValueError, match="is not in the column"):
                column.index(wanted)
    number: object = 5
    assert number not in column


@given(texts=TEXTS, data=st.data())
def test_some_of_its_texts_in_another_order(texts: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=30)) if texts else []
    taken = TextColumn.of(texts).take(rows)
    assert taken == tuple(texts[row] for row in rows)
    codes, different = taken.codes()
    assert [different[code] for code in codes.tolist()] == [texts[row] for row in rows]
    assert sorted(set(codes.tolist())) == list(range(len(different)))
    assert len(set(different)) == len(different)


@given(parts=st.lists(TEXTS))
def test_it_grows_portion_by_portion(parts: list[list[str]]) -> None:
    builder = TextColumnBuilder()
    for part in parts:
        builder.extend(part)
    whole = [text for part in parts for text in part]
    column = builder.column()
    assert column == whole
    codes, different = column.codes()
    assert [different[code] for code in codes.tolist()] == whole
    assert different == tuple(dict.fromkeys(whole))


@given(texts=st.lists(st.sampled_from(["", "a", "é", "\udc80x"]), min_size=1, max_size=6), data=st.data())
def test_texts_by_number(texts: list[str], data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=30))
    column = TextColumn.coded(texts, np.array(codes, np.int64))
    assert column == [texts[code] for code in codes]
    assert column.codes()[1] == tuple(dict.fromkeys(texts[code] for code in sorted(codes)))


@given(numbers=st.lists(st.integers(0, 10**18 - 1) | st.integers(0, 120), max_size=20))
def test_numbers_with_what_stands_around_them(numbers: list[int]) -> None:
    column = TextColumn.numbered("é[", np.array(numbers, np.int64), "]")
    assert column == [f"é[{number}]" for number in numbers]
    assert TextColumn.numbered("", np.array(numbers, np.int64)) == list(map(str, numbers))


def test_what_is_outside_is_refused() -> None:
    for texts in (["a", "b"], ["a"] * 9):
        column = TextColumn.of(texts)
        for index in (len(texts), -len(texts) - 1):
            with pytest.raises(IndexError):
                column[index]


def test_one_text_many_times() -> None:
    assert TextColumn.repeated("é", 3) == ("é", "é", "é")
    assert TextColumn.repeated("x", 0) == ()


def test_it_cannot_be_written_to() -> None:
    column = TextColumn.of(["a", "b", "c", "a", "a", "a", "a"])
    with pytest.raises(ValueError, match="read-only"):
        column.codes()[0][0] = 1
    with pytest.raises(TypeError):
        hash(column)
    assert repr(column) == "TextColumn(7: 'a', 'b', 'c', …)"


def test_a_million_texts_cost_their_bytes() -> None:
    few = TextColumn.of(("train", "test")[i % 2] for i in range(10_000))
    many = TextColumn.of(f"item[{i}]" for i in range(10_000))
    assert few.nbytes < 4.1 * 10_000
    assert many.nbytes < 20 * 10_000


def test_a_column_stays_in_memory_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(text_column, "MAPPED_FROM", 1)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert TextColumn.of(["a", "b"]) == ("a", "b")
