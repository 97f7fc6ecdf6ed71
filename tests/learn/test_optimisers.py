"""Optimisers take the steps of torch's own, and load no compiler for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from explorer.learn.optimisers import uncompiled

PROGRAM = """
import sys
from pathlib import Path
from explorer.core.recipe import Recipe
from explorer.engine.headless import Headless

class Teller:
    def say(self, text): pass
    def progress(self, title, done, total, detail=""): pass

if __name__ == "__main__":
    run = Headless(Teller())
    run.open_all(Recipe(epochs=1), [("sample:digits", "main")])
    run.train(Path(sys.argv[1]) / "run", resume=False)
    print(*{"torch", "torch._dynamo", "sympy"} & set(sys.modules))
"""


@pytest.mark.parametrize(
    ("kind", "values"), [(torch.optim.AdamW, {}), (torch.optim.SGD, {"momentum": 0.9, "nesterov": True})]
)
def test_the_steps_are_those_of_torch(kind: type[torch.optim.Optimizer], values: dict[str, Any]) -> None:
    def weights(maker: Any) -> Tensor:
        torch.manual_seed(0)
        module, pictures = nn.Linear(5, 3), torch.randn(8, 5)
        groups = [{"params": [module.weight], "weight_decay": 0.1}, {"params": [module.bias], "weight_decay": 0.0}]
        optimiser = maker(groups, lr=0.1, fused=True, **values)
        for _ in range(5):
            optimiser.zero_grad(set_to_none=True)
            module(pictures).square().mean().backward()
            optimiser.step()
        return module.weight.detach()

    assert torch.equal(weights(uncompiled(kind)), weights(kind))


@pytest.mark.full
def test_a_run_loads_no_compiler(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["torch"]
