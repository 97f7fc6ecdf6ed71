"""How much text a file may unpack to before it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.data.formats.arrayfile import BOMB_BYTES, BOMB_RATIO
from explorer.data.formats.vectors import check_memory

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TEXT = 1 << 16
"""Bytes of a label, an id or another text of an item."""
TEXT_BYTES = 64
"""What a short text takes in memory."""


class TextBudget:
    """How much text a file may unpack to: it cannot be told before, since a text is repeated for nothing.

    ``longest``: bytes of one text; ``kept``: how many of each are kept, the others being cut away.
    """

    def __init__(self, path: Path, longest: int = LONGEST_TEXT, kept: int = 0) -> None:
        self._shown, self._size, self._spent = printable(str(path)), path.stat().st_size, 0
        self._longest, self._kept = longest, kept or longest

    def spend(self, column: pa.Array) -> None:
        """Count the texts of a part of a column.

        Raises
        ------
        UserError: if one of them is longer than a label or a name, or all of them together do not fit in memory.
        pyarrow.ArrowException: if it is damaged: what is unpacked is not looked through before.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column.dictionary if pa.types.is_dictionary(column.type) else column
        if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type) or _large(values.type)):
            return
        lengths = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        if len(lengths) and int(lengths.max()) > self._longest:
            raise UserError(
                f"{self._shown} holds a text of {int(lengths.max()):,} bytes; at most {self._longest:,} are read",
                remedy="Leave that column out",
            )
        if values is not column:
            column.validate(full=True)
            rows = pc.fill_null(column.indices, 0).to_numpy(zero_copy_only=False)
            lengths = lengths[rows] if len(lengths) else lengths
        self._spent += int(np.minimum(lengths, self._kept).sum()) + TEXT_BYTES * len(column)
        if self._spent > BOMB_BYTES and self._spent > BOMB_RATIO * self._size:
            raise UserError(
                f"{self._shown} is refused: a few bytes unpack to more than {self._spent / 2**20:,.0f} MB of text",
                remedy="Leave the columns of text out that are not needed",
            )
        check_memory(self._shown, self._spent)


def _large(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))
