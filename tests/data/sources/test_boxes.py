"""Lists of boxes as COCO, YOLO, Label Studio, CVAT and FiftyOne write them, on small true copies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for
from explorer.data.dataset import Dataset
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from tests.helpers.data import picture, picture_folder, save_picture, scanned

WIDE, HIGH = 60, 40
RED, BLUE = (4, 6, 20, 20), (30, 10, 24, 24)
"""Left, top, width and height of a red and a blue square on every picture."""
EXACT = DataOptions(size=28, colour="rgb")


def marked_picture(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = picture(seed, HIGH, WIDE) // 8
    for (left, top, width, height), colour in ((RED, (255, 0, 0)), (BLUE, (0, 0, 255))):
        pixels[top : top + height, left : left + width] = colour
    return pixels


def pictures(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        save_picture(root / name, marked_picture(number))


def colours(dataset: Dataset) -> list[str]:
    """Return what every item shows: red, blue, or mixed where it is cut in another place."""
    found = []
    for item in np.asarray(dataset.inputs).reshape(len(dataset), -1, 3):
        kinds = {"red": (255, 0, 0), "blue": (0, 0, 255)}
        found.append(next((name for name, colour in kinds.items() if (item == colour).all()), "mixed"))
    return found


def read_as(spec: Path) -> str:
    bid = bids_for(str(spec), DEFAULT_OPTIONS)[0]
    return bid.bid.known or bid.source


def coco(names: list[str], first: int = 1) -> dict[str, Any]:
    images = [{"id": first + i, "file_name": n, "width": WIDE, "height": HIGH} for i, n in enumerate(names)]
    boxes = [(i, kind, box) for i in range(len(names)) for kind, box in ((3, RED), (1, BLUE))]
    annotations = [
        {"id": n, "image_id": first + i, "category_id": kind, "bbox": list(box), "iscrowd": 0, "area": 1.0}
        for n, (i, kind, box) in enumerate(boxes)
    ]
    categories = [{"id": 3, "name": "red", "supercategory": "warm"}, {"id": 1, "name": "blue"}]
    return {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}


@pytest.fixture
def coco_set(tmp_path: Path) -> Path:
    """COCO 2017: annotations/ beside train2017/ and val2017/, in which one name comes twice."""
    root = tmp_path / "coco"
    pictures(root, "train2017/1.png", "train2017/2.png", "val2017/1.png")
    (root / "annotations").mkdir()
    (root / "annotations/instances_train2017.json").write_text(json.dumps(coco(["1.png", "2.png"])), "utf-8")
    (root / "annotations/instances_val2017.json").write_text(json.dumps(coco(["1.png"], 7)), "utf-8")
    (root / "annotations/captions_val2017.json").write_text('{"images": [], "annotations": []}', "utf-8")
    return root


def test_coco_gives_an_item_for_each_box_and_its_split(coco_set: Path) -> None:
    assert read_as(coco_set) == "COCO"
    dataset = open_dataset(str(coco_set), EXACT)
    assert list(dataset.ids) == [
        f"{name}#{k}" for name in ("train2017/1.png", "train2017/2.png", "val2017/1.png") for k in (1, 2)
    ]
    assert colours(dataset) == ["red", "blue"] * 3
    assert dataset.class_names == ("blue", "red")
    assert [dataset.class_name(i) for i in range(6)] == ["red", "blue"] * 3
    assert list(dataset.columns["split"]) == ["train"] * 4 + ["val"] * 2
    assert list(dataset.columns["supercategory"]) == ["warm", ""] * 3
    assert list(dataset.columns["picture"])[:2] == ["train2017/1.png"] * 2
    assert "6 boxes of 3 pictures" in dataset.report.notes
    assert dataset.full_picture(0).shape == (20, 20, 3)
    found = check(str(coco_set), EXACT)
    assert (found.splits, found.classes) == ({"train": 4, "val": 2}, {"blue": 3, "red": 3})


def test_one_file_of_coco_is_opened_by_itself(coco_set: Path) -> None:
    path = coco_set / "annotations/instances_val2017.json"
    assert read_as(path) == "COCO"
    dataset = open_dataset(str(path), EXACT)
    assert list(dataset.ids) == ["val2017/1.png#1", "val2017/1.png#2"]
    assert "split" not in dataset.columns


def test_what_is_broken_in_coco_is_left_out_with_its_reason(coco_set: Path) -> None:
    said = coco(["1.png", "2.png", "gone.png"])
    rows = said["annotations"]
    rows[0]["bbox"] = [100, 100, 5, 5]
    rows[1]["bbox"] = "none"
    rows[2]["iscrowd"] = 1
    rows += [{"id": 90, "image_id": 1}, {"id": 91, "image_id": 99, "category_id": 1, "bbox": [0, 0, 5, 5]}]
    (coco_set / "annotations/instances_train2017.json").write_text(json.dumps(said), "utf-8")
    (coco_set / "annotations/instances_val2017.json").write_text(json.dumps(coco(["1.png"]))[:-1], "utf-8")
    report = open_dataset(str(coco_set), EXACT).report
    assert report.kept == 1
    reasons = {one.path: one.reason for one in report.skipped}
    assert reasons == {
        "instances_train2017.json, annotation 90": "has no box or no class",
        "instances_train2017.json": "1 box of images that it does not list",
        "instances_val2017.json": f"{coco_set}/annotations/instances_val2017.json is damaged: it is no JSON",
        "gone.png": "the file does not exist, which the list names with 2 boxes",
        "train2017/1.png#1": "its box is empty, or lies outside the picture",
        "train2017/1.png#2": "its box is not made of numbers",
    }
    assert "1 box around crowds left out" in report.notes


def test_categories_without_a_name_and_of_one_name_are_said(coco_set: Path) -> None:
    said = coco(["1.png", "2.png"])
    said["annotations"][0]["category_id"] = 77
    said["categories"] += [{"id": 5, "name": "blue"}]
    (coco_set / "annotations/instances_train2017.json").write_text(json.dumps(said), "utf-8")
    notes = open_dataset(str(coco_set), EXACT).report.notes
    assert "Categories of one name are one class: blue" in notes
    assert "Categories that the list does not name are called by their ids: 77" in notes


def test_the_only_list_of_coco_is_damaged(coco_set: Path) -> None:
    (coco_set / "annotations/instances_val2017.json").unlink()
    path = coco_set / "annotations/instances_train2017.json"
    path.write_text(path.read_text("utf-8")[:300], "utf-8")
    with pytest.raises(UserError, match=r"instances_train2017.json is damaged"):
        open_dataset(str(coco_set), EXACT)


def yolo_set(root: Path, *, roboflow: bool = False) -> Path:
    for part, number in (("train", 0), ("train", 1), ("valid", 2)):
        folders = (f"{part}/images", f"{part}/labels") if roboflow else (f"images/{part}", f"labels/{part}")
        save_picture(root / folders[0] / f"p{number}.png", marked_picture(number))
        lines = []
        for kind, (left, top, width, height) in ((1, RED), (0, BLUE)):
            middle, centre = (left + width / 2) / WIDE, (top + height / 2) / HIGH
            lines.append(f"{kind} {middle} {centre} {width / WIDE} {height / HIGH}")
        (root / folders[1]).mkdir(parents=True, exist_ok=True)
        (root / folders[1] / f"p{number}.txt").write_text("\n".join(lines), "utf-8")
    return root


@pytest.mark.parametrize("roboflow", [False, True])
@pytest.mark.parametrize(
    "names", ["names:\n  0: blue\n  1: 'red'  # warm\n", "names: ['blue', red]\n", "names:\n- blue\n- red\nnc: 2\n"]
)
def test_yolo_gives_an_item_for_each_box(tmp_path: Path, names: str, roboflow: bool) -> None:
    root = yolo_set(tmp_path / "y", roboflow=roboflow)
    (root / "data.yaml").write_text(f"# made by hand\npath: .\ntrain: images/train\nval: images/val\n{names}", "utf-8")
    for spec in (root, root / "data.yaml"):
        assert read_as(spec) == "YOLO"
        dataset = open_dataset(str(spec), EXACT)
        assert colours(dataset) == ["red", "blue"] * 3
        assert [dataset.class_name(i) for i in range(6)] == ["red", "blue"] * 3
        assert dataset.class_names == ("blue", "red")
        assert list(dataset.columns["split"]) == ["train"] * 4 + ["valid"] * 2


def test_yolo_without_names_polygons_and_broken_lines(tmp_path: Path) -> None:
    root = yolo_set(tmp_path / "y")
    left, top, width, height = RED
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    polygon = " ".join(f"{x / WIDE} {y / HIGH}" for x, y in corners)
    (root / "labels/train/p0.txt").write_text(f"1 {polygon}\n1 0.5 x 0.1 0.1\n2 0.5\n", "utf-8")
    (root / "labels/train/p1.txt").write_text("", "utf-8")
    dataset = open_dataset(str(root), EXACT)
    assert colours(dataset) == ["red", "red", "blue"]
    assert dataset.class_names == ("1", "0") or dataset.class_names == ("0", "1")
    assert [one.path for one in dataset.report.skipped] == [
        "labels/train/p0.txt, line 2",
        "labels/train/p0.txt, line 3",
    ]
    assert "1 picture without a box left out" in dataset.report.notes
    (root / "classes.txt").write_text("blue\nred\n", "utf-8")
    assert open_dataset(str(root), EXACT).class_names == ("blue", "red")


def percent(box: tuple[int, int, int, int]) -> dict[str, float]:
    left, top, width, height = box
    return {"x": 100 * left / WIDE, "y": 100 * top / HIGH, "width": 100 * width / WIDE, "height": 100 * height / HIGH}


def region(label: str, box: tuple[int, int, int, int]) -> dict[str, Any]:
    value = {**percent(box), "rotation": 0, "rectanglelabels": [label]}
    return {"type": "rectanglelabels", "original_width": WIDE, "original_height": HIGH, "value": value}


def test_label_studio_in_both_of_its_forms(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    regions = [region("red", RED), region("blue", BLUE)]
    tasks = [
        {"id": 1, "annotations": [{"was_cancelled": True, "result": []}, {"result": regions}],
         "data": {"image": "/data/upload/3/0123abcd-a.png"}},
        {"id": 2, "annotations": [{"result": regions}], "data": {"image": "/data/local-files/?d=sets%2Fb.png"}},
        {"id": 3, "annotations": [], "data": {"image": "/data/upload/3/0123abcd-c.png"}},
    ]  # fmt: skip
    flat = [{**percent(box), "rectanglelabels": [name]} for name, box in (("red", RED), ("blue", BLUE))]
    small = [
        {"id": i, "image": f"s3://bucket/{n}.png", "label": flat, "annotation_id": 1, "lead_time": 1.0}
        for i, n in enumerate("ab")
    ]
    for said, skipped in ((tasks, ["c.png"]), (small, [])):
        (tmp_path / "export.json").write_text(json.dumps(said), "utf-8")
        assert read_as(tmp_path) == read_as(tmp_path / "export.json") == "Label Studio"
        dataset = open_dataset(str(tmp_path), EXACT)
        assert colours(dataset) == ["red", "blue"] * 2
        assert [dataset.class_name(i) for i in range(4)] == ["red", "blue"] * 2
        assert [one.path for one in dataset.report.skipped] == skipped


def test_a_turned_box_is_cut_upright_around_its_corners(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    left, top, width, height = RED
    value = {**percent((left + width, top, height, width)), "rotation": 90, "rectanglelabels": ["red"]}
    sizes = {"original_width": WIDE, "original_height": HIGH}
    none = {"original_width": 0, "original_height": 0}
    tasks = [
        {"id": i, "data": {"image": f"{name}.png"}, "annotations": [{"result": [{**said, "value": value}]}]}
        for i, (name, said) in enumerate((("a", sizes), ("b", none)))
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks), "utf-8")
    dataset = open_dataset(str(tmp_path), EXACT)
    assert colours(dataset)[0] == "red"
    assert "2 turned boxes: the upright box around each is cut" in dataset.report.notes


def test_a_choice_of_label_studio_is_the_class_of_a_picture(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png")
    tasks = [
        {"id": i, "data": {"image": f"/data/upload/1/0123abcd-{name}.png"},
         "annotations": [{"result": [{"type": "choices", "value": {"choices": [kind]}}]}]}
        for i, (name, kind) in enumerate((("a", "cat"), ("b", "dog")))
    ]  # fmt: skip
    (tmp_path / "export.json").write_text(json.dumps(tasks), "utf-8")
    dataset = open_dataset(str(tmp_path), EXACT)
    assert list(dataset.ids) == ["a.png", "b.png"]
    assert [dataset.class_name(i) for i in range(2)] == ["cat", "dog"]


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>n</name></task></meta>
<image id="0" name="a.png" subset="Train" width="60" height="40">
  <box label="red" occluded="0" xtl="4" ytl="6" xbr="24" ybr="26">
    <attribute name="shade">dark &amp; red</attribute></box>
  <polygon label="blue" points="30,10;54,10;54,34;30,34"></polygon>
  <points label="dot" points="1,1"></points>
</image>
<image id="1" name="b.png" width="60" height="40"><tag label="both"></tag></image>
<image id="2" name="c.png" width="60" height="40"></image>
</annotations>"""


def test_cvat_boxes_polygons_and_tags(tmp_path: Path) -> None:
    pictures(tmp_path / "images", "a.png", "b.png", "c.png")
    (tmp_path / "annotations.xml").write_text(CVAT, "utf-8")
    assert read_as(tmp_path) == "CVAT"
    dataset = open_dataset(str(tmp_path), EXACT)
    assert colours(dataset) == ["red", "blue", "mixed"]
    assert [dataset.class_name(i) for i in range(3)] == ["red", "blue", "both"]
    assert list(dataset.columns["split"]) == ["train", "train", ""]
    assert list(dataset.columns["shade"]) == ["dark & red", "", ""]
    assert "1 mark that are no boxes, polygons or tags left out" in dataset.report.notes
    assert "1 picture without a box left out" in dataset.report.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_xml_are_refused_before_they_grow(tmp_path: Path, encoding: str) -> None:
    pictures(tmp_path, "a.png")
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    bomb = f'<!DOCTYPE annotations [<!ENTITY l0 "ha">{levels}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    text = CVAT.replace("<annotations>", bomb + "<annotations>").replace("dark", "&l9;&f;")
    from explorer.data.box_lists.xml_events import parse

    path = tmp_path / "annotations.xml"
    path.write_text(text.replace('encoding="utf-8"', f'encoding="{encoding}"'), encoding)
    with pytest.raises(UserError, match="has a document type, in which entities can be hidden"):
        parse(path, lambda *_: None, lambda *_: None)
    path.write_text(CVAT.replace("utf-8", "uth-8"), "utf-8")
    with pytest.raises(UserError, match="unknown encoding"):
        parse(path, lambda *_: None, lambda *_: None)
    path.write_text(CVAT[:-20], "utf-8")
    with pytest.raises(UserError, match=r"annotations\.xml, line \d+: "):
        parse(path, lambda *_: None, lambda *_: None)


def test_the_classes_of_fiftyone(tmp_path: Path) -> None:
    pictures(tmp_path / "data", "a.png", "b.png", "c.png")
    said: dict[str, Any] = {"classes": ["cat", "dog"], "labels": {"a": 1, "b": 0, "c": None, "gone": 1}}
    (tmp_path / "labels.json").write_text(json.dumps(said), "utf-8")
    assert read_as(tmp_path) == "FiftyOne"
    dataset = open_dataset(str(tmp_path), EXACT)
    assert [dataset.class_name(i) for i in range(3)] == ["dog", "cat", ""]
    assert list(dataset.ids) == ["data/a.png", "data/b.png", "data/c.png"]
    assert [one.path for one in dataset.report.skipped] == ["gone"]
    share = [[RED[0] / WIDE, RED[1] / HIGH, RED[2] / WIDE, RED[3] / HIGH]]
    said["labels"] = {"a": [{"label": 0, "bounding_box": share[0]}]}
    (tmp_path / "labels.json").write_text(json.dumps(said), "utf-8")
    boxes = open_dataset(str(tmp_path), EXACT)
    assert (colours(boxes), boxes.class_name(0)) == (["red"], "cat")


def test_the_samples_of_fiftyone(tmp_path: Path) -> None:
    pictures(tmp_path / "data", "a.png", "b.png")
    found = [
        {"_cls": "Detection", "label": name, "bounding_box": [x / WIDE, y / HIGH, w / WIDE, h / HIGH]}
        for name, (x, y, w, h) in (("red", RED), ("blue", BLUE))
    ]
    samples: list[dict[str, Any]] = [
        {"filepath": "data/a.png", "tags": ["train"], "ground_truth": {"_cls": "Detections", "detections": found},
         "weather": {"_cls": "Classification", "label": "sun"}},
        {"filepath": "/home/someone/set/data/b.png", "tags": ["test"],
         "ground_truth": {"_cls": "Detections", "detections": found}},
        {"tags": []},
    ]  # fmt: skip
    (tmp_path / "samples.json").write_text(json.dumps({"samples": samples}), "utf-8")
    (tmp_path / "metadata.json").write_text("{}", "utf-8")
    assert read_as(tmp_path) == "FiftyOne"
    dataset = open_dataset(str(tmp_path), EXACT)
    assert colours(dataset) == ["red", "blue"] * 2
    assert list(dataset.columns["split"]) == ["train"] * 2 + ["test"] * 2
    assert list(dataset.columns["weather"]) == ["sun", "sun", "", ""]
    assert "boxes are those of the field ground_truth" in dataset.report.notes
    for sample in samples:
        sample.pop("ground_truth", None)
    (tmp_path / "samples.json").write_text(json.dumps({"samples": samples}), "utf-8")
    whole = open_dataset(str(tmp_path), EXACT)
    assert [whole.class_name(i) for i in range(2)] == ["sun", ""]


def test_pictures_that_are_not_there_are_asked_for(coco_set: Path) -> None:
    path = coco_set / "alone.json"
    path.write_text(json.dumps(coco(["x.png", "y.png"])), "utf-8")
    with pytest.raises(UserError, match=r"None of the 2 pictures .* is below .*; the first is x\.png"):
        scanned(str(path))


def test_a_folder_without_a_list_is_left_to_others(tmp_path: Path) -> None:
    root = picture_folder(tmp_path / "plain", {"images/a": 2, "labels/b": 2})
    (root / "notes.json").write_text('{"images": 3}', "utf-8")
    (root / "labels" / "b" / "000.txt").write_text("a label\n", "utf-8")
    (root / "page.xml").write_text("<annotation/>", "utf-8")
    assert "boxes" not in {bid.source for bid in bids_for(str(root), DEFAULT_OPTIONS)}
