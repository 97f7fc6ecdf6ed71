"""The look: colour tokens of the dark and the light theme, and who tells everybody of a change."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from explorer.core.resources import resource_path, resource_text
from explorer.ui.widgets.dresser import THEME, Dresser, put_away
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text import FAMILIES, MONOSPACE_FAMILIES, load_fonts, ui_font
from explorer.ui.widgets.text_size import growth, scaled, text_size

if TYPE_CHECKING:
    from explorer.core.types import ByteArray

ThemeName = Literal["dark", "light"]
ThemeChoice = Literal["system", "dark", "light"]

STYLED = "embedding-explorer-styled"
"""Property of an application that has its style."""

_TOKEN = re.compile(r"@([a-z_]+)")

QUERY_COLOURS = 8
"""Colours of pinned queries, tokens ``query_1`` to ``query_8``. In each theme every two of them are at least 0.11 apart
in Oklab (Ottosson, 2020), as everybody sees them and as with each of the three colour blindnesses (Machado, Oliveira
and Fernandes, 2009), and each has a contrast of 3 with every surface."""

_GROWS = re.compile(r"(border-radius: )?\b(\d+)tx\b")
"""A length in the style sheet that follows the size of text; Qt draws no corner round whose radius is too large."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colour tokens by name: background, panel, raised, line, text, muted, accent, on_accent, right, semi_hard, wrong.

    Further ones are mixed from them: ``hover``, ``pressed``, ``accent_hover`` and ``disabled``; ``query_1`` to
    ``query_8`` are the colours of pinned queries. Hard triplets and
    wrong neighbours share ``wrong``; easy triplets are ``raised``.
    """

    name: ThemeName
    tokens: Mapping[str, str]

    def colour(self, token: str, alpha: int = 255) -> QColor:
        """Return a token as a colour; ``alpha`` 0 to 255.

        Raises
        ------
        KeyError: if the theme has no such token.
        """
        colour = QColor(self.tokens[token])
        colour.setAlpha(alpha)
        return colour

    def rgb(self, token: str) -> tuple[int, int, int]:
        """Return a token as red, green, blue of 0 to 255, for rasters."""
        colour = QColor(self.tokens[token])
        return colour.red(), colour.green(), colour.blue()

    def legible(self, colours: ByteArray) -> ByteArray:
        """Return colours of classes (…, 3) as they are seen on the ground of this theme, with a contrast of 3 there."""
        from explorer.core.class_colours import on_light  # numpy: not before the first paint

        return on_light(colours) if self.name == "light" else colours

    def legible_colour(self, colour: QColor) -> QColor:
        """Return the colour of a class as it is seen on the ground of this theme."""
        return colour if self.name == "dark" else QColor(*_on_light(colour.red(), colour.green(), colour.blue()))

    def qss(self) -> str:
        """Return ``resources/style.qss`` in the present size of text, with tokens and folder of icons filled in."""
        words = {
            **self.tokens,
            "families": ", ".join(f'"{family}"' for family in FAMILIES),
            "monospace": ", ".join(f'"{family}"' for family in MONOSPACE_FAMILIES),
            "icons": resource_path("icons").as_posix(),
            "theme": self.name,
        }
        sheet = _GROWS.sub(_grown, resource_text("style.qss"))
        return _TOKEN.sub(lambda found: words[found.group(1)], sheet)

    def window_rules(self) -> str:
        """Return the rules for what of a window is none of its parts, where it was changed to this theme."""
        window, tokens = f'QMainWindow[{THEME}="{self.name}"]', self.tokens
        return (
            f"{window} {{ background: {tokens['panel']}; }}\n"
            f"{window}::separator {{ background: {tokens['line']}; width: 1px; height: 1px; }}\n"
            f"{window}::separator:hover {{ background: {tokens['accent']}; }}\n"
        )

    def palette(self) -> QPalette:
        """Return the palette for what the style sheet does not reach."""
        roles = QPalette.ColorRole
        wanted = {
            roles.Window: "background",
            roles.WindowText: "text",
            roles.Base: "panel",
            roles.AlternateBase: "raised",
            roles.Text: "text",
            roles.PlaceholderText: "muted",
            roles.Button: "raised",
            roles.ButtonText: "text",
            roles.BrightText: "wrong",
            roles.ToolTipBase: "raised",
            roles.ToolTipText: "text",
            roles.Highlight: "accent",
            roles.HighlightedText: "on_accent",
            roles.Link: "accent",
            roles.Mid: "line",
            roles.Dark: "line",
        }
        palette = QPalette()
        for role, token in wanted.items():
            palette.setColor(role, self.colour(token))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("disabled"))
        return palette


@lru_cache(maxsize=512)
def _on_light(red: int, green: int, blue: int) -> tuple[int, int, int]:
    import numpy as np

    from explorer.core.class_colours import on_light

    shown = on_light(np.array([red, green, blue], np.uint8)).tolist()
    return shown[0], shown[1], shown[2]


def _grown(found: re.Match[str]) -> str:
    """Return a length of the style sheet in pixels; a radius is never rounded up, or it may be too large."""
    begin, usual = found[1] or "", int(found[2])
    return f"{begin}{math.floor(usual * growth()) if begin else scaled(usual)}px"


def mixed(one: str, other: str, share: float) -> str:
    """Return the colour ``share`` of the way from ``one`` to ``other``, as ``#rrggbb``."""
    a, b = QColor(one), QColor(other)
    parts = (round(x + (y - x) * share) for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue())))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _theme(name: ThemeName, tokens: dict[str, str], queries: tuple[str, ...]) -> Theme:
    mixes = {
        "hover": mixed(tokens["raised"], tokens["text"], 0.07),
        "pressed": mixed(tokens["raised"], tokens["text"], 0.14),
        "accent_hover": mixed(tokens["accent"], tokens["text"], 0.14),
        "disabled": mixed(tokens["muted"], tokens["panel"], 0.35),
        "selected": mixed(tokens["panel"], tokens["accent"], 0.22),
        "outline": mixed(tokens["line"], tokens["muted"], 0.25),
    }
    of_queries = {f"query_{number}": colour for number, colour in enumerate(queries, start=1)}
    return Theme(name, MappingProxyType({**tokens, **mixes, **of_queries}))


DARK = _theme(
    "dark",
    {
        "background": "#0e1116",
        "panel": "#151a21",
        "raised": "#1c222b",
        "line": "#262e3a",
        "text": "#e7ebf1",
        "muted": "#98a3b3",
        "accent": "#5b9dff",
        "on_accent": "#0b1220",
        "right": "#46c08a",
        "semi_hard": "#e9a94b",
        "wrong": "#f0656a",
    },
    ("#5586ff", "#ff9e0c", "#ff00c2", "#24ce92", "#e7f33d", "#ceaaf3", "#86ffff", "#b6796d"),
)

LIGHT = _theme(
    "light",
    {
        "background": "#eef0f3",
        "panel": "#ffffff",
        "raised": "#f3f5f8",
        "line": "#d9dee6",
        "text": "#1a2029",
        "muted": "#566170",
        "accent": "#1a5fcf",
        "on_accent": "#ffffff",
        "right": "#10703f",
        "semi_hard": "#8f5700",
        "wrong": "#bf242b",
    },
    ("#5531ff", "#551800", "#9e0caa", "#006124", "#927900", "#3d0079", "#0c92aa", "#ff1886"),
)


WHITE = _theme(
    "light",
    {**LIGHT.tokens, "background": "#ffffff"},
    tuple(LIGHT.tokens[f"query_{number}"] for number in range(1, QUERY_COLOURS + 1)),
)
"""The light theme on white, for what is printed."""


class ThemeManager(QObject):
    """Holds the theme in use and dresses the application.

    ``changed`` carries the ``Theme``: another one, or the same where text has another size and all is drawn anew.
    """

    changed = Signal(object)

    def __init__(self, choice: ThemeChoice = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice: ThemeChoice = choice
        self._current = self._resolved()
        self._worn = (self._current, text_size().percent)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        text_size().changed.connect(self._on_text_size)

    @property
    def current(self) -> Theme:
        """The theme in use."""
        return self._current

    @property
    def choice(self) -> ThemeChoice:
        """What was asked for: ``system`` follows the desktop, and is dark where the desktop does not say."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Follow the system, or stay dark or light."""
        self._choice = choice
        self._refresh()

    def toggle(self) -> None:
        """Change from dark to light or back."""
        self.choose("light" if self._current.name == "dark" else "dark")

    def apply(self) -> None:
        """Show the application in the theme in use; called once, before there are windows."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        if not application.property(STYLED):  # each time would leave another style behind
            load_fonts()
            application.setStyle("Fusion")
            application.setProperty(STYLED, True)
        application.setFont(ui_font())
        application.setPalette(self._current.palette())
        other = LIGHT if self._current is DARK else DARK
        sheet = self._current.qss() + other.window_rules()
        if application.styleSheet() != sheet:  # the same one again would dress every widget of every window anew
            application.setStyleSheet(sheet)
        self._worn = (self._current, text_size().percent)

    def dress(self, window: QMainWindow) -> None:
        """Show a window, and all that belongs to it, in the theme and the size of text in use.

        The sheets of its parts stand above that of the application, which stays as it was at the start: another one
        there costs five times as much, since every widget without a window is dressed anew as well. A part that had a
        sheet keeps one: Qt gives it the font of the application no more where it loses its sheet and gets one again.
        """
        of_window = Qt.FindChildOption.FindDirectChildrenOnly
        dresser = window.findChild(Dresser, options=of_window) or Dresser(window)
        worn = not dresser.dressed and (self._current, text_size().percent) == self._worn
        dresser.dress("" if worn else self._current.name, "" if worn else self._current.qss())

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._refresh()

    def _on_text_size(self) -> None:
        QApplication.setFont(ui_font())
        self._dress_all()

    def _refresh(self) -> None:
        theme = self._resolved()
        if theme is not self._current:
            self._current = theme
            QApplication.setPalette(theme.palette())
            self._dress_all()

    def _dress_shown(self, window: QMainWindow) -> None:
        if not put_away(window):
            self.dress(window)

    def _dress_all(self) -> None:
        every = QApplication.topLevelWidgets()
        windows = [window for window in every if isinstance(window, QMainWindow) and not put_away(window)]
        for place, window in enumerate(sorted(windows, key=QWidget.isActiveWindow, reverse=True)):
            if place == 0:
                self.dress(window)
            else:  # one after the other: each takes a while
                next_turn(window, partial(self._dress_shown, window))
        self.changed.emit(self._current)

    def _resolved(self) -> Theme:
        if self._choice == "system":
            light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
            return LIGHT if light else DARK
        return LIGHT if self._choice == "light" else DARK
