"""Sets with index files beside their pictures: CUB-200-2011, NABirds, Stanford Online Products, In-shop Clothes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from explorer.core.types import Skipped
from explorer.core.words import several
from explorer.data.layouts.layout import Box, Found, Layout, Row, by_folders, by_index, partitioned, unread
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing
from explorer.data.names import natural, unique

IMAGES, LABELS, CLASSES = "images.txt", "image_class_labels.txt", "classes.txt"
SPLIT, BOXES, HIERARCHY = "train_test_split.txt", "bounding_boxes.txt", "hierarchy.txt"
PARTITIONS = ("list_eval_partition.txt", "Eval/list_eval_partition.txt", "Anno/list_eval_partition.txt")
SHOP_BOXES = ("list_bbox_inshop.txt", "Anno/list_bbox_inshop.txt")
FIRST_BIRD = "001.Black_footed_Albatross"
PARTS = {"0": "test", "1": "train"}
ASKED = ("train", "query", "gallery")


def _sees_birds(place: Place, root: str, hierarchy: bool) -> str:
    if {IMAGES, LABELS} <= place.children(root) and place.has(root + HIERARCHY) == hierarchy:
        return f"{IMAGES} and {LABELS} beside the pictures"
    return ""


def _table(found: Found, path: str, skipped: list[Skipped], *, needed: bool = True) -> dict[str, str]:
    """Return what a file says of each number: ``1 001.Black_footed_Albatross``."""
    said: dict[str, str] = {}
    for line, text in found.lines(path, needed=needed):
        key, _, value = text.partition(" ")
        if not value.strip():
            skipped.append(unread(path, line, "it has one word where there should be two"))
        elif key in said:
            skipped.append(unread(path, line, f"a second line for {key}; the first is used"))
        else:
            said[key] = value.strip()
    return said


def _box(text: str) -> Box | None:
    """Return the box ``60.0 27.0 325.0 304.0``: left, top, width, height."""
    try:
        left, top, width, height = map(float, text.split())
    except ValueError:
        return None
    return (left, top, width, height) if width > 0 and height > 0 else None


def _birds(found: Found) -> Listing:
    """Read the files of CUB-200-2011 and NABirds, which follow it: a number and what is said of it, a line each."""
    skipped: list[Skipped] = []
    paths = _table(found, IMAGES, skipped)
    labels = _table(found, LABELS, skipped)
    classes = _table(found, CLASSES, skipped, needed=False)
    split = _table(found, SPLIT, skipped, needed=False)
    boxes = _table(found, BOXES, skipped, needed=False)
    notes = [] if classes else [f"{CLASSES} is missing: classes are called by their numbers"]
    used = sorted(set(labels.values()) & set(classes) if classes else set(labels.values()), key=natural)
    called = dict(zip(used, unique(classes.get(number, number) for number in used), strict=True))
    levels = _levels(found, classes, called, skipped)
    rows, given = [], []
    for number, path in paths.items():
        label = called.get(labels.get(number, ""))
        if label is None:
            says = f"its class, {labels[number]}, is not in {CLASSES}" if number in labels else f"{LABELS} omits it"
            skipped.append(Skipped(f"{found.root}images/{path}", says))
            continue
        rows.append(Row(f"images/{path}", label, levels.get(label, {}), _box(boxes.get(number, ""))))
        given.append(PARTS.get(split.get(number, ""), ""))
    skipped += [Skipped(f"{LABELS}, {number}", f"{IMAGES} names no such picture") for number in labels.keys() - paths]
    rows, told = partitioned(found, rows, list(called.values()), given)
    return by_index(found, IMAGES, rows, list(called.values()), skipped, (*told, *notes))


def _levels(
    found: Found, classes: Mapping[str, str], called: Mapping[str, str], skipped: list[Skipped]
) -> dict[str, dict[str, str]]:
    """Return the columns level1, level2, … of each class by its name: its parents, the highest first, without the root.

    ``hierarchy.txt`` of NABirds has the number of a class and that of its parent in a line; 0 is all birds.
    """
    parent = _table(found, HIERARCHY, skipped, needed=False)
    levels = {}
    for number, label in called.items():
        above: list[str] = []
        while (number := parent.get(number, "")) and number in parent and number not in above:
            above.append(number)
        names = [classes.get(one, one) for one in reversed(above)]
        levels[label] = {f"level{depth}": name for depth, name in enumerate(names, 1)}
    return levels


def _sees_products(place: Place, root: str) -> str:
    names = ("Ebay_train.txt", "Ebay_test.txt")
    if not set(names) <= place.children(root):
        return ""
    return f"{' and '.join(names)} beside the pictures"


def _products(found: Found) -> Listing:
    """Read ``image_id class_id super_class_id path``, a picture a line; the two files share no class."""
    skipped: list[Skipped] = []
    rows: list[Row] = []
    for part in ("train", "test"):
        for path, number, cells in _cells(found, f"Ebay_{part}.txt", "image_id", 4, skipped):
            _, label, _, picture = cells
            if not label.isdecimal():
                skipped.append(unread(path, number, f"its class, {label}, is no number"))
                continue
            above = picture.partition("/")[0].removesuffix("_final")
            rows.append(Row(picture, label, {"split": part, "level1": above}))
    names = sorted({row.label for row in rows}, key=natural)
    notes = ["Split as the data set gives it, by class: Ebay_train.txt and Ebay_test.txt; level1: the kind of product"]
    return by_index(found, "Ebay_train.txt or Ebay_test.txt", rows, names, skipped, notes)


def _cells(
    found: Found, path: str, header: str, count: int, skipped: list[Skipped]
) -> Iterator[tuple[str, int, list[str]]]:
    """Yield path, number and cells of the lines below a header; before it there may be how many they are."""
    for number, text in found.lines(path):
        cells = text.split()
        if cells[0] == header or (number == 1 and len(cells) == 1 and cells[0].isdecimal()):
            continue
        if len(cells) == count:
            yield path, number, cells
        else:
            skipped.append(unread(path, number, f"{several(len(cells), 'word')} where there should be {count}"))


def _sees_shop(place: Place, root: str) -> str:
    """Look for the list of the partition; other sets call theirs so, and say other things in it."""
    for path in PARTITIONS:
        head = place.peek(root + path).split("\n", 3)
        if len(head) > 1 and head[1].split() == ["image_name", "item_id", "evaluation_status"]:
            return f"{path} of images, items and their part"
    return ""


def _shop(found: Found) -> Listing:
    """Read ``image_name item_id evaluation_status``, of img/WOMEN/Dresses/id_00000001/02_1_front.jpg and so on."""
    skipped: list[Skipped] = []
    index = found.first(*PARTITIONS)
    folder = "Img/" if found.place.has(f"{found.root}Img/img/") else ""
    boxes = _shop_boxes(found)
    rows = []
    for path, number, (picture, label, part) in _cells(found, index, "image_name", 3, skipped):
        if part not in ASKED:
            skipped.append(unread(path, number, f"{part} is none of {', '.join(ASKED)}"))
            continue
        _, *above = picture.split("/")[:-2]
        levels = {f"level{depth}": name for depth, name in enumerate(above, 1)}
        rows.append(Row(folder + picture, label, {"split": part, **levels}, boxes.get(picture)))
    names = sorted({row.label for row in rows}, key=natural)
    notes = [f"Split as {index} gives it: train, and queries that are asked of the gallery"]
    return by_index(found, index, rows, names, skipped, notes)


def _shop_boxes(found: Found) -> dict[str, Box]:
    """Return the boxes by picture, of ``image_name clothes_type pose_type x_1 y_1 x_2 y_2``."""
    boxes = {}
    for _, text in found.lines(found.first(*SHOP_BOXES), needed=False):
        cells = text.split()
        if len(cells) == 7 and all(cell.isdecimal() for cell in cells[3:]):
            left, top, right, bottom = (float(cell) for cell in cells[3:])
            boxes[cells[0]] = (left, top, right - left, bottom - top)
    return boxes


def _sees_bird_folders(place: Place, root: str) -> str:
    inside = next((name for name in ("", "images/", "train/") if place.has(f"{root}{name}{FIRST_BIRD}/")), None)
    return "" if inside is None else f"a class folder {inside}{FIRST_BIRD}"


LAYOUTS: Sequence[Layout] = (
    Layout("NABirds", lambda place, root: _sees_birds(place, root, True), _birds),
    Layout("CUB-200-2011", lambda place, root: _sees_birds(place, root, False), _birds),
    Layout("CUB-200-2011", _sees_bird_folders, by_folders),
    Layout("Stanford Online Products", _sees_products, _products),
    Layout("In-shop Clothes", _sees_shop, _shop),
)
