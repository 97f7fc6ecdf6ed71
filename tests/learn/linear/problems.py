"""Small problems for fitters, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from explorer.core.registry import create
from explorer.learn.device import generator
from explorer.learn.linear.base import Fitter, Iterate, Problem
from explorer.learn.linear.lbfgs import State

T = TypeVar("T")
Doubles = npt.NDArray[np.float64]


def last(values: Iterator[T | None]) -> T:
    """The last value of a generator that yields None on the way."""
    found = [value for value in values if value is not None]
    return found[-1]


def blobs(items: int = 60, width: int = 5, classes: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Overlapping classes, with mean zero, float64."""
    draw = np.random.default_rng(seed)
    labels = np.arange(items) % classes
    x = draw.normal(size=(items, width)) * np.linspace(2, 0.3, width) + draw.normal(size=(classes, width))[labels]
    return torch.from_numpy(x - x.mean(axis=0)), torch.from_numpy(labels.astype(np.int64))


def fitted(name: str, x: Doubles, labels: npt.NDArray[np.int64], **params: Any) -> tuple[Doubles, list[Iterate]]:
    """The map of a fitter (D, d), and its iterations."""
    fitter: Fitter = create("fitter", name, params)
    features = torch.from_numpy(x - x.mean(axis=0)).float()
    state: State = {}
    problem = Problem(features, torch.from_numpy(labels), fitter.dimension(x.shape[1]), generator(0))
    iterates = [found for found in fitter.fit(problem, state) if found is not None]
    return state["map"].double().numpy(), iterates


def halves_of_digits() -> tuple[Doubles, Doubles, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The digits, standardised, half to train on and half to test."""
    return scaled_split(*load_digits(return_X_y=True), test=0.5, seed=0)


def scaled_split(
    x: Doubles, y: npt.NDArray[np.int64], *, test: float, seed: int
) -> tuple[Doubles, Doubles, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A stratified split, scaled to deviation 1 by the training part."""
    train, held_out, labels, answers = train_test_split(x, y, test_size=test, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(held_out), labels.astype(np.int64), answers.astype(np.int64)


def accuracy(train: Doubles, labels: npt.NDArray[np.int64], test: Doubles, answers: npt.NDArray[np.int64]) -> float:
    """Of the vote of the 3 nearest."""
    return float(KNeighborsClassifier(3).fit(train, labels).score(test, answers))
