"""``export RUN FORMAT DEST``: what a run has kept, in a file of another format."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console
from explorer.cli.destination import keep_data_of
from explorer.core.errors import UserError, printable
from explorer.core.registry import Scalar, create
from explorer.core.types import IntArray


class _Control:
    """What the work of a job gets, without a job: its progress is shown, and Ctrl+C is the only cancel."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far the work is."""
        self._console.progress(f"{self._title}: {stage}" if stage else self._title, done, total)

    def cancelled(self) -> bool:
        """Return False."""
        return False


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the file."""
    from explorer.engine.export.base import Export
    from explorer.engine.export.subjects import subject_of_run

    out = Path(options.dest)
    export: Export = create("export", options.format, _params(options.settings))
    keep_data_of(options.run, console, options.data)
    export.check(out)
    selected = _items(Path(options.run), options.items) if options.items else None
    subject = subject_of_run(Path(options.run), options.step, selected=selected, moved=options.data)
    facts = export.write(out, subject, _Control(console, f"Write {out.name}"))
    console.clear()
    if options.json:
        console.json({"out": str(out), "format": options.format, **facts})
    else:
        console.say(f"{out} written: {', '.join(f'{name} {value}' for name, value in facts.items())}")
    return 0


def _items(run: Path, name: str) -> IntArray:
    """Return the items of the set of a name.

    Raises
    ------
    UserError: if the run has none, or none of its items is there.
    """
    from explorer.engine.item_sets import set_called, sets_of
    from explorer.runs.folder import RunFolder

    folder = RunFolder.open(run)
    found = set_called(sets_of(folder.path, folder.data.uri), name, folder.items.ids)
    if not len(found.items):
        raise UserError(f"No item of the set {printable(name)!r} is in the run", remedy="Choose another set")
    return found.items


def _params(settings: list[str]) -> dict[str, Scalar]:
    """Return what ``--set KEY=VALUE`` says."""
    params: dict[str, Scalar] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"{setting!r} is not KEY=VALUE", remedy="For example: --set seconds=12")
        params[key.strip()] = value.strip()
    return params
