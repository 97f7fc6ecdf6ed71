"""Embeddings in a Parquet file."""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.engine.embedding_formats.base import EmbeddedItems, EmbeddingFormat
from explorer.engine.export.base import needs_package


@register("embedding_format", "parquet", title=".parquet")
class Parquet(EmbeddingFormat):
    """The columns ``id``, ``label`` and ``embedding``, a list of D float32; needs pyarrow."""

    ending = ".parquet"

    def check(self) -> None:
        """Raise a ``UserError`` where pyarrow is missing."""
        needs_package("writing .parquet", "pyarrow")

    def write(self, path: Path, items: EmbeddedItems) -> None:
        """Write the table."""
        import pyarrow
        import pyarrow.parquet

        numbers = pyarrow.array(items.embeddings.ravel())
        table = {
            "id": pyarrow.array([printable(text) for text in items.ids]),
            "label": pyarrow.array([printable(text) for text in items.labels]),
            "embedding": pyarrow.FixedSizeListArray.from_arrays(numbers, items.embeddings.shape[1]),
        }
        pyarrow.parquet.write_table(pyarrow.table(table), path)
