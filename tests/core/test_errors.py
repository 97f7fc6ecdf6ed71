from __future__ import annotations

from explorer.core.errors import UserError


def test_a_sentence_that_ends_already_is_not_ended_again() -> None:
    assert str(UserError("The disk is full", remedy="Free some")) == "The disk is full. Free some"
    assert str(UserError("cannot be read: Invalid file.", remedy="Mend it")) == "cannot be read: Invalid file. Mend it"
    assert str(UserError("Did you mean that?", remedy="Say so")) == "Did you mean that? Say so"
