"""Which modules of this layer hold pluggable parts, by kind; the registry reads it and imports them when needed."""

from __future__ import annotations

PLUGINS: dict[str, tuple[str, ...]] = {
    "export": ("explorer.engine.export.*",),
    "embedding_format": ("explorer.engine.embedding_formats.*",),
}
"""Patterns of module names: ``*`` stands for any part of a name, and a kind may have parts in several layers."""
