"""A training as lines of Python that can be pasted into a script or a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from explorer.engine.recipes.plan import Plan

WIDTH = 80
"""Characters of a dictionary or a list that stands in one line."""


def python_lines(plan: Plan, out: Path) -> str:
    """Return the lines that train a plan into the folder ``out`` by ``explorer.train``, with comments on what lacks."""
    lines = ["import explorer", "", *(f"# {sentence}" for sentence in plan.lacking), "run = explorer.train("]
    lines += [f"    {argument}," for argument in (*_what(plan, out), *_meanwhile(plan, plan.threads))]
    lines.append(")")
    for longer in plan.longer:
        lines.append(f"run = run.resume({', '.join([f'epochs={longer.epochs}', *_meanwhile(plan, longer.threads)])})")
    return "\n".join([*lines, "print(run.figures)"])


def _what(plan: Plan, out: Path) -> Iterator[str]:
    (data, _), *added = plan.sources
    yield repr(data)
    yield f"out={str(out)!r}"
    for role in ("test", "gallery"):
        if specs := [spec for spec, its in added if its == role]:
            yield f"{role}={specs if len(specs) > 1 else specs[0]!r}"
    if plan.given is not None:
        yield f"{plan.given[0]}={str(plan.given[1])!r}"
    if plan.settings:
        yield "settings=" + _laid_out("{", [f"{path!r}: {value!r}" for path, value in plan.settings.items()], "}")
    yield from (f"{path}={value!r}" for path, value in plan.general.items())


def _meanwhile(plan: Plan, threads: int) -> Iterator[str]:
    if plan.changes:
        changes = [f"({change.step}, {change.path!r}, {change.value!r})" for change in plan.changes]
        yield "changes=" + _laid_out("[", changes, "]")
    if threads:
        yield f"threads={threads}"


def _laid_out(opening: str, items: Sequence[str], closing: str) -> str:
    """Return a dictionary or a list in one line, or an item a line where that would be long."""
    one = f"{opening}{', '.join(items)}{closing}"
    if len(one) < WIDTH:
        return one
    return "\n".join([opening, *(f"        {item}," for item in items), f"    {closing}"])
