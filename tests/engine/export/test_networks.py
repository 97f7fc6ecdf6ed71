"""Networks as safetensors and as ONNX, run by scripts of their own; ONNX finds the neighbours that the run finds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from explorer.core.errors import UserError
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import create
from explorer.data.decoding.decode_picture import decode
from explorer.data.modalities.base import Inputs
from explorer.engine.export.onnx import compared, write_onnx
from explorer.engine.export.subjects import subject_of_run
from explorer.learn.parts import make_distance, make_encoder
from explorer.learn.whole_network import WholeNetwork
from tests.engine.export.conftest import Trained
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.command_line import run_command
from tests.helpers.data import real_data
from tests.helpers.readme import lines_of, run_readme

NEAREST = """
from pathlib import Path
root = Path(ROOT)
names = sorted(str(file.relative_to(root)) for file in root.rglob("*.png"))
pictures = np.concatenate([read(root / name) for name in names])
(vectors,) = session.run(None, {"inputs": pictures})
nearest = np.argsort(-(vectors @ vectors[names.index("<d>/000.png")]), kind="stable")
print(*(names[i] for i in nearest[:6]), sep="\\n")
"""


def test_onnx_finds_the_neighbours_that_the_run_finds(trained: Trained, tmp_path: Path) -> None:
    out = tmp_path / "out"
    facts = create("export", "onnx", {}).write(out, subject_of_run(trained.path), Progress())
    assert facts["difference"] < 1e-4
    assert sorted(file.name for file in out.iterdir()) == ["README.md", "example.npz", "example.png", "model.onnx"]
    difference, first = run_readme(out)
    assert float(difference) < 1e-4
    with np.load(out / "example.npz") as example:
        assert list(map(float, first.strip("[]").split())) == pytest.approx(example["embeddings"][0, :4], abs=1e-4)
    code = lines_of(out) + NEAREST.replace("ROOT", repr(str(trained.pictures)))
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=out, capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines()[2:] == trained.near("<d>/000.png"), done.stderr
    session = onnxruntime.InferenceSession(out / "model.onnx")
    (read,), (given,) = session.get_inputs(), session.get_outputs()
    assert (read.type, read.shape) == ("tensor(uint8)", ["batch", 28, 28, 3])
    assert (given.type, given.shape) == ("tensor(float)", ["batch", 64])
    told = {entry.key: entry.value for entry in onnx.load(out / "model.onnx").metadata_props}
    assert json.loads(told["explorer"])["compared_by"] == "cosine"


@pytest.mark.parametrize(
    "encoder", ["", *(pytest.param(f"encoder={name}", marks=pytest.mark.full) for name in ("mlp", "linear"))]
)
def test_plain_layers_are_built_again_by_the_lines(trained: Trained, tmp_path: Path, encoder: str) -> None:
    run = trained.path
    if encoder:
        run = tmp_path / "run"
        arguments = ("--set", encoder, "--epochs", 1, "--device", "cpu", "--set", "sampler.classes=3")
        assert run_command("train", trained.pictures, "--out", run, *arguments)[0] == 0
    create("export", "model", {}).write(tmp_path / "out", subject_of_run(run), Progress())
    assert float(run_readme(tmp_path / "out")[0]) < 1e-5


def test_other_encoders_are_weights_and_words(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = ("--set", "encoder=resnet", "--set", "encoder.width=4", "--epochs", 1, "--device", "cpu")
    more = ("--set", "sampler.classes=3", "--change", "1:loss.margin=0.4")
    assert run_command("train", trained.pictures, "--out", run, *arguments, *more)[0] == 0
    facts = create("export", "model", {}).write(tmp_path / "out", subject_of_run(run), Progress())
    assert run_readme(tmp_path / "out")[0].startswith("resnet ")
    readme = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "as ONNX it runs" in readme
    assert "Changed while it trained: at step 1: margin of the loss 0.2 → 0.4." in readme
    told = json.loads((tmp_path / "out" / "model.json").read_text("utf-8"))
    assert (told["recipe"]["loss"]["params"]["margin"], told["recipe"]["epochs"]) == (0.4, 1)
    assert told["recipe"]["encoder"]["params"]["dimension"] == told["dimension"]
    assert told["changed_live"] == [{"step": 1, "key": "loss.margin", "before": 0.2, "after": 0.4}]
    assert facts["encoder"] == "resnet"


@pytest.mark.parametrize(
    ("encoder", "params", "distance", "shape"),
    [
        ("resnet", {"width": 4, "pooling": "generalised"}, "mahalanobis", (40, 40, 3)),
        ("timm", {"model": "resnet18", "weights": "random", "size": 64}, "hyperbolic", (40, 40, 3)),
        ("mlp", {"width": 16}, "bhattacharyya", (1, 1, 9)),
    ],
)
def test_other_encoders_and_distances_are_the_same_as_onnx(
    tmp_path: Path, encoder: str, params: dict[str, Any], distance: str, shape: tuple[int, int, int]
) -> None:
    recipe = Recipe(encoder=Part(name=encoder, params=params), distance=Part(name=distance))
    made = make_encoder(recipe, shape)
    module = WholeNetwork(made, make_distance(recipe, made.dimension), bytes=shape[2] == 3).eval()
    noise = np.random.default_rng(0)
    inputs: Inputs = noise.normal(size=(5, *shape)).astype(np.float32)
    if shape[2] == 3:
        inputs = noise.integers(0, 256, (5, *shape), dtype=np.uint8)
    write_onnx(tmp_path / "model.onnx", module, inputs, {})
    assert float(compared(tmp_path / "model.onnx", module, inputs)["difference"]) < 1e-4


class Strange(torch.nn.Module):
    """Asks for what ONNX does not have."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return eigenvalues."""
        values: torch.Tensor = torch.linalg.eigvalsh(inputs[..., 0].float())
        return values


def test_what_has_no_counterpart_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written as ONNX") as refused:
        write_onnx(tmp_path / "model.onnx", Strange(), np.zeros((2, 4, 4, 1), np.uint8), {})
    assert "\n" not in str(refused.value)


@pytest.mark.data
def test_a_photo_is_read_nearly_as_the_run_reads_it(trained: Trained, tmp_path: Path) -> None:
    photos = sorted(real_data("grocery_store").rglob("*.jpg"))[:40]
    create("export", "onnx", {}).write(tmp_path / "out", subject_of_run(trained.path), Progress())
    names: dict[str, object] = {"np": np}
    lines = lines_of(tmp_path / "out")
    exec(lines[lines.index("from PIL") : lines.index("one = read")], names)
    read = names["read"]
    assert callable(read)
    pairs = [(read(photo)[0].astype(int), decode(photo.read_bytes(), 28, 3).astype(int)) for photo in photos]
    difference = np.array([np.abs(ours - theirs).mean() for ours, theirs in pairs])
    assert difference.mean() < 1.5, "of 255"
