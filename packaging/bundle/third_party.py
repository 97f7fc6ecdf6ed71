"""Writes into a bundle what it is made of: a list for the About dialog, and the text of every licence.

``python third_party.py WORK INTERNAL``: the work folder of PyInstaller, which says where each file came from, and the
folder of the bundle that the files went into. Run in the environment that was bundled.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTED = "third_party.json"
TEXTS = "licences"
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
TOOLS = {"pyinstaller", "pyinstaller-hooks-contrib"}
"""What of them is in a bundle, its start, may be used under any licence (their exception to the GPL)."""

Part = dict[str, str]


def sources(work: Path) -> set[Path]:
    """Return the files that PyInstaller has read for the bundle, by its tables of contents."""
    found = set()
    for name in ("PYZ-00.toc", "COLLECT-00.toc"):
        table = ast.literal_eval((work / name).read_text(encoding="utf-8"))
        for part in _entries(table):
            found.add(Path(part))
    return {path for path in found if path.is_absolute() and path.exists()}


def _entries(table: object) -> Iterator[str]:
    """Yield the second of every (name, path, kind), however deep these lie."""
    if isinstance(table, tuple) and len(table) == 3 and all(isinstance(part, str) for part in table):
        yield table[1]
    elif isinstance(table, list | tuple):
        for part in table:
            yield from _entries(part)


def distributions(files: set[Path]) -> list[importlib.metadata.Distribution]:
    """Return the installed distributions that any of the files belongs to."""
    found = []
    for one in importlib.metadata.distributions():
        own = {Path(str(one.locate_file(path))).resolve() for path in one.files or ()}
        if _key(one) not in TOOLS and own & files:
            found.append(one)
    return sorted(found, key=_key)


def _key(one: importlib.metadata.Distribution) -> str:
    return re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()


def debian_parts(files: set[Path], texts: Path) -> Iterator[Part]:
    """Yield the system libraries among the files, by the package each comes from, and copy what that says."""
    libraries = [path for path in files if path.parts[1:2] in (("usr",), ("lib",), ("lib64",)) and ".so" in path.name]
    if not libraries or shutil.which("dpkg-query") is None:
        return
    packages = {package for path in libraries if (package := _package(path))}
    for package in sorted(packages):
        asked = ["dpkg-query", "-W", "-f", "${Version}", package]
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        told = Path("/usr/share/doc") / package.partition(":")[0] / "copyright"
        text = told.read_text(encoding="utf-8", errors="replace") if told.exists() else ""
        names = list(dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)))
        name = package.partition(":")[0]
        if text:
            _write(texts / f"{name}.txt", text)
        yield {"name": name, "version": version, "licence": ", ".join(names[:3]) or "see its text"}


def _package(path: Path) -> str:
    for name in (path, path.resolve()):
        for known in (str(name), str(name).removeprefix("/usr")):
            done = subprocess.run(["dpkg-query", "-S", known], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout.partition(": ")[0].partition(",")[0]
    return ""


def copy_texts(one: importlib.metadata.Distribution, texts: Path) -> int:
    """Copy the licence files of a distribution; return how many there are."""
    copied = 0
    for path in one.files or ():
        if LICENCE_FILE.search(path.name) and path.suffix in ("", ".txt", ".md", ".rst") and ".dist-info" in str(path):
            source = Path(str(one.locate_file(path)))
            if source.is_file():
                copied += 1
                beside = "" if copied == 1 else f"-{copied}"
                _write(texts / f"{_key(one)}{beside}.txt", source.read_text(encoding="utf-8", errors="replace"))
    return copied


def _python(texts: Path) -> Part:
    standard = Path(sysconfig.get_path("stdlib"))
    for path in (
        standard / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
        Path("/usr/share/doc/python3/copyright"),
    ):
        if path.is_file():
            _write(texts / "python.txt", path.read_text(encoding="utf-8", errors="replace"))
            break
    return {"name": "Python", "version": platform.python_version(), "licence": "PSF-2.0"}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(work: Path, internal: Path) -> None:
    """Write the list and the texts."""
    from explorer.core.licences import licence_of

    files = {path.resolve() for path in sources(work)}
    resources = internal / "explorer" / "_resources"
    texts = resources / TEXTS
    shutil.rmtree(texts, ignore_errors=True)
    parts = [_python(texts)]
    for one in distributions(files):
        copy_texts(one, texts)
        parts.append({"name": _key(one), "version": one.version, "licence": licence_of(one)})
    parts += debian_parts(files, texts)
    for text in (HERE.parent / "licences").iterdir():
        shutil.copy(text, texts / text.name)
    shutil.copy(HERE.parent / "LICENSE", texts / "embedding-explorer.txt")
    _write(resources / LISTED, json.dumps(parts, indent=1))
    sys.stderr.write(f"{len(parts)} parts, {len(list(texts.iterdir()))} texts of licences\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
