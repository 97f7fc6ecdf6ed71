"""What an import loads is measured in a fresh process: the tests themselves have loaded everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "PySide6", "pyqtgraph", "numba", "faiss", "PIL", "sklearn", "umap", "scipy")


def loaded_by(statement: str, names: tuple[str, ...]) -> str:
    script = f"import sys\n{statement}\nprint(*[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["explorer.engine", "explorer.engine.session.session", "explorer.engine.offline"])
def test_the_engine_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}", HEAVY) == ""


def test_what_the_analysis_process_runs_never_loads_torch_or_qt() -> None:
    modules = "explorer.engine.analysis.dispatcher, explorer.engine.analysis.workers.warm_up"
    statement = f"import {modules}\nexplorer.engine.analysis.workers.warm_up.warm(live=True)"
    assert loaded_by(statement, ("torch", "PySide6", "sklearn", "umap")) == ""


def test_the_entry_of_the_analysis_process_sets_thread_counts_before_anything_heavy_is_loaded() -> None:
    assert loaded_by("import explorer.engine.analysis.process", ("numpy", *HEAVY)) == ""


def test_what_a_recipe_consists_of_loads_no_compiler() -> None:
    statement = (
        "from explorer.core.registry import catalogue\n"
        "from explorer.engine.session.session import CATALOGUE_KINDS\n"
        "for kind in CATALOGUE_KINDS: catalogue(kind)"
    )
    assert loaded_by(statement, ("torch", "numba", "scipy", "faiss", "sklearn", "umap")) == "torch"
