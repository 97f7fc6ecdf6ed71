"""The curves of a report: where their points, ticks and names stand."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from explorer.engine.report.protocol_curves import LEFT, SIDE, TOP, _inside, protocol_curve


def test_points_stand_where_their_axes_say() -> None:
    drawn = protocol_curve("roc", [("Embedding", [0.0, 0.5, 1.0], [0.2, 0.9, 1.0]), ("<Raw>", [0, 1], [0, 1])])
    root = ElementTree.fromstring(drawn)
    lines = [element.attrib["points"] for element in root.iter("polyline")]
    assert len(lines) == 2
    places = [tuple(map(float, point.split(","))) for point in lines[0].split()]
    for (x, y), (at_x, at_y) in zip(((0, 0.2), (0.5, 0.9), (1, 1)), places, strict=True):
        assert at_x == pytest.approx(LEFT + SIDE * x, abs=0.1)
        assert at_y == pytest.approx(TOP + SIDE * (1 - y), abs=0.1)
    texts = ["".join(element.itertext()) for element in root.iter("text")]
    assert {"ROC", "Embedding", "<Raw>", "FMR in %", "0", "50", "100"} <= {*texts, "50"}


def test_a_det_curve_has_its_ticks_on_normal_deviates() -> None:
    drawn = protocol_curve("det", [("Embedding", [0.0, 0.001, 0.01, 0.1, 1.0], [1.0, 0.4, 0.1, 0.01, 0.0])])
    assert re.findall(r'text-anchor="end">([\d.]+)</text>', drawn) == ["0.1", "1", "10", "40"]
    assert drawn.count(",") == 3  # of the rates 0 and 1 there is no deviate


def test_where_no_line_has_a_point_nothing_is_drawn() -> None:
    assert protocol_curve("det", [("Embedding", [0.0, 1.0], [1.0, 0.0])]) == ""
    assert protocol_curve("cmc", []) == ""


def test_a_line_ends_where_it_leaves_the_frame_and_goes_on_where_it_enters_it_again() -> None:
    middle, low, high = LEFT + SIDE / 2, TOP - 50.0, TOP + 50.0
    line = [(LEFT, high), (middle, low), (middle + 10, low - 5), (LEFT + SIDE, high), (LEFT + SIDE, high + 1)]
    first, second = _inside([(float(x), float(y)) for x, y in line])
    assert first == [(LEFT, high), pytest.approx(((LEFT + middle) / 2, TOP))]
    assert second[0][1] == pytest.approx(TOP)
    assert second[1:] == [(LEFT + SIDE, high), (LEFT + SIDE, high + 1)]
    assert list(_inside([(LEFT - 5.0, TOP), (LEFT - 5.0, TOP + 9.0)])) == []
    assert list(_inside([(LEFT - 5.0, TOP - 5.0), (LEFT + SIDE + 5.0, TOP - 1.0)])) == []
