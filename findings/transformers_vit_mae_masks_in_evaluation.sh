#!/usr/bin/env bash
# One would guess that a ViT-MAE encoder in evaluation mode embeds the whole picture, and the same one the same way: the
# mask is there for pretraining.
# What happens (transformers 5.23.0, torch 2.13.0, 2026-11-28): ViTMAEModel draws a new random mask in evaluation mode
# too. Of 64 patches it embeds 16, others each time, so that the same picture twice gives two embeddings. With
# mask_ratio=0 all patches are embedded, but in a random order, so that only what does not depend on their order (the
# class token, the mean) is the same; `noise` that rises along the patches keeps their order.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install -q --disable-pip-version-check transformers==5.23.0 numpy==2.4.6
export HF_HUB_OFFLINE=1
"$folder/env/bin/python" - <<'PYTHON'
import torch
import transformers

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=32, patch_size=4)
picture = torch.rand(1, 3, 32, 32)


def embedded(ratio, noise=None):
    torch.manual_seed(1)
    model = transformers.ViTMAEModel(transformers.ViTMAEConfig(**sizes, mask_ratio=ratio)).eval()
    with torch.no_grad():
        return [model(picture, noise=noise).last_hidden_state[0] for _ in range(2)]


first, second = embedded(0.75)
print("transformers", transformers.__version__, "patches embedded in evaluation mode:", len(first) - 1, "of 64")
apart = (first.mean(0) - second.mean(0)).abs().max().item()
print("the same picture twice, largest difference of the mean:", round(apart, 4))
if len(first) == 65 or apart < 1e-4:
    raise SystemExit("evaluation mode embeds the whole picture now: this finding is out of date")
first, second = embedded(0.0)
assert len(first) == 65
assert torch.allclose(first[0], second[0], atol=1e-5) and torch.allclose(first.mean(0), second.mean(0), atol=1e-5)
assert not torch.allclose(first, second, atol=1e-3), "the order of the patches is kept now: this finding is out of date"
print("mask_ratio=0: the class token and the mean agree, the patches come in another order")
first, second = embedded(0.0, torch.arange(64.0)[None])
assert torch.allclose(first, second, atol=1e-6)
print("with noise that rises along the patches everything agrees")
PYTHON
