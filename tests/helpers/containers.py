"""Small true copies of how known sets of pictures come, packed byte by byte."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from explorer.core.types import ByteArray


def write_idx(path: Path, values: ByteArray, *, claims: Sequence[int] | None = None, cut: int = 0) -> Path:
    """Write bytes (N,) or (N, H, W) as IDX, packed if called ``.gz``; ``cut``: so many bytes are missing."""
    sizes = values.shape if claims is None else tuple(claims)
    data = bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + values.tobytes()
    data = data[: len(data) - cut]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def png(pixels: ByteArray) -> bytes:
    """Return (H, W) or (H, W, 3) pixels as PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
