"""What is offered after a crash: the run that trained, with what was saved of it and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.engine.crash_watch import Crash
from explorer.engine.fault_reports import save_report
from explorer.runs.folder import RunFolder
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import moment

if TYPE_CHECKING:
    from explorer.engine.session.session import Session


def offer_recovery(crashes: Iterable[Crash], toasts: Toasts, open_run: Callable[[str], None]) -> None:
    """Tell which windows ended without closing, and offer to open what they trained."""
    for crash in crashes:
        report = save_report(crash.trace) if crash.trace else None
        where = tr(" What crashed was written to {report}.", report=report) if report else ""
        if crash.run is not None:
            run = str(crash.run)
            ended = tr("The program ended unexpectedly while {name} trained.", name=printable(crash.run.name))
            text = f"{ended} {saved_of(crash.run)}{where}"
            toasts.show(text, "warning", crash.trace, (tr("Open the run"), partial(open_run, run)))
        elif crash.trace:
            toasts.show(tr("The program ended unexpectedly the last time.{where}", where=where), "warning", crash.trace)


def saved_of_session(session: Session | None) -> str:
    """Return what is saved of the run that a session shows, in one sentence or two."""
    if session is None or session.run_folder is None:
        return tr("No run is open, so nothing of one is lost.")
    name = printable(session.run_folder.name)
    doing = {"training": tr("{name} trains on.", name=name), "paused": tr("{name} is paused.", name=name)}.get(
        session.state, tr("{name} has ended.", name=name)
    )
    return " ".join((doing, session.unsaved or saved_of(session.run_folder)))


def saved_of(run: Path) -> str:
    """Return what was saved of a run and when, in one sentence."""
    try:
        steps = RunFolder.open(run).checkpoint_steps()
        if not steps:
            return tr("It ended before it was saved for the first time.")
        when = (run / "checkpoints" / f"{steps[-1]:08d}").stat().st_mtime
    except (UserError, OSError):
        return tr("Its folder cannot be read any more.")
    return tr(
        "Saved up to step {steps:,}, on {date} at {time}.",
        steps=steps[-1],
        date=moment(when, "dd MMMM"),
        time=moment(when, "HH:mm:ss"),
    )
