"""``compare RUN RUN …``: whether one run is better than another, which queries changed, where the recipes differ."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.added_data import measured_elsewhere
from explorer.cli.console import Console
from explorer.cli.evaluate import PROTOCOL, protocol_named, protocol_values
from explorer.cli.told_history import tell_lost
from explorer.core.errors import UserError, printable
from explorer.core.words import several
from explorer.evaluation.figures import number

if TYPE_CHECKING:
    from explorer.core.types import IntArray
    from explorer.engine.compared_runs import ComparedRuns
    from explorer.evaluation.query_changes import ClassChange, QueryChanges

SHOWN_ITEMS, SHOWN_CLASSES = 5, 3
"""How many items and classes a line names; with --json all of them are."""


def main(options: argparse.Namespace, console: Console) -> int:
    """Compare every run with the first one: figures with intervals and p, queries that changed, recipes."""
    from explorer.engine.compared_runs import compared_runs
    from explorer.engine.offline import OfflineRun

    if len(options.runs) < 2:
        raise UserError("There is one run to compare, and no other", remedy="Name two runs or more")
    protocol, values = _protocol(options)
    first, *others = (OfflineRun(Path(path), console.progress, tell=console.say) for path in options.runs)
    tell_lost((run.saved.folder for run in (first, *others)), console)
    with measured_elsewhere():
        found = [compared_runs(first, other, protocol, values, options.data) for other in others]
    corrected = _corrected(found)
    console.clear()
    if options.json:
        told = [_plain(one, p) for one, p in zip(found, corrected, strict=True)]
        named = [
            {"first": options.runs[0], "second": run, **one} for run, one in zip(options.runs[1:], told, strict=True)
        ]
        console.json({"protocol": options.protocol, **(named[0] if len(named) == 1 else {"comparisons": named})})
    else:
        blocks = []
        for run, one, p in zip(options.runs[1:], found, corrected, strict=True):
            head = [f"{printable(options.runs[0])} | {printable(run)}"] if len(found) > 1 else []
            blocks.append("\n".join([*head, *_lines(one, p)]))
        console.result("\n\n".join(blocks))
    return 0


def _protocol(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Return the protocol that is asked for, and its parameters."""
    protocol = protocol_named(options.protocol)
    for setting in options.settings:
        if setting.partition(".")[0].strip() != PROTOCOL:
            raise UserError(
                f"{setting.partition('=')[0]} is no key of compare", remedy=f"Here: --set {PROTOCOL}.KEY=VALUE"
            )
    return protocol, protocol_values(protocol, options.settings)


def _corrected(found: Sequence[ComparedRuns]) -> list[float | None]:
    """Return the p of McNemar's test of each comparison, corrected for how many there are; None without queries."""
    from explorer.evaluation.mcnemar import holm

    known = [one.queries.recall.p for one in found if one.queries is not None]
    corrected = iter(holm(known).tolist())
    return [None if one.queries is None else next(corrected) for one in found]


def _plain(found: ComparedRuns, p: float | None) -> dict[str, Any]:
    from explorer.engine.comparison_words import verdict

    plain: dict[str, Any] = {
        "items": found.items,
        "classes": found.classes,
        "recipe_differences": {key: list(said) for key, said in found.differences.items()},
        "metrics": {name: list(paired) for name, paired in found.metrics.items()},
        "parents": list(found.parents),
        "steps": list(found.steps),
        "changed_live": [list(told) for told in found.changed],
    }
    if (changes := found.queries) is None:
        return plain
    return {
        **plain,
        "mcnemar": {**changes.recall._asdict(), "p_corrected": p},
        "bootstrap": {name: list(paired) for name, paired in changes.figures.items()},
        "fixed": _names(found, changes.fixed),
        "broken": _names(found, changes.broken),
        "neighbours_changed": {
            found.ids[row]: float(share) for row, share in zip(changes.queries, changes.neighbours_changed, strict=True)
        },
        "by_class": [{**one._asdict(), "class": found.class_names[one.label]} for one in changes.classes],
        "verdict": verdict(found, p),
    }


def _names(found: ComparedRuns, rows: IntArray) -> list[str]:
    return [found.ids[row] for row in rows]


def _lines(found: ComparedRuns, p: float | None) -> Iterator[str]:
    from explorer.engine.saved_runs import branch_words

    items = f"{several(found.items, 'item')} of {several(found.classes, 'class', 'classes')}"
    yield f"{items} that both held out; the difference is second − first"
    for which, parent in zip(("first", "second"), found.parents, strict=True):
        if parent:
            yield f"the {which} run is a {branch_words(parent)}"
    if found.steps[0] != found.steps[1]:
        one, two = (several(steps, "step") for steps in found.steps)
        yield f"the first run was trained for {one}, the second for {two}"
    width = max((len(name) for name in found.metrics), default=0)
    yield f"{'':{width}}  {'first':>7}  {'second':>7}  {'difference':>10}  {'95 % interval':>18}  {'p':>6}"
    for name, of in found.metrics.items():
        between = f"{of.low:+z.4f} – {of.high:+z.4f}"
        chance = "<.0005" if of.p < 0.0005 else f"{of.p:.3f}"
        values = f"{number(of.a):>7}  {number(of.b):>7}  {of.difference:>+10.4f}"
        yield f"{name:{width}}  {values}  {between:>18}  {chance:>6}"
    if found.queries is not None:
        yield from _query_lines(found, found.queries, p)
    for key, (first, second) in found.differences.items():
        yield f"{key}: {_said(first)} | {_said(second)}"
    if not found.differences:
        yield "their recipes are the same" if found.changed[0] == found.changed[1] else "their recipes end the same"
    for which, told in zip(("first", "second"), found.changed, strict=True):
        if told and found.changed[0] != found.changed[1]:
            yield f"changed live in the {which} run: {'; '.join(told)}"
    if found.queries is not None:
        from explorer.engine.comparison_words import verdict

        yield verdict(found, p)


def _query_lines(found: ComparedRuns, changes: QueryChanges, p: float | None) -> Iterator[str]:
    """Say which queries changed, and by how much each figure did by the tests that take each query for itself."""
    from explorer.engine.comparison_words import chance_words

    recall = changes.recall
    test = "McNemar, exact" if recall.exact else "McNemar, chi square"
    corrected = f", {chance_words(p)} of all comparisons" if p is not None and p != recall.p else ""
    interval = f"{recall.difference:+z.4f} ({recall.low:+z.4f} – {recall.high:+z.4f})"
    yield f"recall@1 by queries: {interval}, {test}: {chance_words(recall.p)}{corrected}"
    for name, of in changes.figures.items():
        yield f"{name} by bootstrap: {of.difference:+z.4f} ({of.low:+z.4f} – {of.high:+z.4f})"
    for word, which, rows in (("fixed", "second", changes.fixed), ("broken", "first", changes.broken)):
        names = [printable(name) for name in _names(found, rows[:SHOWN_ITEMS])]
        told = _some(several(len(rows), "query", "queries"), names, len(rows))
        yield f"{word}, right in the {which} run alone: {told}"
    yield f"of the nearest {changes.nearest_a.shape[1]} of a query {changes.neighbours_changed.mean():.0%} are others"
    gained = [one for one in changes.classes if one.difference > 0]
    lost = [one for one in reversed(changes.classes) if one.difference < 0]
    for word, some in (("gained", gained), ("lost", lost)):
        names = [_class_words(found, one) for one in islice(some, SHOWN_CLASSES)]
        yield f"{word} recall@1: {_some(several(len(some), 'class', 'classes'), names, len(some))}"


def _class_words(found: ComparedRuns, one: ClassChange) -> str:
    interval = f"{one.difference:+z.2f} ({one.low:+z.2f} – {one.high:+z.2f}), p {one.p:.3f}"
    return f"{printable(found.class_names[one.label])} {interval}"


def _some(counted: str, names: Sequence[str], count: int) -> str:
    """Return how many there are and, in brackets, names of them, of which there may be more."""
    return f"{counted} ({'; '.join(names)}{'; …' if count > len(names) else ''})" if names else counted


def _said(value: object) -> str:
    return "–" if value is None else str(value)
