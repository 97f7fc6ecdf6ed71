"""Small runs on made-up pictures."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from explorer.core.events import Checkpoint, Command, Event
from explorer.core.recipe import Recipe
from explorer.core.targets import Target
from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray, Split
from explorer.learn.trainer import Task, train

T = TypeVar("T")

QUICK = ("encoder=mlp", "encoder.width=16", "encoder.layers=1", "encoder.dimension=8", "sampler.classes=4")


def quick_recipe(*settings: str, epochs: int = 2, seed: int = 3) -> Recipe:
    return Recipe(epochs=epochs, seed=seed, device="cpu").with_settings([*QUICK, *settings])


def made_up(
    items: int = 60, classes: int = 5, side: int = 8, channels: int = 1, seed: int = 0
) -> tuple[ByteArray, IntArray]:
    """Pictures whose class is a faint pattern under noise."""
    draw = np.random.default_rng(seed)
    labels = np.arange(items, dtype=np.int64) % classes
    patterns = draw.integers(0, 120, (classes, side, side, channels))
    pixels = patterns[labels] + draw.integers(0, 120, (items, side, side, channels))
    return pixels.astype(np.uint8), labels


def made_up_texts(items: int = 60, classes: int = 5, length: int = 48, seed: int = 0) -> tuple[ByteArray, IntArray]:
    """Texts of six words, (N, 1, L, 1) as UTF-8, whose class is one word among others."""
    draw = np.random.default_rng(seed)
    labels = np.arange(items, dtype=np.int64) % classes
    texts = np.zeros((items, 1, length, 1), np.uint8)
    for row, label in zip(texts, labels.tolist(), strict=True):
        words = [f"w{number:02d}" for number in draw.integers(0, 40, 6)]
        words[int(draw.integers(6))] = f"topic{label}"
        encoded = " ".join(words).encode()
        row[0, : len(encoded), 0] = np.frombuffer(encoded, np.uint8)
    return texts, labels


def made_up_captions(pictures: int = 40, side: int = 16) -> tuple[ByteArray, IntArray, dict[str, list[str]]]:
    """Pictures whose class is a faint pattern and, behind them, a caption of each that names it; with their columns."""
    pixels, labels = made_up(pictures, side=side, channels=3)
    items = np.zeros((2 * pictures, side + 1, side, 3), np.uint8)
    items[:pictures, :side] = pixels
    said = [f"number {number} of {label}" for number, label in enumerate(labels.tolist())]
    for row, text in zip(items[pictures:, side:], said, strict=True):
        row.reshape(-1)[: len(text)] = np.frombuffer(text.encode(), np.uint8)
    columns = {
        "pair": [str(number) for number in range(pictures)] * 2,
        "kind": ["picture"] * pictures + ["caption"] * pictures,
        "caption": [""] * pictures + said,
    }
    return items, np.concatenate([labels, labels]), columns


def halves(items: int, held_out: int) -> Split:
    return Split("items", np.arange(items - held_out), np.arange(items - held_out, items), False)


def task(
    recipe: Recipe | None = None,
    *,
    pixels: ByteArray | FloatArray | None = None,
    labels: IntArray | None = None,
    split: Split | None = None,
    label_sets: BoolArray | None = None,
    target: Target | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    resume: Checkpoint | None = None,
    live: bool = False,
    snapshot_seconds: float = 0.0,
    checkpoint_seconds: float = 0.0,
    autosave_seconds: float = float("inf"),
    evaluate_share: float = 0.15,
    modality: str = "pictures",
) -> Task:
    default_pixels, default_labels = made_up()
    pixels = default_pixels if pixels is None else pixels
    labels = default_labels if labels is None else labels
    return Task(
        run="r",
        recipe=recipe or quick_recipe(),
        pixels=pixels,
        labels=labels,
        split=split or halves(len(pixels), len(pixels) // 5),
        threads=1,
        resume=resume,
        live=live,
        snapshot_seconds=snapshot_seconds,
        checkpoint_seconds=checkpoint_seconds,
        autosave_seconds=autosave_seconds,
        evaluate_share=evaluate_share,
        label_sets=label_sets,
        target=target,
        columns=columns or {},
        modality=modality,
    )


def run(
    the_task: Task, *before: Command, on: Callable[[Event, queue.SimpleQueue[Command]], None] | None = None
) -> list[Event]:
    """All events of a run; ``on`` sees each as it comes and may send commands."""
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    for command in before:
        commands.put(command)
    events = []
    for event in train(the_task, commands):
        events.append(event)
        if on is not None:
            on(event, commands)
    return events


class Script(queue.SimpleQueue[Command]):
    """Commands that come when the trainer has looked for them so many times: once before every step."""

    def __init__(self, look: int, *commands: Command) -> None:
        self.looks_left = look
        for command in commands:
            self.put(command)

    def get(self, block: bool = True, timeout: float | None = None) -> Command:
        self.looks_left -= 1
        if self.looks_left >= 0:
            raise queue.Empty
        return super().get(block, timeout)


def of(kind: type[T], events: Iterable[object]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def same_weights(a: Checkpoint, b: Checkpoint) -> bool:
    return set(a.tensors) == set(b.tensors) and all(np.array_equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
