"""Decoding in a process of its own: the same pixels, and a hang, a crash or a bomb costs one picture."""

from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.errors import Cancelled
from explorer.core.recipe import DataOptions
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_apart import Decoders, end_resting, is_apart
from explorer.data.opening import open_dataset
from explorer.data.pictures import PictureError
from tests.helpers.data import picture
from tests.helpers.guards import children, leftovers, threads


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


COLOUR = Image.fromarray(picture(3, 40, 30))
KINDS = ["TIFF", "JPEG2000", *(["AVIF"] if "AVIF" in Image.SAVE else [])]


def test_what_needs_it_is_decoded_apart_to_the_same_pixels() -> None:
    with Decoders() as decoders:
        for kind in KINDS:
            data = encoded(COLOUR, kind)
            assert is_apart(data)
            np.testing.assert_array_equal(decoders.decode(data, 28, 3), decode_picture.decode(data, 28, 3))
            np.testing.assert_array_equal(decoders.full(data, 20), decode_picture.full(data, 20))
            assert decoders.is_grey(data) == decode_picture.is_grey(data)
        deep = encoded(Image.fromarray(np.full((5, 6), 40_000, np.uint16)), "TIFF")
        assert decoders.greatest(deep) == 40_000
        with pytest.raises(PictureError, match=r"damaged|cut short"):
            decoders.decode(encoded(COLOUR, "TIFF")[:-2000], 28, 3)
        with pytest.raises(decode_picture.ColourFoundError):
            decoders.decode(encoded(COLOUR, "TIFF"), 28, 1, watchful=True)
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "PPM"):
        assert not is_apart(encoded(COLOUR, kind))


def test_a_decoder_that_hangs_or_dies_costs_one_picture_and_leaves_nothing() -> None:
    data = encoded(COLOUR, "TIFF")
    before = children()
    with Decoders(seconds=0.3) as decoders:
        right = decoders.decode(data, 28, 3)
        (worker,) = children() - before
        os.kill(worker, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(PictureError, match="its decoder hardly got to work: open the data again"):
            decoders.decode(data, 28, 3)
        assert time.monotonic() - began < 5
        np.testing.assert_array_equal(decoders.decode(data, 28, 3), right)
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(PictureError, match="crashed"):
            decoders.decode(data, 28, 3)
    end_resting()
    assert not children() - before


def test_a_worker_rests_for_whoever_decodes_next_and_then_ends_by_itself() -> None:
    data, before = encoded(COLOUR, "TIFF"), children()
    right = decode_picture.decode(data, 28, 3)
    with Decoders() as first, Decoders() as second:
        for decoders in (first, second):
            np.testing.assert_array_equal(decoders.decode(data, 28, 3), right)
        assert len(children() - before) == 2
    (resting,) = children() - before
    with Decoders() as decoders:
        np.testing.assert_array_equal(decoders.decode(data, 28, 3), right)
    for end in (lambda: os.kill(resting, signal.SIGKILL), lambda: leftovers(threads(), before)):
        end()
        with Decoders() as decoders:  # nothing rests any more
            np.testing.assert_array_equal(decoders.decode(data, 28, 3), right)
        assert len(children() - before - {resting}) == 1
    assert leftovers(threads(), before) == []


def test_what_claims_too_much_is_refused_before_it_is_decoded() -> None:
    for kind, mode, size in (("JPEG2000", "L", (8000, 3200)), ("TIFF", "F", (8000, 3200)), ("TIFF", "I", (8000, 3200))):
        small = encoded(Image.new(mode, (8, 8)), kind)
        if kind == "TIFF":
            claimed = _claiming(small, size)
        else:
            at = small.index(b"ihdr") + 4
            claimed = small[:at] + size[1].to_bytes(4, "big") + size[0].to_bytes(4, "big") + small[at + 8 :]
        began = time.monotonic()
        with pytest.raises(PictureError, match=r"more than the 25 million|damaged"):
            decode_picture.decode(claimed, 28, 1)
        assert time.monotonic() - began < 1


def _claiming(tiff: bytes, size: tuple[int, int]) -> bytes:
    """Return a TIFF whose tags of width (256) and height (257) say something else."""
    data = bytearray(tiff)
    at = int.from_bytes(data[4:8], "little")
    for entry in range(int.from_bytes(data[at : at + 2], "little")):
        place = at + 2 + 12 * entry
        tag = int.from_bytes(data[place : place + 2], "little")
        if tag in (256, 257):
            data[place + 2 : place + 4] = (4).to_bytes(2, "little")
            data[place + 8 : place + 12] = size[tag - 256].to_bytes(4, "little")
    return bytes(data)


def test_large_values_are_brought_to_bytes_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(size=(37, 11)).astype(np.float32) * 1000
    values[3, 4], values[30, 1] = np.nan, np.inf
    data = encoded(Image.fromarray(values), "TIFF")
    whole = decode_picture.full(data)
    monkeypatch.setattr(decode_picture, "VALUES_AT_ONCE", 40)
    np.testing.assert_array_equal(decode_picture.full(data), whole)


def test_a_set_of_them_opens_and_leaves_no_process(tmp_path: Path) -> None:
    for i in range(6):
        path = tmp_path / "data" / f"c{i % 2}" / f"{i}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(Image.fromarray(picture(i, 40, 40)), "TIFF"))
    (tmp_path / "data" / "c0" / "bad.tif").write_bytes(path.read_bytes()[:300])
    before = children()
    dataset = open_dataset(str(tmp_path / "data"), DataOptions(size=28), cache_folder=tmp_path / "cache")
    assert (len(dataset), len(dataset.report.skipped)) == (6, 1)
    end_resting()
    assert not children() - before


def test_a_worker_that_is_waited_for_can_be_cancelled() -> None:
    asked: list[bool] = []
    before = children()
    with Decoders(cancelled=lambda: bool(asked)) as decoders:
        decoders.decode(encoded(COLOUR, "TIFF"), 28, 3)
        (worker,) = children() - before
        os.kill(worker, signal.SIGSTOP)
        asked.append(True)
        with pytest.raises(Cancelled):
            decoders.decode(encoded(COLOUR, "TIFF"), 28, 3)
