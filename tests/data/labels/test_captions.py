"""Tables whose rows are pictures with sentences: what becomes a caption, and what stays a column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from explorer.data.split import make_split
from tests.helpers.captions import shape_captions
from tests.helpers.data import picture, save_picture, scanned

ROWS = [("a.png", "a cat on the mat"), ("b.png", "two dogs in the rain"), ("c.png", "a cat on the mat")]


def table(root: Path, text: str, name: str = "rows.csv") -> str:
    for seed, file in enumerate(("a.png", "b.png", "c.png")):
        save_picture(root / file, picture(seed))
    (root / name).write_text(text, "utf-8")
    return str(root / name)


def rows(header: str = "image,caption", extra: str = "") -> str:
    return "\n".join([header, *(f'{name},"{text}"{extra}' for name, text in ROWS)])


def test_a_column_of_sentences_beside_pictures_is_one_of_captions(tmp_path: Path) -> None:
    found = scanned(table(tmp_path, rows()))
    assert found.modality == "captioned"
    assert list(found.ids) == ["a.png", "b.png", "c.png", "a.png#1", "b.png#1", "c.png#1"]
    assert list(found.columns["pair"]) == ["a.png", "b.png", "c.png"] * 2
    assert list(found.columns["kind"]) == ["picture"] * 3 + ["caption"] * 3
    assert list(found.columns["caption"]) == ["", "", "", *(text for _, text in ROWS)]
    assert found.notes[0].startswith("Pictures with the captions of the column caption: 3 captions of 3 pictures")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("image,notes\n" + "\n".join(f"{name},{text} and much more of it" for name, text in ROWS), "captioned"),
        ("image,notes\n" + "\n".join(f"{name},fine" for name, _ in ROWS), "pictures"),
        ("image,label\n" + "\n".join(f"{name},a class of several long words" for name, _ in ROWS), "pictures"),
        ("image,title\n" + "\n".join(f"{name},{number}" for number, (name, _) in enumerate(ROWS)), "pictures"),
        ("image,caption\n" + "\n".join(f"{name},cat" for name, _ in ROWS), "pictures"),
    ],
)
def test_only_what_reads_as_sentences_is_a_caption_by_itself(text: str, kind: str, tmp_path: Path) -> None:
    assert scanned(table(tmp_path, text)).modality == kind


def test_captions_are_taken_or_left_by_hand(tmp_path: Path) -> None:
    spec = table(tmp_path, rows("image,words,pose", ",sits"))
    alone = scanned(spec, DataOptions(modality="pictures"))
    assert (alone.modality, len(alone)) == ("pictures", 3)
    assert list(alone.columns["words"]) == [text for _, text in ROWS]
    assert len(scanned(spec, DataOptions(text_column="words"))) == 6
    asked = scanned(spec, DataOptions(modality="captioned", text_column="pose"))
    assert list(asked.columns["caption"][3:]) == ["sits"] * 3
    with pytest.raises(UserError, match=r"no column 'wrods' beside the pictures; the columns are words, pose"):
        scanned(spec, DataOptions(text_column="wrods"))
    bare = table(tmp_path, "image\na.png\nb.png\n", "bare.csv")
    with pytest.raises(UserError, match="No column has captions beside the pictures"):
        scanned(bare, DataOptions(modality="captioned"))


def test_a_picture_may_have_several_captions_and_one_without_is_left_out(tmp_path: Path) -> None:
    text = "image,caption,kind\n" + "\n".join(
        f"{name},{said},x" for name in ("a.png", "b.png") for said in ("a cat on a mat", "an animal sits there")
    )
    found = scanned(table(tmp_path, f"{text}\nc.png,,y\n"))
    assert list(found.ids) == ["a.png", "b.png", "a.png#1", "a.png#2", "b.png#1", "b.png#2"]
    assert list(found.columns["pair"]) == ["a.png", "b.png", "a.png", "a.png", "b.png", "b.png"]
    assert any("1 picture without a caption left out" in note for note in found.notes)
    assert not any("repeating" in note for note in found.notes)


def test_captions_have_the_class_and_the_columns_of_their_picture(tmp_path: Path) -> None:
    lines = [{"image": name, "text": text, "label": label} for (name, text), label in zip(ROWS, "xyx", strict=True)]
    spec = table(tmp_path, "\n".join(json.dumps({**line, "split": "train"}) for line in lines), "rows.jsonl")
    found = scanned(spec)
    assert found.modality == "captioned"
    assert [found.class_names[label] for label in found.labels.tolist()] == ["x", "y", "x"] * 2
    assert list(found.columns["split"]) == ["train"] * 6


def test_pairs_stay_in_one_part_of_a_split(tmp_path: Path, cache: Path) -> None:
    spec = str(shape_captions(tmp_path, 24, captions=2, things=True))
    dataset = open_dataset(spec, cache_folder=cache)
    assert len(dataset) == 72
    for name in ("auto", "items", "classes"):
        split = make_split(name, {}, dataset, 0)
        pairs = list(dataset.columns["pair"])
        train, test = ({pairs[item] for item in part.tolist()} for part in (split.train, split.held_out))
        assert train
        assert test
        assert not train & test
        assert len(split.train) + len(split.held_out) == 72
        assert len(split.held_out) == 3 * len(test)
    unlabelled = open_dataset(str(shape_captions(tmp_path / "two", 20)), cache_folder=cache)
    split = make_split("auto", {}, unlabelled, 0)
    assert (len(split.train), len(split.held_out)) == (32, 8)


def test_a_picture_that_cannot_be_read_takes_its_captions_along(tmp_path: Path, cache: Path) -> None:
    spec = table(tmp_path, rows())
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    dataset = open_dataset(spec, cache_folder=cache)
    assert list(dataset.ids) == ["a.png", "c.png", "a.png#1", "c.png#1"]
    (told,) = dataset.report.skipped
    assert told.path == "b.png"
    assert told.reason.endswith("; left out with 1 caption of it")
    again = open_dataset(spec, cache_folder=cache)
    assert (list(again.ids), again.report) == (list(dataset.ids), dataset.report)
    assert dataset.preview(3) == "a cat on the mat"


@pytest.mark.parametrize("name", ["rows.jsonl", "captions.jsonl", "metadata.jsonl"])
def test_a_list_in_a_line_of_json_is_a_caption_each(name: str, tmp_path: Path) -> None:
    said = ["A red car stands here.", "One old car; it is red."]
    key = "file_name" if name == "metadata.jsonl" else "image"
    lines = [{key: f"{at}.png", "captions": said, "tags": ["a", "b"], "seen": ["by one of us", "by all of us"]}
             for at in range(3)]  # fmt: skip
    for at in range(3):
        save_picture(tmp_path / f"{at}.png", picture(at))
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found = scanned(str(tmp_path) if name == "metadata.jsonl" else str(path))
    assert found.modality == "captioned"
    assert list(found.columns["caption"][3:]) == said * 3
    assert found.class_names == ("a;b",)
    assert set(found.columns["seen"]) == {"by one of us;by all of us"}
    alone = scanned(str(path), DataOptions(modality="pictures"))
    assert set(alone.columns["captions"]) == {";".join(said)}


def test_texts_beside_pictures_that_are_not_utf_8_are_told(tmp_path: Path) -> None:
    for at in range(3):
        save_picture(tmp_path / f"{at}.png", picture(at))
        (tmp_path / f"{at}.txt").write_bytes(f"ein schöner Tag {at}".encode("latin-1" if at else "utf-8"))
    found = scanned(str(tmp_path))
    assert list(found.columns["caption"])[3:] == [f"ein schöner Tag {at}" for at in range(3)]
    assert "2 texts that are not UTF-8, read as Latin-1, such as 1.txt" in found.notes
