"""Which precision an encoder trains in on this CPU, where the recipe leaves it open: measured, once.

With tiles (AMX) a convolution takes half of the time or less in bfloat16, but not every encoder gains: so a few
training steps of a second encoder, equal to that of the run and thrown away, are timed both ways. With vectors alone
(AVX512-BF16) what is gained on an idle machine was lost beside busy processes, and elsewhere all lose: float32 then.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.core.cache_folder import default_folder
from explorer.core.errors import UserError
from explorer.core.plain_json import parse_json
from explorer.core.recipe import Recipe
from explorer.core.types import ByteArray, FloatArray
from explorer.learn.device import choose_device, mixed_precision
from explorer.learn.device_data import DeviceData
from explorer.learn.encoders.base import Encoder
from explorer.learn.parts import by_steps, make_encoder
from explorer.learn.seeding import seeded

FASTER = 1.1
"""How many times as fast as float32 bfloat16 has to be."""
SECONDS = 0.5
"""How long is measured, unless one step of each takes longer."""
PIXELS, MOST_ROWS, FEWEST_ROWS = 2**18, 64, 4
"""Of a batch: so many pixels in all, within so many pictures."""
TELLING = 3
"""Steps of each after which bfloat16 is given up if it is not quicker so far."""
PRECISIONS = ("float32", "bfloat16")
VARIABLE = "EMBEDDING_EXPLORER_PRECISION"
"""Environment variable that says what ``auto`` comes to, without measuring: the same on many machines."""

FILE_NAME = "precision.json"
MOST_BYTES, MOST_KEPT = 1 << 18, 200
"""Of the file of what was measured; what was measured first goes first."""


def chosen_precision(recipe: Recipe, pixels: ByteArray | FloatArray, *, folder: Path | None = None) -> str:
    """Return the precision in which a new run trains: that of the recipe, or what ``auto`` comes to on this CPU.

    On CUDA, and for a fitter, it stays ``auto``. What a run draws and learns is not touched.

    Parameters
    ----------
    pixels: (N, H, W, C), of all items. folder: where it is remembered; None: the cache folder of the application.
    """
    if recipe.precision != "auto" or not by_steps(recipe) or not len(pixels):
        return recipe.precision
    if choose_device(recipe.device).type != "cpu":
        return recipe.precision
    if (said := os.environ.get(VARIABLE, "")) in PRECISIONS:
        return said
    path = (folder or default_folder()) / FILE_NAME
    key = _key(recipe, pixels.shape[1:])
    known = _remembered(path)
    if key not in known:
        known[key] = measured_precision(recipe, pixels)
        _remember(path, known)
    return known[key]


def measured_precision(recipe: Recipe, pixels: ByteArray | FloatArray) -> str:
    """Return ``bfloat16`` where the CPU has tiles and steps of the encoder are ``FASTER`` in it, else ``float32``.

    An encoder that cannot be made or trained here is float32: the run itself says why.
    """
    if not has_tiles():
        return "float32"
    height, width, channels = pixels.shape[1:]
    rows = min(max(PIXELS // (height * width), FEWEST_ROWS), MOST_ROWS, len(pixels))
    try:
        encoder = make_encoder(recipe, (height, width, channels))
        batch = DeviceData(pixels, torch.device("cpu")).batch(np.arange(rows))
        with seeded(0):  # of what an encoder draws, such as dropout
            return faster(lambda precision: _step(encoder, batch, precision))
    except (UserError, RuntimeError, ValueError):
        return "float32"


def has_tiles() -> bool:
    """Return whether this CPU multiplies matrices of bfloat16 by tiles (AMX), as far as torch knows."""
    asked: Callable[[], bool] | None = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(asked is not None and asked())


def _step(encoder: Encoder, batch: Tensor, precision: str) -> None:
    """Take a training step without its optimiser.

    Raises
    ------
    RuntimeError: if the encoder does not train in that precision.
    """
    encoder.zero_grad(set_to_none=True)
    with mixed_precision(batch.device, precision):
        embeddings = encoder(batch.contiguous(memory_format=torch.channels_last)).float()
    value = embeddings.square().mean()
    value.backward()
    if not torch.isfinite(value):
        raise RuntimeError


def faster(
    step: Callable[[str], None], *, clock: Callable[[], float] = time.perf_counter, seconds: float = SECONDS
) -> str:
    """Return ``bfloat16`` if ``step`` is ``FASTER`` in it, else ``float32``, by steps in turns for so many ``seconds``.

    The least time of each counts: other processes only make a step slower. So does the first step of each, which
    prepares kernels, where there is no time for another.
    """
    times: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    began = clock()
    for precision in cycle(PRECISIONS):
        started = clock()
        step(precision)
        ended = clock()
        times[precision].append(ended - started)
        full, half = times["float32"], times["bfloat16"]
        if half and ended - began >= seconds:
            break
        if len(half) >= TELLING and min(half) >= min(full):
            break
    return "bfloat16" if min(times["float32"]) >= FASTER * min(times["bfloat16"]) else "float32"


def _key(recipe: Recipe, shape: tuple[int, ...]) -> str:
    """Return by what a measurement is remembered: the CPU, torch and its threads, the encoder and the size."""
    parts = (cpu_name(), f"torch {torch.__version__}", f"{torch.get_num_threads()} threads")
    return " | ".join((*parts, str(recipe.encoder), " x ".join(map(str, shape))))


def cpu_name() -> str:
    """Return the model of the CPU, with a mark of what it can do: in virtual machines many are called alike."""
    name, able = platform.processor() or platform.machine(), torch.backends.cpu.get_cpu_capability()
    with suppress(OSError, UnicodeDecodeError):
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
        said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
        name = said.get("model name", name)
        able += said.get("flags", said.get("Features", ""))
    return f"{name} {hashlib.sha256(able.encode()).hexdigest()[:8]}"


def _remembered(path: Path) -> dict[str, str]:
    """Return what was measured, as far as it can be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        found = parse_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): str(value) for key, value in found.items() if value in PRECISIONS}


def _remember(path: Path, known: Mapping[str, str]) -> None:
    """Write what was measured; where that is not possible it is measured again."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(dict(list(known.items())[-MOST_KEPT:]), indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
