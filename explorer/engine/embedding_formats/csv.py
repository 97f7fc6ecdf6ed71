"""Embeddings in a table of text."""

from __future__ import annotations

import csv
from pathlib import Path

from explorer.core.registry import register
from explorer.engine.embedding_formats.base import EmbeddedItems, EmbeddingFormat
from explorer.runs.items import safe_cell

ROWS = 4096
"""Rows that are turned to text at a time."""


@register("embedding_format", "csv", title=".csv")
class Csv(EmbeddingFormat):
    """A row an item: ``id``, ``label``, and a column a number, with the nine digits that bring a float32 back."""

    ending = ".csv"

    def write(self, path: Path, items: EmbeddedItems) -> None:
        """Write the table."""
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "label", *(f"z{i}" for i in range(items.embeddings.shape[1]))])
            for start in range(0, len(items.embeddings), ROWS):
                for index, row in enumerate(items.embeddings[start : start + ROWS].tolist(), start):
                    numbers = (f"{value:.9g}" for value in row)
                    writer.writerow([safe_cell(items.ids[index]), safe_cell(items.labels[index]), *numbers])
