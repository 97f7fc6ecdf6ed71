"""What a person can set: every setting with its values, its default and one sentence, from which the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from explorer.core.registry import Parameters, parameter
from explorer.ui.widgets.theme import ThemeChoice

Size = Literal["100", "125", "150", "200"]
"""A share of the usual size, in per cent."""
Patience = Literal["short", "long", "until_closed"]
"""How long messages stay."""


class Preferences(Parameters):
    """Every setting with its default; ``TITLES`` says what they are called and in which group they stand."""

    theme: ThemeChoice = parameter(
        "system", "The colours of the window; System follows the desktop.", choices=get_args(ThemeChoice)
    )
    points: Size = parameter(
        "100", "The size of the points on the map, beside what suits their number.", unit="%", choices=get_args(Size)
    )
    paper: bool = parameter(True, "Plots are saved with dark letters on white, whatever the window looks like.")
    reduced_motion: bool = parameter(
        False, "Nothing glides: the map and its points jump to where they go, and menus appear at once."
    )
    messages: Patience = parameter(
        "short",
        "How long a message in the corner stays: some seconds, four times as long, or until it is closed.",
        choices=get_args(Patience),
    )
    reopen: bool = parameter(
        False, "Open at the next start what is open now, instead of offering it on the start page."
    )
    more_shown: bool = parameter(False, "The recipe shows its further parts as well.")
    autosave: int = parameter(
        30,
        "A run that begins from now on is saved at least this often: what a power cut may cost.",
        minimum=5,
        maximum=3600,
        unit="s",
    )


TITLES: Mapping[str, Mapping[str, str]] = {
    "Look": {"theme": "Theme", "points": "Size of points", "paper": "Saved plots on light paper"},
    "Motion and messages": {"reduced_motion": "Reduced motion", "messages": "Messages stay"},
    "Start and recipe": {"reopen": "Open where I left off", "more_shown": "Whole recipe"},
    "Runs": {"autosave": "Seconds between saves"},
}
"""The settings by group, in the order of the page, and their titles."""


def title_of(name: str) -> str:
    """Return what a setting is called in the window; its name where it is not on the page."""
    return next((titles[name] for titles in TITLES.values() if name in titles), name)
