"""The bag of n-grams: before training it is TF-IDF, and it learns which words tell classes apart."""

from __future__ import annotations

import numpy as np
import torch

from explorer.core.recipe import Part, Recipe
from explorer.learn.parts import make_encoder, observe
from explorer.measure.ngrams import NGrams, tf_idf
from tests.learn.tasks import made_up_texts


def test_before_training_its_cosine_is_that_of_tf_idf() -> None:
    texts, _ = made_up_texts(items=60)
    part = Part(name="ngrams", params={"dimension": 4096})
    encoder = make_encoder(Recipe(encoder=part), (1, 48, 1)).eval()
    observe(encoder, texts, np.arange(60))
    rows = tf_idf(NGrams(2, 5, 1, 4096), texts[:, 0, :, 0], texts[:, 0, :, 0]).astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    z = encoder(torch.from_numpy(texts).permute(0, 3, 1, 2) / 255).detach().double()
    z = torch.nn.functional.normalize(z, dim=1).numpy()
    assert np.abs(z @ z.T - rows @ rows.T).max() < 0.12  # 1/√2048 is 0.022
    assert encoder.dimension == z.shape[1]


def test_a_text_without_n_grams_has_an_embedding() -> None:
    encoder = make_encoder(Recipe(encoder=Part(name="ngrams")), (1, 8, 1)).eval()
    assert torch.isfinite(encoder(torch.zeros(3, 1, 1, 8))).all()


def test_a_training_batch_sees_other_n_grams_each_time_and_the_same_of_one_seed() -> None:
    texts, _ = made_up_texts(items=8)
    batch = torch.from_numpy(texts).permute(0, 3, 1, 2) / 255

    def drawn(seed: int) -> list[torch.Tensor]:
        encoder = make_encoder(Recipe(encoder=Part(name="ngrams"), seed=seed), (1, 48, 1)).train()
        state = torch.random.get_rng_state()
        made = [encoder(batch).detach() for _ in range(2)]
        assert torch.equal(torch.random.get_rng_state(), state)
        assert torch.equal(*(encoder.eval()(batch) for _ in range(2)))
        return made

    (first, second), again, other = drawn(0), drawn(0), drawn(1)
    assert not torch.equal(first, second)
    assert torch.equal(first, again[0])
    assert torch.equal(second, again[1])
    assert not torch.equal(first, other[0])


def test_without_what_is_kept_all_of_it_is_learned() -> None:
    part = Part(name="ngrams", params={"kept": 0.0, "dimension": 64, "dropout": 0.0})
    encoder = make_encoder(Recipe(encoder=part), (1, 48, 1)).train()
    texts, _ = made_up_texts(items=4)
    z = encoder(torch.from_numpy(texts).permute(0, 3, 1, 2) / 255)
    assert z.shape == (4, 64)
    assert torch.allclose(z.norm(dim=1), torch.ones(4), atol=1e-5)
    z.sum().backward()
    assert next(encoder.parameters()).grad is not None
