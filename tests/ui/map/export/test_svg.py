"""The map as SVG, read back as XML and drawn by another hand."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from explorer.ui.map.canvas.raster import Rasteriser
from explorer.ui.map.canvas.scene import Motion, Picture, Style
from explorer.ui.map.canvas.viewport import View
from explorer.ui.map.export import svg
from explorer.ui.map.export.png import png_of
from explorer.ui.map.export.svg import hexed, in_sight, inner_of, svg_of

NS = "{http://www.w3.org/2000/svg}"
VIEW = View(x=0.0, y=0.0, scale=10.0, width=200, height=100)
XY = np.array([[0, 0], [5, 2], [-5, -2], [9, 4], [500, 0], [np.nan, np.nan], [3, -3]], np.float32)
PALETTE = np.array([[230, 159, 0], [86, 180, 233]], np.uint8)


def scene(**changes: object) -> tuple[Picture, Style]:
    colours = np.array([0, 0, 1, 1, 0, 0, 1], np.uint16)
    style = replace(Style(colours, PALETTE, (10, 20, 30), (255, 255, 255), radius=4.0), **changes)  # type: ignore[arg-type]
    motion = Motion(XY, XY)
    return Rasteriser().draw(motion, style, VIEW, ratio=2.0), style


def test_each_point_in_sight_is_a_circle_of_its_colour_where_it_is_on_screen() -> None:
    picture, style = scene(visible=np.array([1, 1, 1, 1, 1, 1, 0], np.bool_))
    assert in_sight(picture, style).tolist() == [0, 1, 2, 3]
    root = ElementTree.fromstring(svg_of(picture, style, title='a <b> & "c"\x00', overlays="", png=png_of))
    title = root.find(f"{NS}title")
    assert title is not None
    assert title.text == 'a <b> & "c"'
    groups = {group.get("fill"): group for group in root.iter(f"{NS}g")}
    assert set(groups) == {hexed(colour) for colour in PALETTE}
    places = {(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in groups[hexed(PALETTE[0])].iter(f"{NS}circle")}
    assert places == {(100.0, 50.0), (150.0, 30.0)}


def test_shapes_and_a_selection_are_told_apart() -> None:
    picture, style = scene(shapes=np.array([0, 1, 2, 0, 0, 0, 0], np.uint8), highlighted=np.array([1, 3]))
    root = ElementTree.fromstring(svg_of(picture, style, title="t", overlays="<g/>", png=png_of))
    assert [circle.get("fill") for circle in root.iter(f"{NS}circle")].count("none") == 1
    assert len(list(root.iter(f"{NS}path"))) == 1
    faint = [group.get("opacity") is not None for group in root.iter(f"{NS}g")]
    assert faint == [True, True, False, False, False]


def test_what_is_hidden_is_left_out_or_grey_below_the_others() -> None:
    visible = np.array([1, 0, 1, 0, 1, 1, 1], np.bool_)
    for ghosts in (False, True):
        picture, style = scene(visible=visible, ghosts=ghosts)
        root = ElementTree.fromstring(svg_of(picture, style, title="t", overlays="", png=png_of))
        groups = [(group.get("fill"), len(list(group))) for group in root.iter(f"{NS}g")]
        assert (groups[0] == (hexed(style.ghost), 2)) is ghosts
        assert {fill for fill, _ in groups[ghosts:]} == {hexed(colour) for colour in PALETTE}


def test_without_a_ground_nothing_lies_below_the_points(qtbot: QtBot) -> None:
    picture, style = scene()
    for clear in (False, True):
        root = ElementTree.fromstring(svg_of(picture, style, title="t", overlays="", png=png_of, clear=clear))
        assert (len(list(root.iter(f"{NS}rect"))) == 0) is clear


def test_too_many_points_are_one_embedded_picture(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(svg, "MOST", 3)
    picture, style = scene()
    root = ElementTree.fromstring(svg_of(picture, style, title="t", overlays="", png=png_of))
    assert not list(root.iter(f"{NS}circle"))
    (image,) = root.iter(f"{NS}image")
    data = image.get("{http://www.w3.org/1999/xlink}href", "").removeprefix("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(data))) as png:
        assert png.size == (400, 200)


def test_another_renderer_sees_what_is_on_screen(qtbot: QtBot) -> None:
    picture, style = scene()
    document = svg_of(picture, style, title="t", overlays="", png=png_of)
    renderer = QSvgRenderer(QByteArray(document.encode()))
    assert renderer.isValid()
    image = QImage(renderer.defaultSize(), QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    assert (image.width(), image.height()) == (200, 100)
    for (x, y), colour in (((100, 50), PALETTE[0]), ((50, 70), PALETTE[1]), ((10, 10), style.backdrop)):
        assert image.pixelColor(x, y).name() == hexed(colour)


def test_the_elements_of_a_document_can_be_put_into_another() -> None:
    inner = inner_of(b'<svg xmlns="http://www.w3.org/2000/svg"><title>x</title><g><text>a &lt; b</text></g></svg>')
    assert "title" not in inner
    root = ElementTree.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>')
    (text,) = root.iter(f"{NS}text")
    assert text.text == "a < b"
