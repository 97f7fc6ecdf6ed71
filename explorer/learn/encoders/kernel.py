"""Kernel features: a linear map of them is a non-linear one of the pixels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.pixels import flattened, reduced

FLOOR = 1e-6
"""Eigenvalues of the kernel matrix below this share of the largest are noise."""


@register("encoder", "kernel", title="Kernel features", reference="Schölkopf et al. 1998; Williams and Seeger 2001")
class Kernel(Encoder):
    """Similarities to m landmarks, k(x, l_1) … k(x, l_m), turned into features whose inner product is the kernel.

    With K = k(l_i, l_j) = U Λ Uᵀ, ``nystroem`` gives Λ^(−1/2) Uᵀ k_x, whose products approximate k (Williams and Seeger
    2001), and ``pca`` the same of the centred kernel, the principal components in its space (Schölkopf, Smola and
    Müller 1998); of each the c largest. Kernels: rbf exp(−γ |x − y|²), polynomial (γ x·y + 1)^p, cosine x·y / |x||y|
    and linear x·y, on pixels as the encoder ``pixels`` gives them; γ is 1 / (n σ²) for n numbers of variance σ². The
    landmarks are training pictures and are saved with the run. A fitter, or with ``dimension`` gradient steps, learn a
    linear map of the features: the kernel trick of Chatpatanasiri et al. (2010).
    """

    class Params(Parameters):
        """Parameters of the encoder."""

        kernel: str = parameter("rbf", "Similarity of two items", choices=("rbf", "polynomial", "cosine", "linear"))
        method: str = parameter("nystroem", "Features made from it", choices=("nystroem", "pca"))
        landmarks: int = parameter(500, "Training items compared with (m)", minimum=2, maximum=1000)
        components: int = parameter(100, "Features (c); there are no more than landmarks", minimum=1, maximum=1000)
        gamma: float = parameter(
            0.0, "Width of the kernel (γ); auto: 1 / (n σ²)", minimum=0.0, maximum=1e6, logarithmic=True, zero="auto"
        )
        degree: int = parameter(3, "Degree of the polynomial (p)", minimum=1, maximum=10)
        dimension: int = parameter(
            0,
            "Length of an embedding that gradient steps learn from the features",
            minimum=0,
            maximum=2048,
            zero="the features",
        )

    landmarks: Tensor
    used: Tensor
    gamma: Tensor
    basis: Tensor
    offset: Tensor

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        self.size = reduced(shape)
        numbers = self.size[0] * self.size[1] * shape[2]
        many, kept = self.params.landmarks, self.features
        self.register_buffer("landmarks", torch.zeros(many, numbers))
        self.register_buffer("used", torch.zeros(many))
        self.register_buffer("gamma", torch.ones(()))
        self.register_buffer("basis", torch.zeros(kept, many))
        self.register_buffer("offset", torch.zeros(kept))
        learned = bool(self.params.dimension)
        self.map = nn.Linear(kept, self.params.dimension, bias=False) if learned else None

    @property
    def features(self) -> int:
        """The number of features: there are no more than landmarks."""
        return min(int(self.params.components), int(self.params.landmarks))

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.params.dimension) or self.features

    def observe(self, pictures: Tensor) -> None:
        """Measure the pictures, take landmarks among them and find the features of their kernel.

        With fewer pictures than landmarks the rest are not used; features beyond the rank of the kernel are zero.
        """
        super().observe(pictures)
        rows = flattened(self.normalised(pictures), self.size)
        count = min(len(rows), len(self.landmarks))
        chosen = torch.from_numpy(np.sort(np.random.default_rng(0).permutation(len(rows))[:count]))
        self.landmarks.zero_()[:count] = rows[chosen]
        self.used.zero_()[:count] = 1.0
        scale = float(rows.double().var(correction=0)) * rows.shape[1]
        self.gamma.fill_(float(self.params.gamma) or 1.0 / max(scale, 1e-12))
        self._decompose(count)

    def _decompose(self, count: int) -> None:
        """Find basis and offset from the kernel matrix of the first ``count`` landmarks, in float64."""
        real = self.landmarks[:count].double()
        matrix = self._kernel(real, real)
        centred = self.params.method == "pca"
        if centred:
            matrix = matrix - matrix.mean(dim=0) - matrix.mean(dim=1, keepdim=True) + matrix.mean()
        values, vectors = torch.linalg.eigh(matrix)
        values, rows = values.flip(0), vectors.T.flip(0)
        kept = (values > FLOOR * values[0].clamp(min=torch.finfo(values.dtype).tiny))[: self.features]
        basis = rows[: self.features][kept] / values[: self.features][kept].sqrt()[:, None]
        if centred:  # k_x − mean over landmarks, itself centred over them: one matrix and one offset
            raw = self._kernel(real, real).mean(dim=1)
            basis = basis - basis.mean(dim=1, keepdim=True)
            self.offset.zero_()[: len(basis)] = (basis @ raw).to(self.offset.dtype)
        else:
            self.offset.zero_()
        self.basis.zero_()[: len(basis), :count] = basis.to(self.basis.dtype)

    def _kernel(self, x: Tensor, y: Tensor) -> Tensor:
        """Return k of (A, n) and (B, n) rows, (A, B)."""
        name, gamma = self.params.kernel, self.gamma.to(x.dtype)
        if name == "cosine":
            x, y = (nn.functional.normalize(rows, dim=1, eps=1e-12) for rows in (x, y))
        product = x @ y.T
        if name == "rbf":
            lengths = x.square().sum(dim=1)[:, None] + y.square().sum(dim=1)
            return torch.exp(-gamma * (lengths - 2 * product).clamp(min=0))
        return torch.pow(gamma * product + 1.0, self.params.degree) if name == "polynomial" else product

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        rows = flattened(self.normalised(pictures), self.size).float()
        with torch.autocast(rows.device.type, enabled=False):  # differences of large numbers
            features = (self._kernel(rows, self.landmarks) * self.used) @ self.basis.T - self.offset
        out: Tensor = features if self.map is None else self.map(features)
        return out
