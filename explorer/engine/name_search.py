"""Classes and items whose names have some words in them, sought in the background among any number."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.core.errors import Cancelled
from explorer.core.result_kinds import result
from explorer.data.dataset import Dataset
from explorer.engine.jobs import Control
from explorer.engine.lanes import Lanes

MOST_CLASSES, MOST_ITEMS = 12, 24
"""How many of each are found: a person types on where there are more."""
KINDS: Mapping[str, str] = {"class": "class", "item": "item"}
"""Words before a name that say of which kind it is."""


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class NamesFound:
    """Classes (label and how many items it has) and items whose names have ``words``, of the data of a ``number``."""

    words: str
    number: int
    classes: tuple[tuple[int, int], ...]
    items: tuple[int, ...]


def find_names(dataset: Dataset, number: int, words: str, job: Control, kinds: Mapping[str, str] = KINDS) -> NamesFound:
    """Return the best classes by name, and the first items by path, or by number where ``#4417`` is asked for.

    Words that begin with one of ``kinds``, and go on, are of one of both: ``class 3``, ``item 17``, ``item: #17``.

    Raises
    ------
    Cancelled: if the job was.
    """
    parts = words.casefold().split()
    only = kinds.get(parts[0].removesuffix(":"), "") if len(parts) > 1 else ""
    parts = parts[1:] if only else parts
    called = [(name.casefold(), label) for label, name in enumerate(dataset.class_names)]
    fitting = [(not name.startswith(parts[0]), len(name), label) for name, label in called if _has(name, parts)]
    labels = [label for _, _, label in heapq.nsmallest(MOST_CLASSES, fitting)]
    counts = dataset.class_sizes[1:]
    classes = tuple((label, int(counts[label])) for label in labels) if only != "item" else ()
    if only == "class":
        return NamesFound(words, number, classes, ())
    numbered = _numbered(dataset, parts) if only == "item" or parts[0].startswith("#") else []
    named = [] if parts[0].startswith("#") else _items(dataset, parts, job)
    items = dict.fromkeys((*numbered, *named))
    return NamesFound(words, number, classes, tuple(items)[:MOST_ITEMS])


def _numbered(dataset: Dataset, parts: list[str]) -> list[int]:
    """Return the item whose number is the first of the parts, with the rest in its name; none where there is none."""
    asked = parts[0].removeprefix("#")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 12 and int(asked) < len(dataset)):
        return []
    return [int(asked)] if _has(dataset.ids[int(asked)].casefold(), parts[1:]) else []


def _items(dataset: Dataset, parts: list[str], job: Control) -> list[int]:
    found: list[int] = []
    first = 0
    for portion in dataset.ids.portions():
        if job.cancelled():
            raise Cancelled
        found += [first + place for place, name in enumerate(portion) if _has(name.casefold(), parts)]
        first += len(portion)
        if len(found) >= MOST_ITEMS:
            break
    return found[:MOST_ITEMS]


def _has(name: str, parts: list[str]) -> bool:
    return all(part in name for part in parts)


def post_names(lanes: Lanes, dataset: Dataset, number: int, words: str, kinds: Mapping[str, str], job: Control) -> None:
    """Tell which classes and items have these words in their names: ``NamesFound``; nothing where it was cancelled."""
    found = find_names(dataset, number, words, job, kinds)
    if not job.cancelled():
        lanes.post(found)
