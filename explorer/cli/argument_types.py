"""What a word of the command line stands for: numbers, and texts with parts."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence


def whole(text: str, least: int) -> int:
    """Return a whole number from ``least`` on. ArgumentTypeError if it is none."""
    try:
        number = int(text)
    except ValueError:  # argparse would say what our function is called
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least}, such as 12") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least}, such as 12")
    return number


def count(text: str) -> int:
    """Return a whole number, 0 or more. ArgumentTypeError if it is none."""
    return whole(text, 0)


def origin(text: str) -> tuple[str, int]:
    """Return the run and the step that ``STEP`` or ``RUN@STEP`` names; of a step alone the run is empty.

    ArgumentTypeError if it is none.
    """
    run, _, step = text.rpartition("@")
    if not step.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is neither a step, such as 168, nor RUN@STEP, such as runs/first@168")
    return run, int(step)


def positive(text: str) -> int:
    """Return a whole number, 1 or more. ArgumentTypeError if it is none."""
    return whole(text, 1)


def change(text: str) -> tuple[int, str, str]:
    """Return step, key and value of ``STEP:KEY=VALUE``. ArgumentTypeError if it is none."""
    step, colon, setting = text.partition(":")
    key, equals, value = setting.partition("=")
    if colon and equals and step.strip().lstrip("-").isdecimal() and int(step) < 1:
        raise argparse.ArgumentTypeError(f"{text} names the step {int(step)}, and steps begin at 1")
    if not (colon and equals and step.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is not STEP:KEY=VALUE, such as 168:loss.margin=0.5")
    return int(step), key.strip(), value.strip()


def minutes(text: str) -> float:
    """Return a number of minutes. ArgumentTypeError if it is none."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes, such as 2.5")
    return number


def distance(text: str) -> float:
    """Return a distance: a number, 0 or more. ArgumentTypeError if it is none."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a distance: a number from 0")
    return number


def with_negative_steps(arguments: Sequence[str]) -> list[str]:
    """Return the words, of which a change before step 0 is no option of its own: what is wrong with it is told."""
    words = list(arguments)
    for place, (before, word) in enumerate(itertools.pairwise(arguments)):
        if before == "--change" and word[:1] == "-" and word[1:2].isdecimal():
            words[place : place + 2] = [f"--change={word}", ""]
    return [word for word in words if word]
