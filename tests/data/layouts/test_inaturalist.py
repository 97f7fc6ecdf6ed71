"""iNaturalist as its years ship it: lists in the form of COCO beside folders of pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from tests.data.layouts.sets import pictures, said
from tests.helpers.data import scanned


def index(path: Path, names: Sequence[tuple[int, str, int]], categories: Sequence[Mapping[str, object]]) -> None:
    """Write a list: number, file name and category of each picture."""
    path.write_text(
        json.dumps(
            {
                "info": {"year": 2018, "version": "1.0", "description": "The 2018 FGVC^5 iNaturalist dataset."},
                "images": [
                    {"license": 3, "file_name": name, "rights_holder": "x", "height": 8, "width": 8, "id": number}
                    for number, name, _ in names
                ],
                "licenses": [],
                "annotations": [
                    {"image_id": number, "category_id": label, "id": number} for number, _, label in names if label >= 0
                ],
                "categories": categories,
            }
        )
    )


def test_2018_is_split_by_class_or_by_its_lists(tmp_path: Path) -> None:
    birds = [f"train_val2018/Aves/{label}/{n}.jpg" for label, n in ((10, 1), (11, 2), (12, 3), (12, 4), (10, 5))]
    pictures(tmp_path, *birds)
    categories = [{"id": n, "name": str(n), "supercategory": "Aves"} for n in (10, 11, 12, 13)]
    index(tmp_path / "train2018.json", [(1, birds[0], 10), (2, birds[1], 11), (3, birds[2], 12)], categories)
    index(
        tmp_path / "val2018.json",
        [(4, birds[3], 12), (5, birds[4], -1), (6, "train_val2018/Aves/9/9.jpg", 99)],
        categories,
    )
    listing = scanned(str(tmp_path))
    assert listing.read_as == "iNaturalist: train2018.json and val2018.json beside the pictures"
    assert said(listing, "split", "given split", "level1") == {
        birds[0]: ("10", "train", "train", "Aves"),
        birds[1]: ("11", "train", "train", "Aves"),
        birds[2]: ("12", "test", "train", "Aves"),
        birds[3]: ("12", "test", "val", "Aves"),
    }
    assert {item.path: item.reason for item in listing.skipped} == {
        birds[4]: "no annotation names its class",
        "train_val2018/Aves/9/9.jpg": "its category, 99, is not in the list",
    }
    given = scanned(str(tmp_path), DataOptions(partition="given"))
    assert [row[1] for row in said(given, "split").values()] == ["train", "train", "train", "val"]


def test_2021_has_ranks_and_folders_of_its_own(tmp_path: Path) -> None:
    folder = "02912_Animalia_Chordata_Aves_Accipitriformes_Accipitridae_Accipiter_badius"
    names = [f"train_mini/{folder}/b.jpg", f"val/{folder}/a.jpg"]
    pictures(tmp_path, *names)
    ranks = ("Animalia", "Chordata", "Aves", "Accipitriformes", "Accipitridae", "Accipiter")
    category = {
        **{"id": 2912, "name": "Accipiter badius", "common_name": "Shikra", "supercategory": "Birds"},
        **dict(zip(("kingdom", "phylum", "class", "order", "family", "genus"), ranks, strict=True)),
        "image_dir_name": folder,
    }
    index(tmp_path / "train_mini.json", [(1, names[0], 2912)], [category])
    index(tmp_path / "val.json", [(2, names[1], 2912)], [category])
    index(tmp_path / "train.json", [(3, f"train/{folder}/c.jpg", 2912)], [category])  # its pictures are not there
    listing = scanned(str(tmp_path), DataOptions(partition="given"))
    levels = [f"level{depth}" for depth in range(1, 7)]
    assert said(listing, "split", *levels) == {
        names[0]: ("Accipiter badius", "train", *ranks),
        names[1]: ("Accipiter badius", "val", *ranks),
    }
    (tmp_path / "val.json").write_text((tmp_path / "val.json").read_text()[:-20])
    with pytest.raises(UserError, match=r"val\.json of .* is no list of images, annotations and categories"):
        scanned(str(tmp_path))
