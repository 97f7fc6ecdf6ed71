"""Keeps ``resources/languages`` in step with the texts: ``python packaging/languages.py [--check | --missing N]``.

Without an option every text that the window can show is in each file, those without a translation with an empty one,
and those that are gone are not. ``--check`` says what is missing, changes nothing and fails if there is anything.
``--missing N`` prints the first N texts without a translation as JSON, to be filled in.

Texts of the window are the arguments of ``tr`` and the nouns of ``counted``. Sentences from the rooms below are the
strings in their code that read like sentences, their values numbered; and what the registry says of every part.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "languages"
BELOW = ("core", "data", "engine", "evaluation", "learn", "measure", "projection", "retrieval", "runs")
"""The rooms whose sentences the window shows."""
KINDS = ("split", "loss", "miner", "sampler", "distance", "encoder", "augment", "optimiser", "schedule", "fitter",
         "projection", "protocol", "export", "map_picture", "source", "modality")  # fmt: skip
_SENTENCE = re.compile(r"[A-Za-z’']{2,}[,;:]? [a-z{A-Z“(]")
_LETTERS = re.compile(r"[A-Za-z]{2,}")


def wanted() -> set[str]:
    """Return every English text that the window can show."""
    sys.path.insert(0, str(ROOT))
    return set(_window()) | set(_below()) | set(_parts()) | set(_shipped())


def _trees(*rooms: str) -> Iterator[ast.Module]:
    for room in rooms:
        for path in sorted((ROOT / "explorer" / room).rglob("*.py")):
            if path.name != "figure_words.py":  # patterns: what they become is asked of it
                yield ast.parse(path.read_text("utf-8"))


def _window() -> Iterator[str]:
    for tree in _trees("ui"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name in ("tr", "later"):
                senses = [one.value for one in node.keywords if one.arg == "sense"] + node.args[1:2]
                yield from (f"{text} ({senses[0].value})" if senses else text for text in _either(node.args[0]))
            elif name == "add" and texts and re.fullmatch(r"[a-z_]+\.[a-z_]+", texts[0]):
                yield texts[0].partition(".")[0].replace("_", " ").capitalize()  # the heading in the list of commands
            elif name == "counted" and texts:
                yield from (texts[0], texts[1] if len(texts) > 1 else f"{texts[0]}s")


def _either(text: ast.expr) -> Iterator[str]:
    """Yield a text, or both of those that a condition chooses from."""
    if isinstance(text, ast.IfExp):
        yield from (*_either(text.body), *_either(text.orelse))
    elif isinstance(text, ast.Constant):
        yield str(text.value)


def _below() -> Iterator[str]:
    for tree in _trees(*BELOW):
        left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        left_out |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in left_out:
                continue
            yield from _nouns(node)
            text = _text(node)
            if text and _SENTENCE.search(text) and _telling(text):
                yield text


def _nouns(node: ast.AST) -> Iterator[str]:
    """Yield what ``several`` counts: one of it, and more."""
    if isinstance(node, ast.Call) and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) == "several":
        texts = [one.value for one in node.args[1:] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield from (*texts, f"{texts[0]}s") if len(texts) == 1 else texts


def _text(node: ast.AST) -> str:
    """Return a string of the code with its values numbered; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if "{" not in node.value else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    number = iter(range(len(node.values)))
    parts = [str(part.value) if isinstance(part, ast.Constant) else f"{{{next(number)}}}" for part in node.values]
    return "".join(parts)


def _telling(text: str) -> bool:
    """Return whether enough of a text is no value that it can be told from others, and none of it is code."""
    bare = re.sub(r"\{\d+\}", "", text)
    code = text[:1].isspace() or re.search(r"[<>\\|{}]|\w\(\)|--\w|\w=\w|\bdef \w", bare)
    return len("".join(_LETTERS.findall(bare))) >= 6 and not code


def _parts() -> Iterator[str]:
    registry = importlib.import_module("explorer.core.registry")
    for kind in KINDS:
        yield kind.capitalize()
        for entry in registry.catalogue(kind).values():
            yield from (
                entry.title,
                entry.summary,
                *(getattr(entry.part, name, "") for name in ("family", "action", "tip")),
            )
            for info in entry.parameters:
                words = info.name.replace("_", " ")
                yield from (info.help, words, words.capitalize())
                yield from (registry.choice_words(str(one)) for one in info.choices)


def _shipped() -> Iterator[str]:
    """Yield what is said elsewhere: of figures, of sorts of data, of the recipes that come along."""
    words = importlib.import_module("explorer.core.figure_words")
    yield from (*words.NAMES, *words.FIGURES.values(), words.PAIRS, words.STEP, words.MIXED, *words._PREFIXES.values())
    for kind in importlib.import_module("explorer.core.registry").catalogue("modality").values():
        yield from (kind.part.noun, kind.part.plural, kind.part.raw)
    preferences = importlib.import_module("explorer.ui.session.preferences").Preferences
    for info in preferences.described():
        yield from (choice.replace("_", " ").capitalize() for choice in info.choices)
    yield from importlib.import_module("explorer.data.names").SAMPLES.values()
    yield from (page.title for page in importlib.import_module("explorer.core.help_pages").pages())
    examples = importlib.import_module("explorer.core.examples")
    for one in examples.examples():
        yield from (one.title, one.short_title, one.summary, one.when, one.task)
    for one in examples.start_examples():
        yield from (one.title, one.summary)


def places(text: str) -> list[str]:
    """Return the names or numbers of the values of a text, with what says how they are written, in order."""
    return sorted(f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def main(option: str = "", count: str = "100") -> int:
    """Do what the options say; return the exit status."""
    texts = {text for text in wanted() if _LETTERS.search(text)}
    problems = []
    for path in sorted(FOLDER.glob("*.json")):
        known = json.loads(path.read_text("utf-8"))
        missing = sorted(text for text in texts if not known.get(text))
        problems += [f"{path.name}: not translated: {text!r}" for text in missing]
        problems += [f"{path.name}: no such text any more: {text!r}" for text in sorted(known.keys() - texts)]
        problems += [
            f"{path.name}: other values than {text!r}"
            for text, told in known.items()
            if told and places(told) != places(text)
        ]
        if option == "--missing":
            sys.stdout.write(json.dumps(dict.fromkeys(missing[: int(count)], ""), ensure_ascii=False, indent=0) + "\n")
        elif option != "--check":
            whole = {text: known.get(text, "") for text in sorted(texts)}
            path.write_text(json.dumps(whole, ensure_ascii=False, indent=0) + "\n", "utf-8")
    if option == "--check":
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        return 1 if problems else 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
