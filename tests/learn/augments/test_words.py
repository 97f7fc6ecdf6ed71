"""Augmentation of texts: words are left out, letters are others, and no text becomes another kind of bytes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.core.recipe import Recipe
from explorer.core.registry import create
from explorer.learn.augments.base import Augment
from explorer.learn.device import generator
from explorer.learn.parts import make_augment

TEXTS = ["Where is my card?", "l'été à Zürich", "one", "我的卡 在哪里", "a b c d e f g h i j"]


def batch(texts: list[str], length: int = 40) -> Tensor:
    rows = torch.zeros(len(texts), 1, 1, length)
    for row, text in zip(rows, texts, strict=True):
        encoded = text.encode()
        row[0, 0, : len(encoded)] = torch.tensor(list(encoded)) / 255
    return rows


def texts_of(rows: Tensor) -> list[str]:
    return [bytes((row.flatten() * 255).round().to(torch.uint8).tolist()).rstrip(b"\0").decode() for row in rows]


def words(dropout: float, noise: float) -> Augment:
    made: Augment = create(
        "augment", "words", {"dropout": dropout, "noise": noise}, shape=(1, 40, 1), images_per_class=9
    )
    return made


def test_what_is_left_are_words_of_the_text_in_their_order() -> None:
    texts = TEXTS * 40
    changed = texts_of(words(0.3, 0.0)(batch(texts), generator(0)))
    kept = 0
    for before, after in zip(texts, changed, strict=True):
        rest = iter(before.split())
        assert all(word in rest for word in after.split()), (before, after)  # a subsequence
        assert after.split()
        kept += len(after.split())
    long = [len(text.split()) for text in changed[4::5]]
    assert sum(long) / len(long) == pytest.approx(7.0, abs=0.6)


def test_letters_become_others_and_all_else_stays() -> None:
    texts = TEXTS * 40
    changed = texts_of(words(0.0, 0.5)(batch(texts), generator(0)))
    other = total = 0
    for before, after in zip(texts, changed, strict=True):
        assert len(before) == len(after)
        for a, b in zip(before, after, strict=True):
            if a.isascii() and a.isalpha():
                other, total = other + (a != b), total + 1
            else:
                assert a == b
    assert other / total == pytest.approx(0.5, abs=0.05)


def test_nothing_is_changed_by_nothing_and_draws_are_those_of_the_generator() -> None:
    rows = batch(TEXTS)
    assert torch.equal(words(0.0, 0.0)(rows, generator(0)), rows)
    first, again, other = (words(0.4, 0.3)(rows, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert words(0.9, 0.9)(torch.zeros(2, 1, 1, 8), generator(0)).any().item() is False


def test_it_is_what_automatic_means_for_texts() -> None:
    assert type(make_augment(Recipe(), "text", (1, 40, 1), 9.0)).__name__ == "Words"
