"""Every message to people begins with a capital or a name; looked up in the source, where they are written."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "explorer"
NAMES = ("timm ", "timm/", "transformers ", "split.", "loss.", "data.", "encoder.", "protocol.", "pip ")
"""What is written in small letters anywhere: packages, keys and commands."""


PLURAL = re.compile(
    r" (of \w+ |\w+ )?(classes|identities|queries|items|pictures|rows|pairs|steps|labels|vectors|files|epochs|columns"
    r"|clips|shapes|recordings|texts|words|values|groups|parameters|triplets)\b"
)
"""What follows a count and is more than one: ``core.words.several`` says which of both it is."""
INNER = ("ValueError", "IndexError", "RuntimeError", "DamagedTarError")
MORE_THAN_ONE = {
    "data/formats/tablefile.py {count} rows",
    "data/labels/labelling.py {items} items are too many for sets of labels",
    "data/labels/labelling.py {labels} different labels of ",
    "data/layouts/layout.py {len(classes)} classes train, the others are test",
    "data/sources/idx.py {count} pictures, more than its ",
    "data/sources/parquet_set.py {sum(rows)} rows",
    "data/sources/idx.py {pictures - len(data)} of its labels are missing",
    "engine/session/outside_queries.py {len(sources)} pictures the first ",
    "evaluation/threshold.py {different} different pairs are not enough to choose a threshold for an FMR of ",
    "learn/parts.py {needed} for items of ",
    "learn/samplers/episodic.py {len(members)} training classes have the ",
    "learn/samplers/members.py {len(members)} training classes has a single image, so that there is no pair of one "
    "class",
    "ui/map/legend/legend.py {count(len(entries.names))} values",
    "ui/shell/opening/open_data.py {len(paths)} pictures",
    "ui/shell/commands/selection_actions.py {len(items)} items are too many to be copied: save them instead.",
}
"""Where there cannot be one alone, or as many stand before it."""


def beginnings(node: ast.expr, known: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    """Yield how a text can begin: its first words, also those of a variable that it begins with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and node.values:
        yield from beginnings(node.values[0], known, depth)
    elif isinstance(node, ast.BinOp):
        yield from beginnings(node.left, known, depth)
    elif isinstance(node, ast.IfExp):
        yield from beginnings(node.body, known, depth)
        yield from beginnings(node.orelse, known, depth)
    elif isinstance(node, ast.FormattedValue):
        yield from beginnings(node.value, known, depth)
    elif isinstance(node, ast.Name) and depth == 0:
        for value in known.get(node.id, ()):
            yield from beginnings(value, known, 1)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from beginnings(element, known, depth)


def texts(function: ast.AST) -> Iterator[tuple[int, ast.expr]]:
    """Yield the messages that a function writes: of errors, remedies, notices, and notes on data."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ("UserError", "Notice") and node.args:
                yield node.lineno, node.args[0]
            if called == "append" and isinstance(node.func, ast.Attribute) and "notes" in ast.unparse(node.func.value):
                yield node.lineno, node.args[0]
            yield from ((node.lineno, one.value) for one in node.keywords if one.arg in ("remedy", "notes"))
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(ast.unparse(target).rpartition(".")[2] in ("notes", "note", "told") for target in targets):
                yield node.lineno, node.value


def wrong(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    methods = [one for kind in tree.body if isinstance(kind, ast.ClassDef) for one in kind.body]
    for function in (one for one in (*tree.body, *methods) if isinstance(one, ast.FunctionDef)):
        known: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                known.setdefault(node.targets[0].id, []).append(node.value)
        for line, message in texts(function):
            for begins in beginnings(message, known):
                if begins[:1].islower() and " " in begins and not begins.startswith(NAMES):
                    yield f"{path.relative_to(PACKAGE)}:{line} {begins}"


def test_messages_begin_with_a_capital_or_a_name() -> None:
    assert sorted({one for path in sorted(PACKAGE.rglob("*.py")) for one in wrong(path)}) == []


def plurals(tree: ast.Module) -> Iterator[str]:
    """Yield what a module writes behind a count as if there were always several."""
    raised = (one for one in ast.walk(tree) if isinstance(one, ast.Raise) and one.exc is not None)
    inner = {id(part) for one in raised if ast.unparse(one).removeprefix("raise ").startswith(INNER)
             for part in ast.walk(one)}  # fmt: skip
    for text in ast.walk(tree):
        if isinstance(text, ast.Call) and ast.unparse(text.func) == "tr":
            yield from plurals_of_window(text)
        if not isinstance(text, ast.JoinedStr) or id(text) in inner:
            continue
        for number, words in itertools.pairwise(text.values):
            if isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant):
                said, spec = ast.unparse(number.value), number.format_spec
                counts = said.startswith("len(") or (spec is not None and ast.unparse(spec) == "f','")
                if counts and not re.search(r"\b[A-Z_]{4,}\b", said) and PLURAL.match(str(words.value)):
                    yield f"{{{said}}}{words.value!s}"


def plurals_of_window(call: ast.Call) -> Iterator[str]:
    """Yield what a text of the window writes behind a count as if there were always several."""
    values = {one.arg: ast.unparse(one.value) for one in call.keywords}
    said = str(ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else "")
    for name, spec, words in re.findall(r"\{(\w+)(:[^}]*)?\}([^{]*)", said):
        counts = values.get(name, "").startswith(("len(", "count(")) or spec == ":,"
        if counts and PLURAL.match(words):
            yield f"{{{values[name]}}}{words}"  # as the others: the value, then the words


def test_one_is_never_several() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()} {one}"
        for path in PACKAGE.rglob("*.py")
        for one in plurals(ast.parse(path.read_text("utf-8")))
    }
    assert found == MORE_THAN_ONE
