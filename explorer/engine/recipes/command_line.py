"""A training as a command line that can be pasted: quoted for POSIX shells, or for the command prompt of Windows."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from explorer.engine.recipes.plan import Plan

PROGRAM = "embedding-explorer"

PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./\\-]+")
"""What the command prompt of Windows takes as it is."""


def command_lines(plan: Plan, out: Path, *, windows: bool = sys.platform == "win32") -> str:
    """Return the commands that train a plan into the folder ``out``, a line each, and a comment for what they lack.

    ``windows``: for its command prompt, else for POSIX shells.
    """
    quoted: Callable[[Sequence[str]], str] = _for_windows if windows else shlex.join
    remark = "rem" if windows else "#"
    lines = [f"{remark} {sentence}" for sentence in plan.lacking]
    lines += [quoted([*program(), *arguments]) for arguments in _commands(plan, out)]
    return "\n".join(lines)


def program() -> list[str]:
    """Return what starts this program: its name where a shell finds it, else where it is."""
    if shutil.which(PROGRAM):
        return [PROGRAM]
    if getattr(sys, "frozen", False):
        return [sys.executable]
    beside = shutil.which(PROGRAM, path=str(Path(sys.executable).parent))
    return [beside] if beside else [sys.executable, "-m", "explorer"]


def _commands(plan: Plan, out: Path) -> Iterator[list[str]]:
    (data, _), *added = plan.sources
    begin = ["train", data, "--out", str(out)]
    for spec, role in added:
        begin += [f"--{role}", spec]
    given = [] if plan.given is None else [f"--{plan.given[0].replace('_', '-')}", str(plan.given[1])]
    changes = []
    for change in plan.changes:
        changes += ["--change", f"{change.step}:{change.path}={_said(change.value)}"]
    chosen = [word for path, value in plan.settings.items() for word in ("--set", f"{path}={_said(value)}")]
    general = [word for path, value in plan.general.items() for word in (f"--{path}", _said(value))]
    yield [*begin, *given, *chosen, *general, *_on(plan.threads), *changes]
    for longer in plan.longer:
        yield [*begin, "--resume", "--epochs", str(longer.epochs), *_on(longer.threads), *changes]


def _on(threads: int) -> list[str]:
    return ["--threads", str(threads)] if threads else []


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _for_windows(words: Sequence[str]) -> str:
    """Quote for the C runtime, which takes a line apart, and for the command prompt, which reads it before."""
    return " ".join(map(_quoted_for_windows, words))


def _quoted_for_windows(word: str) -> str:
    if PLAIN.fullmatch(word):
        return word
    escaped = re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + ('\\"' if found[2] else ""), word)
    quoted = f'"{escaped}"'
    if not any(sign in word for sign in '"%!'):
        return quoted
    return re.sub(r'([()%!^"<>&|])', r"^\1", quoted)  # what the prompt reads within quotes as well
