"""The network of a run as ONNX, from the inputs of the data to embeddings."""

from __future__ import annotations

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.extras import installed
from explorer.core.registry import Scalar, register
from explorer.data.modalities.base import Inputs
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme
from explorer.engine.export.network import (
    NETWORK,
    about_network,
    described_network,
    example_files,
    example_inputs,
    network_facts,
    read_lines,
    reads_bytes,
    write_example,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

FILE = "model.onnx"
LARGEST = 1_900_000_000
"""Bytes of weights that fit in one file of ONNX."""
SAME = 1e-4
"""How far the embeddings may be from those of the run."""

_LINES = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
example = np.load("example.npz")
(embeddings,) = session.run(["embeddings"], {"inputs": example["inputs"]})
print(np.abs(embeddings - example["embeddings"]).max())
"""
_ONE = 'session.run(["embeddings"], {"inputs": one})[0]'


@register("export", "onnx", title="Network as ONNX", requires=("onnx", "onnxscript"))
class Onnx(FolderExport):
    """The network in one file of ONNX, any number of inputs at a time: preprocessing, encoder and learned distance.

    Pictures go in as bytes (N, H, W, C) at the size of the run, and embeddings come out as the run compares them. Needs
    onnx and onnxscript; where onnxruntime is there, what it gives is compared with the run before anything is written.
    """

    of = "network"
    action = "Save the network as ONNX"
    tip = "One file that runs without PyTorch: pictures in, embeddings out"
    formats = ("ONNX",)
    choices = NETWORK

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the network, an example, and how near the two are."""
        from explorer.learn.whole_network import WholeNetwork

        embedder = contents.embedder
        inputs = example_inputs(contents)
        write_example(folder, contents)
        module = WholeNetwork(embedder.encoder, embedder.distance, bytes=reads_bytes(contents)).cpu().eval()
        size = sum(weight.numel() * weight.element_size() for weight in module.state_dict().values())
        if size > LARGEST:
            raise UserError(
                f"The network has {size / 1e9:.1f} GB of weights, and one file of ONNX holds 2 GB",
                remedy="Save it as weights and JSON",
            )
        contents.progress("translate the network", 0, 0)
        write_onnx(folder / FILE, module, inputs, {"explorer": json.dumps(described_network(contents))})
        facts = network_facts(contents) | compared(folder / FILE, module, inputs)
        picture = read_lines(contents, _ONE)
        return Readme(
            "Network as ONNX",
            {FILE: "the network, `inputs` to `embeddings`", **example_files(contents)},
            f"{_LINES}\n\n{picture}" if picture else _LINES,
            "onnxruntime numpy" + (" pillow" if picture else ""),
            about_network(contents),
            facts,
        )


def write_onnx(path: Path, module: nn.Module, inputs: Inputs, told: dict[str, str]) -> None:
    """Write a module that reads ``inputs`` (N, H, W, C), N free, with metadata.

    Raises
    ------
    UserError: if something in it has no counterpart in ONNX.
    """
    import torch

    from explorer.learn.encoders.pretrained import FAULTS

    _without_watch()
    example = (torch.from_numpy(np.concatenate([inputs, inputs])[:2]),)  # one picture alone would fix the batch
    try:
        with warnings.catch_warnings(), torch.no_grad(), remarks_unsaid():
            warnings.simplefilter("ignore")  # of the exporter's own use of what is out of date
            program = torch.onnx.export(
                module,
                example,
                dynamo=True,
                verbose=False,
                input_names=["inputs"],
                output_names=["embeddings"],
                dynamic_shapes=({0: "batch"},),
            )
            assert program is not None
            program.model.metadata_props.update(told)
            program.save(str(path), external_data=False)
    except FAULTS as error:
        reason = printable((str(error.__cause__ or error).strip() or type(error).__name__).splitlines()[0])
        raise UserError(
            f"This encoder cannot be written as ONNX: {reason}", remedy="Save it as weights and JSON"
        ) from error


@contextmanager
def remarks_unsaid() -> Iterator[None]:
    """Keep what the exporter logs of itself, such as operators that are not installed, from the terminal."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _without_watch() -> None:
    """Keep the progress bars that the exporter makes and does not show from leaving a thread behind."""
    if importlib.util.find_spec("tqdm") is not None:
        import tqdm

        tqdm.tqdm.monitor_interval = 0


def compared(path: Path, module: nn.Module, inputs: Inputs) -> dict[str, Scalar]:
    """Return how far the file is from the module on some inputs; nothing where onnxruntime is not installed.

    Raises
    ------
    UserError: if it is not the same.
    """
    if not installed("onnxruntime"):
        return {}
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(["embeddings"], {"inputs": inputs})
    with torch.no_grad():
        wanted: Tensor = module(torch.from_numpy(inputs))
    difference = float(np.abs(found - wanted.numpy()).max())
    if not difference <= SAME * max(1.0, float(wanted.abs().max())):
        raise UserError(
            f"The file of ONNX gives other embeddings than the run, by {difference:.2g}",
            remedy="Save the network as weights and JSON",
        )
    return {"difference": float(f"{difference:.2g}")}
