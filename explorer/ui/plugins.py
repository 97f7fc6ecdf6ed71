"""Which modules of this layer hold pluggable parts, by kind; the registry reads it and imports them when needed."""

from __future__ import annotations

PLUGINS: dict[str, tuple[str, ...]] = {
    "panel": ("explorer.ui.*.*_panel",),
    "export": ("explorer.ui.map.export.film",),
    "map_picture": ("explorer.ui.map.export.png", "explorer.ui.map.export.svg"),
}
"""Patterns of module names: ``*`` stands for any part of a name, and a kind may have parts in several layers."""
