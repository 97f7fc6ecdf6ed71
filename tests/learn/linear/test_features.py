"""The encoders without weights: pixels, and kernel features against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import KernelPCA
from sklearn.metrics.pairwise import pairwise_kernels

from explorer.core.registry import Scalar, create
from explorer.learn.encoders.base import Encoder


def pictures(items: int = 60, side: int = 6) -> torch.Tensor:
    return torch.rand(items, 1, side, side, generator=torch.Generator().manual_seed(0))


def observed(name: str, shown: torch.Tensor, **params: Scalar) -> Encoder:
    shape = (shown.shape[2], shown.shape[3], shown.shape[1])
    encoder: Encoder = create("encoder", name, params, shape=shape)
    encoder.observe(shown)
    return encoder.eval()


def test_pixels_are_scaled_and_large_ones_averaged() -> None:
    shown = pictures(20, 64)
    encoder = observed("pixels", shown)
    assert encoder.dimension == 32 * 32
    expected = (shown - shown.mean()) / shown.std()
    blocks = expected.reshape(20, 32, 2, 32, 2).mean(dim=(2, 4)).flatten(1)
    torch.testing.assert_close(encoder(shown), blocks, atol=1e-5, rtol=1e-4)
    assert observed("pixels", torch.randn(9, 7, 1, 1)).dimension == 7


SCIKIT = {"rbf": "rbf", "polynomial": "poly", "cosine": "cosine", "linear": "linear"}


@pytest.mark.parametrize("kernel", SCIKIT)
def test_nystroem_features_multiply_to_the_kernel(kernel: str) -> None:
    shown = pictures()
    encoder = observed("kernel", shown, kernel=kernel, landmarks=60, components=60, gamma=0.05)
    rows = encoder.normalised(shown).flatten(1).double().numpy()
    params = {"gamma": 0.05, "coef0": 1.0, "degree": 3} if kernel == "polynomial" else {"gamma": 0.05}
    expected = pairwise_kernels(rows, metric=SCIKIT[kernel], filter_params=True, **params)
    found = encoder(shown).double().detach().numpy()
    np.testing.assert_allclose(found @ found.T, expected, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("kernel", ["rbf", "polynomial", "linear"])
def test_kernel_components_are_those_of_scikit_learn(kernel: str) -> None:
    shown = pictures()
    encoder = observed("kernel", shown, kernel=kernel, method="pca", landmarks=60, components=8, gamma=0.05)
    rows = encoder.normalised(shown).flatten(1).double().numpy()
    other = KernelPCA(8, kernel=SCIKIT[kernel], gamma=0.05, coef0=1.0, degree=3, eigen_solver="dense")
    other.fit(rows)
    fresh = pictures(90)[60:]
    expected = other.transform(encoder.normalised(fresh).flatten(1).double().numpy())
    found = encoder(fresh).double().detach().numpy()
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=5e-3 * np.abs(expected).max())


def test_fewer_pictures_than_landmarks_leave_the_shapes_as_they_are() -> None:
    shown = pictures(7)
    encoder = observed("kernel", shown, landmarks=30, components=20)
    fresh: Encoder = create("encoder", "kernel", {"landmarks": 30, "components": 20}, shape=(6, 6, 1))
    fresh.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(fresh(shown), encoder(shown))
    assert encoder(shown).shape == (7, 20)
    assert not encoder(shown)[:, 7:].any()


def test_gradient_steps_can_learn_a_map_of_kernel_features() -> None:
    encoder = observed("kernel", pictures(), landmarks=20, components=10, dimension=4)
    assert encoder.dimension == 4
    assert [name for name, _ in encoder.named_parameters()] == ["map.weight"]
