"""``follow RUN``: what a run does that another process or computer trains; ``--ask`` tells it what to do."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.told_history import tell_lost
from explorer.core.errors import UserError, printable
from explorer.core.events import (
    Command,
    ParameterChanged,
    Pause,
    Resume,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Save,
    Set,
    Stop,
)
from explorer.core.live_change import check_changes, recipe_after
from explorer.core.types import Evaluation, StepMetrics
from explorer.core.words import several
from explorer.engine.events import UNDER_WAY
from explorer.runs.sign_of_life import GRACE_SECONDS, SILENT_SECONDS, TAKEN_SECONDS, LifeWatch

if TYPE_CHECKING:
    from explorer.runs.journal import Entry

LOOK_SECONDS = 0.25

ASKS: dict[str, Command] = {"pause": Pause(), "resume": Resume(), "stop": Stop(), "save": Save()}


def main(options: argparse.Namespace, console: Console) -> int:
    """Tell what a run does until it ends, or ask it to do something."""
    from explorer.runs.folder import RunFolder

    run = Path(options.run)
    folder = RunFolder.open(run)
    if options.ask:
        commands = [command_of(text) for text in options.ask]
        recipe = recipe_after(folder.recipe, folder.history().changes)
        check_changes(recipe, [command for command in commands if isinstance(command, Set)])
        return _ask(folder.path, commands, options, console)
    followed = Followed(folder.path, console)
    followed.until_its_end()
    console.clear()
    tell_lost([folder], console)
    if options.json:
        console.json(followed.result())
    else:
        console.result(followed.sentence())
    return 0


def command_of(text: str) -> Command:
    """Return the command that a word of the command line asks for.

    Raises
    ------
    UserError: if there is no such command.
    """
    key, equals, value = text.partition("=")
    if not equals:
        if text not in ASKS:
            raise UserError(
                f"A run cannot be asked to {printable(repr(text))}", remedy=f"Ask for {', '.join(ASKS)}, or KEY=VALUE"
            )
        return ASKS[text]
    return Set(key, _scalar(value))


def _scalar(text: str) -> bool | int | float | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _ask(folder: Path, commands: Iterable[Command], options: argparse.Namespace, console: Console) -> int:
    """Put commands into the folder of a run, and wait until they were taken.

    Raises
    ------
    UserError: if nobody trains it, or they are not taken.
    """
    from explorer.runs.commands import give, words

    name = printable(str(folder))
    if LifeWatch(folder, time.monotonic).writer() is None:
        raise UserError(f"Nobody trains {name} now", remedy="Go on with it: train DATA --out RUN --resume")
    asked = [(words(command), give(folder, command)) for command in commands]
    end = time.monotonic() + TAKEN_SECONDS
    while any(path.exists() for _, path in asked):
        if time.monotonic() > end:
            raise UserError(
                f"{name} has not taken what was asked within {TAKEN_SECONDS:.0f} s; it still waits there",
                remedy="Look whether its process and the way to its folder are all right",
            )
        time.sleep(LOOK_SECONDS / 5)
    said = [text for text, _ in asked]
    if options.json:
        console.json({"run": str(folder), "asked": said})
    else:
        console.result(f"{name} was asked to {', '.join(said)}")
    return 0


class Followed:
    """A run as far as its folder tells: what was last measured, and how it ended."""

    def __init__(self, folder: Path, console: Console) -> None:
        from explorer.runs.journal_tail import JournalTail

        self._folder, self._console = folder, console
        self._tail = JournalTail(folder)
        self._watch = LifeWatch(folder, time.monotonic)
        self._started: RunStarted | None = None
        self._newest: StepMetrics | None = None
        self._figures: dict[str, float] = {}
        self._measured: int | None = None  # the step that these are of
        self._state = "not begun"
        self._silent = self._known = False

    def until_its_end(self) -> None:
        """Tell what comes, until the run has ended and nobody writes it any more."""
        writer = self._watch.writer()
        self._look()
        self._console.say(f"Followed: trained by {writer}" if writer else "Nobody trains it now")
        gone = 0.0 if writer else GRACE_SECONDS
        self._known = True
        while writer is not None or (self._state not in ("done", "stopped") and gone < GRACE_SECONDS):
            time.sleep(LOOK_SECONDS)
            writer = self._watch.writer()
            gone = 0.0 if writer else gone + LOOK_SECONDS
            self._look()
            self._tell_silence(writer)

    def _look(self) -> None:
        for entry in self._tail.entries():
            self._take(entry)
        if self._newest is not None and self._started is not None and self._state in UNDER_WAY:
            at = self._newest
            detail = "  ".join(
                [f"loss {at.loss:.4f}", *(f"{name} {value:.4f}" for name, value in self._figures.items())]
            )
            self._console.progress(f"epoch {at.epoch + 1}", at.step, self._started.steps, detail)

    def _take(self, entry: Entry) -> None:
        step = f"{entry.step:,}"
        match entry:
            case StepMetrics():
                self._newest = entry
                return
            case Evaluation():
                if entry.part != "held-out" or "recall@1" not in entry.metrics:
                    return
                self._figures = {name: entry.metrics[name] for name in ("recall@1",)}
                self._measured = entry.step
                text = f"step {step}: recall@1 {entry.metrics['recall@1']:.4f}"
            case RunStarted():
                text = (
                    f"Trains from step {step} on {entry.device}" if not self._started else f"Goes on from step {step}"
                )
                self._started, self._state = entry, "training"
            case RunPaused():
                text, self._state = f"Paused at step {step}", "paused"
            case RunResumed():
                text, self._state = f"Goes on at step {step}", "training"
            case ParameterChanged():
                text = f"step {step}: {entry.path} is {entry.new} and was {entry.old}"
            case RunFinished():
                text, self._state = f"{'Done' if entry.reason == 'done' else 'Stopped'} at step {step}", entry.reason
            case RunFailed():
                text, self._state = f"Failed at step {step}: {entry.message}", "failed"
            case _:
                return
        if self._known:
            self._console.say(text)

    def _tell_silence(self, writer: object) -> None:
        silent = bool(self._watch.silent)
        if silent and not self._silent:
            self._console.say(f"warning: no sign of life of {writer} for {SILENT_SECONDS:.0f} s")
        self._silent = silent

    def result(self) -> dict[str, Any]:
        """Return what is known at the end."""
        at = self._newest
        return {
            "run": str(self._folder),
            "state": self._state if self._state in ("done", "stopped", "failed") else "broken off",
            "steps": at.step if at else 0,
            "of": self._started.steps if self._started else None,
            "loss": at.loss if at else None,
            "metrics": self._figures,
            "measured": self._measured,
        }

    def sentence(self) -> str:
        """Return the same in a sentence."""
        found = self.result()
        figures = "".join(f", {name} {value:.4f}" for name, value in self._figures.items())
        if self._measured is not None and self._measured < found["steps"]:
            figures += f" of step {self._measured:,}"
        return f"{printable(str(self._folder))}: {found['state']} after {several(found['steps'], 'step')}{figures}"
