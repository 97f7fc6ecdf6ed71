"""What the embedding projector of TensorBoard shows, by its config: vectors, metadata and a sprite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.data.bids import CERTAIN, SEEN, Bid
from explorer.data.formats.projector import CONFIGS, Entry, config_in, entries
from explorer.data.formats.vectors import Found, check_shape, listing_of
from explorer.data.listing import Listing, Watch
from explorer.data.names import listed
from explorer.data.sources.vectors import VectorSource, completed

RAW = frozenset({".bytes", ".bin", ".tensor"})
"""Endings of tensors that are bare float32 numbers, row by row."""


@register("source", "projector", title="Embedding projector")
class ProjectorSource:
    """``projector_config.json`` or ``.pbtxt``, or the folder that it is in: the first vectors that it names.

    The metadata are labels and columns, and the pictures of the sprite are how the items look.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a config, or a folder with one; see ``listing.Source``."""
        config = _config(Path(spec))
        usable = [one for one in entries(config) if one.tensor is not None] if config else []
        if not config or not usable:
            return None
        named = config == Path(spec)
        return Bid(CERTAIN if named else SEEN + 0.1, f"{config.name} names {_name(usable[0])}")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List the first vectors of a config; see ``listing.Source``."""
        path = Path(spec).absolute()
        config = _config(path)
        usable = [one for one in entries(config) if one.tensor is not None] if config else []
        if not usable:
            raise UserError(
                f"{printable(spec)} names no file of vectors that is there", remedy="Put the files beside it, and retry"
            )
        first, *others = usable
        assert first.tensor is not None
        if first.tensor.suffix.lower() in RAW:
            found = completed(first.tensor, _raw(first.tensor, first), options.label_column)
            listing = listing_of(first.tensor, found, options.label_separator, watch)
        else:
            listing = VectorSource(self.params).listing(str(first.tensor), options, watch)
        more = [f"Further vectors of the config not read: {listed([_name(one) for one in others])}"] * bool(others)
        return replace(listing, uri=str(path), notes=(*listing.notes, *more))


def _config(path: Path) -> Path | None:
    return path if path.name in CONFIGS and path.is_file() else config_in(path) if path.is_dir() else None


def _name(entry: Entry) -> str:
    return printable(entry.name or (entry.tensor.name if entry.tensor else ""))


def _raw(tensor: Path, entry: Entry) -> Found:
    shown, size = printable(str(tensor)), tensor.stat().st_size
    check_shape(shown, entry.shape, np.dtype(np.float32))
    if size != 4 * entry.shape[0] * entry.shape[1]:
        raise UserError(
            f"{shown} has {size:,} bytes, and {entry.shape[0]:,} × {entry.shape[1]:,} numbers take "
            f"{4 * entry.shape[0] * entry.shape[1]:,}",
            remedy="Mend tensorShape in the config",
        )
    return Found(np.memmap(tensor, "<f4", "r", 0, entry.shape))
