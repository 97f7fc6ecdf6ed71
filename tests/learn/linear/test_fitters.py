"""Every fitter against another implementation, a formula or a loop, and the figures it is known by."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.datasets import load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NeighborhoodComponentsAnalysis

from explorer.core.errors import UserError
from explorer.core.registry import catalogue
from explorer.learn.device import generator
from explorer.learn.linear import lmnn, nca
from explorer.learn.linear.pairs import Pairs, Search, nearest_of_class
from tests.learn.linear.problems import Doubles, accuracy, blobs, fitted, halves_of_digits, last, scaled_split


def metric(rows: Doubles) -> Doubles:
    return np.asarray(rows.T @ rows)


@pytest.mark.parametrize("whiten", [True, False])
def test_pca_is_that_of_scikit_learn(whiten: bool) -> None:
    x, _, y, _ = halves_of_digits()
    map, (found,) = fitted("pca", x, y, dimension=10, whiten=whiten)
    other = PCA(10, whiten=whiten, svd_solver="full").fit(x)
    ours, theirs = (x - x.mean(axis=0)) @ map.T, other.transform(x)
    scale = np.sqrt(len(x) / (len(x) - 1)) if whiten else 1.0  # N against N − 1
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs) * scale, atol=2e-3)
    assert found.loss == pytest.approx(1 - other.explained_variance_ratio_.sum(), abs=1e-5)


def test_lda_spans_the_space_of_scikit_learn_and_whitens_the_classes() -> None:
    x, labels = (values.numpy() for values in blobs(300, 6, 4))
    map, (found,) = fitted("lda", x, labels)
    assert map.shape == (6, 6)
    assert not map[3:].any()
    other = LinearDiscriminantAnalysis(solver="eigen").fit(x, labels).scalings_[:, :3]
    assert scipy.linalg.subspace_angles(map[:3].T, other).max() < 1e-3
    within = np.mean([np.cov(x[labels == c].T, bias=True) for c in range(4)], axis=0)
    np.testing.assert_allclose(map[:3] @ within @ map[:3].T, np.eye(3), atol=1e-3)
    assert 0 < found.loss < 1


def test_rca_is_the_inverse_of_the_covariance_within_the_classes() -> None:
    x, labels = (values.numpy() for values in blobs(120, 5, 3))
    map, _ = fitted("rca", x, labels)
    centred = np.concatenate([x[labels == c] - x[labels == c].mean(axis=0) for c in range(3)])
    np.testing.assert_allclose(metric(map), np.linalg.inv(centred.T @ centred / len(x)), rtol=1e-4, atol=1e-5)
    shrunk, _ = fitted("rca", x, labels, shrink=1.0)
    assert np.allclose(metric(shrunk), metric(shrunk)[0, 0] * np.eye(5), rtol=1e-4, atol=1e-5)


def test_nca_has_the_value_and_gradient_of_scikit_learn() -> None:
    y, targets = blobs(50)
    matrix = torch.randn(3, 5, generator=generator(1), dtype=y.dtype)
    value, gradient = nca.Objective(y, targets)(matrix)
    other = NeighborhoodComponentsAnalysis()
    other.n_iter_ = 0
    same = targets.numpy()[:, None] == targets.numpy()
    total, slope = other._loss_grad_lbfgs(matrix.numpy().ravel().copy(), y.numpy(), same, -1.0)
    assert value == pytest.approx(total / 50)
    np.testing.assert_allclose(gradient.numpy().ravel(), np.asarray(slope).ravel() / 50, atol=1e-10)


def test_nca_on_some_items_is_its_mean_over_them() -> None:
    y, targets = blobs(40)
    matrix = torch.eye(5, dtype=y.dtype)
    goal = nca.Objective(y, targets)
    whole, slope = goal(matrix)
    parts = [goal(matrix, rows) for rows in torch.arange(40).split(10)]
    assert np.mean([value for value, _ in parts]) == pytest.approx(whole)
    torch.testing.assert_close(torch.stack([gradient for _, gradient in parts]).mean(dim=0), slope)


def made_lmnn(impostors: int = 1000) -> tuple[lmnn.Objective, torch.Tensor, torch.Tensor, torch.Tensor]:
    y, targets = blobs(40)
    near = last(nearest_of_class(y, targets, 3))
    goal = lmnn.Objective(y, near, push=0.3)
    search = Search(targets, impostors, generator(0))
    goal.impostors = last(search.pairs(y, torch.full((40,), 1e6, dtype=y.dtype)))
    return goal, y, targets, near


def test_lmnn_is_what_a_loop_over_all_triplets_gives() -> None:
    goal, y, targets, near = made_lmnn()
    matrix = torch.randn(4, 5, generator=generator(3), dtype=y.dtype)
    d = torch.cdist(y @ matrix.T, y @ matrix.T).square()
    pull = push = 0.0
    broken = set()
    for i in range(40):
        for j in near[i].tolist():
            pull += float(d[i, j])
            for other in range(40):
                if targets[other] != targets[i] and d[i, other] < 1 + d[i, j]:
                    push += float(1 + d[i, j] - d[i, other])
                    broken.add((i, j))
    value, _ = goal(matrix)
    assert value == pytest.approx((0.7 * pull + 0.3 * push) / 40)
    assert goal.active == pytest.approx(len(broken) / 120)


def test_the_gradient_of_lmnn_is_its_finite_difference() -> None:
    goal, y, _, _ = made_lmnn()
    matrix = torch.randn(4, 5, generator=generator(4), dtype=y.dtype)
    _, gradient = goal(matrix)
    for row, column in ((0, 0), (1, 3), (3, 4)):
        shift = torch.zeros_like(matrix)
        shift[row, column] = 1e-6
        slope = (goal(matrix + shift)[0] - goal(matrix - shift)[0]) / 2e-6
        assert slope == pytest.approx(float(gradient[row, column]), rel=1e-5)


def test_lmnn_ends_where_the_whole_objective_is_low() -> None:
    """Only some impostors are looked at on the way, and none of those that count may be missed in the end."""
    x, labels = blobs(200, 5, 4)
    map, iterates = fitted("lmnn", x.numpy(), labels.numpy())
    y = x.float()
    near = last(nearest_of_class(y, labels, 3))
    goal = lmnn.Objective(y, near, push=0.5)
    different = (labels[:, None] != labels).nonzero()
    goal.impostors = Pairs(different[:, 0], different[:, 1], 200)
    value, gradient = goal(torch.from_numpy(map).float())
    assert value == pytest.approx(iterates[-1].loss, rel=1e-3)
    assert float(gradient.norm()) < 0.1
    assert value < goal(torch.eye(5) * float(np.abs(map).max()))[0]


@pytest.mark.parametrize(
    ("name", "params", "known"),
    [
        ("pca", {"whiten": False}, 0.523),
        ("lda", {}, 0.659),
        ("nca", {}, 0.695),
    ],
)
def test_digits_in_two_dimensions(name: str, params: dict[str, bool], known: float) -> None:
    """The figures of the gallery of scikit-learn; theirs of NCA stopped after 50 iterations."""
    x, test, y, answers = halves_of_digits()
    map, _ = fitted(name, x, y, dimension=2, **params)
    assert accuracy(x @ map.T, y, test @ map.T, answers) == pytest.approx(known, abs=0.02)


def test_lmnn_mends_neighbours_on_iris_wine_and_digits() -> None:
    """Errors of 3 nearest neighbours before → after: ours, and those measured with another implementation."""
    for load, before, after in ((load_iris, 0.0489, 0.0267), (load_wine, 0.0481, 0.0185)):
        errors = []
        for seed in range(5):
            x, test, y, answers = scaled_split(*load(return_X_y=True), test=0.3, seed=seed)
            map, _ = fitted("lmnn", x, y)
            errors.append([1 - accuracy(x, y, test, answers), 1 - accuracy(x @ map.T, y, test @ map.T, answers)])
        mean = np.mean(errors, axis=0)
        assert mean[0] == pytest.approx(before, abs=1e-4)
        assert mean[1] < after + 0.01
    x, test, y, answers = halves_of_digits()
    map, _ = fitted("lmnn", x, y)
    assert 1 - accuracy(x, y, test, answers) == pytest.approx(0.0300, abs=1e-4)
    assert 1 - accuracy(x @ map.T, y, test @ map.T, answers) < 0.0267


def test_nca_by_batches_mends_neighbours() -> None:
    x, test, y, answers = halves_of_digits()
    map, iterates = fitted("nca", x, y, batch=128, iterations=60, dimension=9)
    assert iterates[0].items == 128
    plain, _ = fitted("pca", x, y, whiten=False, dimension=9)
    assert accuracy(x @ map.T, y, test @ map.T, answers) > accuracy(x @ plain.T, y, test @ plain.T, answers)


LABELLED = [name for name, entry in catalogue("fitter").items() if name not in ("none", "identity", "pca")]


@pytest.mark.parametrize("name", LABELLED)
def test_what_cannot_be_fitted_is_said_in_words(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3))
    with pytest.raises(UserError, match="fewer than two classes"):
        fitted(name, x, np.zeros(6, np.int64))
    with pytest.raises(UserError, match="No class has two items"):
        fitted(name, x, np.arange(6, dtype=np.int64))


@pytest.mark.parametrize("name", [*LABELLED, "pca"])
@pytest.mark.parametrize("kind", ["constant column", "few items", "twice the same", "large", "minute"])
def test_awkward_data_give_a_finite_map(name: str, kind: str) -> None:
    x, labels = (values.numpy().copy() for values in blobs(24, 5, 3))
    if kind == "constant column":
        x[:, 2] = 4.0
    elif kind == "few items":
        x, labels = x[:6], labels[:6]
    elif kind == "twice the same":
        x[12:], labels[12:] = x[:12], labels[:12]
    else:
        x *= 1e6 if kind == "large" else 1e-6
    map, iterates = fitted(name, x, labels)
    assert np.isfinite(map).all()
    assert all(np.isfinite([found.loss, found.active, found.grad_norm, found.rate]).all() for found in iterates)
