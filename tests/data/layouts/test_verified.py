"""Sets of faces with lists of pairs: people, parts and pairs are compared with what their files say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.registry import create
from explorer.data.dataset import Dataset
from explorer.data.opening import open_dataset
from explorer.data.split import make_split
from explorer.engine.datasets.samples import sample_of
from explorer.evaluation.protocol import Effort
from explorer.measure.lifts import lift
from tests.data.layouts.sets import pictures, said, texts, zipped
from tests.helpers.data import scanned

PEOPLE = {"Aaron_Eckhart": 1, "Abel_Pacheco": 4, "Bo_Li": 2, "Cy_Twombly": 3}
PAIRS = [
    ("Abel_Pacheco", 1, "Abel_Pacheco", 4),
    ("Aaron_Eckhart", 1, "Abel_Pacheco", 2),
    ("Cy_Twombly", 1, "Cy_Twombly", 3),
    ("Bo_Li", 2, "Cy_Twombly", 2),
]


def lfw_line(a: str, n: int, b: str, m: int) -> str:
    return f"{a}\t{n}\t{m}\n" if a == b else f"{a}\t{n}\t{b}\t{m}\n"


def picture_of(person: str, number: int) -> str:
    return f"{person}/{person}_{number:04d}.jpg"


def named(dataset: Dataset) -> dict[str, list[tuple[str, str, bool]]]:
    """Return the pairs of each list by the names of their pictures."""
    names = [path.rpartition("/")[2] for path in dataset.ids]
    return {
        one.name: [
            (names[a], names[b], same) for (a, b), same in zip(one.rows.tolist(), one.same.tolist(), strict=True)
        ]
        for one in dataset.pairs
    }


@pytest.fixture
def lfw(tmp_path: Path) -> Path:
    """Unpack lfw.tgz and the lists of view 2 beside it."""
    root = tmp_path / "lfw-home"
    pictures(root / "lfw", *(picture_of(name, n) for name, most in PEOPLE.items() for n in range(1, most + 1)))
    texts(root, {"pairs.txt": "2\t1\n" + "".join(lfw_line(*pair) for pair in PAIRS)})
    return root


def test_lfw_keeps_its_pairs_and_holds_out_the_people_of_the_last_fold(lfw: Path, cache: Path) -> None:
    dataset = open_dataset(str(lfw), cache_folder=cache)
    assert dataset.report.read_as == "LFW: pairs.txt and people such as Aaron_Eckhart/Aaron_Eckhart_0001.jpg"
    assert dataset.report.notes == (
        "pairs.txt: 4 pairs in 2 folds to be verified",
        "Split by people: those of the last of 2 folds of pairs.txt are test, all others train",
    )
    part = {"Aaron_Eckhart": "train", "Abel_Pacheco": "train", "Bo_Li": "test", "Cy_Twombly": "test"}
    assert said(scanned(str(lfw)), "split") == {
        f"lfw/{picture_of(name, n)}": (name, part[name]) for name, most in PEOPLE.items() for n in range(1, most + 1)
    }
    wanted = [(f"{a}_{n:04d}.jpg", f"{b}_{m:04d}.jpg", a == b) for a, n, b, m in PAIRS]
    assert named(dataset) == {"pairs.txt": wanted}
    assert dataset.pairs[0].folds.tolist() == [1, 1, 2, 2]
    assert named(open_dataset(str(zipped(lfw)), cache_folder=cache)) == {"pairs.txt": wanted}


def test_verification_compares_the_pairs_that_came_with_the_data(lfw: Path, cache: Path) -> None:
    dataset = open_dataset(str(lfw), cache_folder=cache)
    held = make_split("auto", {}, dataset, 0).held_out
    x = np.arange(len(held), dtype=np.float32)[:, None]
    sample = sample_of(dataset, held, x, lift("euclidean"), None)
    found = create("protocol", "verification", {}).measure(sample, Effort())
    assert (found.figures["same_pairs"], found.figures["different_pairs"]) == (1, 1)
    assert found.how.startswith("2 of the 4 pairs of pairs.txt; ")
    every = np.arange(len(dataset))
    whole = sample_of(dataset, every, every.astype(np.float32)[:, None], lift("euclidean"), None)
    found = create("protocol", "verification", {"pairs_file": "pairs.txt"}).measure(whole, Effort())
    assert (found.figures["same_pairs"], found.figures["different_pairs"]) == (2, 2)
    assert found.how.startswith("the 4 pairs of pairs.txt; ")
    assert 0 <= found.figures["accuracy_low"] <= found.figures["accuracy"] <= found.figures["accuracy_high"] <= 1
    drawn = create("protocol", "verification", {"pairs_file": "drawn"}).measure(whole, Effort())
    assert drawn.figures["same_pairs"] == 6 + 1 + 3
    assert "pairs.txt" not in drawn.how


def test_the_lists_of_view_1_split_lfw(lfw: Path, cache: Path) -> None:
    texts(
        lfw,
        {
            "peopleDevTrain.txt": "2\nAaron_Eckhart\t1\nBo_Li\t2\n",
            "peopleDevTest.txt": "2\nAbel_Pacheco\t4\nCy_Twombly\t3\n",
            "pairsDevTest.txt": "1\nAbel_Pacheco\t1\t2\nAbel_Pacheco\t1\tCy_Twombly\t2\n",
            "pairsDevTrain.txt": "1\nBo_Li\t1\t2\nBo_Li\t1\tAaron_Eckhart\t9\n",
            "repairs.txt": "of the garden gate\n",
        },
    )
    (lfw / "lfw" / picture_of("Abel_Pacheco", 2)).write_bytes(b"broken")
    dataset = open_dataset(str(lfw), cache_folder=cache)
    split = make_split("auto", {}, dataset, 0)
    assert {dataset.class_name(i) for i in split.held_out.tolist()} == {"Abel_Pacheco", "Cy_Twombly"}
    assert {name: len(pairs) for name, pairs in named(dataset).items()} == {
        "pairs.txt": 3, "pairsDevTest.txt": 1, "pairsDevTrain.txt": 1,
    }  # fmt: skip  # of the broken picture there are none
    assert "pairsDevTrain.txt: 1 pair to be verified, 1 other of pictures that are not here" in dataset.report.notes
    assert any(note.startswith("repairs.txt lies there and is no list of pairs") for note in dataset.report.notes)


def test_lfw_funneled_has_lists_among_its_people(tmp_path: Path) -> None:
    pictures(tmp_path, *(picture_of(name, n) for name, most in PEOPLE.items() for n in range(1, most + 1)))
    text = "2\t1\n" + "".join(lfw_line(*pair) for pair in PAIRS)
    texts(tmp_path, {"pairs.txt": text, "pairs_01.txt": text, "pairs_02.txt": text})
    listing = scanned(str(tmp_path))
    assert listing.read_as.startswith("LFW: ")
    assert [one.name for one in listing.pairs] == ["pairs.txt"]


def test_cfp_has_two_protocols(tmp_path: Path, cache: Path) -> None:
    root = tmp_path / "cfp-dataset"
    people, poses = ("001", "002", "003", "004"), {"frontal": 3, "profile": 2}
    paths = [
        f"Data/Images/{who}/{pose}/{n:02d}.jpg" for who in people for pose, k in poses.items() for n in range(1, k + 1)
    ]
    pictures(root, *paths)
    lists = {
        kind: [path for path in paths if f"/{pose}/" in path] for kind, pose in (("F", "frontal"), ("P", "profile"))
    }
    splits = {  # numbers from 1; people 001 and 002 in fold 01, the others in fold 02
        "FP/01/same.txt": "1,1\n4,4\n", "FP/01/diff.txt": "1,3\n4,1\n",
        "FP/02/same.txt": "7,5\n12,8\n", "FP/02/diff.txt": "9,7\n10,5\n",
        "FF/01/same.txt": "1,2\n", "FF/01/diff.txt": "1,4\n",
        "FF/02/same.txt": "8,9\n", "FF/02/diff.txt": "7,10\n",
    }  # fmt: skip
    texts(
        root,
        {
            **{f"Protocol/Split/{path}": text for path, text in splits.items()},
            **{
                f"Protocol/Pair_list_{kind}.txt": "".join(f"{n} ../{path}\n" for n, path in enumerate(found, 1))
                for kind, found in lists.items()
            },
            "Data/list_name.txt": "Aaron Eckhart\nAaron Peirsol\nAaron Sorkin\nAbdullah Gul\n",
            "Data/Fiducials/001/frontal/01.txt": "1.0,2.0\n",
        },
    )
    dataset = open_dataset(str(root), cache_folder=cache)
    assert dataset.report.read_as.startswith("CFP: ")
    rows = said(scanned(str(root)), "pose", "name", "split")
    assert rows["Data/Images/002/profile/01.jpg"] == ("002", "profile", "Aaron Peirsol", "train")
    assert {row[3] for path, row in rows.items() if path[12:15] in ("003", "004")} == {"test"}
    assert [one.name for one in dataset.pairs] == ["CFP-FP", "CFP-FF"]
    for one, (first, second) in zip(dataset.pairs, (("F", "P"), ("F", "F")), strict=True):
        wanted = {
            (lists[first][int(a) - 1], lists[second][int(b) - 1], path.endswith("same.txt"), int(path[3:5]))
            for path, text in splits.items()
            if path[:2] == one.name[-2:]
            for a, b in (line.split(",") for line in text.split())
        }
        listed = zip(one.rows.tolist(), one.same.tolist(), one.folds.tolist(), strict=True)
        assert {(dataset.ids[a], dataset.ids[b], same, fold) for (a, b), same, fold in listed} == wanted
        assert all(
            (dataset.labels[a] == dataset.labels[b]) == same for (a, b), same in zip(one.rows, one.same, strict=True)
        )


def test_agedb_has_age_and_gender_in_its_names(tmp_path: Path) -> None:
    names = ("0_MariaCallas_35_f.jpg", "100_MariaCallas_40_f.jpg", "1_DannyDeVito_7_m.jpg", "2_X_9.jpg")
    pictures(tmp_path / "AgeDB", *names[:3])
    texts(tmp_path / "AgeDB", {"agedb_30_pairs.txt": f"{names[0]} {names[1]} 1\n{names[0]} {names[2]} 0\n"})
    listing = scanned(str(tmp_path))
    assert listing.read_as == "AgeDB: files such as 0_MariaCallas_35_f.jpg: number, name, age, gender"
    assert said(listing, "age", "gender") == {
        f"AgeDB/{names[0]}": ("MariaCallas", "35", "f"),
        f"AgeDB/{names[1]}": ("MariaCallas", "40", "f"),
        f"AgeDB/{names[2]}": ("DannyDeVito", "7", "m"),
    }
    assert [(one.name, len(one)) for one in listing.pairs] == [("agedb_30_pairs.txt", 2)]


def test_any_folder_may_have_a_list(tmp_path: Path, cache: Path) -> None:
    pictures(tmp_path, "a/1.png", "a/2.png", "b/1.png")
    texts(tmp_path, {"pairs.csv": "a,b\na/1.png,a/2.png\na/1.png,b/1.png\na/1.png,c/1.png\n"})
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.pairs[0].rows.tolist() == [[0, 1], [0, 2]]
    assert dataset.pairs[0].same.tolist() == [True, False]
    joined = dataset.combined(dataset, "test", cache_folder=cache)
    assert [one.rows.tolist() for one in joined.pairs] == [[[0, 1], [0, 2]], [[3, 4], [3, 5]]]
    texts(tmp_path, {"pairs.csv": "a,b\nx,y\n"})
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.pairs == ()
    assert "pairs.csv lists 1 pair, none of them of these items" in dataset.report.notes


def test_voxceleb_has_speakers_and_films(tmp_path: Path) -> None:
    voices = {
        "wav/id10270/5r0dWxy17C8/00001.wav": ("id10270", "5r0dWxy17C8", "test"),
        "wav/id10270/x6uYqmx31kE/00001.wav": ("id10270", "x6uYqmx31kE", "test"),
        "wav/id10300/ize_eiCFEg0/00003.wav": ("id10300", "ize_eiCFEg0", "test"),
        "wav/id10001/1zcIwhmdeo4/00001.wav": ("id10001", "1zcIwhmdeo4", "train"),
    }
    texts(tmp_path, {**dict.fromkeys(voices, "RIFF"), "wav/id10001/stray.wav": "RIFF"})
    first, second, third, _ = (path.removeprefix("wav/") for path in voices)
    texts(tmp_path, {"veri_test.txt": f"1 {first} {second}\n0 {first} {third}\n"})
    listing = scanned(str(tmp_path))
    assert listing.read_as == "VoxCeleb: folders of speakers such as wav/id10001/, with films"
    assert listing.modality == "sound"
    assert said(listing, "film", "split") == voices
    assert [(listing.ids[a], listing.ids[b]) for a, b in listing.pairs[0].rows.tolist()] == [
        (f"wav/{first}", f"wav/{second}"),
        (f"wav/{first}", f"wav/{third}"),
    ]
    assert listing.pairs[0].same.tolist() == [True, False]
    assert [item.path for item in listing.skipped] == ["wav/id10001/stray.wav"]
