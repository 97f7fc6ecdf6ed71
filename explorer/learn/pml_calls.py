"""How losses and miners of the package PyTorch Metric Learning are made and called: what they raise becomes a sentence.

The package is imported when one of its parts is made, never before.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from explorer.core.errors import UserError, printable
from explorer.core.registry import parameter
from explorer.core.words import several
from explorer.learn.batch import Batch, Triplets, pair_masks
from explorer.learn.failures import out_of_memory

PACKAGE = "pytorch_metric_learning"

OWN = "its own"
"""The distance or the reducer that a part of the package has by itself."""
DISTANCES = (OWN, "CosineSimilarity", "DotProductSimilarity", "LpDistance", "SNRDistance")
REDUCERS = (OWN, "AvgNonZeroReducer", "MeanReducer", "PerAnchorReducer", "SumReducer")


def distance_parameter() -> Any:
    """Declare ``distance``: which of the package a part of it compares embeddings by."""
    return parameter(
        OWN, "Which distance of the package it compares by; many of its parts take one only", choices=DISTANCES
    )


def made(sort: str, name: str, distance: str = OWN, reducer: str = OWN, **sizes: int) -> Any:
    """Return a part of the package with its own defaults; ``sort``: ``losses`` or ``miners``.

    ``distance`` and ``reducer`` of the package that it shall use in place of its own.

    Raises
    ------
    UserError: the installed version has no such part, cannot be imported, or the part takes no such distance.
    """
    chosen = {"distances": distance, "reducers": reducer}
    try:
        others = {
            kind[:-1]: getattr(importlib.import_module(f"{PACKAGE}.{kind}"), other)()
            for kind, other in chosen.items()
            if other != OWN
        }
        part = getattr(importlib.import_module(f"{PACKAGE}.{sort}"), name)
        return part(**sizes, **others)
    except AssertionError as error:
        with_these = " and ".join(other for other in chosen.values() if other != OWN)
        raise UserError(
            f"{name} of PyTorch Metric Learning does not go with {with_these}: {printable(str(error))}",
            remedy=f"Leave distance and reducer as {OWN!r}, or choose others",
        ) from error
    except (ImportError, OSError, AttributeError, TypeError) as error:
        version = importlib.metadata.version(PACKAGE)
        raise UserError(
            f"{name} cannot be had from PyTorch Metric Learning {version}: {printable(str(error))}",
            remedy=f"Take version 2.9.0 of {PACKAGE}, or another of its {sort}",
        ) from error


@contextmanager
def explained(name: str, labels: Tensor) -> Iterator[None]:
    """Turn what a part raises about (B,) labels into a sentence; that memory ran out is told by others.

    Raises
    ------
    UserError: which part, of which batch, and what it said.
    """
    try:
        yield
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if out_of_memory(error) is not None:
            raise
        items, classes = several(len(labels), "item"), several(len(torch.unique(labels)), "class", "classes")
        raise UserError(
            f"{name} of PyTorch Metric Learning failed on {items} of {classes}:"
            f" {printable(str(error)) or type(error).__name__}",
            remedy="Choose another of its losses and miners, or other numbers of classes and items in a batch",
        ) from error


def labelled(batch: Batch) -> Tensor:
    """Return which rows of a batch have a label, (K,) int64: the package takes −1 for a class."""
    return (batch.labels >= 0).nonzero().squeeze(1)


def tuples_of(batch: Batch, triplets: Triplets | None, rows: Tensor) -> tuple[Tensor, ...] | None:
    """Return what a miner chose as the package takes it, by the places of (K,) ``rows``; None: nothing was mined.

    Returns
    -------
    Anchors, positives and negatives of triplets, (T,) int64 each, or of pairs: anchors, positives, anchors, negatives.
    """
    if triplets is None:
        return None
    places = torch.zeros_like(batch.labels)
    places[rows] = torch.arange(len(rows), device=rows.device)
    if triplets.pairs is not None:
        same, different = pair_masks(batch, triplets)
        return tuple(places[column] for mask in (same, different) for column in mask.nonzero().T)
    kept = triplets.compact()
    return places[kept.anchors], places[kept.positives], places[kept.negatives]
