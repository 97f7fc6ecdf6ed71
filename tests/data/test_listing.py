from __future__ import annotations

import hashlib

import numpy as np
import pytest

from explorer.data import listing
from explorer.data.listing import digest


def test_numbers_stand_behind_the_first_row_as_their_bytes_in_hexadecimal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "DIGESTED_AT_ONCE", 4)
    numbers = np.arange(-3, 20)
    for rest in ([], ["a", "é", "\udc80", "b", "c"]):
        rows = ["first", numbers.tobytes().hex(), *rest]
        whole = hashlib.blake2b("\0".join(rows).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        assert digest(rows) == whole  # by which runs know their data again
        assert digest(["first", *rest], numbers) == whole
