"""A moment of a clock starts at now or never: 0 is when the machine was switched on, which may be a minute ago."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer

FOLDERS = {
    file.parent for root in (Path(explorer.__file__).parent, Path(__file__).parent) for file in root.rglob("*.py")
}
CLOCKS = {"monotonic", "perf_counter", "thread_time", "process_time", "clock", "_clock"}


def is_moment(node: ast.expr, names: set[str]) -> bool:
    """Return whether an expression is a moment of a clock; ``names`` are the variables that hold one."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in CLOCKS or (name in ("max", "min") and any(is_moment(part, names) for part in node.args))
        case ast.Name(id=name):
            return name == "now" or name in names
        case ast.BinOp(op=ast.Add()):
            return is_moment(node.left, names) or is_moment(node.right, names)
        case ast.IfExp():
            return is_moment(node.body, names) or is_moment(node.orelse, names)
    return False


def is_number(node: ast.expr) -> bool:
    """Return whether an expression is a number that is written out."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def assigned(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield every target and its value, those of tuples one by one."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign():
                pairs = [(target, node.value) for target in node.targets]
            case ast.AnnAssign(value=ast.expr() as value):
                pairs = [(node.target, value)]
            case _:
                continue
        for target, value in pairs:
            starred = isinstance(target, ast.Tuple) and any(isinstance(one, ast.Starred) for one in target.elts)
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and not starred:
                yield from zip(target.elts, value.elts, strict=True)
            else:
                yield target, value


def numbers_as_moments(sources: list[str]) -> set[str]:
    """Return the attributes that are given a moment of a clock in some places and a number in others."""
    moments: set[str] = set()
    numbers: set[str] = set()
    for tree in map(ast.parse, sources):
        variables = {
            target.id for target, value in assigned(tree) if isinstance(target, ast.Name) and is_moment(value, set())
        }
        for target, value in assigned(tree):
            if isinstance(target, ast.Attribute) and is_moment(value, variables):
                moments.add(target.attr)
            if isinstance(target, ast.Attribute | ast.Name) and is_number(value):
                numbers.add(target.attr if isinstance(target, ast.Attribute) else target.id)
    return moments & numbers


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n last: float = 0.0\n def f(self):\n  now = time.monotonic()\n  self.last = now",
        "class A:\n def g(self):\n  self._x, self.last = 1, -1\n def f(self, now):\n  self.last = now + 3",
        "self.last = 0\nbegan = self._clock()\nself.last = began + 2 if began else None",
    ],
)
def test_a_number_is_found_where_a_moment_belongs(source: str) -> None:
    assert numbers_as_moments([source]) == {"last"}


def test_now_and_never_are_moments_and_a_duration_is_none() -> None:
    last = "self.last = float('-inf')\nself.last = time.monotonic()"
    took = "self.took = 0.0\nself.took = time.monotonic() - self.last"
    assert numbers_as_moments([last, took]) == set()


@pytest.mark.parametrize("folder", sorted(FOLDERS), ids=lambda folder: folder.name)
def test_no_moment_starts_as_a_number(folder: Path) -> None:
    assert numbers_as_moments([file.read_text("utf-8") for file in folder.glob("*.py")]) == set()
