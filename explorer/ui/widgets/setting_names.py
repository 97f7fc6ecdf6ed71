"""Messages that name settings as the command line does, told in the words of the window's fields."""

from __future__ import annotations

import re

from explorer.core.recipe import PART_KINDS, DataOptions
from explorer.core.registry import catalogue, loaded
from explorer.ui.widgets.forms import PARAMETER_TITLES, kind_title
from explorer.ui.widgets.language import said, small, tr

_SETTING = re.compile(
    rf"(?:--set )?\b({'|'.join((*PART_KINDS, 'data', 'protocol'))})\.([a-z_]+)(?:=([\w…-]+(?:\.\d+)?))?(?![\w=])"
)
_TO_FILL_IN = re.compile(r"(?:--set )?\bprotocol\.([a-z_]+)=…")
"""A parameter of a protocol to which a value is to be given."""
_SWITCHED = {"true": "on", "false": "off"}
_OPTIONS = {
    " (--data)": "",
    "sample:digits": tr("the digits sample"),
    "Give --data": tr("Open data"),
    "Bring its data back, or name where they are now: --data PLACE": tr(
        "Bring its data back, or open them where they are now"
    ),
    "--set ": "",
}
"""What is written on the command line, and what the window says instead."""


def in_window(message: str) -> str:
    """Return a message in the language of the window, its settings called as the forms call them.

    ``Set encoder.download=true to fetch it`` becomes ``Set “Download: on” of the encoder to fetch it``. A file such as
    ``data.csv`` stays what it is: without a value, only a parameter that exists is a setting.
    """
    message = _SETTING.sub(_named, message)
    for option, words in _OPTIONS.items():
        message = message.replace(option, words)
    return said(message)


def in_the_form(message: str) -> str:
    """Return a message about a protocol, which is chosen beside it: its parameters are called by their names alone."""
    return in_window(_TO_FILL_IN.sub(_parameter, message).replace("--set ", "").replace("protocol.", ""))


def _parameter(found: re.Match[str]) -> str:
    name = found.group(1)
    title = PARAMETER_TITLES.get(f"protocol.{name}") or said(name.replace("_", " ").capitalize())
    return tr("“{parameter}” below Parameters", parameter=title)


def _named(found: re.Match[str]) -> str:
    kind, name, value = found.groups()
    if value is None and not _exists(kind, name):
        return found.group()
    title = PARAMETER_TITLES.get(f"{kind}.{name}") or said(name.replace("_", " ").capitalize())
    shown = f"{title}: {_SWITCHED.get(value, value)}" if value else title
    return tr("“{shown}” of the {kind_title}", shown=shown, kind_title=small(kind_title(kind)))


def _exists(kind: str, name: str) -> bool:
    """Return whether a parameter is one of the data, or of a kind whose parts are known already."""
    if kind == "data":
        return name in DataOptions.model_fields
    if kind not in PART_KINDS or not loaded(kind):
        return False
    return any(info.name == name for entry in catalogue(kind).values() for info in entry.parameters)
