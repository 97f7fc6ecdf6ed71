"""Which modules of this layer hold pluggable parts, by kind; the registry reads it and imports them when needed."""

from __future__ import annotations

PLUGINS: dict[str, tuple[str, ...]] = {
    "source": ("explorer.data.sources.*",),
    "modality": ("explorer.data.modalities.*",),
    "split": ("explorer.data.split",),
}
"""Patterns of module names: ``*`` stands for any part of a name, and a kind may have parts in several layers."""
