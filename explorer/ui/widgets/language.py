"""The language of the window: its own texts, and the sentences that come from the rooms below.

Which one it is is settled once, when this module is loaded, before any text is made: a text may stand at the top of a
module. Everything but the window speaks English: the command line, logs, run folders and what crosses processes. What
the window says itself is wrapped in ``tr``; a finished sentence from below is recognised by ``said``.

The translations are in ``resources/languages/CODE.json``: English text to the other one. A value has a name in braces
in texts of the window (``{count} of {all}``) and a number in sentences from below (``{0} is no picture``).
"""

from __future__ import annotations

import os
import re
import string
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from explorer.core.plain_json import parse_json
from explorer.core.resources import resource_text
from explorer.ui.widgets.settings_folder import FILE_NAME, settings_folder

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""The languages of the window, by code, each in its own words."""
VARIABLE = "EMBEDDING_EXPLORER_LANGUAGE"
"""Environment variable that names another language than the settings do."""

_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?( (?:MB|GB|%))?")
_SHARE = re.compile(r"[-+−]?\d+(?:\.\d+)?%")
_WHOLE_NUMBER = r"\d+(?:[.,]\d+)*(?:e[-+]?\d+)?(?![ \w])"
"""A number to its end: one that another value follows without anything between would else end at its first digit."""
_AMOUNT = re.compile(_NUMBER.pattern.removesuffix("?"))
_CHANCE = re.compile(r"p [=<] \d*\.\d+")
_SWAPPED = str.maketrans(",.", ".,")
_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[;:])\s| · | – ")
_STOPS = re.compile(r"(?<=[.!?])\s+| · | – ")
"""What parts sentences that were put together, and the parts of one as well; and sentences alone."""
_TYPED = re.compile(r"=\{(\d)\}")
"""Where a sentence says what is typed, ``data.modality={0}``: such a value is a key, and stays."""
TELLING, WORDS = 24, 5
"""A sentence with fewer letters beside its values is taken for known only if none of these has more blanks."""


def chosen_language() -> str:
    """Return the language that the environment, the settings or the desktop ask for, in this order; else English."""
    return language_by(_in_settings())


def language_by(setting: str) -> str:
    """Return the language of a window that starts with this value of the setting."""
    for asked in (os.environ.get(VARIABLE, ""), setting, QLocale.system().name()):
        if asked[:2] in LANGUAGES:
            return asked[:2]
    return "en"


def _in_settings() -> str:
    try:
        found = parse_json((settings_folder() / FILE_NAME).read_bytes())
        return str(found.get("language", ""))
    except (OSError, ValueError, AttributeError):
        return ""  # the settings themselves tell of a damaged file


def translations(language: str) -> dict[str, str]:
    """Return the texts in a language by the English ones; none for English."""
    return {} if language == "en" else dict(parse_json(resource_text(f"languages/{language}.json")))


LANGUAGE = chosen_language()
"""The code of the language of this process."""
_TEXTS = translations(LANGUAGE)


class _Places(string.Formatter):
    """Puts values in their places, numbers as the language writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        written = str(super().format_field(value, format_spec))
        return localised(written) if isinstance(value, int | float) and not isinstance(value, bool) else written


_places = _Places()


def localised(number: str) -> str:
    """Return a number that was written the English way, as the language of the window writes it: ``1.234,5``."""
    return number.translate(_SWAPPED) if LANGUAGE != "en" else number


def tr(text: str, /, sense: str = "", **values: object) -> str:
    """Return a text of the window in its language, the values at their names; a text without translation stays.

    ``sense``: which one, where one English word has several: ``Run`` as a ``verb``, whose key is ``Run (verb)``.
    """
    found = _TEXTS.get(f"{text} ({sense})" if sense else text) or _TEXTS.get(text) or text
    return in_case(_places.vformat(found, (), values)) if values else found


def in_case(sentence: str) -> str:
    """Return a sentence of the window in which values were put, these in the case that the language asks for."""
    if LANGUAGE != "de":
        return sentence
    from explorer.ui.widgets.grammar import in_dative  # the start page needs it in no other language

    return in_dative(sentence)


def small(noun: str) -> str:
    """Return a title as it stands within a sentence: in small letters, but for nouns in German."""
    return noun if LANGUAGE == "de" else noun.lower()


def later(text: str) -> str:
    """Return a text as it is, to be translated by ``said`` where it is shown: the name of a line, which is its key."""
    return text


def said(sentence: str) -> str:
    """Return a finished English sentence from the rooms below in the language of the window.

    It may hold values and be put together of several; what is not known stays as it is.
    """
    return sentence if LANGUAGE == "en" or not sentence else _said(sentence)


@lru_cache(maxsize=4096)
def _said(sentence: str) -> str:
    if "\n" in sentence:
        return "\n".join(map(said, sentence.split("\n")))
    if _AMOUNT.fullmatch(sentence) or _CHANCE.fullmatch(sentence):
        return localised(sentence)
    name, colon, rest = sentence.partition(": ")
    if rest in _TEXTS and sentence not in _TEXTS and " " in name and (first := _whole(name)):
        return f"{first}{colon}{_TEXTS[rest] or rest}"  # what a job is at, which is no value of its title
    found = _whole(sentence, TELLING)
    if found is not None:
        return found
    first = _whole(name) if " " in name else _TEXTS.get(name) or name
    if colon and first and (known := _whole(rest) or (": " in rest and _known(rest))):
        return f"{first}{colon}{known}"
    head, mark, tail = sentence.rpartition("; ")
    last = _whole(tail) if tail else ""  # a value of a whole sentence may be its first part, to the mark
    if mark and last is not None and (first := _whole(head)):
        return f"{first}{mark}{last}"
    return _in_pieces(sentence)


def _known(sentence: str) -> str | None:
    """Return what a sentence says, None if nothing of it is known: a file, and what is done with it."""
    found = _said(sentence)
    return found if found != sentence else None


def _in_pieces(sentence: str) -> str:
    """Return what sentences say that were put together, each the longest that is known; what is not stays."""
    parts, between = _ENDS.split(sentence), [*_ENDS.findall(sentence), ""]
    told, at = "", 0
    while at < len(parts):
        for end in range(len(parts), at, -1):
            text = "".join(part + gap for part, gap in zip(parts[at:end], [*between[at : end - 1], ""], strict=True))
            found = _TEXTS.get(text) if _STOPS.search(text) else _whole(text)
            if found:
                break
        told += (found or _in_numbers(parts[at])) + between[end - 1]
        at = end
    return told


def _whole(sentence: str, letters: int = 0) -> str | None:
    """Return a sentence that is known as a whole, with or without its full stop; None if it is not.

    ``letters``: how many there are at least beside the values, so that it is not taken for one that it only holds.
    """
    for text, end in ((sentence, ""), (sentence.removesuffix("."), ".")):
        if found := _TEXTS.get(text):
            return found + end
        for pattern, translation, telling in _patterns():
            if telling < letters:
                break
            match = pattern.fullmatch(text)
            if match and (telling >= TELLING or all(map(_may_be_value, match.groups()))):
                return _filled(translation, match.groups()) + end
    return None


def _may_be_value(text: str) -> bool:
    """Whether a text stands for a value in a sentence: a few words, or another text that is known."""
    if text.count(" ") <= WORDS:
        return text not in ("it", "they", "this", "there")
    number, _, noun = text.partition(" ")
    return _whole(text) is not None or (_NUMBER.fullmatch(number) is not None and _whole(noun) is not None)


def _filled(translation: str, values: Sequence[str]) -> str:
    typed = set(_TYPED.findall(translation))
    told = [value if str(place) in typed else _value(value) for place, value in enumerate(values)]
    return in_case(translation.format(*told))


def _value(value: str) -> str:
    return _TEXTS.get(value) or (_said(value) if " " in value else _in_numbers(value))


def _in_numbers(value: str) -> str:
    """Return a number, or how many there are of something, as the language writes it."""
    if _SHARE.fullmatch(value):
        return localised(value.removesuffix("%")) + " %"
    number, blank, noun = value.partition(" ")
    if not _NUMBER.fullmatch(number):
        return value
    return f"{localised(number)}{blank}{_TEXTS.get(noun) or _whole(noun) or noun}"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, int], ...]:
    """Return what sentences with values look like, their translations and letters; the most telling first."""
    found = [
        (len(re.sub(r"\{\d\}", "", key)), key) for key, told in _TEXTS.items() if told and re.search(r"\{\d\}", key)
    ]
    found.sort(key=lambda pair: -pair[0])
    return tuple((re.compile(_pattern(key), re.DOTALL), _TEXTS[key], letters) for letters, key in found)


def _pattern(key: str) -> str:
    """Return what a sentence with values looks like: one that touches a word or another value may be empty."""
    first, *parts = re.split(r"\{\d\}", key)
    found, last = re.escape(first), len(parts) - 1
    for place, (before, part) in enumerate(pairwise((first, *parts))):
        touches = (not before and found != "") or before[-1:].isalnum() or part[:1].isalnum()
        value = f"({_WHOLE_NUMBER}|.+?)" if not part and place < last and not touches else "(.+?)"
        found += ("(.*?)" if touches else value) + re.escape(part)
    return found


def in_english(text: str) -> str:
    """Return the English of a text of the window, or of its parts between points; empty in English, or if unknown.

    What somebody has read of a loss or a miner in English is found by that in another language as well.
    """
    return "" if LANGUAGE == "en" or not text else _in_english(text)


@lru_cache(maxsize=8192)
def _in_english(text: str) -> str:
    exact, filled = _back()
    if found := exact.get(text):
        return found
    for ends, translation, english in (*filled.get(text[:BEGINNING], ()), *filled.get("", ())):
        if text.endswith(ends) and (match := _filling(translation).fullmatch(text)):
            values: dict[str, str] = {name: _in_english(one) or one for name, one in match.groupdict().items()}
            return str(english.format(**values))
    number, blank, noun = text.partition(" ")
    if blank and noun in exact and _NUMBER.fullmatch(number):
        return f"{number} {exact[noun]}"
    parts = text.split(" · ")
    return " · ".join(filter(None, map(_in_english, parts))) if len(parts) > 1 else ""


BEGINNING = 4
"""By so many first letters it is looked up which translation with values a text may be of."""


@cache
def _back() -> tuple[dict[str, str], dict[str, list[tuple[str, str, str]]]]:
    """Return the English of every translation without values, and how those with values end, by their beginnings."""
    exact: dict[str, str] = {}
    filled: dict[str, list[tuple[str, str, str]]] = {}
    for english, told in _TEXTS.items():
        if "{" not in told:
            exact[told] = f"{exact[told]} · {english}" if told in exact else english
            continue
        parts = list(_places.parse(told))
        names = [name for _, name, _, _ in parts if name is not None]
        first, last = parts[0][0], parts[-1][0] if parts[-1][1] is None else ""
        if all(map(str.isidentifier, names)) and len(set(names)) == len(names) and len(first + last) >= BEGINNING:
            plain = "".join(
                part + ("" if name is None else f"{{{name}}}") for part, name, _, _ in _places.parse(english)
            )
            filled.setdefault(first[:BEGINNING] if len(first) >= BEGINNING else "", []).append((last, told, plain))
    return exact, filled


@cache
def _filling(translation: str) -> re.Pattern[str]:
    parts = _places.parse(translation)
    return re.compile("".join(re.escape(part) + (f"(?P<{name}>.*?)" if name else "") for part, name, _, _ in parts))


def translate_qt(app: QCoreApplication) -> None:
    """Let Qt's own texts (dialogs, context menus of fields) be in the language of the window, and numbers in fields."""
    if LANGUAGE == "en":
        return
    QLocale.setDefault(QLocale(LANGUAGE))
    texts = QTranslator(app)
    if texts.load(f"qtbase_{LANGUAGE}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(texts)
