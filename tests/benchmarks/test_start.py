"""From process start to a start page that was painted, and to a recipe form that can be used (DESIGN §11).

Run with ``pytest tests/benchmarks/test_start.py -s --override-ini addopts=`` on an idle machine; budgets 0.35 and 4 s.
Between them nothing may hold the event loop up for more than 100 ms.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from tests.benchmarks.starts_against_peer import HERE, compared, compile_code

PROGRAM = """
import sys, time
began = float(sys.argv[1])
from explorer.ui.app import application, build
app = application()
window = build()
window.resize(1440, 900)
window.show()
window.grab()
painted = time.time() - began
loaded = [name for name in ("numpy", "pydantic", "pyqtgraph", "numba", "torch") if name in sys.modules]
from PySide6.QtCore import QTimer
turns = [time.time()]
turning = QTimer()
turning.timeout.connect(lambda: turns.append(time.time()))
turning.start(1)
look = QTimer()
look.setInterval(5)
look.timeout.connect(lambda: ready() if window.workspace.panels["recipe"].body_shown else None)
def ready():
    look.stop()
    longest = max(after - before for before, after in zip(turns, turns[1:]))
    print(f"{painted:.3f} {time.time() - began:.2f} {longest:.3f} {','.join(loaded)}")
    window.close()
window.built.connect(look.start)
window.closed.connect(app.quit)
app.exec()
"""


def test_start_page_and_recipe_form() -> None:
    compile_code(HERE)
    painted, filled, longest = [], [], []
    for _ in range(4):
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-c", PROGRAM, str(time.time())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        first, second, held_up, *loaded = done.stdout.split()
        assert not loaded, f"imported before the start page: {loaded}"
        painted.append(float(first))
        filled.append(float(second))
        longest.append(float(held_up))
    sys.stdout.write(
        f"\nstart page painted after {median(painted)} s (budget 0.35), form filled {median(filled)} s (budget 4), "
        f"longest wait of the event loop {median(longest)} s (budget 0.1)\n"
    )


def test_the_list_of_parts_imports_none_of_them() -> None:
    found = compared("list --json", {"here": HERE}, 5)
    sys.stdout.write(f"\nlist --json in {found['here']} s (budget {found['budget']})\n")
    assert float(found["here"]) <= float(found["budget"])


def test_the_first_step_of_a_run() -> None:
    found = compared("first step", {"here": HERE}, 3)
    sys.stdout.write(f"\nfirst step on the digits after {found['here']} s (budget {found['budget']})\n")
