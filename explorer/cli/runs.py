"""``runs FOLDER``: the saved runs of a folder, newest first."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.core.errors import UserError, printable
from explorer.core.words import several

if TYPE_CHECKING:
    from explorer.engine.saved_runs import RunGlance


def main(options: argparse.Namespace, console: Console) -> int:
    """Write a line, or an object, for each run that can be read."""
    from explorer.engine.run_trash import RunTrash
    from explorer.engine.saved_runs import saved_runs

    folder = Path(options.folder)
    if not folder.is_dir():
        raise UserError(f"{printable(str(folder))} is no folder", remedy="Give the folder in which runs lie")
    found = saved_runs(folder, most=None)
    for run in found:
        if run.problem:
            console.say(run.problem)
    if deleted := RunTrash(folder).deleted():
        console.say(f"{several(len(deleted), 'deleted run')} can be brought back on the page of saved runs")
    if options.json:
        console.json([_plain(run) for run in found])
    else:
        console.result("\n".join(map(_line, found)) if found else f"No runs in {printable(str(folder))}")
    return 0


def _plain(run: RunGlance) -> dict[str, Any]:
    return {
        "run": str(run.path),
        "name": run.name,
        "tags": list(run.notes.tags),
        "note": run.notes.note,
        "data": run.data,
        "recipe": run.recipe.model_dump(),
        "metrics": dict(run.metrics),
        "seconds": run.trained,
        "steps": run.step,
        "epochs": run.epochs,
        "written": run.seconds,
        "bytes": run.size,
    }


def _line(run: RunGlance) -> str:
    from explorer.engine.disk_use import megabytes

    recall = "     –" if run.recall is None else f"{run.recall:6.3f}"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.seconds))
    tags = f"  [{', '.join(run.notes.tags)}]" if run.notes.tags else ""
    recipe = run.recipe.loss.name if run.recipe.fitter.name == "none" else run.recipe.fitter.name
    facts = f"{when}  recall@1 {recall}  step {run.step:>7,}  {megabytes(run.size):>11}  {recipe:16}"
    return f"{facts}  {printable(run.data)}  {printable(run.name)}{printable(tags)}"
