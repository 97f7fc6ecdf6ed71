"""Images a second of the trainer and of a bare loop of the same parts, in turns: ``pytest tests/benchmarks -s``."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch

from explorer.core.events import Command
from explorer.core.recipe import Recipe
from explorer.core.types import ByteArray, IntArray, Split, StepMetrics
from explorer.learn.batch import Batch
from explorer.learn.device_data import DeviceData
from explorer.learn.learner import Learner
from explorer.learn.trainer import Task, train

WARM_UP, STEPS = 3, 60

RESTED_SECONDS = 0.01
"""After a step torch's threads wait in a loop for more to do, 1 ms or so: that is counted to whose step it was."""


def bare_loop(recipe: Recipe, pictures: DeviceData, labels: IntArray) -> Iterator[None]:
    """What a plain script does: take a batch, augment, encode, loss, backward, step; nothing is measured or kept."""
    learner = Learner(recipe, pictures, labels, np.arange(len(labels)))
    while True:
        for positions in learner.sampler.epoch():
            x = learner.augment(pictures.batch(positions), learner.random)
            batch = Batch(
                learner.encoder(x.contiguous(memory_format=torch.channels_last)),
                torch.from_numpy(labels[positions]),
                learner.distance,
            )
            value = learner.loss(batch, learner.miner(batch, learner.loss.census_margin, learner.random)).value
            learner.optimiser.inner.zero_grad(set_to_none=True)
            value.backward()
            learner.optimiser.inner.step()
            yield


def trainer_steps(recipe: Recipe, pixels: ByteArray, labels: IntArray) -> Iterator[None]:
    """The trainer, headless, one step at a time as its metrics come."""
    split = Split("items", np.arange(len(labels)), np.zeros(0, dtype=np.int64), False)
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    task = Task("r", recipe, pixels, labels, split, torch.get_num_threads(), evaluate_share=0.0, live=False)
    for event in train(task, commands):
        if isinstance(event, StepMetrics):
            yield


def test_training_keeps_up_with_a_bare_loop() -> None:
    """The default recipe on 28 × 28 grey pictures, step by step in turns; CPU time, so that nothing else decides."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 10, 6000)
    pixels = draw.integers(0, 256, (6000, 28, 28, 1), dtype=np.uint8)
    recipe = Recipe(epochs=100, device="cpu")
    pictures = DeviceData(pixels, torch.device("cpu"))
    sides = {"bare": bare_loop(recipe, pictures, labels), "ours": trainer_steps(recipe, pixels, labels)}
    spent = dict.fromkeys(sides, 0.0)
    for step in range(WARM_UP + STEPS):
        for name, steps in sides.items():
            started = time.process_time()
            next(steps)
            time.sleep(RESTED_SECONDS)
            if step >= WARM_UP:
                spent[name] += time.process_time() - started
    ratio = spent["bare"] / spent["ours"]
    images = 128 * STEPS / spent["ours"]
    sys.stdout.write(f"\ntrainer against bare loop: {ratio:.3f} (budget 0.97), {images:.0f} images a CPU second\n")
    assert ratio >= 0.97
