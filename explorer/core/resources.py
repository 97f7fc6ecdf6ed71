"""Reading the files that ship with the application: icons, palettes, styles, help, example recipes."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).resolve().parent.parent / "_resources"
_CHECKOUT = Path(__file__).resolve().parent.parent.parent / "resources"


def resource_path(name: str) -> Path:
    """Return the path of a shipped file, for example ``icons/app.svg``, in a wheel or in a checkout.

    Raises
    ------
    FileNotFoundError: if it does not ship.
    """
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"resource {name} is missing from this installation")


def resource_text(name: str) -> str:
    """Return a shipped text file."""
    return resource_path(name).read_text(encoding="utf-8")
