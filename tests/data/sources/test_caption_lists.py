"""Small copies of the sets of pictures and captions as they are downloaded."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.listing import Listing
from tests.helpers.data import picture, save_picture, scanned

NAMES = ("1000268201_693b08cb0e.jpg", "1001773457_577c3a7d70.jpg", "1002674143_1b742ab4b8.jpg")
SAID = ("A child in a pink dress is climbing up stairs .", "A girl going into a wooden building .")


def pictures(folder: Path, names: tuple[str, ...] = NAMES) -> None:
    for seed, name in enumerate(names):
        save_picture(folder / name, picture(seed))


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def check(found: Listing, count: int = 3, each: int = 2) -> None:
    assert found.modality == "captioned"
    assert list(found.columns["kind"]) == ["picture"] * count + ["caption"] * (count * each)
    assert set(found.columns["caption"][count:]) == set(SAID[:each])
    assert not found.class_names


def flickr_30k(root: Path) -> Path:
    pictures(root / "flickr30k_images")
    lines = [f"{name}| {number}| {said}" for name in NAMES for number, said in enumerate(SAID)]
    return written(root / "results.csv", "\n".join(["image_name| comment_number| comment", *lines]))


def flickr_8k(root: Path) -> Path:
    pictures(root / "Images")
    lines = [f"{name},{said}" for name in NAMES for said in SAID]
    return written(root / "captions.txt", "\n".join(["image,caption", *lines]))


def tokens(root: Path) -> Path:
    pictures(root / "Flicker8k_Dataset")
    lines = [f"{name}#{number}\t{said}" for name in NAMES for number, said in enumerate(SAID)]
    return written(root / "Flickr8k.token.txt", "\n".join([*lines, "not a line of this kind"]))


@pytest.mark.parametrize("make", [flickr_30k, flickr_8k, tokens])
@pytest.mark.parametrize("whole", [True, False])
def test_flickr_as_a_folder_or_by_its_list(make: object, whole: bool, tmp_path: Path) -> None:
    assert callable(make)
    file = make(tmp_path)
    found = scanned(str(tmp_path if whole else file))
    check(found)
    if make is tokens:
        assert found.skipped[0].path == "Flickr8k.token.txt, line 7"
    assert scanned(str(tmp_path), DataOptions(modality="pictures")).modality == "pictures"


def coco(root: Path) -> Path:
    for part in ("train", "val"):
        names = tuple(f"{part}_{name}" for name in NAMES)
        pictures(root / f"{part}2017", names)
        images = [{"id": number, "file_name": name, "height": 12} for number, name in enumerate(names)]
        said = [
            {"image_id": number, "id": 9 * number + k, "caption": text}
            for number in range(len(names))
            for k, text in enumerate(SAID)
        ]
        lost = {"image_id": 77, "id": 1000, "caption": "of nothing at all"}
        whole = {"info": {"year": 2017}, "images": images, "licenses": [], "annotations": [*said, lost]}
        file = written(root / "annotations" / f"captions_{part}2017.json", json.dumps(whole))
    return file


def test_captions_of_coco_with_both_of_their_parts(tmp_path: Path) -> None:
    file = coco(tmp_path)
    found = scanned(str(tmp_path))
    check(found, 6)
    assert found.read_as.startswith("COCO: captions in captions_train2017.json and 1 more")
    assert list(found.columns["split"][:6]) == ["train"] * 3 + ["val"] * 3
    assert found.skipped[0].reason == "1 annotation without a picture or a caption"
    check(scanned(str(file)))


def test_a_text_beside_each_picture_is_its_caption(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for at, name in enumerate(NAMES):
        folder = root / ("cats" if at < 2 else "dogs")
        save_picture(folder / name, picture(at))
        written(folder / name.replace(".jpg", ".txt"), SAID[at % 2])
    found = scanned(str(root))
    assert (found.modality, len(found), found.class_names) == ("captioned", 6, ("cats", "dogs"))
    assert found.columns["caption"][3] == SAID[0]
    assert not any("left out" in note for note in found.notes)
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(root.rglob("*.*")):
            opened.write(file, str(file.relative_to(root)))
    packed = scanned(str(archive))
    assert list(packed.columns["caption"]) == list(found.columns["caption"])
    (root / "cats" / NAMES[0].replace(".jpg", ".txt")).unlink()
    (root / "cats" / NAMES[1].replace(".jpg", ".txt")).unlink()
    few = scanned(str(root))
    assert (few.modality, len(few)) == ("pictures", 3)
    assert len(scanned(str(root), DataOptions(modality="captioned"))) == 2
    save_picture(tmp_path / "bare" / "a.png", picture(0))
    with pytest.raises(UserError, match="No column has captions"):
        scanned(str(tmp_path / "bare"), DataOptions(modality="captioned"))


@pytest.mark.parametrize("ending", ["txt", "caption"])
def test_captions_in_a_webdataset(ending: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "00000.tar", "w") as opened:
        for at in range(3):
            held = save_picture(tmp_path / "one.jpg", picture(at)).read_bytes()
            for member, data in ((f"{at:05d}.jpg", held), (f"{at:05d}.{ending}", SAID[at % 2].encode())):
                info = tarfile.TarInfo(member)
                info.size = len(data)
                opened.addfile(info, io.BytesIO(data))
    found = scanned(str(tmp_path / "00000.tar"))
    assert (found.modality, len(found)) == ("captioned", 6)
    assert found.columns["caption"][4] == SAID[1]


def test_captions_in_parquet_one_or_several_a_picture(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    held = [save_picture(tmp_path / "one.png", picture(at)).read_bytes() for at in range(3)]
    image = [{"bytes": one, "path": f"{at}.png"} for at, one in enumerate(held)]
    for name, captions in (("text", list(SAID[:1] * 3)), ("caption", [list(SAID)] * 3)):
        file = tmp_path / f"{name}.parquet"
        parquet.write_table(pa.table({"image": image, name: captions}), file)
        check(scanned(str(file)), 3, 1 if name == "text" else 2)


def test_metadata_of_an_image_folder_holds_captions(tmp_path: Path) -> None:
    pictures(tmp_path)
    lines = [json.dumps({"file_name": name, "text": SAID[at % 2]}) for at, name in enumerate(NAMES)]
    written(tmp_path / "metadata.jsonl", "\n".join(lines))
    found = scanned(str(tmp_path))
    assert (found.modality, len(found)) == ("captioned", 6)
