"""What a person can set: every setting with its values, its default and one sentence, from which the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from explorer.core.registry import Parameters, parameter
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import ThemeChoice

Size = Literal["100", "110", "125", "150", "175", "200"]
"""A share of the usual size, in per cent."""
LanguageChoice = Literal["system", "en", "de"]
"""The code of a language, or that of the desktop."""
Paper = Literal["screen", "white", "clear"]
"""The ground of pictures of the map: that of the window, white, or none."""
Patience = Literal["short", "long", "until_closed"]
"""How long messages stay."""


class Preferences(Parameters):
    """Every setting with its default; ``TITLES`` says what they are called and in which group they stand."""

    theme: ThemeChoice = parameter(
        "system", tr("The colours of the window; System follows the desktop."), choices=get_args(ThemeChoice)
    )
    language: LanguageChoice = parameter(
        "system",
        tr("The language of the window from its next start on; System follows the desktop."),
        choices=get_args(LanguageChoice),
    )
    text: Size = parameter(
        "100",
        tr("The size of all text, and of the rows, fields, buttons and icons that go with it."),
        unit="%",
        choices=get_args(Size),
    )
    present_text: Size = parameter(
        "150",
        tr("The size of text in the layout Present, which is for a projector; no smaller than elsewhere."),
        unit="%",
        choices=get_args(Size),
    )
    points: Size = parameter(
        "100",
        tr("The size of the points on the map, beside what suits their number."),
        unit="%",
        choices=get_args(Size),
    )
    paper: bool = parameter(True, tr("Plots are saved with dark letters on white, whatever the window looks like."))
    map_paper: Paper = parameter(
        "screen",
        tr(
            "What pictures of the map are saved and copied on: the ground of the window, white, or none, which lets "
            "through what they are put on. On white and on none, letters and points are dark enough for paper."
        ),
        choices=get_args(Paper),
    )
    map_legend: bool = parameter(
        True, tr("Pictures of the map have its legend beside it or below, unless that is folded in the window.")
    )
    map_pins: bool = parameter(
        False, tr("Pictures of the map that are saved or copied show the pinned queries with their neighbours.")
    )
    reduced_motion: bool = parameter(
        False, tr("Nothing glides: the map and its points jump to where they go, and menus appear at once.")
    )
    messages: Patience = parameter(
        "short",
        tr("How long a message in the corner stays: some seconds, four times as long, or until it is closed."),
        choices=get_args(Patience),
    )
    reopen: bool = parameter(
        False, tr("Open at the next start what is open now, instead of offering it on the start page.")
    )
    more_shown: bool = parameter(False, tr("The recipe shows its further parts as well."))
    autosave: int = parameter(
        30,
        tr("A run that begins from now on is saved at least this often: what a power cut may cost."),
        minimum=5,
        maximum=3600,
        unit="s",
    )


TITLES: Mapping[str, Mapping[str, str]] = {
    tr("Look"): {
        "theme": tr("Theme"),
        "language": tr("Language"),
        "text": tr("Text size"),
        "present_text": tr("Text size in Present"),
        "points": tr("Size of points"),
        "paper": tr("Saved plots on light paper"),
        "map_paper": tr("Paper of map pictures"),
        "map_legend": tr("Legend on map pictures"),
        "map_pins": tr("Pins on map pictures"),
    },
    tr("Motion and messages"): {"reduced_motion": tr("Reduced motion"), "messages": tr("Messages stay")},
    tr("Start and recipe"): {"reopen": tr("Open where I left off"), "more_shown": tr("Whole recipe")},
    tr("Runs"): {"autosave": tr("Seconds between saves")},
}
"""The settings by group, in the order of the page, and their titles."""


def title_of(name: str) -> str:
    """Return what a setting is called in the window; its name where it is not on the page."""
    return next((titles[name] for titles in TITLES.values() if name in titles), name)
