from __future__ import annotations

import gc

from shiboken6 import Shiboken

from explorer.ui.shell.type_room import make_room_for_types


def test_the_types_that_make_room_are_forgotten() -> None:
    gc.collect()
    before = len(Shiboken.Object.__subclasses__())
    make_room_for_types(50)
    assert len(Shiboken.Object.__subclasses__()) == before + 50
    gc.collect()
    assert len(Shiboken.Object.__subclasses__()) == before
