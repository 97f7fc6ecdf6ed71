"""What the pages of the help say of parts: in English they say it themselves, in German by german.toml.

A German text names the English one that it is of by its mark, so that none is left behind when that changes.
"""

from __future__ import annotations

import inspect
import json
import re
import tomllib
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from explorer.core.registry import Entry, ParameterInfo, allowed, catalogue, choice_words

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parent.parent / "resources"
PARTS = ("loss", "miner", "distance", "fitter")
_CODE = re.compile(r"`([^`]+)`")
_FORMULA = re.compile(r"[√½¼Σ∪∩∝≤≥≠←⁺⁻₊ᵀᵢθαβγδλμνστφπ²³‖|{}\[\]=<>/+]|\b(?:exp|log|cos|min|max|tan|tanh|arcosh|ln)\b")
_NUMBER = re.compile(r"(?<=\d)\.(?=\d)")


@cache
def written(name: str) -> Any:
    """Return what a TOML file beside this one holds."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def raw(entry: Entry) -> str:
    """Return what a part says of itself, without the first sentence."""
    text = (inspect.getdoc(entry.part) or "").partition("\n\n")[2]
    text = text.partition("\nAttributes\n")[0].partition("\nParameters\n")[0]
    text = re.sub(r",? see ``explorer\.[^`]*``", "", text).replace("``", "`")
    return text.replace("\n", " ").replace("  ", "\n\n").strip()


def escaped(text: str, code: Callable[[str], str] = "`{}`".format) -> str:
    """Return a text as Markdown in which formulas stay as they are; ``code`` says how what is in backticks is shown."""
    pieces = _CODE.split(text)
    return "".join(
        code(piece) if i % 2 else re.sub(r"(?<!`)([*_])(?!`)", r"\\\1", piece) for i, piece in enumerate(pieces)
    )


def mark(kind: str, entry: Entry) -> str:
    """Return what tells the English texts of a part from those that it had before."""
    return f"{zlib.crc32((written('when.toml')[kind].get(entry.name, '') + raw(entry)).encode()):08x}"


class English:
    """The texts of the pages in English."""

    folder = ""
    columns = ("setting", "default", "what it does")
    when_label = "When:"

    def when(self, kind: str, entry: Entry) -> str:
        """Return when a part is to be used.

        Raises
        ------
        KeyError: nothing says it.
        """
        return str(written("when.toml")[kind][entry.name])

    def words(self, kind: str, entry: Entry) -> str:
        """Return what a part says of itself, as Markdown."""
        return escaped(raw(entry))

    def said(self, text: str) -> str:
        """Return a title, a summary, a family or a reference."""
        return text

    def setting(self, info: ParameterInfo) -> tuple[str, str, str]:
        """Return the name of a setting, what it is by default, and what it does."""
        live = ", also while a run trains" if info.live else ""
        default = f"`{info.default}`" if info.default != "" else "none"
        return info.name.replace("_", " "), default, f"{info.help}; {allowed(info)}{live}"


class German(English):
    """The texts of the pages in German: those of the window where it has them, the others from german.toml.

    Raises
    ------
    KeyError: a text has no German one, or one of an older English text, or one with another formula.
    """

    folder = "de/"
    columns = ("Einstellung", "Voreinstellung", "was sie bewirkt")
    when_label = "Wann:"

    def __init__(self) -> None:
        self._texts: Mapping[str, str] = json.loads((RESOURCES / "languages" / "de.json").read_text(encoding="utf-8"))

    def _of(self, kind: str, entry: Entry) -> Mapping[str, str]:
        found: Mapping[str, str] = written("german.toml").get(kind, {}).get(entry.name, {})
        if not found:
            raise KeyError(f"german.toml says nothing of the {kind} {entry.name}")
        if found.get("of") != mark(kind, entry):
            raise KeyError(
                f"german.toml: {kind}.{entry.name} is of an older English text; now of = {mark(kind, entry)!r}"
            )
        return found

    def when(self, kind: str, entry: Entry) -> str:
        """Return when a part is to be used."""
        return self._of(kind, entry)["when"]

    def words(self, kind: str, entry: Entry) -> str:
        """Return what a part says of itself, names of settings and choices as the window shows them."""
        text = self._of(kind, entry).get("words", "")
        if differing := other_formulas(raw(entry), text):
            raise KeyError(f"german.toml: {kind}.{entry.name} has other formulas than the English text: {differing}")
        return escaped(text, lambda code: self._code(entry, code))

    def said(self, text: str) -> str:
        """Return a text in the words of the window; names of people stay."""
        found = self._texts.get(text) or ""
        return found or re.sub(r"\band\b", "und", text)

    def setting(self, info: ParameterInfo) -> tuple[str, str, str]:
        """Return the name of a setting, what it is by default, and what it does."""
        live = ", auch während ein Lauf trainiert" if info.live else ""
        return self._title(info.name), self._default(info), f"{self._texts[info.help]}; {self._allowed(info)}{live}"

    def _title(self, name: str) -> str:
        return self._texts[name.replace("_", " ").capitalize()]

    def _default(self, info: ParameterInfo) -> str:
        if info.type == "bool":
            return "an" if info.default else "aus"
        if info.type == "choice":
            return self._texts[choice_words(str(info.default))]
        return (
            f"`{_NUMBER.sub(',', str(info.default)) if info.type != 'str' else info.default}`"
            if info.default != ""
            else "keine"
        )

    def _allowed(self, info: ParameterInfo) -> str:
        if info.type == "choice":
            return f"zur Wahl: {', '.join(self._texts[choice_words(str(one))] for one in info.choices)}"
        if info.type not in ("int", "float"):
            return "an oder aus" if info.type == "bool" else "ein Text"
        text = allowed(info).replace("a whole number", "eine ganze Zahl").replace("a number", "eine Zahl")
        for english, german in (
            (" from ", " von "),
            (" to ", " bis "),
            (" of at least ", " ab "),
            (" of at most ", " bis "),
        ):
            text = text.replace(english, german)
        return _NUMBER.sub(",", text)

    def _code(self, entry: Entry, code: str) -> str:
        """Return a name of the code as the window shows what it names; anything else as code."""
        own = {info.name for info in entry.parameters} | {str(one) for info in entry.parameters for one in info.choices}
        if code.replace(" ", "_") in own or code in own:
            return f"*{self._title(code)}*"
        for kind in (*PARTS, "sampler", "encoder"):
            if code in catalogue(kind):
                return f"*{self.said(catalogue(kind)[code].title)}*"
        return f"`{code}`"


def other_formulas(english: str, german: str) -> list[str]:
    """Return the signs and functions of formulas that two texts have not equally often, and settings left out."""
    there, here = (Counter(_FORMULA.findall(_CODE.sub("", text))) for text in (english, german))
    settings = set(_CODE.findall(english)) - set(_CODE.findall(german))
    return sorted({*(there - here), *(here - there), *settings})
