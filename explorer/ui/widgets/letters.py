"""Letters as they are compared where something is sought: whatever their case, accents and way of writing umlauts."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from explorer.ui.widgets.language import in_english

UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}
"""How an umlaut is typed where no key has it."""


def alike(text: str) -> str:
    """Return a text so that what is typed for the same word is the same: ``groesser`` of ``Größer``."""
    return text.casefold() if text.isascii() else alike_from(text)[0]


@lru_cache(maxsize=8192)
def alike_from(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text as ``alike`` does, and of each of its letters the number of the one in ``text`` that it is of."""
    if text.isascii():
        return text.casefold(), tuple(range(len(text)))
    letters, places = [], []
    for place, letter in enumerate(text):
        for small in letter.casefold():
            plain = UMLAUTS.get(small) or unicodedata.normalize("NFD", small)
            for one in plain:
                if not unicodedata.combining(one):
                    letters.append(one)
                    places.append(place)
    return "".join(letters), tuple(places)


def sought_in(text: str) -> str:
    """Return in which letters words are sought that stand in a text of the window: its own, and the English ones."""
    english = in_english(text)
    return alike(f"{text}\n{english}" if english else text)
