"""Clips: the right frames in their order, upright, of any container; broken ones are told; one recording, one part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data.decoding.clip_files import ClipShape, decode, examine, upright
from explorer.data.modalities.base import modality_named
from explorer.data.modalities.video import four, source_of
from explorer.data.opening import check, open_dataset
from explorer.data.pictures import PictureError
from explorer.data.split import make_split
from tests.helpers.clips import clip_folder, written

av = pytest.importorskip("av")


def steps(count: int, height: int = 32, width: int = 48) -> list[ByteArray]:
    """Grey frames, each brighter than the one before, white at the top left."""
    frames = [np.full((height, width), 20 + 160 * at // count, np.uint8) for at in range(count)]
    for frame in frames:
        frame[: height // 4, : width // 4] = 250
    return frames


CONTAINERS = [("mp4", "libx264"), ("mov", "mpeg4"), ("matroska", "mpeg4"), ("avi", "mpeg4")]


@pytest.mark.parametrize(("kind", "codec"), CONTAINERS)
def test_frames_are_spread_evenly_and_in_order(kind: str, codec: str) -> None:
    frames = decode(written(steps(24), kind=kind, codec=codec), ClipShape(4, 24, 1))
    assert frames.shape == (4, 24, 24, 1)
    wanted = [20 + 160 * at // 24 for at in (3, 9, 15, 21)]
    assert frames[:, 16, 16, 0] == pytest.approx(wanted, abs=6)
    assert (frames[:, 6, 2, 0] > 200).all(), "upright, between bars above and below"


def test_a_long_clip_is_sought_and_gives_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(steps(60))
    whole = decode(content, ClipShape(5, 24, 1))
    monkeypatch.setattr("explorer.data.decoding.clip_files.SEEN_THROUGH", 1)
    np.testing.assert_array_equal(decode(content, ClipShape(5, 24, 1)), whole)


def test_a_short_clip_shows_frames_again() -> None:
    frames = decode(written(steps(2)), ClipShape(6, 24, 1))
    assert np.diff(frames[:, 16, 16, 0].astype(int)).nonzero()[0].tolist() == [2]


def turned(content: bytes, a: int, b: int, c: int, d: int) -> bytes:
    """Return an MP4 whose track says how it is meant to be shown."""
    start = content.index(b"tkhd") + 4 + 40
    matrix = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
    return content[:start] + matrix + content[start + 36 :]


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((1, 0, 0, 1), "top left"),
        ((0, 1, -1, 0), "top right"),
        ((-1, 0, 0, -1), "bottom right"),
        ((0, -1, 1, 0), "bottom left"),
        ((-1, 0, 0, 1), "top right"),
    ],
)
def test_a_clip_is_turned_as_the_camera_meant_it(matrix: tuple[int, int, int, int], corner: str) -> None:
    frames = decode(turned(written(steps(4, 32, 32)), *matrix), ClipShape(2, 32, 1))
    picture = frames[-1, :, :, 0]
    corners = {
        "top left": picture[2, 2], "top right": picture[2, 29],
        "bottom left": picture[29, 2], "bottom right": picture[29, 29],
    }  # fmt: skip
    assert max(corners, key=lambda name: corners[name]) == corner
    assert corners[corner] > 220


def test_a_display_matrix_moves_pixels_as_its_formula_says() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    for a, b, c, d in ((1, 0, 0, 1), (0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, 1, 0), (1, 0, 0, -1)):
        shown = upright(picture, np.array([a, b, 0, c, d, 0, 0, 0, 1], np.int32))
        places = {(a * x + c * y, b * x + d * y): picture[y, x, 0] for y in range(3) for x in range(4)}
        left, top = min(x for x, _ in places), min(y for _, y in places)
        assert all(shown[y - top, x - left, 0] == value for (x, y), value in places.items())


def test_pixels_that_are_not_square_are_stretched() -> None:
    import io

    stream = io.BytesIO()
    container = av.open(stream, "w", format="mp4")
    video = container.add_stream("mpeg4", rate=10)
    video.height, video.width, video.pix_fmt, video.sample_aspect_ratio = 32, 32, "yuv420p", 2
    for frame in steps(3, 32, 32):
        container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
    container.mux(video.encode())
    container.close()
    frames = decode(stream.getvalue(), ClipShape(1, 32, 1))
    assert (frames[0, 10, :8, 0] > 200).all(), "it fills the width"
    assert (frames[0, 0, :, 0] < 100).all(), "and half of the height"


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
DAMAGED = "damaged, or not a video in a format that is read (MP4, MOV, MKV, WebM, AVI)"


def test_a_broken_clip_says_why_and_a_playlist_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(steps(12))
    cases = [(b"", "the file is empty"), (PLAYLIST, DAMAGED), (b"ffconcat version 1.0\nfile a.mp4\n", DAMAGED)]
    for content, reason in [*cases, (whole[: len(whole) // 2], DAMAGED)]:
        with pytest.raises(PictureError) as told:
            decode(content, ClipShape(4, 24, 1))
        assert told.value.reason == reason
    monkeypatch.setattr("explorer.data.decoding.clip_files.LONGEST", -1.0)
    with pytest.raises(PictureError, match="takes more than"):
        decode(whole, ClipShape(4, 24, 1))
    monkeypatch.setattr("explorer.data.decoding.clip_files.LARGEST_AREA", 100)
    with pytest.raises(PictureError, match="has frames of more than"):
        decode(whole, ClipShape(4, 24, 1))


def test_a_sound_without_pictures_is_no_clip() -> None:
    import io

    stream = io.BytesIO()
    container = av.open(stream, "w", format="mp4")
    sound = container.add_stream("aac", rate=16000)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    frame.sample_rate = 16000
    container.mux(sound.encode(frame))
    container.mux(sound.encode())
    container.close()
    with pytest.raises(PictureError, match="no video stream"):
        decode(stream.getvalue(), ClipShape(4, 24, 1))


def test_colour_is_kept_and_found_where_the_sample_saw_none(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = [np.full((24, 24, 3), (220, 30, 30), np.uint8)] * 3
    assert examine(written(red)) == (24, False)
    assert examine(written(steps(3)))[1]
    assert decode(written(red), ClipShape(1, 24, 3))[0, 12, 12] == pytest.approx((220, 30, 30), abs=12)
    (tmp_path / "v" / "a").mkdir(parents=True)
    for at in range(3):
        (tmp_path / "v" / "a" / f"{at}.mp4").write_bytes(written(red if at == 1 else steps(3)))
    monkeypatch.setattr("explorer.data.modalities.video.SAMPLED", 2)
    assert open_dataset(str(tmp_path / "v"), cache_folder=cache).shape == (8 * 28, 28, 3)


def test_a_folder_of_clips_is_one_set_and_a_clip_from_outside_becomes_what_it_was_there(
    tmp_path: Path, cache: Path
) -> None:
    root = clip_folder(tmp_path, 3, 2, motions=("east", "turns left"))
    (root / "train" / "east" / "broken.mp4").write_bytes(b"nothing")
    dataset = open_dataset(str(root), DataOptions(frames=6), cache_folder=cache)
    assert (dataset.modality.name, len(dataset), dataset.shape) == ("video", 10, (6 * 36, 36, 1))
    assert [(each.path, each.reason) for each in dataset.report.skipped] == [("train/east/broken.mp4", DAMAGED)]
    item = dataset.ids.index("train/east/001.mp4")
    read = dataset.modality.read(root / "train" / "east" / "001.mp4", dataset.shape)
    np.testing.assert_array_equal(read[0], dataset.inputs[item])
    assert dataset.modality.described(dataset.shape) == "clips of 6 frames of 36 × 36 pixels, grey"
    again = dataset.modality.alike(DataOptions(), dataset.shape)
    assert open_dataset(str(root), again, cache_folder=cache).shape == dataset.shape
    assert dataset.full_picture(item).shape == (512, 512, 3)
    with pytest.raises(UserError, match="cannot be read: damaged"):
        dataset.modality.read(root / "train" / "east" / "broken.mp4", dataset.shape)


def test_four_frames_stand_in_the_order_of_reading() -> None:
    frames = np.arange(8, dtype=np.uint8)[:, None, None, None] * np.ones((1, 5, 5, 1), np.uint8)
    square = four(frames, 12)
    assert [int(square[y, x, 0]) for y in (1, 10) for x in (1, 10)] == [0, 2, 5, 7]


def test_names_tell_the_recording_that_a_clip_is_a_part_of() -> None:
    assert source_of("a/NAME_part3.mp4") == "a/NAME"
    assert source_of("v_Biking_g01_c03.avi") == "v_Biking_g01"
    assert source_of("match-clip-12.mp4") == "match"
    assert source_of("a/0001.mp4") == source_of("part3.mp4") == source_of("walk_c3.mp4") == ""


def test_clips_of_one_recording_stay_in_one_part(tmp_path: Path, cache: Path) -> None:
    frames = written(steps(2, 16, 16), codec="mpeg4")
    for motion in ("a", "b"):
        (tmp_path / "v" / motion).mkdir(parents=True)
        for at in range(12):
            (tmp_path / "v" / motion / f"film{at // 3}_part{at % 3}.mp4").write_bytes(frames)
    dataset = open_dataset(str(tmp_path / "v"), DataOptions(frames=2, size=16), cache_folder=cache)
    sources = np.array(dataset.columns["source"])
    for seed in range(5):
        split = make_split("auto", {}, dataset, seed)
        assert not set(sources[split.train]) & set(sources[split.held_out])
        assert len(split.held_out) == 6, "a whole recording of each class"
    assert "source" in check(str(tmp_path / "v"), cache_folder=cache).columns


def test_where_the_package_is_missing_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "embedding-explorer\[video\]"'):
        modality_named("video").decoded(b"", (64, 8, 1), "a.mp4")
