from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from explorer.core.map_values import ItemValues
from explorer.core.types import Split
from explorer.ui.map.colourings import (
    MEASURES,
    MOST_LISTED,
    MOST_ROWS,
    STEPS,
    by_class,
    by_column,
    by_measure,
    by_split,
    columns_offered,
    listed,
    palette_of,
    rows_of,
    scale_colours,
    title_of,
)
from explorer.ui.widgets.theme import DARK, LIGHT, WHITE, Theme
from tests.helpers.contrast import contrast

GENERATOR = np.random.default_rng(5)


def measured(name: str, values: list[float], *, exact: bool = True) -> ItemValues:
    return ItemValues("r1", 3, name, np.arange(len(values)), np.array(values, np.float32), exact, "all pairs")  # type: ignore[arg-type]


def test_columns_that_tell_nothing_are_not_offered_and_taken_names_are_told_apart() -> None:
    columns = {"level": ("a", "b"), "same": ("x", "x"), "loss": ("1", "2"), "empty": ()}
    assert columns_offered(columns) == ("level", "column:loss")
    assert title_of("column:loss") == "loss"
    assert title_of("violation") == "violation rate"


def test_a_column_of_texts_has_a_colour_for_each_of_any_number() -> None:
    texts = tuple(f"writer {k % 5_000}" for k in range(12_000))
    colouring = by_column("writer", texts)
    assert colouring.scale is None
    assert len(colouring.names) == 5_000
    assert [colouring.names[code] for code in colouring.codes[:6_000]] == list(texts[:6_000])
    assert (rows_of(colouring) == colouring.codes).all()


def test_few_numbers_are_values_in_their_order_and_many_have_a_scale() -> None:
    few = by_column("level", ("10", "9", "", "1"))
    assert few.names == ("1", "9", "10")
    assert few.codes.tolist() == [2, 1, -1, 0]
    many = by_column("age", (*tuple(str(k) for k in range(101)), ""))
    assert many.scale is not None
    assert (many.scale.low, many.scale.high) == (1.0, 99.0)
    assert many.codes[-1] == -1
    assert many.codes[0] == 0
    assert many.codes[100] == STEPS - 1
    assert (np.diff(many.codes[:101]) >= 0).all()
    mixed = by_column("name", (*(str(k) for k in range(20)), "x"))
    assert mixed.scale is None
    infinite = by_column("name", (*(str(k) for k in range(20)), "inf"))
    assert infinite.scale is None


def test_more_values_than_the_palette_has_rows_repeat_their_colours() -> None:
    count = MOST_ROWS + 300
    colouring = by_column("id", (*tuple(f"#{k}" for k in range(count)), ""))
    rows = rows_of(colouring)
    assert rows[:-1].max() == MOST_ROWS - 1
    assert rows[-1] == MOST_ROWS
    assert len(palette_of(colouring, DARK)) == MOST_ROWS + 1
    entries = listed(colouring)
    assert len(entries.names) == MOST_LISTED + 1
    assert entries.left == count - MOST_LISTED


def test_a_measure_is_grey_until_it_is_known_and_where_it_is_not() -> None:
    for name in MEASURES:
        assert (by_measure(name, 4, None).codes == -1).all()
    colouring = by_measure("violation", 5, measured("violation", [0.0, 0.5, 1.0, np.nan], exact=False))
    assert colouring.codes.tolist() == [0, 128, 255, -1, -1]
    assert colouring.about == "≈ all pairs"
    assert (rows_of(colouring)[3:] == STEPS).all()
    assert (palette_of(colouring, DARK)[-1] == DARK.rgb("disabled")).all()
    verdict = by_measure("right", 3, measured("right", [1.0, 0.0, np.nan]))
    assert verdict.codes.tolist() == [1, 0, -1]
    assert (palette_of(verdict, LIGHT)[:2] == [LIGHT.rgb("wrong"), LIGHT.rgb("right")]).all()
    assert listed(verdict).names[-1] == "no value"


def test_far_values_do_not_squeeze_the_others_and_one_value_has_a_colour() -> None:
    values = np.append(GENERATOR.normal(size=2_000), 1e6).tolist()
    loss = by_measure("loss", len(values), measured("loss", values))
    assert loss.scale is not None
    assert loss.scale.high < 10
    assert loss.codes[-1] == STEPS - 1
    same = by_measure("loss", 3, measured("loss", [2.0, 2.0, 2.0]))
    assert same.scale is not None
    assert same.scale.low < 2.0 < same.scale.high


@pytest.mark.parametrize("dark", [True, False])
def test_what_matters_stands_out_from_the_background(dark: bool) -> None:
    light = scale_colours(dark, low_matters=False).astype(float) @ [0.2126, 0.7152, 0.0722]
    brighter = np.diff(light[:: STEPS // 16])
    assert (brighter > -3).all() if dark else (brighter < 3).all()
    assert abs(light[-1] - light[0]) > 100
    assert (scale_colours(dark, low_matters=True) == scale_colours(dark, low_matters=False)[::-1]).all()


def test_the_legend_lists_what_occurs_in_its_own_order() -> None:
    colouring = by_class(np.array([4, 4, 0, -1, 2]), tuple("abcde"))
    entries = listed(colouring)
    assert entries.keys.tolist() == [0, 2, 4, -1]
    assert entries.names == ("a", "c", "e", "unlabelled")
    assert entries.counts.tolist() == [1, 1, 2, 1]
    split = by_split(4, Split("items", np.array([0, 1]), np.array([3]), unseen=False))
    assert listed(split).names == ("train", "held out", "not used")


@pytest.mark.parametrize("theme", [LIGHT, WHITE], ids=["light", "white"])
def test_classes_can_be_seen_on_a_light_ground(theme: Theme) -> None:
    shown = palette_of(by_class(np.arange(300), [f"class {k}" for k in range(300)]), theme)
    for colour in (*shown.tolist(), *palette_of(by_class(np.array([-1]), ()), theme).tolist()):
        assert contrast(QColor(*colour), theme.colour("background")) >= 3.0


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_no_end_of_a_scale_is_lost_on_the_map(theme: Theme) -> None:
    ground = theme.colour("background")
    for colour in scale_colours(theme.name == "dark", low_matters=False).tolist():
        assert contrast(QColor(*colour), ground) >= 3.0
