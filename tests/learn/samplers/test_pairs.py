from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import UserError
from tests.learn.samplers.drawing import epoch_of, made


def columns(captions: list[int]) -> dict[str, list[str]]:
    """Pictures that have so many captions each; -1: a caption that is alone."""
    pair, kind = [], []
    for number, count in enumerate(captions):
        for side in ["picture"] * (count >= 0) + ["caption"] * abs(count):
            pair.append(str(number))
            kind.append(side)
    return {"pair": pair, "kind": kind, "caption": [f"{i}" if side == "caption" else "" for i, side in enumerate(kind)]}


def test_every_picture_comes_with_captions_of_its_own() -> None:
    data = columns([1, 2, 5, 1, 3, 1, 2])
    count = len(data["pair"])
    sampler = made("pairs", [0] * count, columns=data, pictures=4, captions=2)
    seen: list[str] = []
    for batch in epoch_of(sampler):
        sides = np.array(data["kind"])[batch]
        pairs = np.array(data["pair"])[batch]
        pictures = pairs[sides == "picture"].tolist()
        assert len(pictures) == len(set(pictures)) == 4
        for pair in pictures:
            assert (pairs[sides == "caption"] == pair).sum() == min(2, [1, 2, 5, 1, 3, 1, 2][int(pair)])
        assert set(pairs[sides == "caption"]) == set(pictures)
        seen += pictures
    assert set(seen) == {str(number) for number in range(7)}


def test_other_captions_are_drawn_every_time() -> None:
    data = columns([5, 5])
    sampler = made("pairs", [0] * 12, columns=data)
    drawn = {item for _ in range(40) for batch in sampler.epoch() for item in batch.tolist()}
    assert len(drawn) == 12


def test_what_is_alone_is_left_out_and_data_of_one_side_are_refused() -> None:
    sampler = made("pairs", [0] * 7, columns=columns([1, 0, -2, 1]))
    assert sampler.notes == ("3 items without the other side left out",)
    assert sorted(epoch_of(sampler)[0].tolist()) == [0, 1, 5, 6]
    with pytest.raises(UserError, match="pictures with their captions, and these data have none"):
        made("pairs", [0, 1, 2])
    with pytest.raises(UserError, match="fewer than two pictures with captions"):
        made("pairs", [0] * 3, columns=columns([2]))
