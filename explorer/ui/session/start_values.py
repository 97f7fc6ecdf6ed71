"""What the start page needs of the settings, read by hand: to import what checks all of them takes a tenth of a second.

``Settings`` reads the same file once the start page is painted, and has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast, get_args

from explorer.ui.session.settings_file import decoded, read_values, unescaped
from explorer.ui.widgets.settings_folder import FILE_NAME, settings_folder
from explorer.ui.widgets.theme import ThemeChoice

if TYPE_CHECKING:
    from explorer.ui.session.settings import Settings

SIZES = ("100", "110", "125", "150", "175", "200")
"""The sizes of text, in per cent."""


@dataclass(frozen=True, slots=True)
class StartValues:
    """The settings by which the first picture of the window is drawn; each is called as in ``Settings``.

    ``text``: the size of text in per cent.
    """

    theme: ThemeChoice = "system"
    text: int = 100
    reopen: bool = False
    toured: bool = False
    left_off: str = ""
    recents: tuple[str, ...] = ()
    geometry: bytes = b""
    shortcuts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return those of settings that were read."""
        return cls(
            theme=settings.theme,
            text=settings.text_percent(presenting=False),
            reopen=settings.reopen,
            toured=settings.toured,
            left_off=settings.left_off,
            recents=settings.recents,
            geometry=settings.geometry,
            shortcuts=settings.shortcuts,
        )

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """Return those of a settings file, None: of this person; what is not allowed there is as at first."""
        try:
            found = read_values(path or settings_folder() / FILE_NAME)
        except (OSError, ValueError):
            return cls()
        texts = {name: value for name, value in found.items() if isinstance(value, str)}
        theme, recents, shortcuts = texts.get("theme"), found.get("recents"), found.get("shortcuts")
        return cls(
            theme=cast(ThemeChoice, theme) if theme in get_args(ThemeChoice) else "system",
            text=int(texts["text"]) if texts.get("text") in SIZES else 100,
            reopen=found.get("reopen") is True,
            toured=found.get("toured") is True,
            left_off=unescaped(texts.get("left_off", "")),
            recents=tuple(map(unescaped, recents)) if isinstance(recents, list) and _all_texts(recents) else (),
            geometry=decoded(texts.get("geometry", "")),
            shortcuts=shortcuts if isinstance(shortcuts, dict) and _all_texts(shortcuts.values()) else {},
        )


def _all_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)
