"""Example recipes that ship with the application: where to begin with few shots, faces, signatures, and more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.core.resources import resource_path

TASKS = (
    "Retrieval",
    "Verification",
    "Re-identification",
    "Few examples",
    "Other kinds of data",
    "No network",
)
"""What people want to do, in the order in which their recipes are offered."""


@dataclass(frozen=True, slots=True)
class Example:
    """A recipe in ``resources/recipes``.

    Its first three lines are comments: a title, what it does, and its task, one of ``TASKS``, with when to take it.
    """

    name: str
    title: str
    summary: str
    task: str
    when: str
    path: Path

    @property
    def short_title(self) -> str:
        """The title in a list of recipes: ``Faces: ArcFace``."""
        short = self.title.removeprefix("Recipe ").removeprefix("for ")
        return f"{short[:1].upper()}{short[1:]}"


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
    """Return all example recipes, by task and title."""
    found = []
    for path in resource_path("recipes").glob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        title, summary, told = (line.removeprefix("# ") for line in lines[:3])
        task, _, when = told.partition(". ")
        found.append(Example(path.stem, title, summary, task, when, path))
    return tuple(sorted(found, key=lambda example: (TASKS.index(example.task), example.title)))
