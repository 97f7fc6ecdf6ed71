"""Embedding Explorer: train an embedding on your pictures and watch the metric being learned.

In a script or a notebook::

    import explorer

    run = explorer.train("photos/", loss="triplet", margin=0.2)
    run.embeddings, run.labels, run.figures
    run.neighbours(0, k=5)

    run = explorer.open_run("runs/first")

In a training loop of your own::

    with explorer.watch("runs/mine", model, train_set, test=test_set) as watch:
        ...
        watch.step(loss, embeddings, labels)
"""

from __future__ import annotations

from typing import Any

from explorer.core.torch_environment import prepare_for_torch

__version__ = "0.1.0"

prepare_for_torch()  # here: this is imported first, wherever the program is begun

_PUBLIC = {
    "train": "explorer.api.training",
    "open_run": "explorer.api.run",
    "compare": "explorer.api.run",
    "watch": "explorer.api.watch",
    "Run": "explorer.api.run",
    "Recipe": "explorer.core.recipe",
    "UserError": "explorer.core.errors",
}
"""What scripts use, and where it is; imported when it is asked for. Typed in ``__init__.pyi``."""


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
