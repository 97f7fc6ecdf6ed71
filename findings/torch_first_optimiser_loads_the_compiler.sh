#!/usr/bin/env bash
# One would guess that making torch.optim.SGD or AdamW, eager and on a CPU, costs next to nothing once torch is imported,
# as in every release before compilation, and that torch._dynamo is loaded by torch.compile alone.
# What happens (torch 2.13.0+cpu, 2026-11-29): the first optimiser that is made imports torch._dynamo, torch._inductor
# parts and sympy, some 800 modules, which takes 1 to 2 s, since its methods are wrapped by torch._disable_dynamo.
# A subclass whose add_param_group, zero_grad and step are the unwrapped functions takes the same steps bit for bit, and
# loads none of it.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install -q --disable-pip-version-check numpy==2.4.6
cat > "$folder/steps.py" <<'PYTHON'
import sys
import time
from inspect import unwrap

import torch

own = sys.argv[1] == "unwrapped"
kind = torch.optim.AdamW
if own:
    names = ("add_param_group", "zero_grad", "step")
    methods = {name: unwrap(getattr(kind, name)) for name in names}
    kind = type("AdamW", (kind,), methods | {"step": torch.no_grad()(methods["step"])})
torch.manual_seed(0)
layer = torch.nn.Linear(8, 4)
before, began = len(sys.modules), time.perf_counter()
optimiser = kind(layer.parameters(), fused=True)
for _ in range(5):
    optimiser.zero_grad()
    layer(torch.ones(2, 8)).square().sum().backward()
    optimiser.step()
seconds, loaded = time.perf_counter() - began, len(sys.modules) - before
compiler = "torch._dynamo" in sys.modules
print(torch.__version__, sys.argv[1], "modules loaded", loaded, f"{seconds:.2f} s", file=sys.stderr)
print(compiler, layer.weight.detach().numpy().tobytes().hex())
PYTHON
read -r compiler weights < <("$folder/env/bin/python" "$folder/steps.py" plain)
read -r without again < <("$folder/env/bin/python" "$folder/steps.py" unwrapped)
[ "$compiler" = True ] || { echo "a plain optimiser does not load the compiler any more: this finding is out of date"; exit 1; }
[ "$without" = False ] || { echo "the unwrapped one loads the compiler as well now"; exit 1; }
[ "$weights" = "$again" ] || { echo "their steps differ"; exit 1; }
echo "the first optimiser loads torch._dynamo; unwrapped, its steps are the same bit for bit without it"
