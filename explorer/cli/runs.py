"""``runs FOLDER``: the table of the saved runs of a folder, newest first."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.core.errors import UserError, printable
from explorer.core.words import clock, several

if TYPE_CHECKING:
    from explorer.engine.run_rows import RunRow
    from explorer.engine.run_table import RunTable

SHOWN_COLUMNS = 8
"""How many differing values of a recipe a line says at most; --json and --csv say all of them."""


def main(options: argparse.Namespace, console: Console) -> int:
    """Write a line, or an object, for each run that can be read and that is asked for."""
    from explorer.engine.paths import check_table_name
    from explorer.engine.run_table import read_table, write_csv
    from explorer.engine.run_trash import RunTrash

    folder = Path(options.folder)
    if not folder.is_dir():
        raise UserError(f"{printable(str(folder))} is no folder", remedy="Give the folder in which runs lie")
    if options.csv:
        check_table_name(Path(options.csv))
    table = read_table(folder, progress=console.progress)
    table.check(options.filter)
    found = table.matching(options.filter)
    console.clear()
    for run in found:
        if run.problem:
            console.say(f"warning: {run.problem}")
    for reason in table.reasons:
        console.say(f"warning: {reason}")
    if table.unread > len(table.reasons) > 0:
        console.say(f"warning: {several(table.unread, 'run')} in all cannot be read")
    if deleted := RunTrash(folder).deleted():
        console.say(f"{several(len(deleted), 'deleted run')} can be brought back on the page of saved runs")
    if options.csv:
        _keep_data(Path(options.csv), table)
        write_csv(Path(options.csv), table, found)
        console.say(f"{several(len(found), 'run')} written to {printable(options.csv)}")
    if options.json:
        console.json([_plain(run, table.columns) for run in found])
    elif not options.csv:
        console.result("\n".join(_line(run, table.columns) for run in found) if found else _none(table, folder))
    return 0


def _keep_data(file: Path, table: RunTable) -> None:
    """Check that a file that is there, and would be written over, is none of the data that the runs are of.

    Raises
    ------
    UserError: it is.
    """
    from explorer.engine.datasets.in_use import check_outside, specs_of
    from explorer.runs.header import read_header

    specs: list[str] = []
    for row in table.rows if file.exists() else ():
        with suppress(UserError):  # such as of a run that was deleted meanwhile
            specs += specs_of(read_header(Path(row.path)).data)
    check_outside(file, dict.fromkeys(specs))


def _none(table: RunTable, folder: Path) -> str:
    if table.rows:
        return f"None of {several(len(table.rows), 'run')}"
    shown = printable(str(folder))
    return f"None of {several(table.unread, 'run')} in {shown} can be read" if table.unread else f"No runs in {shown}"


def _plain(run: RunRow, columns: Sequence[str]) -> dict[str, Any]:
    from explorer.engine.run_rows import column_name

    intervals = {name: run.interval(name) for name in run.metrics}
    return {
        "run": run.path,
        "name": run.name,
        "tags": list(run.tags),
        "note": run.note,
        "data": run.data,
        "recipe": run.recipe,
        "differs": {column_name(key): run.setting(key) for key in columns},
        "metrics": run.metrics,
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "state": run.state,
        "seconds": run.seconds,
        "device": run.device,
        "parent": run.parent,
        "steps": run.step,
        "measured": run.measured,
        "epochs": run.epochs,
        "pictures": run.pictures,
        "written": run.written,
        "bytes": run.bytes,
        "problem": run.problem,
    }


def _line(run: RunRow, columns: Sequence[str]) -> str:
    from explorer.engine.disk_use import megabytes
    from explorer.engine.run_rows import column_name
    from explorer.engine.saved_runs import branch_words

    recall, interval = run.metrics.get("recall@1"), run.interval("recall@1")
    between = "" if interval is None else f"({interval[0]:.3f} – {interval[1]:.3f})"
    figure = "     –" if recall is None else f"{recall:6.3f}"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.written))
    fitter, loss = run.value("fitter"), run.value("loss")
    took = "–" if run.seconds is None else f"{clock(run.seconds)} on {run.device}" if run.device else clock(run.seconds)
    budget = f"step {run.step:>7,}  {took:>14}  {megabytes(run.bytes):>11}"
    main = f"recall@1 {figure} {between:15}"
    if recall is None and "mean_error" in run.metrics:
        main = f"mean error {run.metrics['mean_error']:<20.4g}"
    if run.measured_before is not None:
        main += f"  of step {run.measured_before:,}"
    facts = f"{when}  {main}  {budget}  {loss if fitter == 'none' else fitter:16}"
    tags = f"  [{', '.join(run.tags)}]" if run.tags else ""
    said = [
        f"{column_name(key)}={value}" for key in columns if key != "loss" and (value := run.setting(key)) is not None
    ]
    differs = f"  {' '.join(said[:SHOWN_COLUMNS])}{' …' if len(said) > SHOWN_COLUMNS else ''}" if said else ""
    branched = f"  {branch_words(run.parent)}" if run.parent else ""
    return f"{facts}  {printable(run.data)}  {printable(run.name)}{branched}{printable(tags)}{printable(differs)}"
