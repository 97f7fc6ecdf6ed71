"""The house itself: no import goes in a circle, files and functions stay short, and what is public says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer

ROOT = Path(explorer.__file__).parent
LONGEST_FILE = 500
LONGEST_FUNCTION, SHARE_OF_LONG_FUNCTIONS = 40, 0.006
Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_name(file: Path) -> str:
    """Return the name under which a file of the package is imported."""
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for file in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text("utf-8")) for name, file in FILES.items()}


def imported(body: list[ast.stmt]) -> Iterator[str]:
    """Yield what a module imports when it is imported itself; not what only the type checker reads."""
    for node in body:
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.If() if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from imported([*node.body, *node.orelse])
            case ast.Try():
                parts = [*node.body, *(line for handler in node.handlers for line in handler.body), *node.orelse]
                yield from imported([*parts, *node.finalbody])
            case ast.ClassDef() | ast.With():
                yield from imported(node.body)


def import_graph(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return which modules of ``trees`` each imports: a name of a module stands for that module.

    The packages around what is imported are imported as well, but not those around the module itself: they have begun
    by then.
    """
    graph: dict[str, set[str]] = {}
    for name, tree in trees.items():
        graph[name] = set()
        for target in imported(tree.body):
            found = target if target in trees else target.rpartition(".")[0]
            graph[name] |= {found} & trees.keys()
            around = found.rpartition(".")[0]
            while around in trees:
                if not f"{name}.".startswith(f"{around}."):
                    graph[name].add(around)
                around = around.rpartition(".")[0]
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            component = stack[place:]
            del stack[place:]
            if len(component) > 1:
                found.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def functions(tree: ast.Module) -> Iterator[Function]:
    """Yield every function and method of a module."""
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.ClassDef | Function]]:
    """Yield the public classes, functions and methods, by name."""
    for node in body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def bare_arguments(node: Function) -> list[str]:
    """Return what has no annotation; ``self`` and ``cls`` need none."""
    given = node.args
    several = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    bare = [argument.arg for argument in several if argument.annotation is None and argument.arg not in ("self", "cls")]
    return bare + ([] if node.returns is not None else ["return"])


def test_no_import_goes_in_a_circle() -> None:
    assert circles(import_graph(TREES)) == []


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"a": "import b", "b": "from a import x"}, [["a", "b"]]),
        (
            {"a": "try:\n import b\nexcept ImportError:\n pass", "b": "from c import x", "c": "import a"},
            [["a", "b", "c"]],
        ),
        ({"p": "from p.q import x", "p.q": "from p.r import y", "p.r": "z = 1"}, []),
        ({"p": "from p.q import x", "p.q": "from p import y"}, [["p", "p.q"]]),
        ({"p": "import s", "p.q": "y = 1", "s": "from p.q import y"}, [["p", "s"]]),
        ({"p": "from p.q import x", "p.q": "y = 1", "s": "from p.q import y"}, []),
        ({"a": "if TYPE_CHECKING:\n import b", "b": "import a"}, []),
        ({"a": "def f():\n import b", "b": "import a"}, []),
    ],
)
def test_a_circle_is_found_where_there_is_one(sources: dict[str, str], expected: list[list[str]]) -> None:
    assert circles(import_graph({name: ast.parse(source) for name, source in sources.items()})) == expected


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {name: len(file.read_text("utf-8").splitlines()) for name, file in FILES.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_hardly_any_function_is_long() -> None:
    lengths = [
        (f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for name, tree in TREES.items()
        for node in functions(tree)
    ]
    longer = [(name, length) for name, length in lengths if length > LONGEST_FUNCTION]
    assert len(longer) <= SHARE_OF_LONG_FUNCTIONS * len(lengths), longer


@pytest.mark.parametrize("name", FILES)
def test_everything_public_is_typed_and_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
    for what, node in public(TREES[name].body):
        assert ast.get_docstring(node), f"{name}.{what} has no docstring"
        if not isinstance(node, ast.ClassDef):
            assert not bare_arguments(node), f"{name}.{what}: no annotation of {', '.join(bare_arguments(node))}"


def test_json_is_read_in_one_place() -> None:
    own = "explorer.core.plain_json"
    found = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("json.load", "json.loads")
    }
    assert found == {own}
