"""How well typed words fit what something is called, and which of its letters they are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial

from explorer.ui.widgets.letters import alike, alike_from

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
    needle, hay = alike(words).strip(), alike(text)
    if whole := _whole(needle, hay):
        return whole
    if _initials(needle, hay):
        return 60
    return NEARLY if len(needle) >= SPARSE and _lacking(needle, hay) else 0


def _whole(needle: str, hay: str) -> int:
    """Return how well words fit that stand in a text as they are; 0: not."""
    if not needle:
        return 1
    if found := _begin(needle).search(hay):
        return max(300 - found.start(), 201)
    if needle in hay:
        return max(200 - hay.index(needle), 101)
    return 100 if all(_begin(part).search(hay) for part in needle.split()) else 0


def matched(words: str, text: str) -> list[tuple[int, int]]:
    """Return which letters of ``text`` fit typed ``words``, as ``score`` finds them: where each row begins, how long.

    Empty where they fit only what is said about it.
    """
    places, found = alike_from(text)[1], _found(words, text)
    spans = ((places[at], places[at + length - 1] + 1) for at, length in found)
    return list(dict.fromkeys((first, end - first) for first, end in spans))


def _found(words: str, text: str) -> list[tuple[int, int]]:
    """Return which letters fit, of those that are compared."""
    needle, hay = alike(words).strip(), alike(text)
    if not needle or not score(words, text):
        return []
    if found := _begin(needle).search(hay):
        return [(found.start(), len(needle))]
    if (at := hay.find(needle)) >= 0:
        return [(at, len(needle))]
    parts = [(_begin(part).search(hay), len(part)) for part in needle.split()]
    if all(begun for begun, _ in parts):
        return [(begun.start(), length) for begun, length in parts if begun]
    return [(place, 1) for place in _initials(needle, hay) or _lacking(needle, hay)]


def fit(words: str, title: str, about: str) -> int:
    """Return how well words fit something with a title, and with more that is said ``about`` it.

    What is said counts for less, and only by what stands in it: single letters in their order are in any sentence.
    """
    by_title, by_words = score(words, title), _whole(alike(words).strip(), alike(about))
    least = 200 if len(words.strip()) < SPARSE else 99  # few letters are within some word of any sentence
    return max(by_title, by_words // 4 if by_words > least else 0)


def named_by(words: str, names: str) -> str:
    """Return which of further ``names`` a person began to type, empty for none."""
    needle = alike(words).strip()
    return next((name for name in names.split() if needle and alike(name).startswith(needle)), "")


def name_meant(words: str, names: str) -> str:
    """Return which of further ``names`` is meant by what is typed, or by one word of it; empty for none."""
    return next((name for word in (words, *words.split()) if (name := named_by(word, names))), "")


@lru_cache(maxsize=64)
def _begin(needle: str) -> re.Pattern[str]:
    """Return what finds a needle where a word begins."""
    return re.compile(rf"(?<!\w){re.escape(needle)}")


_BEGIN = re.compile(r"(?<!\w)[^ \n]")


def _initials(needle: str, hay: str) -> list[int]:
    """Return where letters stand each of which begins a word or follows the last one: ``opf`` in *Open folder*.

    Of several ways that which begins first, and then that whose next letter begins the next word. None is tried twice.
    """
    for line, letters, begins in _lines(needle, hay):
        closed = {number: len(begins.get(letter, ())) for number, letter in enumerate(letters)}
        places = _first_way(letters, begins, partial(_next_initials, line[1], letters, begins, closed))
        if places:
            return [line[0] + place for place in places]
    return []


def _next_initials(
    line: str, letters: str, begins: Mapping[str, list[int]], closed: dict[int, int], number: int, at: int
) -> Iterator[int]:
    """Yield where the letter of a ``number`` may be from ``at`` on; from ``closed`` on it was tried in vain."""
    words = begins.get(letters[number], [])
    first = bisect_left(words, at)
    yield from words[first : closed[number]]
    closed[number] = min(closed[number], first)
    if line.startswith(letters[number], at):
        yield at


def _lacking(needle: str, hay: str) -> list[int]:
    """Return where letters stand in their order from the beginning of a word, with few others between two of them."""
    for line, letters, begins in _lines(needle, hay):
        places = _first_way(letters, begins, partial(_next_lacking, line[1], letters))
        if places:
            return [line[0] + place for place in places]
    return []


def _next_lacking(line: str, letters: str, number: int, at: int) -> Iterator[int]:
    return (place for place in range(at, at + LACKING + 1) if line.startswith(letters[number], place))


def _lines(needle: str, hay: str) -> Iterator[tuple[tuple[int, str], str, dict[str, list[int]]]]:
    """Yield the lines that have the letters of a needle in their order, where each begins, and where in it words do."""
    letters, at = needle.replace(" ", ""), 0
    for line in hay.split("\n"):
        rest = iter(line)
        if all(letter in rest for letter in letters):
            begins: dict[str, list[int]] = {}
            for found in _BEGIN.finditer(line):
                begins.setdefault(found[0], []).append(found.start())
            yield (at, line), letters, begins
        at += len(line) + 1


def _first_way(letters: str, begins: Mapping[str, list[int]], follow: Callable[[int, int], Iterator[int]]) -> list[int]:
    """Return where letters stand, the first at the beginning of a word, the others where they may ``follow``.

    ``follow``: of the number of a letter and the place behind the last one, the places in the order in which they are
    tried. A place that led to nothing is not tried again: how long that takes grows with the letters, and not with all
    their ways.
    """
    vain: set[tuple[int, int]] = set()
    for start in begins.get(letters[0], ()):
        places: list[int] = [start]
        ways: list[Iterator[int]] = [iter(())]
        while places:
            if len(places) == len(letters):
                return places
            if len(ways) == len(places):
                ways.append(follow(len(places), places[-1] + 1))
            place = next((one for one in ways[-1] if (len(places), one) not in vain), None)
            if place is None:
                ways.pop()
                vain.add((len(places) - 1, places.pop()))
            else:
                places.append(place)
    return []
