"""Unusual pictures of other projects' tests: every one that is no damage has the right size and the right pixels."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from explorer.data.decoding import decode_picture
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.pictures import PictureError
from tests.helpers.data import real_data

LARGEST = 512


def _rows(root: Path) -> list[dict[str, str]]:
    with (root / "survey.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["decodes"] == "1" and row["format"] in decode_picture.FORMATS]


def _expected(path: Path) -> Image.Image | None:
    """Return what Pillow makes of a picture that needs no background, no narrower range and no other profile."""
    with warnings.catch_warnings(), Image.open(path) as image:
        warnings.simplefilter("ignore")  # of EXIF that is damaged
        if image.mode not in ("L", "RGB", "1") or "transparency" in image.info or "icc_profile" in image.info:
            return None
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGB") if max(upright.size) <= LARGEST else None


@pytest.mark.data
def test_every_whole_picture_has_the_right_size_and_pixels() -> None:
    root = real_data("tricky")
    quiet_decoders()
    sizes, compared, wrong = 0, 0, []
    for row in _rows(root):
        path = root / row["path"]
        data = path.read_bytes()
        try:
            side, shown = decode_picture.longer_side(data), decode_picture.full(data)
        except PictureError:
            continue  # of which the survey says more than its decoder: held elsewhere
        sizes += 1
        wide, high = int(row["width"]), int(row["height"])
        if side != max(wide, high) or max(shown.shape[:2]) != min(LARGEST, max(wide, high)):
            wrong.append(f"{row['path']}: {side}, {shown.shape}")
        expected = _expected(path)
        if expected is not None:
            compared += 1
            if not np.array_equal(shown, np.asarray(expected)):
                wrong.append(f"{row['path']}: other pixels")
    assert wrong == []
    assert sizes > 500
    assert compared > 200


@pytest.mark.data
@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_eight_orientations_are_one_picture(shape: str) -> None:
    root = real_data("tricky") / "exif-orientation"
    shown = [decode_picture.full((root / f"{shape}_{number}.jpg").read_bytes()).astype(int) for number in range(1, 9)]
    for one in shown[1:]:
        assert one.shape == shown[0].shape
        assert np.abs(one - shown[0]).mean() < 4
