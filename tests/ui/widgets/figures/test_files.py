"""Files of figures, opened as others open them."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.figures.draw import size_of
from explorer.ui.widgets.figures.draw_chart import cut
from explorer.ui.widgets.figures.figure import (
    Chart,
    Columns,
    Figure,
    Listing,
    Mark,
    Matrix,
    Trace,
    even_axis,
    joined,
    log_axis,
    matrix_columns,
)
from explorer.ui.widgets.figures.files import RATIO, content
from explorer.ui.widgets.theme import DARK, LIGHT, Theme

X = np.arange(50, dtype=np.float64)


def chart() -> Chart:
    y = np.exp(-X / 9)
    band = np.stack([y * 0.7, y * 1.3], axis=1)
    traces = (
        Trace("loss <&>", "semi_hard", X, np.log10(y), band=np.log10(band), right=True),
        Trace("recall", "accent", X, 1 - y / 2, dots=True),
        Trace("area", "right", X, y / 3, floor=0.0),
    )
    columns = joined("step", [("loss", X, y), ("recall", X[::10], 1 - y[::10] / 2)])
    left, right = even_axis("recall", 0.0, 1.0), log_axis("loss", -3.0, 0.2)
    return Chart("Curves", "digits · step 49", columns, even_axis("step", 0.0, 49.0), left, traces, right,
                 (Mark(25.0, "margin 0.5"),))  # fmt: skip


def matrix() -> Matrix:
    values = np.random.default_rng(0).normal(size=(5, 5)).astype(np.float32)
    names = ("a", "b", "<i>c</i>", "d", "a long name of a class")
    return Matrix("Pairs", "digits", matrix_columns(values, names), values, 2.0, "less", "more", names)


def listing() -> Listing:
    return Listing("List", "digits", Columns(("name", "n"), (["a", "b"], [1.5, float("nan")])), ("name", "n"),
                   (("a", "1.5"), ("b", "–")))  # fmt: skip


FIGURES = [chart, matrix, listing]


@pytest.mark.parametrize("make", FIGURES)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_png_is_whole_and_as_fine_as_it_says(qtbot: QtBot, make: object, theme: Theme) -> None:
    figure: Figure = make()  # type: ignore[operator]
    image = Image.open(io.BytesIO(content(figure, "png", theme))).convert("RGB")
    size = size_of(figure).toSize()
    assert image.size == (size.width() * RATIO, size.height() * RATIO)
    assert image.getpixel((1, 1)) == theme.rgb("panel")
    pixels = np.asarray(image)
    assert (pixels == theme.rgb("panel")).all(axis=2)[[0, -1]].all()  # nothing is cut off above or below
    assert (pixels != theme.rgb("panel")).any(axis=2).mean() > 0.005


def test_the_lines_of_a_chart_have_their_colours_in_the_pixels(qtbot: QtBot) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(content(chart(), "png", LIGHT))).convert("RGB")).reshape(-1, 3)
    for token in ("semi_hard", "accent", "text", "muted"):
        assert (pixels == LIGHT.rgb(token)).all(axis=1).any(), token


@pytest.mark.parametrize("make", FIGURES)
def test_an_svg_has_every_text_as_letters_and_is_well_formed(qtbot: QtBot, make: object) -> None:
    figure: Figure = make()  # type: ignore[operator]
    root = ElementTree.fromstring(content(figure, "svg", LIGHT))
    texts = {"".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {figure.title, figure.caption} <= texts
    if isinstance(figure, Chart):
        assert {"loss <&>", "recall", "step", "loss", "margin 0.5", "0.01", "40"} <= texts
    if isinstance(figure, Matrix):
        assert {*figure.rows, "less", "more", "2"} <= texts


def test_a_csv_has_all_numbers_in_full_and_empty_cells_where_nothing_was_measured(qtbot: QtBot) -> None:
    rows = list(csv.reader(io.StringIO(content(chart(), "csv", LIGHT).decode())))
    assert rows[0] == ["step", "loss", "recall"]
    assert len(rows) == 51
    assert [float(row[1]) for row in rows[1:]] == np.exp(-X / 9).tolist()
    assert [row[0] for row in rows[1:] if row[2]] == ["0", "10", "20", "30", "40"]
    rows = list(csv.reader(io.StringIO(content(matrix(), "csv", LIGHT).decode())))
    assert rows[3][0] == rows[0][3] == "<i>c</i>"
    assert np.allclose(np.array([row[1:] for row in rows[1:]], np.float64), matrix().values)
    assert content(listing(), "csv", LIGHT).decode() == "name,n\na,1.5\nb,\n"


def test_a_line_that_leaves_the_axes_is_cut_where_it_crosses() -> None:
    x, y = cut(np.array([0.0, 1.0, 2.0]), np.array([0.5, 1.5, 0.5]))
    assert x.tolist() == [0, 0.5, 1, 1.5, 2]
    assert np.allclose(y, [0.5, 1, np.nan, 1, 0.5], equal_nan=True)
