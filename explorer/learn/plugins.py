"""Which modules of this layer hold pluggable parts, by kind; the registry reads it and imports them when needed."""

from __future__ import annotations

PLUGINS: dict[str, tuple[str, ...]] = {
    "encoder": ("explorer.learn.encoders.*",),
    "distance": ("explorer.learn.distances.*",),
    "loss": ("explorer.learn.losses.*",),
    "miner": ("explorer.learn.miners.*",),
    "sampler": ("explorer.learn.samplers.*",),
    "augment": ("explorer.learn.augments.*",),
    "optimiser": ("explorer.learn.optimisers",),
    "schedule": ("explorer.learn.schedules",),
    "fitter": ("explorer.learn.linear.*",),
}
"""Patterns of module names: ``*`` stands for any part of a name, and a kind may have parts in several layers."""
