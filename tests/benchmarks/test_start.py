"""From process start to a start page that was painted, and to a recipe form that can be used (DESIGN §11).

Run with ``pytest tests/benchmarks/test_start.py -s --override-ini addopts=`` on an idle machine; budgets 1.0 and 4 s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.benchmarks.starts_against_peer import HERE, compared

PROGRAM = """
import sys, time
began = float(sys.argv[1])
from PySide6.QtCore import QTimer
from explorer.ui.app import application, build
app = application()
window = build()
window.resize(1440, 900)
window.show()
window.grab()
painted = time.time() - began
loaded = [name for name in ("pyqtgraph", "numba", "torch") if name in sys.modules]
look = QTimer()
look.setInterval(5)
look.timeout.connect(lambda: ready() if window.workspace.panels["recipe"].body_shown else None)
def ready():
    look.stop()
    print(f"{painted:.2f} {time.time() - began:.2f} {','.join(loaded)}")
    window.close()
window.built.connect(look.start)
window.closed.connect(app.quit)
app.exec()
"""


def test_start_page_and_recipe_form() -> None:
    painted, filled = [], []
    for _ in range(4):
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-c", PROGRAM, str(time.time())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        first, second, *loaded = done.stdout.split()
        assert not loaded, f"imported before the start page: {loaded}"
        painted.append(float(first))
        filled.append(float(second))
    sys.stdout.write(
        f"\nstart page painted after {min(painted)} s (budget 1.0), form filled {min(filled)} s (budget 4)\n"
    )


def test_the_list_of_parts_imports_none_of_them() -> None:
    found = compared("list --json", {"here": HERE}, 5)
    sys.stdout.write(f"\nlist --json in {found['here']} s (budget {found['budget']})\n")
    assert float(found["here"]) <= float(found["budget"])


def test_the_first_step_of_a_run() -> None:
    found = compared("first step", {"here": HERE}, 3)
    sys.stdout.write(f"\nfirst step on the digits after {found['here']} s (budget {found['budget']})\n")
