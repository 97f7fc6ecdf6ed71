"""How each kind of value travels from where it is made to a window or a headless loop: declared once, at its type.

``@result("latest", "step")`` above a value type says on which lane it travels and whose it is. The key on the lane and
the signal of the window's bridge follow from that; nothing else is to be written for a new kind of result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

Lane = Literal["latest", "batched", "sent"]
"""``latest``: a newer value replaces one that was not delivered yet. ``batched``: all are delivered, together.
``sent``: all are delivered, one by one, in order."""

Scope = Literal["session", "run", "step", "live"]
"""``session``: it belongs to no run, or announces one. ``run``: it is dropped unless its run is shown. ``step``: in
addition it is held back while another step of its run is shown. ``live``: ... while any kept step is shown."""

T = TypeVar("T", bound=type)


@dataclass(frozen=True, slots=True)
class ResultKind:
    """How the values of one type travel.

    ``raw``: those of the raw data, before any training, are passed on while a run on these data is shown as well.
    ``by``: the attribute that tells apart what must not replace each other on the lane ``latest``; empty: none.
    """

    type: type
    lane: Lane
    scope: Scope
    raw: bool = False
    by: str = ""


_KINDS: dict[type, ResultKind] = {}


def result(lane: Lane, scope: Scope, *, raw: bool = False, by: str = "") -> Callable[[T], T]:
    """Declare how the values of a class travel; see ``ResultKind``. Of another scope than ``session`` it has a run."""

    def remember(kind: T) -> T:
        _KINDS[kind] = ResultKind(kind, lane, scope, raw, by)
        return kind

    return remember


def kind_of(type_: type) -> ResultKind:
    """Return how the values of a type travel.

    Raises
    ------
    TypeError: if that was never declared.
    """
    found = _KINDS.get(type_)
    if found is None:
        raise TypeError(f"{type_.__name__} is not declared as a result: put @result above it")
    return found
