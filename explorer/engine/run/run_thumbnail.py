"""``map.png``: the last map of a run, small, on nothing, so that it shows on a dark and on a light page.

It is drawn when the run is saved, and again where it is missing, damaged or older than the last map. Of a run that kept
no map, such as one that was trained without a window, the two directions in which its last embeddings vary most are
drawn.
"""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np

from explorer.core.class_colours import class_colours
from explorer.core.errors import UserError
from explorer.core.types import UNLABELLED, ByteArray, FloatArray, IntArray, Projection
from explorer.runs.atomic import write_file
from explorer.runs.folder import RunFolder
from explorer.runs.items import ITEMS_NAME
from explorer.runs.lock import check_not_elsewhere
from explorer.runs.manifest import THUMBNAIL_NAME

WIDTH, HEIGHT = 168, 120
"""Pixels; it is shown at half of that, or less."""
LARGEST_FILE = 1 << 17
EDGE, FINER = 8.0, 3
"""Pixels around the map; it is drawn ``FINER`` times as large, and made smaller."""
RADIUS, LARGEST, ROOM = 2.2, 4.5, 0.42
"""The least and the largest radius of a point in pixels, and which share of their distance it is: few are large."""

POINTS, OF_CLASS = 600, 12
"""How many are drawn, and how many of a class at least, if there are so many classes that each can have some."""
LARGEST_ITEMS = 4 << 20
"""Bytes of a list of items that is read for the classes; beyond it the points have one colour."""
UNLABELLED_COLOUR = (150, 150, 155)


def thumbnail(run: RunFolder) -> ByteArray | None:
    """Return the last map of a run as RGBA (120, 168, 4), None where it has none; it is kept where that is possible."""
    found = _kept(run)
    if found is None:
        found = _drawn(run)
        if found is not None:
            with suppress(UserError):  # a folder that can only be read, or that another process writes
                check_not_elsewhere(run.path)
                _keep(run, found)
    return found


def keep_thumbnail(run: RunFolder) -> None:
    """Draw the last map of a run and keep it; a disk that refuses is no matter, as it can be drawn again."""
    with suppress(UserError, OSError):
        if (drawn := _drawn(run)) is not None:
            _keep(run, drawn)


def _kept(run: RunFolder) -> ByteArray | None:
    """Return the picture that is kept, None where there is none that is whole and of the last map."""
    steps, name = run.projection_steps(), "projections"
    if not steps:
        steps, name = run.snapshot_steps(), "snapshots"
    path = run.path / THUMBNAIL_NAME
    try:
        kept = path.stat()
        if steps and kept.st_mtime_ns < (run.path / name / f"{steps[-1]:08d}.json").stat().st_mtime_ns:
            return None
        return _decoded(path.read_bytes()) if kept.st_size <= LARGEST_FILE else None
    except OSError:
        return None


def _decoded(content: bytes) -> ByteArray | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (WIDTH, HEIGHT) or image.mode != "RGBA":
                return None
            return np.array(image)
    except Exception:  # noqa: BLE001  on a damaged file a decoder may raise almost anything; it is drawn again
        return None


def _keep(run: RunFolder, pixels: ByteArray) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    write_file(run.path / THUMBNAIL_NAME, [out.getvalue()])


def _drawn(run: RunFolder) -> ByteArray | None:
    from PIL import Image, ImageDraw

    xy, labels = _points(run)
    if not len(xy):
        return None
    size = (WIDTH * FINER, HEIGHT * FINER)
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    radius = FINER * float(np.clip(ROOM * np.sqrt(WIDTH * HEIGHT / len(xy)), RADIUS, LARGEST))
    colours = class_colours(int(labels.max(initial=0)) + 1).tolist()
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.array(size) - 2 * EDGE * FINER
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    places = (xy - (low + high) / 2) * (scale, -scale) + np.array(size) / 2
    for (x, y), label in zip(places.tolist(), labels.tolist(), strict=True):
        colour = UNLABELLED_COLOUR if label == UNLABELLED else tuple(colours[label])
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return np.array(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def _points(run: RunFolder) -> tuple[FloatArray, IntArray]:
    """Return some points of the last map, of every class some, and their classes; small classes come last, on top."""
    frame, steps = run.last_projection(), run.snapshot_steps()
    shown = frame if frame is not None else run.snapshot(steps[-1]) if steps else None
    if shown is None or not len(shown.indices):
        return np.empty((0, 2), np.float32), np.empty(0, np.int64)
    rows = shown.xy if isinstance(shown, Projection) else shown.embeddings
    labels = np.full(len(rows), UNLABELLED, np.int64)
    with suppress(OSError, UserError):
        if (run.path / ITEMS_NAME).stat().st_size <= LARGEST_ITEMS:
            labels = run.items.labels[shown.indices]
    finite = np.flatnonzero(np.isfinite(rows).all(axis=1))
    chosen = finite[_spread(labels[finite])]
    return _flat(rows[chosen]), labels[chosen]


def _spread(labels: IntArray) -> IntArray:
    """Return some rows, by their labels (n,): of a large class its share, of a small one as many as can be seen."""
    classes, of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    least = min(OF_CLASS, POINTS // (2 * max(1, len(classes))))
    if not least or not len(labels):
        return _even(np.arange(len(labels)), POINTS)
    rows = np.argsort(of, kind="stable")
    parts = np.split(rows, np.cumsum(counts)[:-1]) if len(classes) else [rows]
    order = np.argsort(-counts, kind="stable")
    return np.concatenate([_even(parts[at], max(least, POINTS * counts[at] // len(labels))) for at in order])


def _even(rows: IntArray, most: int) -> IntArray:
    """Return at most so many of some rows, spread over them."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.int64))] if len(rows) > most else rows


def _flat(rows: FloatArray) -> FloatArray:
    """Return rows (n, d) in the two directions in which they vary most: (n, 2); those of a map as they are."""
    if rows.shape[1] == 2 or not len(rows):
        return rows[:, :2]
    centred = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flat = np.asarray(centred @ directions[:2].T, np.float32)
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
