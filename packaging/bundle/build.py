"""Makes the bundle: a folder that runs without Python, on the system that this is run on.

``python packaging/bundle/build.py FOLDER`` makes an environment of its own in ``FOLDER/env``, and the bundle in
``FOLDER/dist/embedding-explorer`` (on macOS the application beside it). Python 3.11 or newer is all it needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NAME = "embedding-explorer"
EXTRAS = "parquet,hdf5,shapes,sound,tsne"
"""Not: video, whose codecs are under the GPL; play, timm, transformers, onnx and lancedb, for their size; nor pml."""


def environment(folder: Path) -> Path:
    """Make an environment with what is bundled and nothing else, unless it is there; return its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    constraints = ROOT / "packaging" / "constraints.txt"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = constraints.read_text(encoding="utf-8").splitlines()
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    # torch first and exact, so that a small CPU build is taken where one is offered
    _run([*pip, *(line for line in pins if line.startswith("torch=="))])
    _run([*pip, "-c", str(constraints), f"{ROOT}[{EXTRAS}]", *project["dependency-groups"]["bundle"]])
    # the checkout may have changed while its version did not
    _run([*pip, "--no-deps", "--force-reinstall", str(ROOT)])
    return python


def build(folder: Path) -> Path:
    """Make the bundle below ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    python = environment(folder / "env")
    _run([str(python), str(ROOT / "packaging" / "icons.py"), str(folder / "icons")])
    own = ["--noconfirm", "--log-level=WARN", f"--distpath={folder / 'dist'}", f"--workpath={folder / 'work'}"]
    _run([str(python), "-m", "PyInstaller", *own, str(HERE / "embedding_explorer.spec"), "--", str(folder / "icons")])
    made = folder / "dist" / NAME
    _run(
        [
            str(python),
            str(HERE / "third_party.py"),
            str(folder / "work" / "embedding_explorer"),
            str(made / "_internal"),
        ]
    )
    kept = ["--invalidation-mode", "unchecked-hash", "-q"]  # times change when the folder is copied
    for package in ("explorer", "pynndescent", "umap"):
        _run([str(python), "-m", "compileall", *kept, "-s", str(made), str(made / "_internal" / package)])
    return made


def _run(command: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    subprocess.run(command, check=True, env=clean, cwd=HERE)


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]).resolve())}\n")
