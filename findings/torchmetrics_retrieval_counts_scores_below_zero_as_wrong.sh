#!/usr/bin/env bash
# One would guess that retrieval metrics depend on the order of the scores alone: that negated distances, or cosines,
# rank as well as any other score.
# What happens (torchmetrics 1.9.0, torch 2.13.0, 2026-11-28): average precision, reciprocal rank, precision and recall
# count a right item whose score is not above 0 as a wrong one, without a word; hit rate, R-precision and nDCG do not.
# The same perfect ranking has MAP 0 by negated distances and 1 once a constant is added to them.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install -q --disable-pip-version-check torchmetrics==1.9.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import torch
import torchmetrics
from torchmetrics.functional import retrieval

distances = torch.tensor([0.1, 0.2, 0.7, 0.9])
right = torch.tensor([True, True, False, False])  # the two nearest: no ranking is better
print("torchmetrics", torchmetrics.__version__)
changed, kept = [], []
for name in ("average_precision", "reciprocal_rank", "precision", "recall", "hit_rate", "r_precision", "normalized_dcg"):
    measure = getattr(retrieval, f"retrieval_{name}")
    top = {} if name == "r_precision" else {"top_k": 2}
    below, above = (float(measure(scores, right, **top)) for scores in (-distances, 1 - distances))
    print(f"{name}: {below:.1f} by −distance, {above:.1f} by 1 − distance")
    assert above == 1.0
    (changed if below != above else kept).append(name)
if changed != ["average_precision", "reciprocal_rank", "precision", "recall"] or len(kept) != 3:
    raise SystemExit("which metrics look at the sign has changed: this finding is out of date")
PYTHON
