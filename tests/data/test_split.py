from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.registry import catalogue
from explorer.core.types import IntArray, Split
from explorer.data.split import make_split, query_and_gallery


@dataclass(frozen=True)
class Items:
    labels: IntArray
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(str(i) for i in range(int(self.labels.max(initial=-1)) + 1))


def items(*labels: int, **columns: tuple[str, ...]) -> Items:
    return Items(np.array(labels, dtype=np.int64), columns)


def same(a: Split, b: Split) -> bool:
    return np.array_equal(a.train, b.train) and np.array_equal(a.held_out, b.held_out)


labellings = st.lists(st.integers(-1, 6), min_size=1, max_size=80)


@given(labellings, st.integers(0, 5), st.sampled_from([0.0, 0.2, 0.5, 0.9]))
def test_items_laws(labels: list[int], seed: int, share: float) -> None:
    data = items(*labels)
    split = make_split("items", {"test": share}, data, seed)
    assert np.array_equal(np.sort([*split.train, *split.held_out]), np.arange(len(labels)))
    assert (np.diff(split.train) > 0).all()
    assert (np.diff(split.held_out) > 0).all()
    assert not split.train.flags.writeable
    assert same(split, make_split("items", {"test": share}, data, seed))
    held = data.labels[split.held_out]
    assert (held >= 0).all()
    for label in range(7):
        count, out = labels.count(label), int((held == label).sum())
        if share == 0 or count < 4:
            assert out == 0
        else:
            assert 2 <= out <= count - 2
            assert abs(out - share * count) <= 2 or out == 2
    assert not split.unseen


@given(st.lists(st.integers(-1, 9), min_size=1, max_size=80), st.integers(0, 5), st.sampled_from([0.2, 0.5, 0.9]))
def test_classes_laws(labels: list[int], seed: int, share: float) -> None:
    data = items(*labels)
    known = set(labels) - {-1}
    if len(known) < 3:
        with pytest.raises(UserError, match="cannot be split by class"):
            make_split("classes", {"test": share}, data, seed)
        return
    split = make_split("classes", {"test": share}, data, seed)
    assert np.array_equal(np.sort([*split.train, *split.held_out]), np.arange(len(labels)))
    trained, held = set(data.labels[split.train].tolist()) - {-1}, set(data.labels[split.held_out].tolist())
    assert not trained & held
    assert len(trained) >= 2
    assert len(held) >= 1
    assert -1 not in held
    assert split.unseen
    assert same(split, make_split("classes", {"test": share}, data, seed))


def test_seeds_differ() -> None:
    data = items(*([0, 1, 2, 3, 4] * 20))
    for name in ("items", "classes"):
        splits = [make_split(name, {}, data, seed) for seed in range(4)]
        assert not all(same(splits[0], other) for other in splits[1:])


def test_small_and_unlabelled_classes_are_noted() -> None:
    split = make_split("items", {}, items(-1, 0, 1, 1, *[2] * 10), 0)
    assert split.train.tolist()[:4] == [0, 1, 2, 3]
    assert split.notes == (
        "1 unlabelled item in the training part, which losses with labels leave out",
        "1 class of one item: without a positive pair",
        "1 class of two or three items: not held out",
    )


def test_column() -> None:
    data = items(0, 0, 1, 1, 0, 1, split=("train", "Training", "val", "test ", "query", ""), camera=("a",) * 6)
    split = make_split("column", {}, data, 0)
    assert split.train.tolist() == [0, 1]
    assert split.held_out.tolist() == [2, 3, 4]
    assert not split.unseen
    assert split.notes == ("1 item in neither part: split says ''",)
    with pytest.raises(UserError, match="no column 'fold' to split by; columns: split, camera"):
        make_split("column", {"column": "fold"}, data, 0)
    with pytest.raises(UserError, match="marks no item as train; it says a"):
        make_split("column", {"column": "camera"}, data, 0)


def test_column_with_new_classes_is_unseen() -> None:
    assert make_split("column", {}, items(0, 0, 1, 1, split=("train", "train", "test", "test")), 0).unseen


def test_auto_takes_the_column_where_it_has_both_parts() -> None:
    labels = (0,) * 10
    assert make_split("auto", {}, items(*labels, split=("train",) * 8 + ("test",) * 2), 0).held_out.tolist() == [8, 9]
    assert make_split("auto", {}, items(*labels, split=("train",) * 10), 0).kind == "items"
    assert make_split("auto", {"test": 0.5}, items(*labels), 0).held_out.size == 5


def test_a_column_of_other_words_does_not_split_and_that_is_said() -> None:
    made = make_split("auto", {}, items(*(0,) * 10, split=("reserve",) * 5 + ("train",) * 4 + ("",)), 0)
    assert made.kind == "items"
    assert made.notes[-1] == "The column split says 'reserve', which is no part of a split, so it does not split"
    plain = make_split("auto", {}, items(*(0,) * 10, split=("train",) * 10), 0)
    assert not any("column" in note for note in plain.notes)


def test_queries_and_their_gallery_are_split_by_class_and_kept_apart() -> None:
    labels, said = np.repeat(np.arange(6), 4), ("query", "Gallery ", "gallery", "query") * 6
    data = items(*labels.tolist(), split=said)
    split = make_split("auto", {"test": 0.5}, data, 0)
    assert split.unseen
    assert set(labels[split.train]) | set(labels[split.held_out]) == set(range(6))
    queries, gallery = query_and_gallery(data.columns)
    assert queries.tolist() == [i for i in range(24) if i % 4 in (0, 3)]
    assert gallery.tolist() == [i for i in range(24) if i % 4 in (1, 2)]
    alone = items(0, 0, split=("query", "train"))
    assert [len(part) for part in query_and_gallery(alone.columns)] == [0, 0]
    assert make_split("auto", {}, items(*[0] * 8, split=("query", "gallery") * 4), 0).kind == "items"


def test_the_catalogue_and_wrong_parameters() -> None:
    assert set(catalogue("split")) == {"auto", "items", "classes", "column"}
    with pytest.raises(UserError, match=r"split\.test"):
        make_split("items", {"test": 1.5}, items(0), 0)
    with pytest.raises(UserError, match="no split 'sideways'"):
        make_split("sideways", {}, items(0), 0)


def test_whole_groups_are_held_out() -> None:
    labels = np.repeat(np.arange(12), 5)
    writers = tuple(f"w{label // 3}" for label in labels)  # four writers of three classes each
    split = make_split("classes", {"test": 0.5, "column": "writer"}, Items(labels, {"writer": writers}), 0)
    assert split.unseen
    held, train = ({writers[i] for i in part} for part in (split.held_out, split.train))
    assert len(held) == len(train) == 2
    assert not held & train
    with pytest.raises(UserError, match="no column 'drawer'"):
        make_split("classes", {"column": "drawer"}, Items(labels, {"writer": writers}), 0)
    tangled = tuple("ab"[i % 2] for i in range(len(labels)))  # every class has both values
    with pytest.raises(UserError, match="hang together"):
        make_split("classes", {"column": "half"}, Items(labels, {"half": tangled}), 0)


@given(labellings, st.integers(0, 5), st.sampled_from([0.0, 0.2, 0.5]))
def test_items_of_one_recording_stay_in_one_part(labels: list[int], seed: int, share: float) -> None:
    sources = tuple("" if at % 5 == 0 else f"film {at % 7}" for at in range(len(labels)))
    data = items(*labels, source=sources)
    split = make_split("items", {"test": share, "column": "source"}, data, seed)
    assert np.array_equal(np.sort([*split.train, *split.held_out]), np.arange(len(labels)))
    parts = [{sources[at] for at in part.tolist() if sources[at]} for part in (split.train, split.held_out)]
    assert not parts[0] & parts[1]
    assert share > 0 or not len(split.held_out)
    for label in range(7):
        left = int((data.labels[split.train] == label).sum())
        assert left >= min(2, labels.count(label)), "two of every class are left to train on"
    assert same(split, make_split("auto", {"test": share}, data, seed))


def test_a_recording_holds_out_its_clips_and_a_missing_column_is_told() -> None:
    data = items(*([0] * 9 + [1] * 9), source=tuple(f"film {at // 3}" for at in range(18)))
    split = make_split("items", {"column": "source"}, data, 1)
    assert np.bincount(data.labels[split.held_out]).tolist() == [3, 3]
    assert "All of one source in one part: 6 groups" in split.notes
    alone = items(*([0] * 9), source=("film",) * 9)
    assert any("too few groups" in note for note in make_split("auto", {}, alone, 0).notes)
    with pytest.raises(UserError, match="There is no column 'reel' to split by; columns: source"):
        make_split("items", {"column": "reel"}, data, 0)


def test_a_chosen_column_has_to_be_there() -> None:
    with pytest.raises(UserError, match="no column 'nope'"):
        make_split("auto", {"column": "nope"}, Items(np.arange(6) % 2, {"split": ("train", "test") * 3}), 0)
