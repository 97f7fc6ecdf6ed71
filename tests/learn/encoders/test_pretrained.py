"""Encoders of timm and transformers, on tiny models with random weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFailed, RunFinished
from explorer.core.registry import Scalar, create
from explorer.core.types import StepMetrics
from explorer.learn.embedder import Embedder
from explorer.learn.encoders.pretrained import Pretrained
from explorer.learn.optimisers import weight_groups
from tests.learn.encoders.models import (
    SETTINGS,
    TIMM,
    TINY,
    TRANSFORMERS,
    encoder,
    in_cache,
    saved_timm,
    saved_transformers,
)
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, same_weights, task

MEAN, STD = (torch.tensor(values).view(1, 3, 1, 1) for values in ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)))

NAMES = sorted(set(SETTINGS) - {"sentence"})  # it reads texts: test_sentence


def pictures(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def fed(x: Tensor, side: int) -> Tensor:
    """What the model itself gets."""
    x = F.interpolate(x.expand(-1, 3, -1, -1), (side, side), mode="bicubic", antialias=True).clamp(0, 1)
    return (x - MEAN) / STD


@pytest.mark.parametrize(("architecture", "channels"), [*zip(TIMM, (1, 3, 1), strict=True)])
def test_a_saved_model_of_timm_gives_its_own_embedding(tmp_path: Path, architecture: str, channels: int) -> None:
    arguments = {"img_size": 64} if architecture == "test_vit" else {}
    network = saved_timm(tmp_path / "m", architecture, **arguments)
    made = encoder("timm", (20, 28, channels), model=str(tmp_path / "m")).eval()
    x = pictures(3, channels, 20, 28)
    want = network.forward_head(network.forward_features(fed(x, 64)), pre_logits=True)  # type: ignore[operator]
    torch.testing.assert_close(made(x), want)
    assert made.dimension == want.shape[1]


@pytest.mark.parametrize("kind", sorted(set(TRANSFORMERS) - {"vit_mae"}))
def test_a_saved_model_of_transformers_gives_its_own_embedding(tmp_path: Path, kind: str) -> None:
    network = saved_transformers(tmp_path / "m", kind)
    tower = getattr(network, "vision_model", network)
    side = 64 if kind == "convnext" else 28
    made = encoder("transformers", (20, 20, 1), model=str(tmp_path / "m")).eval()
    x = pictures(3, 1, 20, 20)
    output = tower(pixel_values=fed(x, side))
    want = output.last_hidden_state[:, 0] if kind == "vit" else output.pooler_output
    torch.testing.assert_close(made(x), want, rtol=1e-4, atol=1e-5)
    means = encoder("transformers", (20, 20, 1), model=str(tmp_path / "m"), pooling="mean").eval()
    hidden = output.last_hidden_state
    want = hidden.mean(dim=(2, 3)) if kind == "convnext" else hidden[:, 1:].mean(dim=1)
    torch.testing.assert_close(means(x), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooling", ["auto", "mean"])
@pytest.mark.parametrize("size", [0, 56])
def test_a_masked_autoencoder_sees_the_whole_picture(tmp_path: Path, pooling: str, size: int) -> None:
    """It masked three quarters, other ones each time; without a mask it is the ViT of the same weights."""
    network = saved_transformers(tmp_path / "m", "vit_mae")
    import transformers

    table = {k: v for k, v in TRANSFORMERS["vit_mae"].items() if k not in ("model_type", "mask_ratio")}
    twin = transformers.ViTModel(transformers.ViTConfig(**table), add_pooling_layer=False).eval()
    twin.load_state_dict(network.state_dict())
    made = encoder("transformers", (20, 20, 1), model=str(tmp_path / "m"), pooling=pooling, size=size).eval()
    x = pictures(3, 1, 20, 20)
    hidden = twin(pixel_values=fed(x, size or 28), interpolate_pos_encoding=bool(size)).last_hidden_state
    want = hidden[:, 0] if pooling == "auto" else hidden[:, 1:].mean(dim=1)
    torch.testing.assert_close(made(x), want, rtol=1e-4, atol=1e-5)
    assert torch.equal(made(x), made(x))
    if pooling == "mean":
        torch.testing.assert_close(made.maps(x).flatten(2).transpose(1, 2), hidden[:, 1:], rtol=1e-4, atol=1e-5)


def test_a_model_that_draws_at_random_in_evaluation_is_refused() -> None:
    timm = pytest.importorskip("timm")

    def test_restless(**arguments: Any) -> nn.Module:
        network: nn.Module = timm.create_model("test_resnet", **arguments)
        network.layer4.register_forward_hook(lambda _module, _inputs, out: out + 0.1 * torch.randn_like(out))  # type: ignore[union-attr]
        return network

    timm.models.register_model(test_restless)
    wrong("timm", "embeds the same picture differently each time", model="test_restless", weights="random", size=32)


SAID: dict[str, dict[str, Any]] = {
    "it normalises": {},
    "it does not normalise": {"do_normalize": False},
    "pixels stay in 0 to 255": {"do_rescale": False, "image_mean": [99.0, 110.0, 120.0], "image_std": [50.0] * 3},
    "nothing at all": {"do_rescale": False, "do_normalize": False},
    "another factor": {"rescale_factor": 1 / 127.5},
    "an offset": {
        "image_processor_type": "EfficientNetImageProcessor",
        "rescale_factor": 1 / 127.5,
        "rescale_offset": True,
        "do_center_crop": False,
    },
    "blue first": {
        "image_processor_type": "MobileViTImageProcessor",
        "do_center_crop": False,
        "size": {"shortest_edge": 28},
    },
}


@pytest.mark.parametrize("case", SAID)
def test_pixels_are_those_that_its_preprocessor_makes(tmp_path: Path, case: str) -> None:
    saved_transformers(tmp_path / "m", "vit", **SAID[case])
    made = encoder("transformers", (28, 28, 3), model=str(tmp_path / "m")).eval()
    assert isinstance(made, Pretrained)
    shown = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    import transformers

    theirs = transformers.AutoImageProcessor.from_pretrained(str(tmp_path / "m"), trust_remote_code=False)
    want = theirs(images=shown, return_tensors="pt")["pixel_values"].float()
    x = torch.from_numpy(shown.copy()).permute(2, 0, 1)[None].float() / 255
    torch.testing.assert_close(made.prepared(x), want, rtol=1e-4, atol=1e-4)
    text = bytes(made.blueprint.tolist()).decode()
    again = create("encoder", "transformers", {"model": ""}, shape=(28, 28, 3), blueprint=text)
    assert torch.equal(again.prepared(x), made.prepared(x))


@pytest.mark.parametrize("said", [{"rescale_factor": 0}, {"image_std": [0.0, 1.0, 1.0]}, {"image_mean": "grey"}])
def test_a_preprocessor_that_cannot_be_is_told_in_words(tmp_path: Path, said: dict[str, Any]) -> None:
    saved_transformers(tmp_path / "m", "vit", **said)
    wrong("transformers", "has a factor, mean or deviation that cannot be", model=str(tmp_path / "m"))


@pytest.mark.parametrize("model", TIMM)
@pytest.mark.parametrize("pooling", ["auto", "mean"])
@pytest.mark.parametrize("dimension", [0, 6])
def test_the_embedding_is_that_of_the_maps(model: str, pooling: str, dimension: int) -> None:
    params: dict[str, Scalar] = {"weights": "random", "size": 64, "pooling": pooling, "dimension": dimension}
    made = encoder("timm", model=model, **params).eval()
    x = pictures(2, 1, 20, 20)
    assert bool(made.channels) == (model != "test_vit" or pooling == "mean")
    if made.channels:
        maps = made.maps(x)
        assert maps.shape[:2] == (2, made.channels)
        torch.testing.assert_close(made.pooled(maps), made(x))


@pytest.mark.parametrize("kind", ["dinov2", "convnext"])
def test_patches_stand_where_they_were(tmp_path: Path, kind: str) -> None:
    saved_transformers(tmp_path / "m", kind)
    made = encoder("transformers", model=str(tmp_path / "m"), pooling="mean", dimension=3).eval()
    x = pictures(2, 1, 20, 20)
    maps = made.maps(x)
    assert maps.shape[:2] == (2, made.channels)
    torch.testing.assert_close(made.pooled(maps), made(x))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [32, 64])
def test_another_size_of_pictures(name: str, size: int) -> None:
    made = encoder(name, **{**SETTINGS[name], "size": size})
    assert isinstance(made, Pretrained)
    assert made.prepared(pictures(2, 1, 20, 20)).shape == (2, 3, size, size)
    assert made(pictures(2, 1, 20, 20)).isfinite().all()


def trained(name: str, mode: str, dimension: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    settings = {**SETTINGS[name], "mode": mode, "dimension": dimension, "backbone_rate": 1.0}
    recipe = quick_recipe(f"encoder={name}", *(f"encoder.{key}={value}" for key, value in settings.items()), epochs=1)
    pixels, labels = made_up(items=32, side=16)
    events = run(task(recipe, pixels=pixels, labels=labels, split=halves(32, 8)))
    assert len(of(StepMetrics, events)) >= 2, events
    torch.manual_seed(recipe.seed)
    before = encoder(name, (16, 16, 1), **settings).state_dict()
    after = {k.removeprefix("encoder."): a for k, a in of(Checkpoint, events)[-1].tensors.items()}
    return before, {key: after[key] for key in before}


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_model_stays_as_it_is_and_its_head_learns(name: str) -> None:
    before, after = trained(name, "frozen", 5)
    for key, value in before.items():
        assert np.array_equal(value.numpy(), after[key]) == (not key.startswith("head.")), key


@pytest.mark.parametrize("name", NAMES)
def test_a_fine_tuned_model_changes(name: str) -> None:
    before, after = trained(name, "fine-tuned", 0)
    changed = [key for key, value in before.items() if not np.array_equal(value.numpy(), after[key])]
    assert len(changed) > len(before) / 2


def test_a_frozen_model_stays_in_evaluation_mode() -> None:
    made = encoder("timm", **SETTINGS["timm"], mode="frozen", dimension=4)
    assert made.training
    assert isinstance(made, Pretrained)
    assert not any(module.training for module in made.backbone.modules())
    assert not any(weight.requires_grad for weight in made.backbone.parameters())
    assert not made.read(made.prepared(pictures(2, 1, 8, 8)))[0].requires_grad
    assert made(pictures(2, 1, 8, 8)).requires_grad
    tuned = encoder("timm", **SETTINGS["timm"]).eval().train()
    assert all(module.training for module in tuned.modules())


def test_the_model_learns_at_a_rate_of_its_own() -> None:
    made = encoder("timm", **SETTINGS["timm"], dimension=4, backbone_rate=0.1)
    scales = {
        id(weight): group["scale"] for group in weight_groups({"encoder": made}, 0.1) for weight in group["params"]
    }
    assert {scales[id(weight)] for weight in made.head.parameters()} == {1.0}  # type: ignore[union-attr]
    assert {scales[id(weight)] for weight in made.backbone.parameters()} == {0.1}  # type: ignore[union-attr]


def test_a_frozen_model_without_a_head_is_not_trained_by_steps() -> None:
    recipe = quick_recipe("encoder=timm", *(f"encoder.{k}={v}" for k, v in SETTINGS["timm"].items()))
    recipe = recipe.with_settings(["encoder.mode=frozen", "encoder.dimension=0"])
    (failed,) = of(RunFailed, run(task(recipe)))
    assert "no weights to train" in failed.message
    assert not failed.traceback


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_run_needs_neither_folder_nor_cache(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "hub"
    if name == "timm":
        saved_timm(tmp_path / "m", "test_resnet")
    else:
        saved_transformers(tmp_path / "m", "dinov2")
    in_cache(cache, "owner/tiny", tmp_path / "m")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    recipe = quick_recipe(f"encoder={name}", "encoder.model=owner/tiny", "encoder.size=32", "encoder.dimension=4")
    if name == "transformers":
        recipe = recipe.with_value("encoder.size", 28)
    pixels, labels = made_up(items=32, side=16)
    whole = of(Checkpoint, run(task(recipe, pixels=pixels, labels=labels, checkpoint_seconds=0.0)))
    shutil.rmtree(cache)
    embedder = Embedder(recipe, (16, 16, 1), whole[-1])
    assert embedder.embed(pixels[:4]).shape == (4, 4)
    resumed = run(task(recipe, pixels=pixels, labels=labels, resume=whole[0]))
    assert of(RunFinished, resumed), resumed
    assert same_weights(of(Checkpoint, resumed)[-1], whole[-1])
    (failed,) = of(RunFailed, run(task(recipe, pixels=pixels, labels=labels)))
    assert "not in the hub cache" in failed.message


def test_a_name_that_timm_knows_is_sought_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(UserError, match=r"timm/test_resnet\.r160_in1k is not in the hub cache"):
        encoder("timm", model="test_resnet")
    network = saved_timm(tmp_path / "m", "test_resnet", seed=4)
    in_cache(tmp_path / "hub", "timm/test_resnet.r160_in1k", tmp_path / "m")
    made = encoder("timm", model="test_resnet")
    assert isinstance(made, Pretrained)
    assert torch.equal(made.backbone.conv1[0].weight, network.conv1[0].weight)  # type: ignore[index, union-attr]


def test_weights_come_from_a_file_and_have_to_fit(tmp_path: Path) -> None:
    network = saved_timm(tmp_path / "m", "test_resnet", seed=4)
    file = str(tmp_path / "m" / "model.safetensors")
    made = encoder("timm", model="test_resnet", weights=file)
    assert torch.equal(made.backbone.conv1[0].weight, network.conv1[0].weight)  # type: ignore[index, union-attr]
    with pytest.raises(UserError, match="do not fit the model test_convnext"):
        encoder("timm", model="test_convnext", weights=file)
    tensors = load_file(file)
    tensors["conv1.0.weight"] = torch.zeros(1)
    save_file(tensors, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match=r"conv1\.0\.weight has another shape"):
        encoder("timm", model="test_resnet", weights=str(tmp_path / "other.safetensors"))
    for kind in ("vit", "dinov2"):
        saved_transformers(tmp_path / kind, kind)
    for weights in (tmp_path / "vit" / "model.safetensors", tmp_path / "other.safetensors"):
        with pytest.raises(UserError, match="do not fit the model"):
            encoder("transformers", model=str(tmp_path / "dinov2"), weights=str(weights))
    wide = load_file(tmp_path / "dinov2" / "model.safetensors")
    wide["layernorm.weight"] = torch.zeros(33)
    save_file(wide, tmp_path / "wide.safetensors")
    with pytest.raises(UserError, match="do not fit the model"):
        encoder("transformers", model=str(tmp_path / "dinov2"), weights=str(tmp_path / "wide.safetensors"))


def tiny_timm() -> Pretrained:
    made = encoder("timm", **SETTINGS["timm"])
    assert isinstance(made, Pretrained)
    return made


def wrong(name: str, text: str, **params: Scalar) -> None:
    with pytest.raises(UserError, match=text):
        encoder(name, **params)


def test_what_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    wrong("timm", "knows no model 'resnet99'", model="resnet99")
    wrong("timm", "is a pickle", model="test_resnet", weights="weights.pth")
    wrong("timm", "no class token", model="test_resnet", weights="random", pooling="cls")
    wrong("timm", "cannot read pictures of 65 × 65", model="test_vit", weights="random", size=65)
    wrong("timm", "holds no model of timm", model=TINY)
    saved_timm(tmp_path / "timm", "test_resnet")
    wrong("transformers", "cannot build the model", model=str(tmp_path / "timm"))
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "config.json").write_text(
        '{"model_type": "bert", "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 9}'
    )
    wrong("transformers", "cannot read pictures", model=str(tmp_path / "text"), weights="random")
    (tmp_path / "text" / "config.json").write_text('{"model_type": "own", "auto_map": {"AutoModel": "own.Model"}}')
    wrong("transformers", "cannot build the model", model=str(tmp_path / "text"), weights="random")


@pytest.mark.parametrize("text", ["", "{", "{}", '{"size": 0, "mean": [0], "std": [1]}', "[" * 9999])
def test_a_checkpoint_of_nonsense_is_refused(text: str) -> None:
    params = tiny_timm().params
    if text:
        with pytest.raises(UserError, match="does not say how its network is built"):
            Pretrained(params, shape=(8, 8, 1), blueprint=text)


def test_a_blueprint_opens_no_file(tmp_path: Path) -> None:
    made = tiny_timm()
    (tmp_path / "evil.pth").write_bytes(b"x")
    blueprint = '{"architecture": "%s", "arguments": {"checkpoint_path": "%s"}, "fixed": false, "size": 32,'
    blueprint += ' "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]}'
    opened = type(made)(made.params, shape=(8, 8, 1), blueprint=blueprint % ("test_resnet", tmp_path / "evil.pth"))
    assert isinstance(opened, Pretrained)
    with pytest.raises(UserError, match="timm does not know it"):
        type(made)(made.params, shape=(8, 8, 1), blueprint=blueprint % (f"local-dir:{tmp_path}", ""))
