"""Puts the program into the menus and file managers of a Linux desktop, and takes it out again.

``python packaging/linux/desktop_files.py ~/.local`` after ``pipx install .`` or ``uv tool install .``; with ``--program
PATH`` where the desktop does not find ``embedding-explorer-gui``; ``--remove`` takes it out. The Debian package has the
same files.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from icons import HICOLOR, NAME, write_hicolor  # noqa: E402  a neighbour, and no part of the package

FILES = {
    f"{NAME}.desktop": "applications",
    f"{NAME}.metainfo.xml": "metainfo",
    f"{NAME}.xml": "mime/packages",
}
CACHES = (
    ("update-desktop-database", "applications"),
    ("update-mime-database", "mime"),
    ("gtk-update-icon-cache", "icons/hicolor"),
)


def install(prefix: Path, program: str = "") -> None:
    """Write the files below ``prefix/share``; ``program``: a path in place of the name of the program."""
    share = prefix / "share"
    for name, folder in FILES.items():
        text = (HERE / name).read_text(encoding="utf-8")
        if program and name.endswith(".desktop"):
            text = text.replace(f"Exec={NAME}-gui %f", f"Exec={_quoted(program)} %f")
            text = text.replace(f"TryExec={NAME}-gui", f"TryExec={program}")
        (share / folder).mkdir(parents=True, exist_ok=True)
        (share / folder / name).write_text(text, encoding="utf-8")
    write_hicolor(share / "icons" / "hicolor")


def remove(prefix: Path) -> None:
    """Delete what ``install`` wrote."""
    share = prefix / "share"
    for name, folder in FILES.items():
        (share / folder / name).unlink(missing_ok=True)
    for folder in (*(f"{size}x{size}" for size in HICOLOR), "scalable"):
        for ending in ("png", "svg"):
            (share / "icons" / "hicolor" / folder / "apps" / f"{NAME}.{ending}").unlink(missing_ok=True)


def refresh(prefix: Path) -> None:
    """Let the desktop see what has changed, by those of its tools that are there."""
    for tool, folder in CACHES:
        if shutil.which(tool) and (prefix / "share" / folder).is_dir():
            subprocess.run([tool, str(prefix / "share" / folder)], check=False, capture_output=True)


def _quoted(program: str) -> str:
    """Return a path as it stands in a desktop file.

    Raises
    ------
    SystemExit: if it has a character that not every desktop reads there.
    """
    if any(letter in program for letter in "\"`$\\%\n'") or not program.startswith("/"):
        raise SystemExit(f"{program!r} cannot stand in a menu: give a whole path without quotes, $, % or \\")
    return f'"{program}"' if " " in program else program


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("prefix", type=Path, help="~/.local for yourself, /usr/local for everybody")
    parser.add_argument("--program", default="", help="the whole path of embedding-explorer-gui")
    parser.add_argument("--remove", action="store_true", help="take it out again")
    options = parser.parse_args()
    prefix = options.prefix.expanduser()
    if options.remove:
        remove(prefix)
    else:
        install(prefix, options.program)
    refresh(prefix)


if __name__ == "__main__":
    main()
