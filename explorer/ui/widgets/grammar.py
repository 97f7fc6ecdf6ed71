"""The case of nouns that were put into a German sentence as values: "mit 100 Bilder" becomes "mit 100 Bildern"."""

import re

_SINGULAR = r"[-+−]?1\b(?![.,])"
_NUMBER = rf"(?!{_SINGULAR})[-+−]?\d[\d.]*(?:,\d+)?"
_NO_ADJECTIVES = "eine|die|diese|keine|ohne|wie|sie|je"
_AFTER_DATIVE = re.compile(
    r"\b(?P<before>(?:mit|von|aus|bei|nach|seit|außer|neben|(?<!bis )zu) "
    rf"(?:(?:den|diesen|allen|anderen|mindestens|{_NUMBER}) )+)"
    rf"(?P<adjectives>(?:(?!(?:{_NO_ADJECTIVES})\b)[a-zäöüß]+e )*)"
    r"(?P<noun>(?!Byte\b)[A-ZÄÖÜ][a-zäöüß]*(?:e|el|er))\b(?![-/])"
)
"""Several of something behind a preposition of the dative; a plural that ends in n or s is alike in both cases."""


def in_dative(sentence: str) -> str:
    """Return a German sentence whose nouns, and adjectives before them, stand in the case that a preposition asks for.

    Only what is several is looked at: one thing is written alike, but for few nouns.
    """
    return _AFTER_DATIVE.sub(_declined, sentence)


def _declined(found: re.Match[str]) -> str:
    return f"{found['before']}{found['adjectives'].replace('e ', 'en ')}{found['noun']}n"
