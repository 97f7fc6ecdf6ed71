"""Draws the pictures of the help from losses, miners, distances and fitters, in the colours of the light theme.

A loss is shown by where it pushes nine points of three classes: an arrow is minus the gradient. A miner is shown by
what it chooses for one anchor. A distance is shown by its contours around one point, a fitter by
those of the metric that it learns from a few items. ``pages.py`` calls this.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
import torch
from torch import Tensor

from explorer.core.registry import Scalar, create, find
from explorer.learn.batch import Batch, BatchTarget
from explorer.learn.device import generator
from explorer.learn.embedding_bank import Memory
from explorer.learn.linear.base import Problem

SIZE, EDGE = 240, 1.55
"""Pixels of a picture, and how far from its centre the plane is shown."""
TEXT, MUTED, LINE = "#1a2029", "#566170", "#d9dee6"
CLASSES = ("#1a5fcf", "#8f5700", "#10703f")
RIGHT, WRONG = "#10703f", "#bf242b"
ROUNDING = 2.0
"""Pixels by which two pictures of one part may differ."""
LONGEST = 0.42
"""Length of the longest arrow, in the plane."""
SHARE = 0.04
"""By how much of itself a number may differ: what a fit comes to after so many steps depends on the processor."""

ANGLES = (55, 95, 140, 115, 190, 235, 300, 345, 20)
LABELS = (0, 0, 0, 1, 1, 1, 2, 2, 2)
PARAMETERS: dict[str, dict[str, Scalar]] = {
    "cross_batch_memory": {"start": 0},
    "magnet": {"clusters": 1},
    "soft_triple": {"centres": 3},
}


def place(x: float, y: float) -> tuple[float, float]:
    """Return a point of the plane in pixels."""
    return round((x / EDGE + 1) * SIZE / 2, 1), round((1 - y / EDGE) * SIZE / 2, 1)


def svg(title: str, body: Iterable[str]) -> str:
    """Return a picture with a title for those who do not see it."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
    return "\n".join((head, f"<title>{title}</title>", *body, "</svg>")) + "\n"


def dot(x: float, y: float, label: int, filled: bool = True) -> str:
    """Return a point: each class has a colour and a shape."""
    a, b = place(x, y)
    fill = CLASSES[label] if filled else "none"
    style = f'fill="{fill}" stroke="{CLASSES[label]}" stroke-width="1.5"'
    if label == 0:
        return f'<circle cx="{a}" cy="{b}" r="5" {style}/>'
    if label == 1:
        return f'<rect x="{a - 4.5:.1f}" y="{b - 4.5:.1f}" width="9" height="9" {style}/>'
    return f'<path d="M {a} {b - 5.5:.1f} l 5.5 9.5 h -11 z" {style}/>'


def line(x: float, y: float, u: float, v: float, colour: str, *, dashed: bool = False) -> str:
    """Return a straight line between two points of the plane."""
    (a, b), (c, d) = place(x, y), place(u, v)
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<line x1="{a}" y1="{b}" x2="{c}" y2="{d}" stroke="{colour}" stroke-width="1.5"{dash}/>'


def ring(x: float, y: float, radius: float, colour: str, *, dashed: bool = False) -> str:
    """Return a circle around a point of the plane."""
    a, b = place(x, y)
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    wide = round(radius / EDGE * SIZE / 2, 1)
    return f'<circle cx="{a}" cy="{b}" r="{wide}" fill="none" stroke="{colour}" stroke-width="1"{dash}/>'


def arrow(x: float, y: float, dx: float, dy: float) -> list[str]:
    """Return an arrow from a point of the plane by a difference."""
    (a, b), (c, d) = place(x, y), place(x + dx, y + dy)
    length = math.hypot(c - a, d - b)
    u, v = (c - a) / length, (d - b) / length
    (p, q), (r, t) = ((round(c - 6 * u + side * 3.2 * v, 1), round(d - 6 * v - side * 3.2 * u, 1)) for side in (1, -1))
    shaft = f'<line x1="{a}" y1="{b}" x2="{c - 4 * u:.1f}" y2="{d - 4 * v:.1f}" stroke="{TEXT}" stroke-width="1.5"/>'
    return [shaft, f'<path d="M {c} {d} L {p} {q} L {r} {t} z" fill="{TEXT}"/>']


def points() -> Tensor:
    """Return (9, 2): points near the unit circle, three of each class, one of them among another class."""
    angles = torch.tensor(ANGLES, dtype=torch.float64).deg2rad()
    lengths = torch.tensor([1.0, 0.85, 1.05, 0.95, 1.1, 0.9, 1.0, 0.9, 1.1], dtype=torch.float64)
    return torch.stack((angles.cos(), angles.sin()), dim=1) * lengths[:, None]


def weights_of_classes(loss: torch.nn.Module) -> Tensor:
    """Put weights of the classes that a loss learns beside the means of these; return them, (3 · K, 2), or none."""
    means = points().reshape(3, 3, 2).mean(dim=1)
    found = torch.empty(0, 2)
    for weight in loss.parameters():
        if weight.ndim == 2 and weight.shape[1] == 2 and len(weight) % 3 == 0:
            many = len(weight) // 3
            turns = (torch.arange(many) - (many - 1) / 2) * 0.25
            angles = torch.atan2(means[:, 1], means[:, 0])[:, None] + turns
            found = torch.stack((angles.cos(), angles.sin()), dim=-1).reshape(-1, 2) * 0.8
            weight.data.copy_(found)
        elif weight.ndim == 1:
            weight.data.zero_() if len(weight) == 3 else None
    return found


def pushed(name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the points of a loss (B, 2), minus its gradient there, their labels, and its weights of the classes."""
    torch.manual_seed(3)
    distance = create("distance", "euclidean", {"normalise": True})
    loss = create(
        "loss", name, PARAMETERS.get(name, {}), distance=distance, classes=3, dimension=2, channels=2
    ).double()
    proxies = weights_of_classes(loss)
    z, labels = points(), torch.tensor(LABELS)
    texts = None
    if loss.needs == {"views"}:  # two views of each point: the second a little beside the first
        turned = torch.tensor([[math.cos(0.45), -math.sin(0.45)], [math.sin(0.45), math.cos(0.45)]], dtype=z.dtype)
        z, labels = torch.cat((z[::2], z[::2] @ turned.T)), torch.cat((labels[::2], labels[::2]))
    if "sides" in loss.needs:  # of each class the first point is a picture, the second a caption
        z, labels = z[[0, 1, 3, 4, 6, 7]], torch.arange(3).repeat_interleave(2)
        texts = torch.tensor([-1, 0, -1, 1, -1, 2])
    z = z.clone().requires_grad_()
    if "memory" in loss.needs:
        memory = Memory.empty(labels, 2)
        memory.write(torch.arange(len(labels)), distance.prepare(z.detach()))
        loss.on_epoch(memory, generator(0))
    sets = torch.nn.functional.one_hot(labels, 3).bool()
    batch = Batch(
        z, labels, distance, indices=torch.arange(len(labels)), label_sets=sets, texts=texts,
        maps=z[:, :, None, None].expand(-1, -1, 3, 2), hidden=dict.fromkeys(loss.layers, z),
        target=BatchTarget(labels.float()),
    )  # fmt: skip
    mined = create("miner", "all", {})(batch, loss.census_margin, generator(0))
    loss(batch, mined).value.backward()
    assert z.grad is not None
    return z.detach(), -z.grad, labels, proxies


def loss_picture(name: str, title: str) -> str:
    """Return where a loss pushes points of three classes."""
    z, push, labels, proxies = pushed(name)
    longest = float(push.norm(dim=1).max())
    scaled = push * (LONGEST / longest) if longest > 0 else push
    body = [ring(0, 0, 1, LINE)]
    body += [dot(x, y, i * 3 // len(proxies), filled=False) for i, (x, y) in enumerate(proxies.tolist())]
    for (x, y), (dx, dy) in zip(z.tolist(), scaled.tolist(), strict=True):
        if math.hypot(dx, dy) > 0.04:
            body += arrow(x, y, dx, dy)
    body += [dot(x, y, int(label)) for (x, y), label in zip(z.tolist(), labels, strict=True)]
    return svg(f"{title}: arrows show where the loss pushes each item", body)


MINED = np.array([
    (-0.35, 0.0), (0.25, 0.35), (0.1, -0.6),
    (-0.75, 0.3), (-0.2, 0.62), (0.1, 0.55), (0.62, -0.2), (0.7, 0.55), (-1.1, -0.5), (-0.3, -1.2),
    (1.25, 0.1), (1.1, -1.1),
])  # fmt: skip
"""The anchor, its two positives, and nine negatives of two classes."""


def miner_picture(name: str, title: str) -> str:
    """Return what a miner chooses for one anchor, at a margin of 0.4 beyond its nearest positive."""
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
    distance = create("distance", "euclidean", {"normalise": False})
    z = torch.from_numpy(MINED).float()
    batch = Batch(z, labels, distance, indices=torch.arange(len(labels)))
    miner = create("miner", name, {})
    if miner.uses_memory:
        memory = Memory.empty(labels, 2)
        memory.write(torch.arange(len(labels)), z)
        batch = miner.extend(batch, memory)
    found = miner(batch, 0.4, generator(2))
    near = float((z[1] - z[0]).norm())
    x, y = MINED[0]
    body = [ring(x, y, near, MUTED, dashed=True), ring(x, y, near + 0.4, MUTED, dashed=True)]
    for row, colour in chosen(batch, found, len(labels)):
        body.append(line(x, y, *MINED[row], colour, dashed=colour == WRONG))
    body += [dot(u, v, int(label), filled=i > 0) for i, ((u, v), label) in enumerate(zip(MINED, labels, strict=True))]
    return svg(f"{title}: the positives (whole lines) and negatives (dashed) that are chosen for one anchor", body)


def chosen(batch: Batch, found: object, count: int) -> list[tuple[int, str]]:
    """Return the rows that stand in a triplet of the first anchor, each with the colour of its line."""
    if found is None:
        same, different = batch.same[0, :count], batch.different[0, :count]
        return [(int(i), RIGHT) for i in same.nonzero()] + [(int(i), WRONG) for i in different.nonzero()]
    if found.pairs is not None:
        same, different = (mask[0, :count] for mask in found.pairs)
        return [(int(i), RIGHT) for i in same.nonzero()] + [(int(i), WRONG) for i in different.nonzero()]
    kept = found.compact()
    of = kept.anchors == 0
    rows = {(int(i) % count, RIGHT) for i in kept.positives[of]} | {(int(i) % count, WRONG) for i in kept.negatives[of]}
    return sorted(rows)


def distance_picture(name: str, title: str) -> str:
    """Return the contours of a distance around one point."""
    free = {"normalise": False} if any(info.name == "normalise" for info in find("distance", name).parameters) else {}
    distance = create("distance", name, free, dimension=2)
    if distance.learned:  # a matrix that stretches one direction, as one that was learned would
        with torch.no_grad():
            next(iter(distance.parameters())).copy_(torch.tensor([[1.6, 0.7], [0.1, 0.6]]))
    steps = 121
    axis = torch.linspace(-EDGE, EDGE, steps)
    plane = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1).reshape(-1, 2)
    point = torch.tensor([[0.8, 0.35]])
    with torch.no_grad():
        values = distance.matrix(distance.prepare(point), distance.prepare(plane)).reshape(steps, steps).numpy()
    low, high = float(values.min()), float(np.quantile(values, 0.97))
    body = []
    for level in np.linspace(low, high, 9)[1:-1]:
        paths = []
        for run in pg.functions.isocurve(values, level, connected=True, extendToEdge=True):
            corners = [place(*(p / (steps - 1) * 2 * EDGE - EDGE for p in corner)) for corner in run[::2]]
            paths.append("M " + " L ".join(f"{a} {b}" for a, b in corners))
        shade = 0.9 - 0.7 * (level - low) / (high - low)
        body.append(f'<path d="{" ".join(paths)}" fill="none" stroke="{CLASSES[0]}" stroke-opacity="{shade:.2f}"/>')
    x, y = place(0, 0)
    body.append(f'<path d="M {x - 4} {y} h 8 M {x} {y - 4} v 8" stroke="{MUTED}"/>')
    body.append(dot(*point[0].tolist(), 0))
    return svg(f"{title}: lines of equal distance from the point; the cross is the origin", body)


CENTRES = ((-0.45, 0.75), (0.0, 0.0), (0.45, -0.75))
"""Means of three classes that are long in one direction and lie beside each other."""
NARROWEST, WIDEST = 0.16, 6.0
"""Half of the smaller width of a ring, and by how much the larger may be more before it is cut off."""


def items_of_classes() -> Tensor:
    """Return (36, 2): twelve items of each of three classes, long in one direction; their mean is zero."""
    drawn = np.random.default_rng(5).normal(size=(3, 12, 2)) * (0.5, 0.1)
    drawn -= drawn.mean(axis=1, keepdims=True)
    turned = drawn @ np.array([(0.94, 0.34), (-0.34, 0.94)])
    return torch.from_numpy((turned + np.array(CENTRES)[:, None]).reshape(-1, 2)).float()


def metric_of(name: str) -> Tensor:
    """Return M = LᵀL (2, 2) as a fitter learns it from these items; of one that learns no map that of plain distances.

    M keeps its eigenvectors, and its largest eigenvalue is 1.
    """
    fitter = create("fitter", name, {})
    if not fitter.maps or fitter.steps:
        return torch.eye(2, dtype=torch.float64)
    state: dict[str, Tensor] = {}
    labels = torch.arange(3).repeat_interleave(12)
    problem = Problem(items_of_classes(), labels, 2, generator(0), create("distance", "euclidean", {}, dimension=2))
    for _ in fitter.fit(problem, state):
        pass
    metric = state["map"].double().T @ state["map"].double()
    return metric / torch.linalg.eigvalsh(metric)[-1]


def fitter_picture(name: str, title: str) -> str:
    """Return three classes with rings of equal distance, by the metric that a fitter learns from them."""
    values, axes = torch.linalg.eigh(metric_of(name))
    across = NARROWEST / values.clamp(min=WIDEST**-2).sqrt()
    angle = -math.degrees(math.atan2(float(axes[1, 0]), float(axes[0, 0])))
    body = []
    for label, centre in enumerate(CENTRES):
        (a, b), (rx, ry) = place(*centre), (round(float(one) / EDGE * SIZE / 2, 1) for one in across)
        body += [
            f'<ellipse cx="{a}" cy="{b}" rx="{rx * times:.1f}" ry="{ry * times:.1f}" fill="none" '
            f'stroke="{CLASSES[label]}" stroke-opacity="{1 / times}" transform="rotate({angle:.0f} {a} {b})"/>'
            for times in (1, 2)
        ]
    body += [dot(x, y, i // 12) for i, (x, y) in enumerate(items_of_classes().tolist())]
    return svg(f"{title}: rings of equal learned distance from the mean of each class", body)


DRAWN = {"loss": loss_picture, "miner": miner_picture, "distance": distance_picture, "fitter": fitter_picture}


def same(one: str, other: str) -> bool:
    """Return whether two pictures are the same but for what machines round differently."""
    number = re.compile(r"-?\d+\.?\d*")
    values = [list(map(float, number.findall(text))) for text in (one, other)]
    alike = number.sub("", one) == number.sub("", other) and len(values[0]) == len(values[1])
    return alike and all(abs(a - b) <= max(ROUNDING, SHARE * abs(a)) for a, b in zip(*values, strict=True))
