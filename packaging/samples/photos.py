"""Makes ``resources/samples/photos.zip``: patches of six photographs that are free of any copyright.

The photographs are those of scikit-image's wheel (``skimage/data``); give that folder:
``python packaging/samples/photos.py FOLDER``. The patches of a photograph do not overlap.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "galaxies": "hubble_deep_field.jpg",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
SIDE = 56
MOST = 40
"""Patches of one photograph: the most detailed ones, as there is nothing to tell a patch of black sky by."""

WIDEST = 640
QUALITY = 88
OUT = Path(__file__).resolve().parents[2] / "resources" / "samples" / "photos.zip"


def patches(picture: Image.Image) -> list[Image.Image]:
    """Return the patches of a picture of at most ``WIDEST`` pixels, from top left to bottom right."""
    picture = picture.convert("RGB")
    picture.thumbnail((WIDEST, WIDEST), Image.Resampling.LANCZOS)
    places = [
        (x, y) for y in range(0, picture.height - SIDE + 1, SIDE) for x in range(0, picture.width - SIDE + 1, SIDE)
    ]
    cut = [picture.crop((x, y, x + SIDE, y + SIDE)) for x, y in places]
    detail = [float(np.asarray(one.convert("L"), np.float32).std()) for one in cut]
    chosen = sorted(sorted(range(len(cut)), key=lambda place: -detail[place])[:MOST])
    return [cut[place] for place in chosen]


def main(folder: Path) -> None:
    """Write the archive; the same photographs make the same bytes."""
    with zipfile.ZipFile(OUT, "w", zipfile.ZIP_STORED) as archive:
        for name, file in PHOTOGRAPHS.items():
            for number, patch in enumerate(patches(Image.open(folder / file))):
                held = io.BytesIO()
                patch.save(held, "JPEG", quality=QUALITY, subsampling=0)
                archive.writestr(zipfile.ZipInfo(f"{name}/{number:02d}.jpg"), held.getvalue())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
