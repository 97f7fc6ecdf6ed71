"""Whether the threshold-consistent margin makes one threshold fit all classes, with its values chosen by a search.

``python -m tests.benchmarks.consistency_table DATA [--split classes] [--runs 5] [--items 9600]``. For each base loss
the two cosines and the weight are chosen among ``SEARCH`` on two seeds of their own, as those with the least OPIS whose
recall@1 is at most 0.005 below that of the base alone; then base and base with margin are trained on ``--runs`` other
seeds. OPIS as in ``evaluation.operating_points`` (Zhang et al., 2024, over FMR of 1 to 10 %).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from tests.benchmarks.noise_table import differences, run
from tests.benchmarks.training import save, side_by_side

BASES = ("proxy_anchor", "normalised_softmax", "contrastive", "supcon")
SEARCH = tuple(product((0.7, 0.9), (0.1, 0.4), (0.3, 2.0)))
"""The cosines m₊ and m₋, and the weight of both."""
SEARCH_SEEDS = (100, 101)
GIVEN_UP = 0.005
"""Recall@1 that a choice may cost in the search."""

Choice = tuple[float, float, float]


def formula(base: str, choice: Choice | None) -> str:
    """Return a base loss, with the margin added where a choice is given."""
    if choice is None:
        return base
    high, low, weight = choice
    margin = f"threshold_consistent_margin(positive_cosine={high}, negative_cosine={low})"
    return f"{base} + {weight}*{margin}"


def jobs_of(options: Any, losses: Sequence[tuple[str, str]], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Return a job for each named loss and seed."""
    split = [f"split={options.split}"] if options.split else []
    if options.split == "classes":
        split.append("split.test=0.5")
    return [
        {"data": options.data, "name": name, "settings": [*split, f"loss={loss}"], "seed": seed}
        | {"items": options.items, "wrong": 0.0}
        for name, loss in losses
        for seed in seeds
    ]


def trained(options: Any, losses: Sequence[tuple[str, str]], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train each named loss with each seed; what was stopped goes on."""
    return side_by_side(run, jobs_of(options, losses, seeds), options.processes, partial="consistency")


def chosen(rows: Sequence[dict[str, Any]], base: str) -> Choice:
    """Return the choice with the least mean OPIS that costs no more recall than is given up."""
    means = {
        name: [float(np.mean([row[key] for row in rows if row["name"] == name])) for key in ("recall@1", "opis")]
        for name in dict.fromkeys(row["name"] for row in rows)
    }
    least = means[base][0] - GIVEN_UP
    allowed = [choice for choice in SEARCH if means[formula(base, choice)][0] >= least]
    return min(allowed or SEARCH, key=lambda choice: means[formula(base, choice)][1])


def main() -> None:
    """Search, train on other seeds, print the paired differences and save the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first of their seeds")
    parser.add_argument("--items", type=int, default=9600)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--split", default="", help="classes: of classes never seen")
    parser.add_argument("--bases", nargs="+", default=list(BASES))
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for base in options.bases:
        tried = [(formula(base, choice), formula(base, choice)) for choice in (None, *SEARCH)]
        best = chosen(trained(options, tried, SEARCH_SEEDS), base)
        name = f"{base} + {best[2]:g} TCM({best[0]:g}, {best[1]:g})"
        pair = [(base, base), (name, formula(base, best))]
        seeds = range(options.first, options.first + options.runs)
        rows += trained(options, pair, seeds)
        alone = float(np.mean([row["opis"] for row in rows if row["name"] == base]))
        for key in ("recall@1", "map@r", "opis"):
            mean, half = differences(rows, name, base, key)
            share = f" ({mean / alone:+.0%})" if key == "opis" else ""
            print(f"{name} against {base}: {key} {mean:+.5f} ± {half:.5f}{share}", flush=True)  # noqa: T201
    for row in rows:
        row["data"] = row["data"].rpartition("/")[2]
    name = f"consistency_{options.data.rpartition('/')[2].partition('.')[0]}{'_unseen' * bool(options.split)}"
    if len(options.bases) < len(BASES):
        name += f"_{'_'.join(options.bases)}"
    save(name, f"{options.items:,} images, {options.runs} seeds after a search on {len(SEARCH_SEEDS)} others", rows)


if __name__ == "__main__":
    main()
