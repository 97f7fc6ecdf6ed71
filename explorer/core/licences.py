"""What the program is made of, and under which licences it comes."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from explorer.core.plain_json import parse_json
from explorer.core.resources import resource_path, resource_text

PACKAGES = (
    "torch", "numpy", "numba", "faiss-cpu", "umap-learn", "scikit-learn", "PySide6-Essentials", "pyqtgraph", "pillow",
    "safetensors", "pydantic", "tomli-w", "platformdirs", "colorcet",
)  # fmt: skip
"""The packages that are always needed, by the names that pip knows them by."""
EXTRAS = (
    "pyarrow", "timm", "transformers", "trimesh", "av", "soundfile", "soxr", "PySide6-Addons", "imageio",
    "imageio-ffmpeg", "openTSNE", "h5py", "onnx", "onnxscript", "optuna", "pytorch-metric-learning",
    "lancedb",
)  # fmt: skip
"""Those that are used where they are installed."""
FONTS = (("Inter", "4.001"), ("JetBrains Mono", "2.211"))
SAMPLES = (("Photo sample", "240 patches of 6 photographs", "CC0-1.0 and public domain: samples/photos-CC0.txt"),)
"""Shipped data: what it is called, what is in it, its licence and the file with the text of that."""
THIRD_PARTY, TEXTS = "third_party.json", "licences"
"""In a bundle: all that is in it, with what is no package of Python, and the folder of the texts of the licences."""
LONGEST = 60
"""A licence of more letters is the text itself and not its name."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A part of the program, its version and the name of its licence."""

    name: str
    version: str
    licence: str


def licences() -> Iterator[Licence]:
    """Yield what is shipped besides code, then every package that is used, with its own, then the rest of a bundle."""
    yield from (Licence(name, version, "OFL-1.1") for name, version in FONTS)
    yield from (Licence(*sample) for sample in SAMPLES)
    seen: set[str] = set()
    for found in _installed():
        seen.add(_key(found.metadata["Name"]))
        yield Licence(found.metadata["Name"].replace("_", "-"), found.version, licence_of(found))
    yield from (part for part in _bundled() if _key(part.name) not in seen)


def licence_texts() -> Path | None:
    """Return the folder with the texts of all licences, which a bundle has: packages keep theirs among their files."""
    try:
        return resource_path(TEXTS)
    except FileNotFoundError:
        return None


def _installed() -> Iterator[importlib.metadata.Distribution]:
    """Yield every package that is used and what it needs, each once."""
    waiting, seen = [*PACKAGES, *EXTRAS], set()
    while waiting:
        name = waiting.pop(0)
        if (key := _key(name)) in seen:
            continue
        seen.add(key)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield found
        needed = [line for line in found.requires or () if "extra ==" not in line]
        waiting += [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed]


def _bundled() -> Iterator[Licence]:
    try:
        told = parse_json(resource_text(THIRD_PARTY))
    except FileNotFoundError:
        return
    yield from (Licence(part["name"], part["version"], part["licence"]) for part in told)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(distribution: importlib.metadata.Distribution) -> str:
    """Return the name of the licence of a package, as new packages, old ones or classifiers say it."""
    told = distribution.metadata.json
    for value in (told.get("license_expression"), told.get("license")):
        if isinstance(value, str) and 0 < len(value) <= LONGEST and "\n" not in value:
            return value
    lines = told.get("classifier", [])
    names = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]
    expression = told.get("license_expression")
    return ", ".join(names) or (expression if isinstance(expression, str) else "see its own files")
