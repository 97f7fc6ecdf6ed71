"""Process start to what is waited for, beside another checkout: ``python -m tests.benchmarks.starts_against_peer``.

The start page painted, ``list --json`` ended, and the first step of ``train`` on the digits told, in turns with the
checkout that is named; told are medians in seconds. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parents[2]

START_PAGE = """
import sys, time
from explorer.ui.app import application, build
app = application()
window = build()
window.resize(1440, 900)
window.show()
window.grab()
sys.stdout.write(f"{time.time() - float(sys.argv[1]):.3f}")
sys.stdout.flush()
import os
os._exit(0)
"""

FIRST_STEP = """
import sys, time, threading
from pathlib import Path
import explorer.engine.headless as headless
from explorer.core.recipe import Recipe
class Teller:
    def say(self, text): pass
    def progress(self, title, done, total, detail=""):
        if title.startswith("epoch"):
            sys.stdout.write(f"{time.time() - float(sys.argv[1]):.3f}")
            sys.stdout.flush()
            import os
            os._exit(0)
if __name__ == "__main__":
    run = headless.Headless(Teller())
    run.open_all(Recipe(epochs=100), [("sample:digits", "main")])
    run.train(Path(sys.argv[2]) / "run", resume=False)
"""
"""The command without what it reads of its arguments: the first progress of a run comes with its first steps."""


def start_page(environment: dict[str, str], folder: str) -> float:
    """Return the seconds from process start to a start page that was painted."""
    return _told(START_PAGE, environment, folder)


def first_step(environment: dict[str, str], folder: str) -> float:
    """Return the seconds from process start to the first progress of a run on the digits."""
    return _told(FIRST_STEP, environment, folder)


def parts_listed(environment: dict[str, str], folder: str) -> float:
    """Return the seconds that ``list --json`` takes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "explorer", "list", "--json"]
    subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def _told(program: str, environment: dict[str, str], folder: str) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        script = Path(own) / "program.py"
        script.write_text(program, encoding="utf-8")
        command = [sys.executable, str(script), str(time.time()), own]
        done = subprocess.run(command, env=environment, cwd=own, check=True, capture_output=True, text=True)
    return float(done.stdout)


LINES: dict[str, tuple[Callable[[dict[str, str], str], float], float]] = {
    "start page": (start_page, 0.35),
    "list --json": (parts_listed, 0.5),
    "first step": (first_step, 2.5),
}
"""What is measured, and its budget in seconds."""


def compile_code(checkout: Path) -> None:
    """Compile a checkout as an installation is, wherever Python is told not to write what it compiles."""
    command = [sys.executable, "-m", "compileall", "-q", str(checkout / "explorer")]
    subprocess.run(command, check=True, capture_output=True)


def environment_of(checkout: Path, folder: str) -> dict[str, str]:
    """Return the environment in which a checkout is measured: no screen, and folders of its own."""
    own = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(checkout)}
    own |= {f"XDG_{name}_HOME": f"{folder}/{name.lower()}" for name in ("CONFIG", "DATA", "STATE")}
    return own | {"EMBEDDING_EXPLORER_CACHE": f"{folder}/cache"}


def compared(name: str, checkouts: dict[str, Path], rounds: int) -> dict[str, float | str]:
    """Return the medians of one line over some rounds in turns; the first of each only fills the caches."""
    measure, budget = LINES[name]
    for checkout in checkouts.values():
        compile_code(checkout)
    found: dict[str, list[float]] = {side: [] for side in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for side in sorted(checkouts, reverse=bool(number % 2)):
                seconds = measure(environment_of(checkouts[side], f"{folder}/{side}"), folder)
                if number:
                    found[side].append(seconds)
    row: dict[str, float | str] = {"line": name, "budget": budget}
    return row | {side: round(median(values), 3) for side, values in found.items()}


def main() -> None:
    """Measure what is asked for and print one JSON value a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path, nargs="?", help="another checkout; none: this one alone")
    parser.add_argument("--lines", nargs="+", choices=LINES, default=list(LINES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    checkouts = {"here": HERE} | ({"peer": options.peer.resolve()} if options.peer else {})
    for name in options.lines:
        row = compared(name, checkouts, options.rounds)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
