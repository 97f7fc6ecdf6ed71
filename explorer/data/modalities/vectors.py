"""Vectors that were computed elsewhere: they come as they are, and have no picture."""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Loaded, Modality, Shape


@register("modality", "vectors", title="Vectors")
class Vectors(Modality):
    """Rows of numbers: an item of D numbers is a picture of one pixel with D channels, float32."""

    name = "vectors"
    noun = "vector"
    plural = "vectors"
    raw = "raw vectors"
    from_files = False
    encoder = Part(name="mlp")
    encoder_reads = frozenset({"pictures", "vectors"})
    other_encoders = ("linear",)
    when_unlabelled = "put labels beside them, or train without: the loss nt_xent with two views, and augment corrupted"

    def described(self, shape: Shape) -> str:
        """Return what data of this shape are."""
        return f"vectors of {shape[2]:,} numbers"

    def unlike(self, name: str, shape: Shape, main: str, main_shape: Shape) -> UserError:
        """Return why vectors of another length cannot be added."""
        return UserError(
            f"{name} has vectors of {shape[2]} numbers, {main} of {main_shape[2]}",
            remedy="Add vectors that were made in the same way",
        )

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Take the vectors of a listing, which were read with it."""
        return Loaded(listing.items.reshape(len(listing), 1, 1, -1), listing.content, {})
