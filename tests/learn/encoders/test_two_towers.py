"""Two networks, one space: each item goes through the network of its side, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.registry import Scalar, create
from explorer.learn.encoders.base import Encoder
from tests.learn.tasks import made_up_captions


def encoder_of(shape: tuple[int, int, int], **params: Scalar) -> Encoder:
    torch.manual_seed(0)
    made: Encoder = create("encoder", "two_towers", {"dimension": 8, "width": 4, **params}, shape=shape)
    return made


@pytest.mark.parametrize("texts", ["n-grams", "transformer"])
def test_order_and_neighbours_in_a_batch_change_nothing(texts: str) -> None:
    items = made_up_captions(8)[0]
    encoder = encoder_of((17, 16, 3), texts=texts)
    rows = torch.from_numpy(items).permute(0, 3, 1, 2) / 255
    encoder.observe(rows)
    encoder.eval()
    with torch.inference_mode():
        whole = encoder(rows)
        order = torch.randperm(16)
        torch.testing.assert_close(encoder(rows[order]), whole[order])
        torch.testing.assert_close(encoder(rows[:8]), whole[:8])
        torch.testing.assert_close(encoder(rows[8:]), whole[8:])
        assert encoder(rows[:0]).shape == (0, 8)
    assert whole.shape == (16, 8)
    assert whole.isfinite().all()


def test_each_network_looks_at_its_own_side() -> None:
    items = made_up_captions(8)[0]
    encoder = encoder_of((17, 16, 3))
    rows = torch.from_numpy(items).permute(0, 3, 1, 2) / 255
    encoder.observe(rows)
    pictures = items[:8, :16] / np.float32(255)
    inner = encoder.pictures
    assert isinstance(inner, Encoder)
    assert inner.mean.flatten().numpy() == pytest.approx(pictures.mean(axis=(0, 1, 2)), abs=1e-5)
