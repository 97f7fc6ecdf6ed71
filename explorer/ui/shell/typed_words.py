"""How well typed words fit what something is called, and which of its letters they are."""

from __future__ import annotations

import re
from functools import lru_cache

NEARLY = 20
"""The score of a word that lacks letters; used where nothing fits better."""
SPARSE = 4
"""Letters from which on a word may lack some: fewer are in order in nearly any sentence."""
LACKING = 2
"""Letters that may lack between two that were typed."""


def score(words: str, text: str) -> int:
    """Return how well typed ``words`` fit ``text``; 0: not at all, higher is better.

    What begins a word first, then what is in one, then words that begin so in any order, then the first letters of
    words in their order, then words that lack a few letters.
    """
    needle, hay = words.casefold().strip(), text.casefold()
    if not needle:
        return 1
    if found := _begin(needle).search(hay):
        return max(300 - found.start(), 201)
    if needle in hay:
        return max(200 - hay.index(needle), 101)
    if all(_begin(part).search(hay) for part in needle.split()):
        return 100
    if _initials(needle).search(hay):
        return 60
    return NEARLY if len(needle) >= SPARSE and _lacking(needle).search(hay) else 0


def matched(words: str, text: str) -> list[tuple[int, int]]:
    """Return which letters of ``text`` fit typed ``words``, as ``score`` finds them: where each row begins, how long.

    Empty where they fit only what is said about it, or where letters change their number without their case.
    """
    needle, hay = words.casefold().strip(), text.casefold()
    if not needle or len(hay) != len(text) or not score(words, text):
        return []
    if found := _begin(needle).search(hay):
        return [(found.start(), len(needle))]
    if (at := hay.find(needle)) >= 0:
        return [(at, len(needle))]
    parts = [(_begin(part).search(hay), len(part)) for part in needle.split()]
    if all(begun for begun, _ in parts):
        return [(begun.start(), length) for begun, length in parts if begun]
    letters = _initials(needle).search(hay) or _lacking(needle).search(hay)
    return [(letters.start(place + 1), 1) for place in range(letters.re.groups)] if letters else []


def fit(words: str, title: str, about: str) -> int:
    """Return how well words fit something with a title, and with more that is said ``about`` it.

    What is said counts for less, and only by what stands in it: single letters in their order are in any sentence.
    """
    by_title, by_words = score(words, title), score(words, about)
    least = 200 if len(words.strip()) < SPARSE else 99  # few letters are within some word of any sentence
    return max(by_title, by_words // 4 if by_words > least else 0)


def named_by(words: str, names: str) -> str:
    """Return which of further ``names`` a person began to type, empty for none."""
    needle = words.casefold().strip()
    return next((name for name in names.split() if needle and name.casefold().startswith(needle)), "")


def name_meant(words: str, names: str) -> str:
    """Return which of further ``names`` is meant by what is typed, or by one word of it; empty for none."""
    return next((name for word in (words, *words.split()) if (name := named_by(word, names))), "")


@lru_cache(maxsize=64)
def _begin(needle: str) -> re.Pattern[str]:
    """Return what finds a needle where a word begins."""
    return re.compile(rf"(?<!\w){re.escape(needle)}")


@lru_cache(maxsize=8)
def _initials(needle: str) -> re.Pattern[str]:
    """Return what finds letters each of which begins a word or follows the last one: ``opf`` in *Open folder*."""
    first, *others = map(re.escape, needle.replace(" ", ""))
    return re.compile(rf"(?<!\w)({first})" + "".join(rf"(?:.*?(?<!\w))?({letter})" for letter in others))


@lru_cache(maxsize=8)
def _lacking(needle: str) -> re.Pattern[str]:
    """Return what finds letters in their order from the beginning of a word, with few others between two of them."""
    first, *others = map(re.escape, needle.replace(" ", ""))
    between = rf".{{0,{LACKING}}}?"
    return re.compile(rf"(?<!\w)({first})" + "".join(rf"{between}({letter})" for letter in others))
