"""A training loop as somebody writes it, for what watches one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from explorer.api.watch import Watch
from explorer.data.opening import open_dataset


class Net(nn.Module):
    """A small network with dropout, so that training and evaluation differ."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 8))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.body(x)
        return found


def digit_sets() -> tuple[TensorDataset, TensorDataset]:
    """Return 600 digits to train on and 200 others."""
    known = open_dataset("sample:digits")
    x = torch.from_numpy(np.array(known.inputs[:, :, :, 0], np.float32) / 255)[:, None]
    y = torch.from_numpy(np.array(known.labels, np.int64))
    return TensorDataset(x[:600], y[:600]), TensorDataset(x[600:800], y[600:800])


def train_own(model: nn.Module, data: TensorDataset, watch: Watch, steps: int = 30) -> None:
    """Take some steps with the hardest triplets of each batch."""
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    loader = DataLoader(data, batch_size=60, shuffle=True, generator=torch.Generator().manual_seed(0))
    taken = 0
    while taken < steps:
        for images, labels in loader:
            z = nn.functional.normalize(model(images))
            d, same = torch.cdist(z, z), labels[:, None] == labels[None]
            far, near = d.masked_fill(~same, 0).amax(1), d.masked_fill(same, 9).amin(1)
            loss = (far - near + 0.2).clamp(min=0).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            watch.step(loss, z, labels)
            taken += 1
