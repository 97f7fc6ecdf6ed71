"""Example recipes that ship with the application: where to begin with few shots, faces, signatures, and more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.resources import resource_path


@dataclass(frozen=True, slots=True)
class Example:
    """A recipe in ``resources/recipes``; its first two lines are comments: a title, and what it is for."""

    name: str
    title: str
    summary: str
    path: Path


@dataclass(frozen=True, slots=True)
class StartExample:
    """A recipe in ``resources/recipes/start`` with the sample that it is for.

    Its first three lines are comments: a title, what one will see, and the data.
    """

    title: str
    summary: str
    data: str
    path: Path


def start_examples() -> tuple[StartExample, ...]:
    """Return the examples of the start page, in the order of their files' names."""
    found = []
    for path in sorted(resource_path("recipes/start").glob("*.toml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        title, summary, data = (line.removeprefix("# ") for line in lines[:3])
        found.append(StartExample(title, summary, data, path))
    return tuple(found)


def examples() -> tuple[Example, ...]:
    """Return all example recipes, by title."""
    found = []
    for path in resource_path("recipes").glob("*.toml"):
        title, summary, *_ = path.read_text(encoding="utf-8").splitlines()
        found.append(Example(path.stem, title.removeprefix("# "), summary.removeprefix("# "), path))
    return tuple(sorted(found, key=lambda example: example.title))


def load_recipe(spec: str) -> Recipe:
    """Return the recipe of a file, or of an example by its name, for example ``few-shot``.

    Raises
    ------
    UserError: if there is no such file and no such example, or it cannot be read.
    """
    path = Path(spec)
    if path.exists() or path.suffix:
        return Recipe.load(path)
    known = {example.name: example.path for example in examples()}
    if spec not in known:
        raise UserError(
            f"{spec} is neither a recipe file nor an example", remedy=f"Examples: {', '.join(sorted(known))}"
        )
    return Recipe.load(known[spec])
