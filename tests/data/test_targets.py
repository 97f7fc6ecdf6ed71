"""A number as the target of data: no class, no measurement, and split by its size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_beside, open_dataset
from explorer.data.split import make_split, taking_part
from tests.helpers.data import picture, save_picture

AGES = [str(20 + i // 4) for i in range(40)]


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    """A table of pictures whose only column repeats, so that it would be the class."""
    rows = ["path,age"]
    for i, age in enumerate(AGES):
        save_picture(tmp_path / "p" / f"{i:02d}.png", picture(i))
        rows.append(f"p/{i:02d}.png,{age if i != 3 else ''}")
    table = tmp_path / "ages.csv"
    table.write_text("\n".join(rows))
    return str(table)


def test_a_column_of_pictures_is_a_target_and_no_class(pictures: str, cache: Path) -> None:
    assert open_dataset(pictures, cache_folder=cache).class_names
    dataset = open_dataset(pictures, DataOptions(target_column="age", target_period=100.0), cache_folder=cache)
    assert dataset.class_names == ()
    assert dataset.target is not None
    assert (dataset.target.name, dataset.target.period, dataset.protocol) == ("age", 100.0, "regression")
    assert dataset.target.values[:3].tolist() == [20.0, 20.0, 20.0]
    assert np.isnan(dataset.target.values[3])
    assert "The target is the number in age, which begins anew after 100" in dataset.report.notes
    assert taking_part(dataset).sum() == 39
    split = make_split("auto", {}, dataset, 0)
    held = dataset.target.values[split.held_out]
    assert len(held) == 9  # of three stretches of thirteen three each
    assert len({int(age - 20) * 3 // 10 for age in held}) == 3
    assert split.notes == ("1 item without a number in age: not learned by it",)


def test_what_is_added_keeps_the_target(pictures: str, cache: Path) -> None:
    options = DataOptions(target_column="age")
    both = open_beside(open_dataset(pictures, options, cache_folder=cache), pictures, "test", options)
    assert both.target is not None
    assert len(both.target) == 80


def test_a_column_of_numbers_is_learned_and_not_measured(tmp_path: Path) -> None:
    table = tmp_path / "houses.csv"
    random = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{c:.3f},{a + b:.3f}" for a, b, c in random.normal(size=(30, 3))]
    table.write_text("\n".join(["area,rooms,year,price", *rows]))
    dataset = open_dataset(str(table), DataOptions(target_column="price"))
    assert dataset.shape[2] == 3
    assert dataset.target is not None
    mixed = tmp_path / "mixed.csv"
    cells = [f"{(i * 7) % 30 + 0.5},{'ab'[i % 2]},{i * 1.5}" for i in range(30)]
    mixed.write_text("\n".join(["area,label,price", *cells]))
    found = open_dataset(str(mixed), DataOptions(target_column="price", modality="table"))
    assert found.reading["numbers"] == "area"
    assert found.target is not None


def test_folders_that_are_called_by_numbers_are_a_target(tmp_path: Path, cache: Path) -> None:
    for i in range(6):
        save_picture(tmp_path / f"{10 * (i % 3)}" / f"{i}.png", picture(i))
    dataset = open_dataset(str(tmp_path), DataOptions(target_column="class"), cache_folder=cache)
    assert dataset.target is not None
    assert sorted(set(dataset.target.values.tolist())) == [0.0, 10.0, 20.0]
    assert dataset.labelled
    with pytest.raises(UserError, match="no column 'age' for a target"):
        open_dataset(str(tmp_path), DataOptions(target_column="age"), cache_folder=cache)
