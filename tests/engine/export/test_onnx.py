"""What is written as ONNX says nothing of its own on a terminal."""

from __future__ import annotations

import logging

from explorer.engine.export.onnx import remarks_unsaid


def test_remarks_of_the_exporter_are_not_logged_while_it_works() -> None:
    own = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = own.getEffectiveLevel()
    with remarks_unsaid():
        assert not own.isEnabledFor(logging.WARNING)
        assert own.isEnabledFor(logging.ERROR)
    assert own.getEffectiveLevel() == before
