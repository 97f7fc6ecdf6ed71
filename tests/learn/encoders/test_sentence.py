"""Sentence encoders from a folder: tokens as the folder says, means without padding, and a run that needs no folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from explorer.core.errors import UserError
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar
from explorer.learn.checkpoints import of_modules
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.torchaudio_guard import guard_torchaudio
from explorer.learn.encoders.torchvision_guard import guard_torchvision
from explorer.learn.parts import make_encoder
from tests.learn.encoders.models import TINY_TEXT

TEXTS = ("Where is my card?", "card", "Is my card where my topic is, or is it 7 x?")


def rows(length: int = 64) -> torch.Tensor:
    out = torch.zeros(len(TEXTS), 1, 1, length)
    for row, text in zip(out, TEXTS, strict=True):
        row[0, 0, : len(text)] = torch.tensor(list(text.encode())) / 255
    return out


def recipe(model: Path | str, **params: Scalar) -> Recipe:
    return Recipe(encoder=Part(name="sentence", params={"model": str(model), **params}))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that has weights, as it is saved by its package."""
    guard_torchvision()
    guard_torchaudio()
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("model")
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(Path(TINY_TEXT) / name, folder / name)
    torch.manual_seed(3)
    model = transformers.AutoModel.from_config(transformers.AutoConfig.from_pretrained(TINY_TEXT))
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / "model.safetensors")
    return folder


def by_hand(folder: Path, pooling: str) -> torch.Tensor:
    """The embeddings as the package itself computes them, one text at a time."""
    import transformers

    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    made = []
    for text in TEXTS:
        with torch.no_grad():
            tokens = model(input_ids=torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0]
        made.append(tokens[0] if pooling == "cls" else tokens.mean(dim=0))
    return torch.stack(made)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_embeddings_are_those_of_the_package(saved: Path, pooling: str) -> None:
    encoder = make_encoder(recipe(saved, pooling=pooling), (1, 64, 1)).eval()
    assert encoder.dimension == 32
    torch.testing.assert_close(encoder(rows()), by_hand(saved, pooling), atol=1e-5, rtol=1e-4)


def test_a_saved_run_needs_no_folder(saved: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    chosen = recipe(copy, dimension=8, mode="frozen")
    encoder = make_encoder(chosen, (1, 64, 1)).eval()
    expected = encoder(rows())
    checkpoint = of_modules({"encoder": encoder})
    shutil.rmtree(copy)
    again: Encoder = make_encoder(chosen, (1, 64, 1), checkpoint).eval()
    again.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(again(rows()), expected)
    assert not any(weight.requires_grad for weight in again.backbone.parameters())  # type: ignore[union-attr]


def test_what_a_folder_lacks_is_told(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no config"):
        make_encoder(recipe(tmp_path), (1, 64, 1))
    shutil.copy(saved / "config.json", tmp_path / "config.json")
    with pytest.raises(UserError, match="holds no tokenizer"):
        make_encoder(recipe(tmp_path), (1, 64, 1))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"cannot read sentences: its tokenizer.json cannot be read"):
        make_encoder(recipe(tmp_path, weights="random"), (1, 64, 1))
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(UserError, match="cannot build an encoder of sentences"):
        make_encoder(recipe(tmp_path, weights="random"), (1, 64, 1))
