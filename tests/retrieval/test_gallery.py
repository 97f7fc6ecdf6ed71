from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from explorer.core.errors import UserError
from explorer.core.types import FloatArray
from explorer.retrieval.gallery import Candidate, Gallery, plain_name

D = 4
PICTURES = st.lists(  # few different ones, so that distances are equal often
    st.tuples(st.sampled_from("abcdef"), st.lists(st.integers(-1, 1), min_size=D, max_size=D)), min_size=1, max_size=25
)


def gallery_of(pictures: list[tuple[str, list[int]]], distance: str = "euclidean") -> Gallery:
    gallery = Gallery(distance)
    for row, (name, x) in enumerate(pictures):
        gallery = gallery.enrol(name, [x], [f"{row}"])
    return gallery


def same(a: Gallery, b: Gallery) -> bool:
    if (a.names, a.sources, a.starts.tolist()) != (b.names, b.sources, b.starts.tolist()):
        return False
    return not len(a) or np.array_equal(a.embeddings, b.embeddings)


@given(PICTURES, st.lists(st.integers(-1, 1), min_size=D, max_size=D), st.integers(1, 8))
def test_identities_are_ranked_by_their_nearest_picture(
    pictures: list[tuple[str, list[int]]], x: list[int], k: int
) -> None:
    apart = cdist([x], np.array([vector for _, vector in pictures]))[0]
    nearest: dict[str, float] = {}
    for (name, _), distance in zip(pictures, apart, strict=True):
        nearest[name] = min(distance, nearest.get(name, np.inf))
    expected = sorted((distance, name) for name, distance in nearest.items())[:k]
    found = gallery_of(pictures).identify(np.array(x), k).candidates
    assert [candidate.name for candidate in found] == [name for _, name in expected]
    assert [candidate.distance for candidate in found] == pytest.approx([distance for distance, _ in expected])


@given(PICTURES, st.permutations(range(25)), st.sampled_from(("euclidean", "squared_euclidean", "cosine", "dot")))
def test_the_order_in_which_they_were_enrolled_does_not_matter(
    pictures: list[tuple[str, list[int]]], order: list[int], distance: str
) -> None:
    turned = [pictures[row] for row in order if row < len(pictures)]
    one, other = gallery_of(pictures, distance), gallery_of(turned, distance)
    for x in (pictures[0][1], [1, 0, 0, -1]):
        assert one.identify(x, 4, 0.5) == other.identify(x, 4, 0.5)


@given(PICTURES, st.lists(st.floats(-10, 10, width=32), min_size=D, max_size=D))
def test_who_was_enrolled_is_found_at_no_distance_and_removal_takes_it_back(
    pictures: list[tuple[str, list[int]]], x: list[float]
) -> None:
    before = gallery_of(pictures)
    after = before.enrol("new", [x, [20.0] * D], ["one", "two"])
    found = after.identify(x, len(after), 0.0)
    assert Candidate("new", 0.0) in found.candidates
    assert found.name is not None
    assert [s for row, s in enumerate(after.sources) if after.owner(row) == "new"] == ["one", "two"]
    assert same(after.remove("new"), before)
    assert same(after.rename("new", "other").rename("other", "new"), after)


@given(PICTURES, st.sampled_from("abcdef"))
def test_removal_leaves_the_others_as_they_were(pictures: list[tuple[str, list[int]]], name: str) -> None:
    others = [picture for picture in enumerate(pictures) if picture[1][0] != name]
    expected = Gallery("euclidean")
    for row, (own, x) in others:
        expected = expected.enrol(own, [x], [f"{row}"])
    gallery = gallery_of(pictures)
    if name not in gallery.names:
        with pytest.raises(UserError, match="There is no identity"):
            gallery.remove(name)
        return
    assert same(gallery.remove(name), expected)


def test_beyond_the_threshold_it_is_nobody() -> None:
    gallery = Gallery("euclidean").enrol("ann", [[0, 0], [9, 9]], ["1", "2"]).enrol("bob", [[4, 0]], ["3"])
    assert gallery.counts == (2, 1)
    assert gallery.identify([1, 0], 2, 1.0).name == "ann"  # at the threshold is within it
    assert gallery.identify([1.5, 0], 2, 1.0).name is None
    assert gallery.identify([1, 0], 2).name is None  # without one nobody can be told from a stranger
    assert Gallery("euclidean").identify([1, 0], 2, 1.0).candidates == ()


def test_a_collapsed_embedding_is_ranked_by_name() -> None:
    gallery = Gallery("cosine")
    for name in "dbca":
        gallery = gallery.enrol(name, np.ones((3, 8)), [f"{name}{i}" for i in range(3)])
    assert [found.name for found in gallery.identify(np.ones(8), 2, 0.1).candidates] == ["a", "b"]


def test_the_same_picture_again_takes_its_own_place() -> None:
    gallery = Gallery("euclidean").enrol("ann", [[0, 0], [1, 1]], ["x", "y"]).enrol("bob", [[4, 0]], ["x"])
    again = gallery.enrol("ann", [[2, 2], [3, 3]], ["x", "x"])
    assert again.counts == (2, 1)
    assert again.sources == ("y", "x", "x")
    assert again.embeddings.tolist() == [[1, 1], [3, 3], [4, 0]]
    assert gallery.embeddings.tolist() == [[0, 0], [1, 1], [4, 0]]


def test_names_are_plain_text() -> None:
    assert plain_name(" e\u0301va\u202e\n\x1b[31m ") == "éva\\u202e\\n\\x1b[31m"
    assert plain_name(plain_name("a\nb\udcff")) == plain_name("a\nb\udcff")
    gallery = Gallery("euclidean").enrol("e\u0301", [[0.0]], ["x"])
    assert gallery.remove("é").names == ()
    for wrong in ("", "  \n", "x" * 201):
        with pytest.raises(UserError):
            gallery.enrol(wrong, [[0.0]], ["y"])


def test_what_cannot_be_enrolled_is_refused_in_words() -> None:
    gallery = Gallery("euclidean").enrol("anna", [[0.0, 1.0]], ["x"]).enrol("bob", [[2.0, 1.0]], ["y"])
    for act, words in (
        (lambda: gallery.enrol("c", np.empty((0, 2)), []), "at least one"),
        (lambda: gallery.enrol("c", [[np.nan, 1]], ["z"]), "no finite embedding"),
        (lambda: gallery.identify([np.inf, 1], 1), "no finite embedding"),
        (lambda: gallery.rename("anna", "bob"), "already an identity bob"),
        (lambda: gallery.remove("ann"), "Did you mean anna?"),
        (lambda: gallery.remove("zzz"), "There are: anna, bob"),
        (lambda: Gallery("euclidean").remove("zzz"), "Enrol one first"),
    ):
        with pytest.raises(UserError) as told:
            act()
        assert words in str(told.value)
    with pytest.raises(ValueError, match="do not fit"):
        gallery.enrol("c", [[1.0]], ["z"])


def test_other_weights_change_only_the_embeddings() -> None:
    gallery = Gallery("euclidean").enrol("ann", [[0.0], [1.0]], ["x", "y"])
    turned: FloatArray = np.eye(2, dtype=np.float32)
    again = gallery.embedded_as(turned, "cosine")
    assert (again.names, again.sources, again.distance) == (gallery.names, gallery.sources, "cosine")
    assert again.identify([0, 2], 1, 0.1).name == "ann"
