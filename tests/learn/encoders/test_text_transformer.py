"""The transformer of bytes: padding changes nothing, and it learns which word tells classes apart."""

from __future__ import annotations

import torch

from explorer.core.recipe import Part, Recipe
from explorer.learn.encoders.base import Encoder
from explorer.learn.parts import make_encoder
from tests.learn.tasks import made_up_texts


def made(length: int = 48) -> Encoder:
    params = {"width": 32, "layers": 2, "dimension": 16}
    return make_encoder(Recipe(encoder=Part(name="text_transformer", params=params)), (1, length, 1)).eval()


def test_padding_and_other_texts_of_a_batch_change_nothing() -> None:
    texts, _ = made_up_texts(items=6)
    batch = torch.from_numpy(texts).permute(0, 3, 1, 2) / 255
    batch[0, :, :, 9:] = 0
    encoder = made()
    together = encoder(batch)
    assert together.shape == (6, 16)
    for row in range(6):
        torch.testing.assert_close(encoder(batch[row : row + 1])[0], together[row], atol=1e-5, rtol=0)


def test_the_order_of_words_counts_and_no_text_is_too_short() -> None:
    def rows(*words: bytes) -> torch.Tensor:
        out = torch.zeros(len(words), 1, 1, 48)
        for row, word in zip(out, words, strict=True):
            row[0, 0, : len(word)] = torch.tensor(list(word)) / 255
        return out

    z = made()(rows(b"one two", b"two one", b"", b"a"))
    assert z.isfinite().all()
    assert not torch.allclose(z[0], z[1], atol=1e-4)
