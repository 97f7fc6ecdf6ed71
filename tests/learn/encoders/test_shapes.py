"""The encoders of shapes: no order of the points counts, depth maps are what is seen, and they learn families."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from explorer.core.recipe import Part, Recipe
from explorer.core.registry import create
from explorer.learn.augments.shapes import turns
from explorer.learn.encoders.multi_view import looking
from explorer.learn.parts import make_augment, make_encoder

SHAPE = (96, 1, 3)


def shapes(count: int, seed: int = 0) -> Tensor:
    points = torch.randn(count, 3, 96, 1, generator=torch.Generator().manual_seed(seed))
    farthest = points.norm(dim=1).amax(dim=1)
    return torch.div(points, farthest[:, None, None])


@pytest.mark.parametrize("name", ["pointnet", "multi_view"])
def test_the_order_of_the_points_does_not_count(name: str) -> None:
    encoder = make_encoder(Recipe(encoder=Part(name=name)), SHAPE).eval()
    points = shapes(4)
    shuffled = points[:, :, torch.randperm(96, generator=torch.Generator().manual_seed(1))]
    with torch.no_grad():
        torch.testing.assert_close(encoder(shuffled), encoder(points), rtol=1e-4, atol=1e-5)
        assert encoder(points).shape == (4, encoder.dimension)


def test_a_learned_turn_is_none_at_first_and_learns() -> None:
    encoder = make_encoder(Recipe(encoder=Part(name="pointnet", params={"align": True})), SHAPE)
    points = shapes(4)
    torch.testing.assert_close(encoder.align(points.flatten(2)), points.flatten(2))  # type: ignore[operator]
    encoder(points).square().sum().backward()
    found = encoder.align.matrix[-1].weight.grad  # type: ignore[union-attr,index]
    assert found is not None
    assert found.abs().sum() > 0


def test_depth_maps_are_what_is_seen_from_each_side() -> None:
    encoder = create("encoder", "multi_view", {"views": 2, "side": 16}, shape=SHAPE)
    for view in looking(7):
        torch.testing.assert_close(view @ view.T, torch.eye(3), atol=1e-6, rtol=0)
    points = shapes(2)
    maps = encoder.depth_maps(points.flatten(2))
    assert maps.shape == (2, 2, 16, 16)
    seen = (encoder.views_at[1] @ points[0, :, :, 0]).numpy()
    wanted = np.zeros((16, 16))
    for right, up, near in seen.T:
        row, column = 15 - int((up + 1) * 8), int((right + 1) * 8)
        for r in range(max(row - 1, 0), min(row + 2, 16)):
            for c in range(max(column - 1, 0), min(column + 2, 16)):
                wanted[r, c] = max(wanted[r, c], (near + 1.5) / 2.5)
    np.testing.assert_allclose(maps[0, 1].numpy(), wanted, atol=1e-5)


def test_shapes_are_turned_upright_stretched_and_lose_points() -> None:
    generator = torch.Generator().manual_seed(0)
    still = {"stretch": 0.0, "jitter": 0.0, "drop": 0.0}
    points = shapes(8)
    turned = _augment(**still)(points, generator)
    torch.testing.assert_close(turned[:, 2], points[:, 2])
    torch.testing.assert_close(turned.norm(dim=1), points.norm(dim=1), atol=1e-5, rtol=0)
    assert not torch.allclose(turned, points, atol=0.1)
    anyhow = _augment(axes="any", **still)(points, generator)
    assert not torch.allclose(anyhow[:, 2], points[:, 2], atol=0.1)
    torch.testing.assert_close(anyhow.norm(dim=1), points.norm(dim=1), atol=1e-5, rtol=0)
    dropped = _augment(turn=0.0, stretch=0.0, jitter=0.0, drop=0.9)(points, generator)
    for before, after in zip(points, dropped, strict=True):
        apart = torch.cdist(after[:, :, 0].T, before[:, :, 0].T).amin(dim=1)
        assert apart.max() < 1e-3, "a point that is dropped becomes another of the same shape"
    assert any(len(torch.unique(shape[:, :, 0], dim=1).T) < 70 for shape in dropped)


def test_turns_are_rotations_about_their_axis() -> None:
    angle = torch.tensor([0.3, -2.0])
    axis = torch.nn.functional.normalize(torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]), dim=1)
    found = turns(angle, axis)
    torch.testing.assert_close(found @ found.mT, torch.eye(3).expand(2, 3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close((found @ axis[:, :, None])[:, :, 0], axis, atol=1e-6, rtol=0)
    about_z = turns(torch.tensor([0.5]))[0]
    torch.testing.assert_close(
        about_z[:2, :2], torch.tensor([[0.87758, -0.47943], [0.47943, 0.87758]]), atol=1e-4, rtol=0
    )


def test_the_automatic_augmentation_of_shapes_is_theirs() -> None:
    made = make_augment(Recipe(), "shapes", SHAPE, 5.0)
    assert type(made).__name__ == "Shapes"
    assert not torch.equal(made(shapes(2), torch.Generator().manual_seed(0)), shapes(2))


def _augment(**params: float | str):  # type: ignore[no-untyped-def]
    return create("augment", "shapes", params, shape=SHAPE, images_per_class=5.0)
