"""``compare RUN RUN``: whether one run is better than another, and what their recipes say differently."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console
from explorer.cli.evaluate import PROTOCOL, protocol_values
from explorer.core.errors import UserError
from explorer.core.registry import find
from explorer.core.words import several
from explorer.evaluation.figures import number

if TYPE_CHECKING:
    from explorer.engine.compared_runs import ComparedRuns


def main(options: argparse.Namespace, console: Console) -> int:
    """Write every figure of both, their difference with its interval and p, and where the recipes differ."""
    from explorer.engine.compared_runs import compared_runs
    from explorer.engine.offline import OfflineRun

    protocol = find(PROTOCOL, options.protocol.replace("-", "_")).name
    for setting in options.settings:
        if setting.partition(".")[0].strip() != PROTOCOL:
            raise UserError(
                f"{setting.partition('=')[0]} is no key of compare", remedy=f"Here: --set {PROTOCOL}.KEY=VALUE"
            )
    values = protocol_values(protocol, options.settings)
    a, b = (OfflineRun(Path(path), console.progress, tell=console.say) for path in options.runs)
    found = compared_runs(a, b, protocol, values, options.data)
    console.clear()
    if options.json:
        console.json(
            {
                "protocol": options.protocol,
                "items": found.items,
                "classes": found.classes,
                "recipe_differences": {key: list(said) for key, said in found.differences.items()},
                "metrics": {name: list(paired) for name, paired in found.metrics.items()},
            }
        )
    else:
        console.result("\n".join(_lines(found)))
    return 0


def _lines(found: ComparedRuns) -> Iterator[str]:
    items = f"{several(found.items, 'item')} of {several(found.classes, 'class', 'classes')}"
    yield f"{items} that both held out; the difference is second − first"
    width = max((len(name) for name in found.metrics), default=0)
    yield f"{'':{width}}  {'first':>7}  {'second':>7}  {'difference':>10}  {'95 % interval':>18}  {'p':>6}"
    for name, of in found.metrics.items():
        between = f"{of.low:+.4f} – {of.high:+.4f}"
        p = "<.0005" if of.p < 0.0005 else f"{of.p:.3f}"
        yield f"{name:{width}}  {number(of.a):>7}  {number(of.b):>7}  {of.difference:>+10.4f}  {between:>18}  {p:>6}"
    for key, (first, second) in found.differences.items():
        yield f"{key}: {_said(first)} | {_said(second)}"
    if not found.differences:
        yield "their recipes are the same"


def _said(value: object) -> str:
    return "–" if value is None else str(value)
