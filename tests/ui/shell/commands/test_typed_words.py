"""How well typed words fit a title: as patterns say that try every way, without trying every way."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from explorer.ui.shell.commands.typed_words import LACKING, NEARLY, matched, score

TITLES = [text for text in json.loads(Path("resources/languages/de.json").read_text("utf-8")) if len(text) < 40][::4]


def every_way(words: str, between: str) -> re.Pattern[str]:
    first, *others = map(re.escape, words.replace(" ", ""))
    return re.compile(rf"(?<!\w)({first})" + "".join(rf"{between}({letter})" for letter in others))


def typed(chance: random.Random, title: str) -> str:
    """Return some letters of a title in their order, at times with one that is not of it."""
    words = [at for at in range(len(title)) if not title[max(at - 2, 0) : at].isalnum()]
    among = chance.choice([words, range(len(title))])
    at = sorted(chance.sample(among, min(len(among), chance.randint(1, 6))))
    letters = "".join(title[place] for place in at) + chance.choice(["", "", "e", "x"])
    return letters.strip().casefold()


def test_letters_in_their_order_are_found_as_patterns_find_them() -> None:
    chance, told = random.Random(3), {60: 0, NEARLY: 0, 0: 0}
    for title in TITLES:
        hay = title.casefold()
        for words in filter(None, (typed(chance, title) for _ in range(4))):
            found = score(words, title)
            if found > 60:
                continue
            initials = every_way(words, r"(?:.*?(?<!\w))?").search(hay)
            lacking = every_way(words, rf".{{0,{LACKING}}}?").search(hay) if len(words) >= 4 else None
            assert found == (60 if initials else NEARLY if lacking else 0), (words, title)
            told[found] += 1
            letters = initials or lacking
            if found and letters and len(hay) == len(title):
                places = [letters.start(group + 1) for group in range(letters.re.groups)]
                assert [place for place, _ in matched(words, title)] == places, (words, title)
    assert all(count > 20 for count in told.values()), told


@pytest.mark.parametrize("title", ["a " * 2000, "aab" * 1500, "aa " * 1500 + "b"])
def test_a_title_in_which_letters_fit_in_very_many_ways_takes_no_longer_than_it_is_long(title: str) -> None:
    assert score("a" * 60 + "bc", f"{title}c") in (0, NEARLY, 60)
    assert len(matched("aaaaaaa", title)) in (1, 7)
