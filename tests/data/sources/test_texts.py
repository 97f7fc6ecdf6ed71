"""Tables of texts: which column holds them, what is read, and that pictures and numbers stay what they are."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for
from explorer.data.dataset import Dataset
from explorer.data.opening import check, open_beside, open_dataset
from tests.helpers.data import picture_folder

ROWS = [("Where is my card?", "card"), ('it\'s, well, "lost"', "card"), ("Déjà payé — 3 €", "pay"), ("pay now", "pay")]


def table(path: Path, rows: Sequence[tuple[str, ...]], header: str = "text,category") -> Path:
    lines = [header, *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def texts_of(dataset: Dataset) -> list[str]:
    return [str(dataset.preview(i)) for i in range(len(dataset))]


def source_of(path: Path, **options: str) -> str:
    return bids_for(str(path), DataOptions(**options))[0].source


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_table_gives_the_same_texts_and_classes(kind: str, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / f"questions.{kind}"
    if kind == "csv":
        table(path, ROWS)
    elif kind == "tsv":
        path.write_text("text\tcategory\n" + "".join(f'"{a.replace(chr(34), chr(34) * 2)}"\t{b}\n' for a, b in ROWS))
    elif kind == "jsonl":
        path.write_text("\n".join(json.dumps({"text": text, "category": label}) for text, label in ROWS) + "\n\n")
    else:
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(
            pa.table({"text": [a for a, _ in ROWS], "category": [b for _, b in ROWS], "v": [b"1"] * 4}), path
        )
    dataset = open_dataset(str(path), cache_folder=cache)
    assert dataset.modality.name == "text"
    assert texts_of(dataset) == [text for text, _ in ROWS]
    assert [dataset.class_name(i) for i in range(4)] == [label for _, label in ROWS]
    assert dataset.shape == (1, 32, 1)
    assert "The texts are those of the column text" in dataset.report.notes
    assert "Classes are those of the column category" in dataset.report.notes
    again = open_dataset(str(path), cache_folder=cache)  # now from the cache
    assert (texts_of(again), again.fingerprint) == (texts_of(dataset), dataset.fingerprint)


def test_the_column_is_recognised_by_its_name_or_by_its_words(tmp_path: Path, cache: Path) -> None:
    path = table(tmp_path / "a.csv", [("1", "How are you?", "x"), ("2", "Fine, and you?", "y")], "id,Question,label")
    dataset = open_dataset(str(path), cache_folder=cache)
    assert (texts_of(dataset)[0], list(dataset.ids)) == ("How are you?", ["1", "2"])
    rows = [("a", "the first of them", "u"), ("a", "and then another one", "v"), ("b", "more than two words", "w")]
    path = table(tmp_path / "b.csv", rows, "kind,gist,more")
    assert texts_of(open_dataset(str(path), cache_folder=cache))[2] == "more than two words"
    chosen = open_dataset(str(path), DataOptions(text_column="more", label_column="kind"), cache_folder=cache)
    assert texts_of(chosen) == ["u", "v", "w"]
    assert chosen.class_names == ("a", "b")
    with pytest.raises(UserError, match="has no column 'gone'; its columns are kind, gist, more"):
        open_dataset(str(path), DataOptions(text_column="gone", modality="text"), cache_folder=cache)


def test_tables_of_pictures_and_of_numbers_stay_what_they_are(tmp_path: Path) -> None:
    picture_folder(tmp_path / "p", {"a": 2})
    names = sorted(path.name for path in (tmp_path / "p" / "a").iterdir())
    captions = [(f"p/a/{name}", "a dog on a red mat", "dog") for name in names]
    assert source_of(table(tmp_path / "captions.csv", captions, "file_name,text,label")) == "csv"
    gone = [("nowhere/1.png", "a dog on a red mat", "dog"), ("nowhere/2.png", "a cat in the sun", "cat")]
    assert source_of(table(tmp_path / "gone.csv", gone, "file_name,text,label")) == "csv"
    numbers = [("0.1", "0.2", "0.3", "a dog on a red mat"), ("0.4", "0.5", "0.1", "a cat in the sun")]
    assert source_of(table(tmp_path / "numbers.csv", numbers, "z0,z1,z2,text")) == "vectors"
    people = [("1", "0", "3", "Braund, Mr. Owen Harris", "22"), ("2", "1", "1", "Cumings, Mrs. John B.", "")]
    assert source_of(table(tmp_path / "people.csv", people, "PassengerId,Survived,Pclass,Name,Age")) != "texts"
    reviews = [("1", "1", "0", "5", "Good quality dog food"), ("2", "0", "0", "1", "Not as it was advertised")]
    assert source_of(table(tmp_path / "reviews.csv", reviews, "Id,Helpful,Votes,Score,Text")) == "texts"
    pairs = [("0", "a man sleeps", "a man is awake"), ("1", "it rains today", "it is raining")]
    assert source_of(table(tmp_path / "pairs.csv", pairs, "label,sentence1,sentence2")) == "texts"
    assert source_of(tmp_path / "captions.csv", modality="text") == "texts"
    assert source_of(tmp_path / "captions.csv", text_column="text") == "csv"  # the captions of these pictures
    assert source_of(tmp_path / "gone.csv", text_column="text") == "texts"
    assert source_of(table(tmp_path / "short.csv", [("a", "1"), ("b", "2")], "kind,label")) == "csv"


def test_a_folder_of_parts_is_one_set_with_its_split(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    table(folder / "test.csv", ROWS[:2])
    table(folder / "train.csv", [*ROWS, ("", "pay")])
    (folder / "categories.json").write_text("[]")
    (folder / "LICENSE").write_text("free")
    found = check(str(folder), cache_folder=cache)
    assert found.bids[0].source == "texts"
    assert found.splits == {"test": 2, "train": 4}
    assert [(one.path, one.reason) for one in found.report.skipped] == [("train.csv, line 6", "there is no text in it")]
    dataset = open_dataset(str(folder), cache_folder=cache)
    assert list(dataset.ids)[:2] == ["train[2]", "train[3]"]
    assert list(dataset.ids)[4:] == ["test[2]", "test[3]"]
    picture_folder(folder / "pictures", {"a": 1, "b": 1})
    assert source_of(folder) == "folder"  # then the tables describe something else


def test_files_of_text_are_a_set_and_captions_beside_pictures_are_not(tmp_path: Path, cache: Path) -> None:
    for label, words in {"news": ["one two", "three"], "mail": ["four", " \n"]}.items():
        (tmp_path / "t" / label).mkdir(parents=True)
        for number, text in enumerate(words):
            (tmp_path / "t" / label / f"{number}.txt").write_text(
                text, encoding="utf-16" if text == "three" else "utf-8"
            )
    dataset = open_dataset(str(tmp_path / "t"), cache_folder=cache)
    assert (dataset.modality.name, texts_of(dataset)) == ("text", ["four", "one two", "three"])
    assert [(one.path, one.reason) for one in dataset.report.skipped] == [("mail/1.txt", "there is no text in it")]
    pictures = picture_folder(tmp_path / "p", {"a": 2})
    (pictures / "a" / "caption.txt").write_text("a dog on a mat")
    assert open_dataset(str(pictures), cache_folder=cache).modality.name == "pictures"


def test_what_is_no_text_is_skipped_and_what_was_read_as_latin_1_is_said(tmp_path: Path, cache: Path) -> None:
    files = {"a/1.txt": "déjà vu".encode("latin-1"), "a/2.txt": b"plain", "b/3.txt": b"\x7fELF\x02\0\0" * 9,
             "b/4.txt": bytes(range(1, 32)) * 9, "b/5.txt": "vu déjà".encode(), "b/6.txt": "naïf".encode("utf-16"),
             "b/7.txt": "né".encode("latin-1")}  # fmt: skip
    for name, content in files.items():
        (tmp_path / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "t" / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.add(tmp_path / "t", ".")
    reason = "holds bytes that no text has: not a text, or UTF-16 without its mark"
    for path in (
        tmp_path / "t",
        tmp_path / "t",
        tmp_path / "t.zip",
        tmp_path / "t.tar",
    ):  # the second time from the cache
        dataset = open_dataset(str(path), cache_folder=cache)
        assert texts_of(dataset) == ["déjà vu", "plain", "vu déjà", "naïf", "né"]
        assert [(one.path, one.reason) for one in dataset.report.skipped] == [("b/3.txt", reason), ("b/4.txt", reason)]
        assert "2 texts that are not UTF-8, read as Latin-1, such as a/1.txt" in dataset.report.notes
    with pytest.raises(UserError, match="holds no text"):
        dataset.modality.read(tmp_path / "t" / "b" / "3.txt", dataset.shape)


def test_a_long_text_is_cut_at_a_character_and_that_is_said(tmp_path: Path, cache: Path) -> None:
    path = table(tmp_path / "long.csv", [("é" * 3000, "a"), ("short one", "b"), ("another short", "b")])
    dataset = open_dataset(str(path), cache_folder=cache)
    assert dataset.shape[1] % 32 == 0
    assert texts_of(dataset)[0].rstrip("…").strip("é") == ""
    assert texts_of(dataset)[0].endswith("…")
    assert any(note.startswith("1 text is cut to") for note in dataset.report.notes)
    short = open_dataset(str(path), DataOptions(length=12), cache_folder=cache)
    assert texts_of(short) == ["éééé…", "short one", "another s…"]
    assert any(note.startswith("2 texts are cut to 12 bytes") for note in short.report.notes)
    both = open_beside(short, str(table(tmp_path / "more.csv", ROWS)), "test", cache_folder=cache)
    assert both.shape == (1, 12, 1)
    assert texts_of(both)[3] == "Where is …"


def test_what_is_no_table_of_texts_is_told(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "one and two"}\nno json\n[1]\n')
    found = check(str(tmp_path / "bad.jsonl"), cache_folder=cache)
    assert [one.path for one in found.report.skipped] == ["bad.jsonl, line 2", "bad.jsonl, line 3"]
    (tmp_path / "empty.csv").write_text("text,label\n,a\n,b\n")
    with pytest.raises(UserError, match="holds no text"):
        open_dataset(str(tmp_path / "empty.csv"), DataOptions(text_column="text"), cache_folder=cache)
    (tmp_path / "none.jsonl").write_text("no\n")
    with pytest.raises(UserError, match="has no rows"):
        open_dataset(str(tmp_path / "none.jsonl"), cache_folder=cache)
