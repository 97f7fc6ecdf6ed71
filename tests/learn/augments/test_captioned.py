from __future__ import annotations

import torch

from explorer.core.recipe import Recipe
from explorer.core.registry import create
from explorer.learn.augments.base import Augment
from explorer.learn.device import generator
from explorer.learn.parts import make_augment
from tests.learn.tasks import made_up_captions

SHAPE = (17, 16, 3)


def test_pictures_move_and_captions_keep_what_they_say() -> None:
    rows = torch.from_numpy(made_up_captions(6)[0]).permute(0, 3, 1, 2) / 255
    augment = make_augment(Recipe(), "captioned", SHAPE, 1.0)
    changed = augment(rows, generator(0))
    assert torch.equal(changed[6:], rows[6:])
    assert torch.equal(changed[:6, :, 16:], rows[:6, :, 16:])
    assert (changed[:6, :, :16] != rows[:6, :, :16]).flatten(1).any(dim=1).all()
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_words_of_captions_are_left_out_where_that_is_asked() -> None:
    rows = torch.from_numpy(made_up_captions(40)[0]).permute(0, 3, 1, 2) / 255
    augment: Augment = create("augment", "captioned", {"dropout": 0.5}, shape=SHAPE, images_per_class=1.0)
    changed = augment(rows, generator(0))
    assert torch.equal(changed[:40, :, 16:], rows[:40, :, 16:])
    assert torch.equal(changed[40:, :, :16], rows[40:, :, :16])
    texts = [(part[40:, :, 16:].permute(0, 2, 3, 1).flatten(1) * 255).round().byte() for part in (rows, changed)]
    shorter = (texts[1] > 0).sum(dim=1) < (texts[0] > 0).sum(dim=1)
    assert shorter.float().mean() > 0.5
    assert (texts[1][:, 0] > 0).all()
