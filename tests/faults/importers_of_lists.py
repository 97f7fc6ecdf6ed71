"""Texts that name pictures: tables, lists of boxes, the index of a known set, pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.importer import Importer, opens
from tests.helpers.data import picture, save_picture

HIGH, WIDE = 12, 16
NAMES = ("a.png", "b.png")
BOX = (2, 3, 8, 6)
"""Left, top, width and height of what is marked on every picture."""
SHARE = [BOX[0] / WIDE, BOX[1] / HIGH, BOX[2] / WIDE, BOX[3] / HIGH]


def _pictures(folder: Path, *names: str) -> None:
    for seed, name in enumerate(names):
        save_picture(folder / name, picture(seed, HIGH, WIDE))


def _listed(list_name: str, text: str, folder: Path, names: tuple[str, ...] = NAMES) -> Importer:
    """Write pictures and a list of them, and damage the list."""
    _pictures(folder, *names)
    file = folder / list_name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return opens(file, folder)


def _table(folder: Path) -> Importer:
    rows = "".join(f"{name},c{i},{i}.5,né\n" for i, name in enumerate(NAMES))
    made = _listed("labels.csv", "path,label,weight,remark\n" + rows, folder)
    return opens(made.file)


def _lines() -> str:
    rows = [{"path": name, "label": f"c{i}", "weight": 0.5 + i, "note": None} for i, name in enumerate(NAMES)]
    return "\n".join(json.dumps(row) for row in rows)


def _coco() -> str:
    return json.dumps({
        "info": {}, "licenses": [],
        "images": [{"id": i, "file_name": name, "width": WIDE, "height": HIGH} for i, name in enumerate(NAMES)],
        "annotations": [{"id": i, "image_id": i, "category_id": 1 + i, "bbox": BOX, "iscrowd": 0} for i in (0, 1)],
        "categories": [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}],
    })  # fmt: skip


def _label_studio() -> str:
    value = {"x": 12.5, "y": 25, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": ["red"]}
    region = {"type": "rectanglelabels", "original_width": WIDE, "original_height": HIGH, "value": value}
    tasks = [
        {"id": i, "annotations": [{"result": [region]}], "data": {"image": f"/data/upload/3/0123abcd-{name}"}}
        for i, name in enumerate(NAMES)
    ]
    return json.dumps(tasks)


def _cvat() -> str:
    corners = f'xtl="{BOX[0]}" ytl="{BOX[1]}" xbr="{BOX[0] + BOX[2]}" ybr="{BOX[1] + BOX[3]}"'
    images = "".join(
        f'<image id="{i}" name="{name}" width="{WIDE}" height="{HIGH}"><box label="red" {corners}>'
        f'<attribute name="shade">dark &amp; red</attribute></box></image>\n'
        for i, name in enumerate(NAMES)
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
    return f"{head}<meta><task><name>n</name></task></meta>\n{images}</annotations>"


def _classes() -> str:
    return json.dumps({"classes": ["cat", "dog"], "labels": {"a": 1, "b": [{"label": 0, "bounding_box": SHARE}]}})


def _samples() -> str:
    found: list[dict[str, Any]] = [{"_cls": "Detection", "label": "red", "bounding_box": SHARE}]
    samples = [{"filepath": f"data/{name}", "tags": ["train"],
                "ground_truth": {"_cls": "Detections", "detections": found}} for name in NAMES]  # fmt: skip
    return json.dumps({"samples": samples})


def _yolo(damaged: str, folder: Path) -> Importer:
    _pictures(folder / "images" / "train", *NAMES)
    labels = folder / "labels" / "train"
    labels.mkdir(parents=True)
    for name in NAMES:
        (labels / name.replace("png", "txt")).write_text("1 0.5 0.5 0.5 0.5\n0 0.1 0.2 0.5 0.2 0.5 0.6\n")
    (folder / "data.yaml").write_text("path: .\ntrain: images/train\nnames:\n  0: blue\n  1: 'red'  # warm\n")
    return opens(folder / damaged, folder)


def _birds(folder: Path) -> Importer:
    """Write CUB-200-2011 of four pictures."""
    names = [f"{k:03d}.Class_{k}/p{i}.png" for k in (1, 2) for i in (1, 2)]
    _pictures(folder / "images", *names)
    lines = {
        "images.txt": "".join(f"{n} {name}\n" for n, name in enumerate(names, 1)),
        "image_class_labels.txt": "".join(f"{n} {int(name[:3])}\n" for n, name in enumerate(names, 1)),
        "train_test_split.txt": "".join(f"{n} {n % 2}\n" for n in range(1, 5)),
        "classes.txt": "1 001.Class_1\n2 002.Class_2\n",
        "bounding_boxes.txt": "".join(f"{n} 1.0 2.0 9.0 8.0\n" for n in range(1, 5)),
    }
    for name, text in lines.items():
        (folder / name).write_text(text)
    return opens(folder / "images.txt", folder)


def _pairs(folder: Path) -> Importer:
    names = [f"{who}/{who}_{i:04d}.png" for who in ("Ann_Lee", "Bob_Ray") for i in (1, 2)]
    text = "1\t1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tBob_Ray\t2\n"
    return _listed("pairs.txt", text, folder, tuple(names))


def _captions_of_coco() -> str:
    images = [{"id": number, "file_name": name} for number, name in enumerate(NAMES)]
    told = [{"image_id": number, "id": number, "caption": f"a small picture of {number}"} for number in range(2)]
    return json.dumps({"images": images, "annotations": told})


LISTS: dict[str, Callable[[Path], Importer]] = {
    "csv of pictures": _table,
    "jsonl of pictures": lambda folder: opens(_listed("items.jsonl", _lines(), folder).file),
    "COCO": partial(_listed, "annotations.json", _coco()),
    "Label Studio": partial(_listed, "export.json", _label_studio()),
    "CVAT": partial(_listed, "annotations.xml", _cvat()),
    "FiftyOne classes": partial(_listed, "labels.json", _classes(), names=("data/a.png", "data/b.png")),
    "FiftyOne samples": partial(_listed, "samples.json", _samples(), names=("data/a.png", "data/b.png")),
    "YOLO boxes": partial(_yolo, "labels/train/a.txt"),
    "YOLO names": partial(_yolo, "data.yaml"),
    "CUB index": _birds,
    "metadata of a folder": partial(_listed, "metadata.csv", "file_name,label\na.png,a\nb.png,b\n"),
    "COCO captions": partial(_listed, "captions_train.json", _captions_of_coco()),
    "Flickr captions": partial(
        _listed, "captions.token", "a.jpg#0\tA red dog runs.\nb.jpg#0\tA blue cat sits.\n", names=("a.jpg", "b.jpg")
    ),
    "table of captions": partial(_listed, "captions.csv", "image,caption\na.png,A red dog runs\nb.png,A cat sits\n"),
    "LFW pairs": _pairs,
}
