"""Every miner on one frozen batch, against lists of its triplets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.core.types import FloatArray, IntArray
from explorer.learn.miner_choices import LARGEST, Bench, Choice


def embedded(items: int = 60, classes: int = 5, dimension: int = 4) -> tuple[FloatArray, IntArray]:
    draw = np.random.default_rng(0)
    labels = np.arange(items, dtype=np.int64) % classes
    return (draw.normal(size=(items, dimension)) + labels[:, None] * 0.3).astype(np.float32), labels


def choices_of(bench: Bench) -> dict[str, Choice]:
    return {choice.name: choice for choice in bench.choices(lambda *_: None, lambda: False)}


def bench_of(*settings: str) -> Bench:
    embeddings, labels = embedded()
    recipe = Recipe().with_settings(["sampler.classes=4", "sampler.images=4", *settings])
    return Bench(recipe, embeddings, labels, {}, prepared=False)


def test_every_installed_miner_chooses_from_the_same_batch() -> None:
    bench = bench_of()
    found = choices_of(bench)
    assert set(found) == {name for name, entry in catalogue("miner").items() if entry.available}
    assert len(bench.positions) == 16
    labels = embedded()[1]
    for choice in found.values():
        assert np.isin(choice.anchors, bench.positions).all()
        assert (labels[choice.anchors] == labels[choice.positives]).all()
        assert (labels[choice.anchors] != labels[choice.negatives]).all()
        assert choice.count == len(choice.anchors) or not choice.listed
        x = torch.nn.functional.normalize(torch.from_numpy(embedded()[0]), dim=1)
        far = (x[choice.anchors] - x[choice.negatives]).norm(dim=1)
        np.testing.assert_allclose(choice.far, far.numpy(), atol=1e-5)


def test_all_is_counted_and_averaged_without_a_list() -> None:
    bench = bench_of("loss.margin=0.3")
    d, labels = bench.batch.distances.double(), bench.batch.labels
    n = range(len(labels))
    every = [(a, p, m) for a in n for p in n for m in n if a != p and labels[a] == labels[p] != labels[m]]
    near, far = (torch.stack([d[t[0], t[place]] for t in every]) for place in (1, 2))
    found = choices_of(bench)["all"]
    assert found.count == bench.total == len(every)
    assert not found.listed
    assert found.violating == int((far < near + 0.3).sum())
    assert found.mean_near == pytest.approx(float(near.mean()))
    assert found.mean_far == pytest.approx(float(far.mean()))


def test_the_miner_of_the_recipe_has_its_own_parameters() -> None:
    one, all_of_them = (choices_of(bench_of("miner=hard", f"miner.positives={p}"))["hard"] for p in ("hardest", "all"))
    assert one.count < all_of_them.count


def test_the_memory_holds_what_the_batch_does_not() -> None:
    bench = bench_of()
    found = choices_of(bench)["hard_memory"]
    assert found.count
    assert not np.isin(found.negatives, bench.positions).any()


def test_prepared_embeddings_are_taken_as_they_are_and_items_without_a_class_are_left_out() -> None:
    embeddings, labels = embedded()
    labels[::3] = -1
    bench = Bench(Recipe(), embeddings, labels, {}, prepared=True)
    assert torch.equal(bench.batch.prepared, torch.from_numpy(embeddings)[torch.from_numpy(bench.positions)])
    assert (labels[bench.positions] >= 0).all()


def test_a_large_batch_is_cut() -> None:
    embeddings, labels = embedded(items=2000)
    recipe = Recipe().with_settings(["sampler=shuffled", "sampler.items=1500"])
    assert len(Bench(recipe, embeddings, labels, {}, prepared=False).positions) == LARGEST


def test_data_without_classes_say_why() -> None:
    embeddings, labels = embedded()
    with pytest.raises(UserError, match="has a class"):
        Bench(Recipe(), embeddings, np.full_like(labels, -1), {}, prepared=False)
