"""What comes out of the parts of extensions is looked at before it is used: junk is their fault, and is told so.

Our own parts are held by tests to return what they promise, and are not looked at: some of it would wait for a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from explorer.core.extensions import extension_of, faulty
from explorer.core.registry import Scalar, create
from explorer.core.types import IntArray
from explorer.learn.augments.base import Augment
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.miners.base import Miner
from explorer.learn.samplers.base import Sampler

T = TypeVar("T")


def of_others(part: object) -> bool:
    """Return whether a part is of an extension."""
    return bool(extension_of(type(part).__module__))


def made(kind: str, base: type[T], name: str, params: dict[str, Scalar], *arguments: object, **context: object) -> T:
    """Make a part that is a ``base``, see ``create``.

    Raises
    ------
    UserError: if it is of an extension and is none.
    """
    part = create(kind, name, params, *arguments, **context)
    if not isinstance(part, base):
        raise faulty(kind, part, f"is no {base.__name__} of {base.__module__}")
    return part


def checked(output: object, loss: nn.Module, embeddings: Tensor) -> LossOutput:
    """Return what a loss has returned for embeddings.

    Raises
    ------
    UserError: if it is not what a loss returns, or no finite number of finite embeddings.
    """
    if of_others(loss):
        value = output.value if isinstance(output, LossOutput) else None
        if not (isinstance(value, Tensor) and value.ndim == 0 and value.requires_grad):
            raise faulty("loss", loss, "returns no LossOutput whose value is one number with a gradient")
        if not bool(value.isfinite()) and bool(embeddings.isfinite().all()):
            raise faulty("loss", loss, f"returns {value.item():g} for embeddings that are finite")
    assert isinstance(output, LossOutput)
    return output


def chosen_by(miner: Miner, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
    """Return what a miner chooses.

    Raises
    ------
    UserError: if that is neither None nor triplets of rows of the batch.
    """
    found: object = miner(batch, margin, generator)
    if of_others(miner) and found is not None:
        if not isinstance(found, Triplets):
            raise faulty("miner", miner, f"returns {_kind(found)} in place of Triplets")
        if wrong := _wrong_triplets(found, len(batch)):
            raise faulty("miner", miner, wrong)
    assert found is None or isinstance(found, Triplets)
    return found


def _wrong_triplets(found: Triplets, rows: int) -> str:
    """Return what is wrong with the triplets of a batch of so many rows; empty: nothing."""
    if found.pairs is not None:
        fine = all(isinstance(p, Tensor) and p.dtype == torch.bool and p.shape == (rows, rows) for p in found.pairs)
        return "" if fine else f"returns pairs that are no two masks of {rows} × {rows}"
    columns = (found.anchors, found.positives, found.negatives)
    if not all(isinstance(each, Tensor) and each.ndim == 1 for each in (*columns, found.valid)):
        return "returns triplets that are no rows of numbers"
    if len({len(each) for each in (*columns, found.valid)}) != 1:
        return "returns triplets whose parts have different lengths"
    if any(each.dtype != torch.int64 for each in columns) or found.valid.dtype != torch.bool:
        return "returns triplets whose rows are not int64, or whose valid is not bool"
    if len(found.valid) and any(bool((each < 0).any() | (each >= rows).any()) for each in columns):
        return f"returns rows that a batch of {rows} does not have"
    return ""


def batches_of(sampler: Sampler) -> Iterator[IntArray]:
    """Yield the batches of an epoch.

    Raises
    ------
    UserError: if one is none of the positions of the training items.
    """
    if not of_others(sampler):
        yield from sampler.epoch()
        return
    found: object = sampler.epoch()
    if not isinstance(found, Iterator):
        raise faulty("sampler", sampler, f"gives {_kind(found)} in place of an iterator of batches")
    for batch in found:
        if not isinstance(batch, np.ndarray) or batch.ndim != 1 or not np.issubdtype(batch.dtype, np.integer):
            raise faulty("sampler", sampler, f"gives {_kind(batch)} in place of a row of whole numbers")
        if not len(batch):
            raise faulty("sampler", sampler, "gives a batch without items")
        if batch.min() < 0 or batch.max() >= len(sampler.labels):
            raise faulty("sampler", sampler, "gives positions that no training item has")
        yield batch.astype(np.int64, copy=False)


def check_sampler(sampler: Sampler) -> None:
    """Check what a sampler says of itself.

    Raises
    ------
    UserError: if it has no length, or a batch without items.
    """
    numbers = [getattr(sampler, name, None) for name in ("batch", "length")]
    if of_others(sampler) and not all(isinstance(each, int) and each > 0 for each in numbers):
        raise faulty("sampler", sampler, "does not say in batch and length how many items and batches it gives")


def embedded(encoder: nn.Module, pictures: Tensor) -> Tensor:
    """Return the embeddings of pictures, (B, D) float32.

    Raises
    ------
    UserError: if an encoder of an extension returns anything else, or no numbers though its weights are numbers.
    """
    return embeddings_of(encoder, encoder(pictures), len(pictures))


def embeddings_of(encoder: nn.Module, found: object, count: int) -> Tensor:
    """Return what an encoder has returned for ``count`` pictures, (B, D) float32; raises as ``embedded`` does."""
    if of_others(encoder):
        wanted = (count, getattr(encoder, "dimension", 0))
        if not isinstance(found, Tensor) or not found.is_floating_point():
            raise faulty("encoder", encoder, f"returns {_kind(found)} in place of numbers")
        if tuple(found.shape) != wanted:
            raise faulty("encoder", encoder, f"returns {_kind(found)} in place of {' × '.join(map(str, wanted))}")
        if not bool(found.isfinite().all()) and all(bool(w.isfinite().all()) for w in encoder.parameters()):
            raise faulty("encoder", encoder, "returns numbers that are not finite, and its weights are")
    assert isinstance(found, Tensor)
    return found.float()


def _kind(found: object) -> str:
    """Return in words what something is."""
    shape = getattr(found, "shape", None)
    if not isinstance(shape, tuple):
        return f"a {type(found).__name__}"
    return f"{' × '.join(map(str, shape)) or 'one'} {getattr(found, 'dtype', 'numbers')}"


def check_distance(distance: Distance, dimension: int) -> None:
    """Let a distance of an extension compare a few rows of ``dimension`` numbers.

    Raises
    ------
    UserError: if what it returns are no distances.
    """
    if not of_others(distance):
        return
    if not isinstance(getattr(distance, "lift", None), str):
        raise faulty("distance", distance, "does not name in lift how it is searched")
    rows = torch.linspace(-1.0, 1.0, 3 * dimension).view(3, dimension)
    with torch.no_grad():
        prepared: object = distance.prepare(rows)
        if not isinstance(prepared, Tensor) or prepared.ndim != 2 or len(prepared) != 3:
            raise faulty("distance", distance, f"prepares {_kind(prepared)} of {_kind(rows)}")
        found: object = distance.matrix(prepared)
    if not isinstance(found, Tensor) or found.shape != (3, 3) or not bool(found.isfinite().all()):
        raise faulty("distance", distance, f"returns {_kind(found)} or no finite numbers as the distances of 3 rows")


def changed(augment: Augment, found: object, pictures: Tensor) -> Tensor:
    """Return what an augmentation made of pictures (B, C, H, W).

    Raises
    ------
    UserError: if one of an extension made anything but pictures of the same size of them.
    """
    if of_others(augment) and not (isinstance(found, Tensor) and found.shape == pictures.shape):
        raise faulty("augment", augment, f"returns {_kind(found)} in place of {_kind(pictures)}")
    assert isinstance(found, Tensor)
    return found
