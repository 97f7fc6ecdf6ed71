"""Every fitter against another implementation, a formula or a loop, and the figures it is known by."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from scipy.optimize import minimize
from sklearn.datasets import load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NeighborhoodComponentsAnalysis

from explorer.core.errors import UserError
from explorer.core.registry import catalogue, create
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


def test_lmnn_over_all_impostors_is_the_same_as_over_a_list_of_them() -> None:
    goal, y, targets, near = made_lmnn()
    near[3, 1:] = -1  # as in a class of two
    listed = lmnn.Objective(y, near, 0.3, 2.0)
    listed.impostors = goal.impostors
    whole = lmnn.Whole(y, near, 0.3, 2.0, targets)
    matrix = torch.randn(4, 5, generator=generator(3), dtype=y.dtype)
    (value, gradient), (other, slope) = listed(matrix), whole(matrix)
    assert other == pytest.approx(value)
    assert whole.active == listed.active > 0
    torch.testing.assert_close(slope, gradient)


@pytest.mark.parametrize("impostors", [0, 150])
def test_lmnn_ends_where_the_whole_objective_is_low(impostors: int) -> None:
    """Where only some impostors are looked at on the way, none of those that count may be missed in the end."""
    x, labels = blobs(200, 5, 4)
    map, iterates = fitted("lmnn", x.numpy(), labels.numpy(), impostors=impostors)
    y = x.float()
    near = last(nearest_of_class(y, labels, 3))
    goal = lmnn.Objective(y, near, push=0.5)
    different = (labels[:, None] != labels).nonzero()
    goal.impostors = Pairs(different[:, 0], different[:, 1], 200)
    value, gradient = goal(torch.from_numpy(map).float())
    assert value == pytest.approx(iterates[-1].loss, rel=1e-3)
    assert float(gradient.norm()) < 0.1
    assert value < goal(torch.eye(5) * float(np.abs(map).max()))[0]


def exact_value(y: torch.Tensor, targets: torch.Tensor, near: torch.Tensor, margin: float) -> tuple[float, float]:
    """The objective of the semidefinite program of LMNN (k targets, μ = ½), from above and from below.

    From above by BFGS on hinges that are rounded less and less, M = RᵀR. From below by its dual, max m Σ α an item over
    0 ≤ α ≤ ½ a triplet with C + Σ α (V_ij − V_il) ⪰ 0, where C = ½ Σ V_ij: the slopes of the rounded hinges are
    weights α, and drawn towards 0 until the matrix is positive they are feasible.
    """
    count, k = near.shape
    pull = torch.stack([torch.outer(v, v) for v in (y[:, None] - y[near]).reshape(-1, y.shape[1])]).sum(dim=0) / 2
    others = targets[:, None] != targets
    v_near = y[:, None] - y[near]
    v_far = y[:, None] - y[None]

    def hinges(root: torch.Tensor) -> torch.Tensor:
        d_near, d_far = (v_near @ root.T).square().sum(dim=2), (v_far @ root.T).square().sum(dim=2)
        return (margin + d_near[:, :, None] - d_far[:, None, :])[others[:, None].expand(-1, k, -1)]

    def rounded(flat: Doubles, width: float) -> tuple[float, Doubles]:
        root = torch.from_numpy(flat.reshape(y.shape[1], -1)).requires_grad_()
        total = (pull * (root.T @ root)).sum() + width * torch.nn.functional.softplus(hinges(root) / width).sum() / 2
        (slope,) = torch.autograd.grad(total / count, root)
        return float(total.detach()) / count, slope.numpy().ravel()

    flat = np.eye(y.shape[1]).ravel()
    for width in (0.1, 0.02, 0.004, 0.001):
        flat = minimize(rounded, flat, (width * margin,), jac=True, method="BFGS", options={"gtol": 1e-6}).x
    root = torch.from_numpy(flat.reshape(y.shape[1], -1))
    gaps = hinges(root)
    above = float((pull * (root.T @ root)).sum() + gaps.clamp(min=0).sum() / 2) / count
    alphas = torch.sigmoid(gaps / (0.001 * margin)) / 2
    weights = torch.zeros(count, k, count, dtype=y.dtype)
    weights[others[:, None].expand(-1, k, -1)] = alphas
    moved = torch.einsum("ikl,ika,ikb->ab", weights, v_near, v_near) - torch.einsum(
        "ikl,ila,ilb->ab", weights, v_far, v_far
    )
    half = torch.linalg.inv(torch.linalg.cholesky(pull))
    least = float(torch.linalg.eigvalsh(half @ moved @ half.T)[0])
    return above, margin * float(alphas.sum()) * min(1.0, -1.0 / least) / count


@pytest.mark.parametrize("margin", [1.0, 4.0])
def test_lmnn_reaches_the_optimum_of_its_semidefinite_program(margin: float) -> None:
    x, labels = blobs(40, 3, 3)
    above, below = exact_value(x, labels, last(nearest_of_class(x, labels, 2)), margin)
    assert 0 <= above - below < 5e-3 * above  # the optimum lies between: the oracle is exact to half a percent
    asked = {"neighbours": 2, "iterations": 400, "tolerance": 0.0, "margin": margin}
    _, iterates = fitted("lmnn", x.numpy(), labels.numpy(), **asked)
    assert below * (1 - 1e-4) <= iterates[-1].loss < 1.01 * above


def test_the_margin_of_lmnn_is_the_unit_of_its_distances() -> None:
    x, labels = (values.numpy() for values in blobs(60, 4, 3))
    (one, first), (four, other) = (fitted("lmnn", x, labels, margin=m, iterations=15) for m in (1.0, 4.0))
    np.testing.assert_allclose(four, 2 * one, rtol=1e-3, atol=1e-4)
    assert other[-1].loss == pytest.approx(4 * first[-1].loss, rel=1e-4)


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


def test_embeddings_longer_than_the_features_are_refused_by_every_fitter_with_a_map() -> None:
    for name in (*LABELLED, "pca"):
        fitter = create("fitter", name, {"dimension": 5})
        fitter.check_dimension(5)
        with pytest.raises(UserError, match="5 numbers is asked for, and the encoder gives 4 numbers an item"):
            fitter.check_dimension(4)
        assert fitter.dimension(4) == 4  # as runs that were fitted before are read
    create("fitter", "identity", {}).check_dimension(1)


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
