#!/usr/bin/env bash
# One would guess that a convolution with its ReLU in one operator gives what the two give one after the other.
# What happens (torch 2.13.0, Python 3.11, Linux, x86 with oneDNN, 2026-12-01): torch.relu keeps what is not a number; the
# operator that torch puts in place of the two on CPUs, mkldnn::_convolution_pointwise with "relu", gives 0 there. A network that
# has failed seems to embed, and no check of its output for NaN finds it.
# Way out: leave the ReLU out of the operator ("none") and take it after.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat > "$folder/relu.py" <<'PY'
import sys

import torch

torch.manual_seed(0)
convolution = torch.nn.Conv2d(1, 2, 3, padding=1).eval()
maps = torch.rand(1, 1, 6, 6)
maps[0, 0, 2, 2] = torch.nan
rules = (convolution.padding, convolution.stride, convolution.dilation, convolution.groups)


def fused(after: str) -> torch.Tensor:
    return torch.ops.mkldnn._convolution_pointwise(
        maps, convolution.weight, convolution.bias, *rules, after, [], ""
    )


with torch.inference_mode():
    apart = torch.relu(convolution(maps))
    counts = [int(found.isnan().sum()) for found in (apart, fused("relu"), torch.relu(fused("none")))]
    zeros = int((fused("relu")[apart.isnan()] == 0).sum())
print("NaN of 72: apart", counts[0], "; in one operator", counts[1], "(zeros there:", zeros, "); ReLU after it", counts[2])
sys.exit(0 if counts == [18, 0, 18] and zeros == 18 else 1)
PY
"$folder/env/bin/python" "$folder/relu.py"
