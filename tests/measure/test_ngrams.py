"""N-grams of texts: which there are, and TF-IDF as scikit-learn computes it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from explorer.core.types import ByteArray
from explorer.measure.ngrams import NGrams, rarity, tf_idf

TEXTS = [
    "Where is my card?",
    "where is  my\tCARD",
    "a",
    "l'été à Zürich, über 3 Wochen",
    "我的卡在哪里",
    "x" * 40,
    "? ! -",
]
MANY = 1 << 40
"""Buckets so many that no two n-grams share one."""


def rows_of(texts: list[str], length: int = 96) -> ByteArray:
    rows = np.zeros((len(texts), length), np.uint8)
    for row, text in zip(rows, texts, strict=True):
        encoded = text.encode()
        row[: len(encoded)] = np.frombuffer(encoded, np.uint8)
    return rows


def counted(ngrams: NGrams, texts: list[str]) -> list[list[int]]:
    hashes, starts = ngrams.of(rows_of(texts))
    return [sorted(np.unique(hashes[a:b], return_counts=True)[1].tolist()) for a, b in itertools.pairwise(starts)]


def lowered(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def expected(texts: list[str], shortest: int, longest: int) -> list[list[int]]:
    words = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(shortest, longest), lowercase=False, use_idf=False, norm=None
    )
    found = words.fit_transform([lowered(text) for text in texts])
    return [sorted(int(count) for count in found[row].data) for row in range(len(texts))]


@pytest.mark.parametrize(("shortest", "longest"), [(2, 5), (1, 1), (3, 3), (4, 8)])
def test_characters_are_counted_as_scikit_learn_counts_them(shortest: int, longest: int) -> None:
    assert counted(NGrams(shortest, longest, 0, MANY), TEXTS) == expected(TEXTS, shortest, longest)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=("L", "Nd", "P")), min_size=1, max_size=20))
def test_any_text_is_counted_alike(text: str) -> None:
    assert counted(NGrams(2, 4, 0, MANY), [text]) == expected([text], 2, 4)


def test_words_and_their_series_are_added_without_their_punctuation() -> None:
    without, with_words, with_pairs = (
        [len(NGrams(2, 2, words, MANY).of(rows_of([text]))[0]) for text in TEXTS] for words in (0, 1, 2)
    )
    words = [4, 4, 1, 6, 1, 1, 0]
    assert [b - a for a, b in zip(without, with_words, strict=True)] == words
    assert [b - a for a, b in zip(with_words, with_pairs, strict=True)] == [max(n - 1, 0) for n in words]
    one, other = (NGrams(9, 9, 1, MANY).of(rows_of([text]))[0][-1] for text in ("see (card).", "see card"))
    assert one == other


def test_tf_idf_ranks_as_scikit_learn_does() -> None:
    texts = [
        f"{verb} my {noun} {when}"
        for verb in ("lost", "found", "sold")
        for noun in ("card", "cat", "car")
        for when in ("today", "again")
    ]
    oracle = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).fit_transform(texts).toarray()
    rows = tf_idf(NGrams(2, 5, 0, 1 << 16), rows_of(texts), rows_of(texts)).astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths == pytest.approx(np.full(len(texts), 512), rel=0.02)
    assert (rows @ rows.T) / np.outer(lengths, lengths) == pytest.approx(oracle @ oracle.T, abs=0.01)
    measured = rarity(NGrams(2, 5, 0, 1 << 16), rows_of(texts))
    assert measured.max() == pytest.approx(np.log(19) + 1)  # in none of the 18
    assert measured.min() == pytest.approx(1)  # in every one


def test_nothing_and_no_texts() -> None:
    hashes, starts = NGrams().of(rows_of(["", " ", "\n"]))
    assert (len(hashes), starts.tolist()) == (0, [0, 0, 0, 0])
    assert tf_idf(NGrams(), rows_of(["", "a b"]), rows_of(["", "a b"])).sum(axis=1)[0] == 0
    assert NGrams().of(np.zeros((0, 8), np.uint8))[1].tolist() == [0]
