"""The benchmark for a GPU, small and on the processor, so that it still runs when there is a GPU to run it on."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from tests.benchmarks.gpu import NEEDS_CUDA, PARTS, main, nearest


@pytest.mark.full
def test_all_of_it_runs_small_on_the_processor_and_without_qt() -> None:
    code = (
        "import sys; from tests.benchmarks.gpu import main; main(['--device', 'cpu', '--small']);"
        "assert not any(name.startswith('PySide6') for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["what"].split()[0] for row in rows] == ["train"] * 3 + ["all-triplet", "exact", "exact", "layout"]
    assert all(value > 0 for row in rows for value in row.values() if isinstance(value, float | int))


@pytest.mark.full
@pytest.mark.parametrize("name", PARTS)
def test_a_part_alone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cpu", "--small", "--only", name, "--bf16", "--no-channels-last"]) == 0
    assert all("what" in json.loads(line) for line in capsys.readouterr().out.splitlines())


def test_the_nearest_are_found_piece_by_piece() -> None:
    items = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    wanted = (items[:7] @ items.T).topk(5, dim=1).indices
    torch.testing.assert_close(nearest(items, items[:7], 5, 16), wanted)


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a GPU where there is none")
def test_without_cuda_it_says_so_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.err == f"{NEEDS_CUDA}\n"
    assert not told.out
