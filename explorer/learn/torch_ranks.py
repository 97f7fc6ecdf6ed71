"""Ranks by ``torch.distributed``: what torchrun, or anything that sets its environment, has started.

Orders and arrays travel as JSON and plain bytes, never as a pickle.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from explorer.core.errors import UserError
from explorer.core.plain_json import parse_json
from explorer.core.types import IntArray
from explorer.learn.ranks import RankLostError, Ranks

SECONDS = 60.0
"""How long a rank may not answer within a step before it counts as lost."""

WAITING = timedelta(days=7)
"""How long the others wait for data to be read, or for what rank 0 says next; that it is alive is seen by its beat."""

BEAT_SECONDS = 5.0

ORDER_BYTES = 496
"""An order that is not longer is one message."""

LATE = re.compile("timed ?out|timeout", re.IGNORECASE)
"""What gloo and NCCL say of a process that is there and does not answer."""

_ended: list[dist.ProcessGroup] = []
"""Groups of trainings that have ended here. The two threads of each look up a hundred times a second while it is kept;
it goes with the next training, since whoever closed it at once could cut off an order that another has yet to read."""

FirstLost = Callable[[RankLostError], None]

AGAIN = "--resume-or-start goes on from the last checkpoint; torchrun --max-restarts 3 gives that command by itself"


class TorchRanks(Ranks):
    """The processes of ``torch.distributed``; every method raises ``RankLostError`` where one of them is lost.

    Parameters
    ----------
    store: where they meet. rank, size: which of how many this is.
    first_lost: told, from a thread, that the first has not answered for so many ``seconds``; this process ends then.
    """

    def __init__(
        self, store: Store, rank: int, size: int, *, seconds: float = SECONDS, first_lost: FirstLost | None = None
    ) -> None:
        self.rank, self.size = rank, size
        self._seconds, self._first_lost = seconds, first_lost
        self._closed = False
        with self._reached():
            if not dist.is_initialized():
                limit = timedelta(seconds=seconds)
                dist.init_process_group(_backend(), store=store, rank=rank, world_size=size, timeout=limit)
            self._orders = dist.new_group(backend="gloo", timeout=WAITING)
            while _ended:  # nobody needs them: who comes here has heard the end of the training before
                dist.destroy_process_group(_ended.pop())
        self._over = threading.Event()
        self._beat = threading.Thread(target=self._keep_beat, args=(store.clone(),), name="ranks", daemon=True)  # type: ignore[attr-defined]
        self._beat.start()

    def __deepcopy__(self, memo: object) -> TorchRanks:
        return self  # normalisations hold it, and networks are copied

    def gather(self, own: Tensor, count: int) -> Tensor:
        """Return all ``count`` rows in their order; the gradient flows into one's own."""
        widest = -(-count // self.size)
        padded = own.detach().new_zeros(widest, *own.shape[1:])  # of one shape: what is not ends gloo, or lies
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in range(self.size)]
        with self._reached():
            dist.all_gather(parts, padded)
        shards = [self.shard_of(rank, count) for rank in range(self.size)]
        rows = [part[: shard.stop - shard.start] for part, shard in zip(parts, shards, strict=True)]
        rows[self.rank] = own
        return torch.cat(rows)

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add up over the ranks, in place; as one message for each type of number."""
        for dtype in {tensor.dtype for tensor in tensors}:
            alike = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.reshape(-1) for tensor in alike])
            with self._reached():
                dist.all_reduce(flat)
            parts = flat.split([tensor.numel() for tensor in alike])
            for tensor, part in zip(alike, parts, strict=True):
                tensor.copy_(part.view_as(tensor))

    def mean(self, tensors: Sequence[Tensor]) -> None:
        """Average over the ranks, in place."""
        self.sum(tensors)
        for tensor in tensors:
            tensor.div_(self.size)

    def say(self, op: str, rows: IntArray | None = None, **values: object) -> None:
        """Tell the others what is done next; only the first does, all others are told so."""
        if not self.is_first or self._closed:
            return
        body = json.dumps({"op": op, **values}).encode()
        head = np.zeros(ORDER_BYTES // 8 + 2, np.int64)
        head[:2] = len(body), -1 if rows is None else len(rows)
        if len(body) <= ORDER_BYTES:
            head[2:].view(np.uint8)[: len(body)] = np.frombuffer(body, np.uint8)
        self._broadcast(torch.from_numpy(head))
        if len(body) > ORDER_BYTES:
            self._broadcast(torch.frombuffer(bytearray(body), dtype=torch.uint8))
        if rows is not None and len(rows):
            self._broadcast(torch.from_numpy(np.array(rows, np.int64)))

    def hear(self) -> tuple[dict[str, Any], IntArray | None]:
        """Wait for what the first says next."""
        head = torch.zeros(ORDER_BYTES // 8 + 2, dtype=torch.int64)
        self._broadcast(head)
        length, count = int(head[0]), int(head[1])
        if length <= ORDER_BYTES:
            body = head[2:].numpy().tobytes()[:length]
        else:
            long = torch.empty(length, dtype=torch.uint8)
            self._broadcast(long)
            body = long.numpy().tobytes()
        rows = None if count < 0 else torch.empty(count, dtype=torch.int64)
        if rows is not None and count:
            self._broadcast(rows)
        return parse_json(body), None if rows is None else rows.numpy()

    def send(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Send arrays to the others, who ``receive`` them."""
        self.say("arrays", arrays=[(name, array.dtype.str, array.shape) for name, array in arrays.items()])
        for array in arrays.values():
            if array.nbytes:
                self._broadcast(torch.from_numpy(np.array(array, order="C").reshape(-1).view(np.uint8)))

    def receive(self) -> dict[str, npt.NDArray[Any]]:
        """Wait for arrays of the first."""
        order, _ = self.hear()
        found = {}
        for name, dtype, shape in order["arrays"]:
            array = np.empty(shape, np.dtype(dtype))
            if array.nbytes:
                self._broadcast(torch.from_numpy(array.reshape(-1).view(np.uint8)))
            found[name] = array
        return found

    def close(self) -> None:
        """Let the others end, if this is the first; nothing is said any more."""
        self.say("stop")
        if not self._closed:
            _ended.append(self._orders)
        self._closed = True
        self._over.set()
        self._beat.join()  # a thread that comes back from torch while Python ends would end it with a fault

    def _broadcast(self, tensor: Tensor) -> None:
        with self._reached():
            dist.broadcast(tensor, 0, group=self._orders)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Say in words that another process is lost."""
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self._closed = True
            late = LATE.search(str(error)) is not None
            how = f"has not answered for {self._seconds:.0f} s" if late else "has ended"
            raise RankLostError(f"Another process of this training {how}", remedy=AGAIN) from error

    def _keep_beat(self, store: Store) -> None:
        """Show that the first is alive, or end where it is not any more: the others wait for what it says."""
        last, since, count = b"", time.monotonic(), 0
        while not self._over.wait(BEAT_SECONDS):
            try:
                if self.is_first:
                    count += 1
                    store.set("beat", str(count))
                elif store.check(["beat"]) and (now := store.get("beat")) != last:
                    last, since = now, time.monotonic()
            except RuntimeError:  # the store has ended with torchrun
                since = min(since, time.monotonic() - self._seconds / 2)
            if not self.is_first and time.monotonic() - since > self._seconds:
                how = f"The first process of this training has not answered for {self._seconds:.0f} s"
                if self._first_lost is not None:
                    self._first_lost(RankLostError(how, remedy=AGAIN))
                os._exit(1)


def _backend() -> str:
    """Return what the processes talk by: NCCL where each of this machine has a GPU of its own."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if torch.cuda.is_available() and torch.cuda.device_count() >= local and dist.is_nccl_available():
        return "cuda:nccl,cpu:gloo"
    return "gloo"


class Meeting:
    """Where the processes that torchrun has started meet, before they are ``Ranks``: data take long to be read."""

    def __init__(self) -> None:
        store, self.rank, self.size = next(iter(rendezvous("env://", timeout=WAITING)))
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        self._store = PrefixStore(f"explorer/{attempt}", store)  # it outlives those that torchrun starts again
        self._store.set_timeout(WAITING)
        self._machine = os.environ.get("GROUP_RANK", "0")

    def begin(self, recipe: str) -> None:
        """Tell the others by which recipe, in TOML, the data are read."""
        self._store.set("recipe", recipe)

    def recipe(self) -> str:
        """Wait for the recipe of the first."""
        self._store.wait(["recipe"], WAITING)
        return str(self._store.get("recipe"), "utf-8")

    def read(self) -> None:
        """Tell those on this machine that the data are decoded."""
        self._store.set(f"read/{self._machine}", "1")

    def await_read(self) -> None:
        """Wait until the first one on this machine has decoded the data, for all of them."""
        self._store.wait([f"read/{self._machine}"], WAITING)

    def dismiss(self) -> None:
        """Let the others go: there is nothing to train."""
        self._store.set("here/0", "")

    def join(self, same: str, first_lost: FirstLost | None = None) -> TorchRanks | None:
        """Wait for all others; None: there is nothing to train.

        ``same``: what they have to have in common, the data and the recipe. ``first_lost``: as of ``TorchRanks``.

        Raises
        ------
        UserError: if one of them has something else.
        """
        keys = [f"here/{rank}" for rank in range(self.size)]
        self._store.set(keys[self.rank], same)
        for key in keys:
            self._store.wait([key], WAITING)
            if self._store.get(keys[0]) == b"":
                return None
        found = [self._store.get(key) for key in keys]
        if other := [rank for rank, said in enumerate(found) if said != found[0]]:
            raise UserError(
                f"Process {other[0]} of this training has other data or another recipe than process 0",
                remedy="Give every process the same command, and the same data",
            )
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        return TorchRanks(self._store, self.rank, self.size, first_lost=first_lost)
