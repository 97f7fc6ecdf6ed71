"""From arguments to an exit status: 0; 2 for what the user can mend; 1 for a fault of ours; 130 when interrupted."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from explorer.cli.arguments import parse
from explorer.cli.console import Console
from explorer.core.addresses import refuse_address
from explorer.core.errors import Cancelled, UserError
from explorer.core.extensions import failed_in, problems

MODULES = {
    "window": "explorer.cli.window",
    "train": "explorer.cli.train",
    "sweep": "explorer.cli.sweep",
    "follow": "explorer.cli.follow",
    "evaluate": "explorer.cli.evaluate",
    "compare": "explorer.cli.compare",
    "embed": "explorer.cli.embed",
    "query": "explorer.cli.query",
    "verify": "explorer.cli.verify",
    "gallery": "explorer.cli.gallery",
    "clean": "explorer.cli.clean",
    "export": "explorer.cli.export",
    "report": "explorer.cli.report",
    "check": "explorer.cli.check",
    "list": "explorer.cli.listing",
    "recipes": "explorer.cli.recipes",
    "runs": "explorer.cli.runs",
    "disk": "explorer.cli.disk",
    "doctor": "explorer.cli.doctor",
    "self-test": "explorer.cli.self_test",
}
"""The module of each command; its ``main(options, console)`` returns an exit status."""


PLACES = (
    "data", "run", "runs", "out", "dest", "folder", "test", "gallery", "recipe", "csv", "screenshots",
    "pairs", "triplets", "must_link",
)  # fmt: skip
"""The options that name files and folders."""


def run(arguments: Sequence[str], console: Console | None = None) -> int:
    """Run one command and return its exit status; errors become one line on stderr."""
    console = console or Console()
    try:
        return _run(arguments, console)
    finally:
        for problem in problems():
            console.say(f"note: {problem}")


def _run(arguments: Sequence[str], console: Console) -> int:
    try:
        return _dispatch(parse(arguments), console)
    except UserError as error:
        console.error(str(error))
        return 2
    except (KeyboardInterrupt, Cancelled):
        console.error("Interrupted")
        return 130
    except BrokenPipeError:
        # whoever read stdout has gone; keep Python from complaining about it again while it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001  the one place where a fault of ours is turned into a report
        if (failed := failed_in(error)) is not None:
            console.error(str(failed))
            return 2
        console.error(f"{type(error).__name__}: {error}. This is a fault of ours; {_reported(error, arguments)}")
        return 1


def _reported(error: Exception, arguments: Sequence[str]) -> str:
    """Save a report and return where, in words."""
    from explorer.engine.fault_reports import reports_folder, save_report

    details = f"arguments: {list(arguments)!r}\n\n{''.join(traceback.format_exception(error))}"
    path = save_report(details)
    if path is None:
        sys.stderr.write(details)
        return f"the report above could not be saved in {reports_folder()}"
    return f"the report was saved as {path}"


def _check_places(options: argparse.Namespace) -> None:
    """Check that what is named is on this computer, but for items, whose ids may be addresses.

    Raises
    ------
    UserError: if it is an address in a network.
    """
    for place in PLACES:
        given = getattr(options, place, None) or ()
        for spec in [given] if isinstance(given, str) else given:
            refuse_address(spec)


def _dispatch(options: argparse.Namespace, console: Console) -> int:
    _check_places(options)
    status = importlib.import_module(MODULES[options.command]).main(options, console)
    assert isinstance(status, int)
    return status
