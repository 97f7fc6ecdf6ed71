"""Room for the types of Qt, made before another thread than that of the window makes one.

PySide keeps what it knows of each type in a table, which moves when it has to grow. The GUI thread looks into it
without the interpreter's lock, whenever Qt asks an object what it is; where a thread that imports panels lets it grow
at that moment, the type is not found, and the process ends without a word: once in some hundred starts. A table that
has grown keeps its room, so the GUI thread lets it grow for all the types that will come.
"""

from __future__ import annotations

from shiboken6 import Shiboken

TYPES = 1_200
"""More than the window has with every panel and dialog, about 1,060; 20 ms. They are forgotten at once."""


def make_room_for_types(count: int = TYPES) -> None:
    """Let the table of types grow for ``count`` more of them; called by the GUI thread, before others import."""
    made = [type("Room", (Shiboken.Object,), {}) for _ in range(count)]
    made.clear()
