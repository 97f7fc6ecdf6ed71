"""``sweep DATA --out FOLDER --over KEY=…``: a run of each combination, gone on with by the same command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.recipes import recipe_of
from explorer.cli.train import check_sources, given_in, interruptible, sources_of
from explorer.core.errors import UserError, printable
from explorer.core.words import several
from explorer.evaluation.figures import Figure, interval, number

if TYPE_CHECKING:
    from explorer.engine.sweep.kept_plan import SweepPlan
    from explorer.engine.sweep.plan import PlannedRun
    from explorer.engine.sweep.queue import Entry
    from explorer.engine.sweep.summary import Combination


def main(options: argparse.Namespace, console: Console) -> int:
    """Train what was not trained yet, and write what each combination came to; 1 where every run failed."""
    from explorer.engine.run_table import read_table
    from explorer.engine.sweep.plan import named_twice
    from explorer.engine.sweep.queue import check_sweep_folder
    from explorer.engine.sweep.run_sweep import Sweep
    from explorer.engine.sweep.summary import combinations_found

    _check(options)
    folder = Path(options.out)
    check_sweep_folder(folder)
    plan = _plan(options)
    runs = plan.count()
    check_sources(folder, options, plan.recipe)
    for text in options.over:
        if twice := named_twice(text):
            console.say(f"{printable(text)} names {', '.join(map(printable, twice))} twice: it is trained once")
    console.say(f"{several(runs, 'run')} in {printable(str(folder))}")
    sweep = Sweep(folder, plan, console, threads=options.threads, retry=options.retry)
    try:
        with interruptible(sweep.interrupt):
            entries = sweep.train()
    finally:
        console.clear()
    found = combinations_found(sweep.runs, entries, read_table(folder, progress=console.progress).rows)
    console.clear()
    _tell(sweep.runs, entries, found, options, console)
    return 1 if entries and all(entry.state == "failed" for entry in entries) else 0


def _plan(options: argparse.Namespace) -> SweepPlan:
    """Return what is to be trained.

    Raises
    ------
    UserError: if it cannot be.
    """
    from explorer.engine.sweep.kept_plan import MAIN_LOSSES, SweepPlan
    from explorer.engine.sweep.plan import devices_of

    losses = [f"loss={','.join(MAIN_LOSSES)}"] if options.main_losses else []
    return SweepPlan(
        recipe=recipe_of(options),
        sources=tuple(sources_of(options)),
        over=(*losses, *options.over),
        draw=options.draw,
        drawn_by=options.drawn_by,
        metric=options.metric,
        seeds=options.seeds,
        pictures=options.pictures,
        minutes=options.minutes,
        halving=options.halving,
        devices=devices_of(options.devices),
        given=given_in(options),
    )


def _check(options: argparse.Namespace) -> None:
    """Check what does not go together.

    Raises
    ------
    UserError: if something does not.
    """
    asked = [name for name in ("epochs", "pictures", "minutes") if getattr(options, name)]
    if len(asked) > 1:
        raise UserError(f"--{asked[0]} and --{asked[1]} say both how long a run trains", remedy="Give one of them")
    if options.devices and options.device:
        raise UserError("--device and --devices say both where runs are trained", remedy="Give one of them")
    if options.halving and options.minutes:
        raise UserError("--halving goes by epochs", remedy="Give --pictures or --epochs instead of --minutes")
    if any(text.partition("=")[0].strip() == "epochs" for text in options.over) and asked:
        raise UserError(
            f"The epochs are swept over, and --{asked[0]} says them as well", remedy="Leave one of them out"
        )


def _tell(
    runs: Sequence[PlannedRun],
    entries: Sequence[Entry],
    found: Sequence[Combination],
    options: argparse.Namespace,
    console: Console,
) -> None:
    from explorer.engine.sweep.summary import verdict

    sentence = verdict(found)
    if options.json:
        console.json(
            {
                "runs": [_plain(run, entry, options.out) for run, entry in zip(runs, entries, strict=True)],
                "combinations": [
                    {
                        "settings": dict(one.settings),
                        "seeds": {str(seed): score for seed, score in one.scores.items()},
                        "recall@1": one.mean,
                        "recall@1_low": one.low,
                        "recall@1_high": one.high,
                        "failed": one.failed,
                        "whole": one.whole,
                    }
                    for one in found
                ],
                "verdict": sentence,
            }
        )
        return
    width = max((len(str(one)) for one in found), default=0)
    lines = [_line(one, width) for one in found]
    console.result("\n".join([*lines, *([sentence] if sentence else [])]))


def _plain(run: PlannedRun, entry: Entry, out: str) -> dict[str, Any]:
    return {
        "run": str(Path(out) / run.name),
        "settings": dict(run.settings),
        "seed": run.recipe.seed,
        "state": entry.state,
        "round": entry.rung,
        "metrics": entry.figures,
        "message": entry.message,
    }


def _line(one: Combination, width: int) -> str:
    between = interval(Figure("recall@1", one.mean, one.low, one.high))
    words = [several(len(one.scores), "seed")]
    words += [] if one.whole else ["left behind"]
    words += [f"{one.failed:,} failed"] if one.failed else []
    return f"{one!s:{width}}  recall@1 {number(one.mean):>7}  {between:>17}  {', '.join(words)}"
