"""The network of a run as weights and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from explorer.core.registry import register
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme
from explorer.engine.export.network import (
    NETWORK,
    about_network,
    described_network,
    example_files,
    network_facts,
    read_lines,
    write_example,
)

WEIGHTS, MODEL = "model.safetensors", "model.json"

_BUILT = """\
import json

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

with open("model.json", encoding="utf-8") as file:
    rows = json.load(file)["layers"]
weights = load_file("model.safetensors")
layers = nn.Sequential(*(getattr(nn, row["type"])(**row["arguments"]) for row in rows)).eval()
for row, layer in zip(rows, layers):
    layer.load_state_dict({key: weights[f"encoder.{row['name']}.{key}"] for key in layer.state_dict()})


@torch.no_grad()
def embed(inputs):
    x = torch.from_numpy(inputs).permute(0, 3, 1, 2)
    x = x.float() / 255 if x.dtype == torch.uint8 else x
    z = layers((x - weights["encoder.mean"]) / weights["encoder.std"])
    return PREPARED.numpy()


example = np.load("example.npz")
print(np.abs(embed(example["inputs"]) - example["embeddings"]).max())
"""
_ALONE = """\
import json

import numpy as np
from safetensors.numpy import load_file

with open("model.json", encoding="utf-8") as file:
    model = json.load(file)
weights = load_file("model.safetensors")
print(model["recipe"]["encoder"]["name"], len(weights), sum(weight.size for weight in weights.values()))
"""


@register("export", "model", title="Network as safetensors and JSON")
class Model(FolderExport):
    """The weights of encoder and distance as safetensors, and what they are of as JSON, with an example to check by.

    Of the encoders cnn, mlp and linear the README has the lines that build them with PyTorch alone.
    """

    of = "network"
    action = "Save the network"
    tip = "The weights and what they are of, to be built again with PyTorch"
    formats = ("safetensors", "JSON", "PyTorch")
    choices = NETWORK

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write weights, description and example."""
        import safetensors.numpy

        embedder = contents.embedder
        contents.progress("write the weights", 0, 0)
        from explorer.learn.whole_network import of_unit_length, plain_layers

        tensors = {
            f"{name}.{key}": np.ascontiguousarray(weight.detach().cpu().numpy())  # other orders would be scrambled
            for name, module in (("encoder", embedder.encoder), ("distance", embedder.distance))
            for key, weight in module.state_dict().items()
        }
        (folder / WEIGHTS).write_bytes(safetensors.numpy.save(tensors))
        layers = plain_layers(embedder.encoder, embedder.distance)
        described = described_network(contents) | {"layers": layers}
        (folder / MODEL).write_text(json.dumps(described, indent=1), encoding="utf-8")
        write_example(folder, contents)
        prepared = "nn.functional.normalize(z, eps=1e-6)" if of_unit_length(embedder.distance) else "z"
        told = "" if layers else "This encoder is no plain row of layers: as ONNX it runs without being built again."
        lines = _BUILT.replace("PREPARED", prepared) if layers else _ALONE
        picture = read_lines(contents, "embed(one)" if layers else "")
        return Readme(
            "Network",
            {
                WEIGHTS: "every weight and buffer: `encoder.…`, and `distance.…` where the distance has some",
                MODEL: "recipe as it was at that step, what was changed live, shape of the inputs, classes, distance, "
                "and the layers where they are a plain row",
                **example_files(contents),
            },
            f"{lines}\n\n{picture}" if picture else lines,
            " ".join(["safetensors numpy", *(["torch"] if layers else []), *(["pillow"] if picture else [])]),
            (*about_network(contents), *([told] if told else [])),
            {**network_facts(contents), "weights": sum(tensor.size for tensor in tensors.values())},
        )
