"""An hour of training with every panel open: the memory of all processes stays flat, and so do handles and threads.

``EXPLORER_SOAK_MINUTES`` says how long, ``EXPLORER_SOAK_RECORDS`` where the records go. ``python -m
tests.faults.test_soak RECORDS`` reads them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.cache_folder import FOLDER_VARIABLE
from explorer.engine.paths import RUNS_VARIABLE
from tests.helpers.data import DATA
from tests.helpers.trend import Trend

SETTLED = 600.0
"""Seconds after which everything that is kept for later has reached its bound."""
ONE_PASS = 480
"""Steps after which every item was met once; what is known of items grows until then, on a busy machine for long."""
FLAT = 0.02


def trends(records: Sequence[Mapping[str, Any]], after: float = SETTLED) -> dict[str, Trend]:
    """Return the trends of memory (MiB), handles and threads of all processes, and the memory of each kind of one."""
    late = [record for record in records if record["seconds"] >= after and record["step"] >= ONE_PASS]
    seconds = [record["seconds"] for record in late]

    def total(*fields: str, process: int | None = None) -> list[float]:
        chosen = [r["processes"] if process is None else r["processes"][process : process + 1] for r in late]
        return [sum(one[field] for one in processes for field in fields) for processes in chosen]

    return {
        "held": Trend.of(seconds, total("own", "shared")),
        "all": Trend.of(seconds, total("own", "shared", "mapped")),
        "window": Trend.of(seconds, total("own", process=0)),
        "analysis": Trend.of(seconds, np.subtract(total("own"), total("own", process=0))),
        "shared": Trend.of(seconds, total("shared")),
        "handles": Trend.of(seconds, total("handles")),
        "threads": Trend.of(seconds, total("threads")),
    }


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a soak."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_trend_is_found_under_what_comes_and_goes() -> None:
    seconds = np.arange(0, 3600, 30.0)
    swings = np.random.default_rng(0).choice([0.0, 0.0, 0.0, 80.0], len(seconds))
    flat, growing = Trend.of(seconds, 800 + swings), Trend.of(seconds, 800 + swings + seconds / 36)
    assert abs(flat.share) < 0.002
    assert growing.change == pytest.approx(100, rel=0.05)


@pytest.mark.full
@pytest.mark.data
@pytest.mark.timeout(3 * 3600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.skipif(not (DATA / "fashion_mnist.zip").is_file(), reason="needs Fashion-MNIST")
def test_nothing_grows_in_an_hour_of_training(tmp_path: Path) -> None:
    minutes = float(os.environ.get("EXPLORER_SOAK_MINUTES", "60"))
    records = Path(os.environ.get("EXPLORER_SOAK_RECORDS", tmp_path / "records.jsonl"))
    own = {
        RUNS_VARIABLE: str(tmp_path / "runs"), FOLDER_VARIABLE: str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.soaking_window", str(DATA / "fashion_mnist.zip"), str(minutes)]
    subprocess.run([*command, str(records)], env=os.environ | own, check=True, timeout=minutes * 60 + 1200)
    found = read(records)
    assert all(record["state"] == "training" for record in found)
    assert found[-1]["step"] > 2 * ONE_PASS, "too slow a machine to see anything after the first pass over the data"
    lines = trends(found, min(SETTLED, minutes * 60 / 3))
    print({name: (round(line.median, 1), round(line.change, 2)) for name, line in lines.items()})  # noqa: T201
    assert lines["all"].share < FLAT
    assert lines["handles"].change < 1
    assert lines["threads"].change < 1


if __name__ == "__main__":
    for name, line in trends(read(Path(sys.argv[1])), *map(float, sys.argv[2:3])).items():
        sys.stdout.write(f"{name:9} median {line.median:8.1f}  change {line.change:+7.2f}  {line.share:+.2%}\n")
