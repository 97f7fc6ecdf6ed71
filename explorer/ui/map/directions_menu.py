"""Choosing the two directions of the map by the right mouse button, and saying what they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from explorer.core.directions import place_of
from explorer.core.errors import UserError, printable
from explorer.core.recipe import Part
from explorer.core.registry import Scalar
from explorer.core.types import UNLABELLED
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.context_menu import add_heading, entry
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

METHOD = "directions"
ENDS = (
    ("x_from", tr("Start of x")),
    ("x_to", tr("End of x")),
    ("y_from", tr("Start of y")),
    ("y_to", tr("End of y")),
)
ALL = tr("mean of all")
"""An end that nobody has chosen, where the other one was."""


def add_directions(menu: QMenu, desk: Desk, item: int) -> None:
    """Add a menu in which an item, or the mean of its class, becomes an end of a direction of the map."""
    dataset = desk.data.dataset
    if dataset is None:
        return
    inside = menu.addMenu(tr("Direction"))
    inside.setToolTipsVisible(True)
    label = int(dataset.labels[item])
    places = [(tr("Item #{item}", item=item), tr("item {item}", item=item))]
    if label != UNLABELLED:
        places.append(
            (tr("Mean of {class_name}", class_name=class_name(dataset, item)), tr("class {label}", label=label))
        )
    for heading, place in places:
        add_heading(inside, heading)
        for name, title in ENDS:
            tip = tr("The map shows how far items are along the way from the start to the end")
            entry(inside, title, partial(set_end, desk, name, place), tip=tip)
        inside.addSeparator()


def set_end(desk: Desk, name: str, place: str) -> None:
    """Lay the map out along two directions, one end of which is another place than before."""
    chosen = desk.session.analysis.projection
    params = dict(chosen.params) if chosen.name == METHOD else {}
    desk.session.analysis.project(Part(name=METHOD, params={**params, name: place}))


def axis_titles(params: Mapping[str, Scalar], dataset: Dataset | None) -> tuple[str, str]:
    """Return what stands at the axes: from where to where each leads, in the names of the data."""
    titles = []
    for axis, component in (("x", tr("first principal component")), ("y", tr("second principal component"))):
        start, end = (_named(str(params.get(f"{axis}_{side}", "")), dataset) for side in ("from", "to"))
        titles.append(component if start == end == ALL else f"{start} → {end}")
    skew = tr("what is not along x") if params.get("orthogonal", True) else tr("not orthogonalised")
    return titles[0], f"{titles[1]} ({skew})"


def _named(text: str, dataset: Dataset | None) -> str:
    if not text.strip():
        return ALL
    try:
        sort, number = place_of(text)
    except UserError:
        return printable(text)
    if sort == "class" and dataset is not None and 0 <= number < len(dataset.class_names):
        return printable(dataset.class_names[number])
    if sort == "item" and dataset is not None and 0 <= number < len(dataset):
        return f"{class_name(dataset, number)} #{number}" if dataset.labels[number] != UNLABELLED else f"#{number}"
    return f"#{number}" if sort == "item" else tr("class {number}", number=number)
