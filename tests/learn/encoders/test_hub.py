"""Finding models in folders and in the hub cache, and what is said where they are not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from explorer.core.errors import UserError
from explorer.learn.encoders.hub import (
    config_of,
    contained,
    found,
    misfit,
    read_json,
    read_weights,
    weights_file,
    weights_of,
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


def test_offline_while_it_lasts_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    before, environment = constants.HF_HUB_OFFLINE, dict(os.environ)
    with contained(download=False):
        assert constants.HF_HUB_OFFLINE
        assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"
    with contained(download=True):
        assert not constants.HF_HUB_OFFLINE
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with contained(download=True):
        assert constants.HF_HUB_OFFLINE
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with pytest.raises(ValueError, match="inside"), contained(download=False):
        raise ValueError("inside")
    assert before == constants.HF_HUB_OFFLINE
    assert dict(os.environ) == environment


def test_folders_are_read_and_what_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no config\.json"):
        config_of(str(tmp_path), download=False)
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert config_of(str(tmp_path), download=False) == {"a": 1}
    with pytest.raises(UserError, match=r"holds no model\.safetensors"):
        weights_of(str(tmp_path), download=False)
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(UserError, match="pickle"):
        weights_of(str(tmp_path), download=False)
    save_file({"w": torch.ones(2)}, tmp_path / "model.safetensors")
    (file,) = weights_of(str(tmp_path), download=False)
    assert torch.equal(read_weights([file])["w"], torch.ones(2))


def test_weights_in_several_files_are_joined(tmp_path: Path) -> None:
    for index in (1, 2):
        save_file({f"w{index}": torch.full((2,), float(index))}, tmp_path / f"model-{index}.safetensors")
    table = {"weight_map": {"w1": "model-1.safetensors", "w2": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(table))
    files = weights_of(str(tmp_path), download=False)
    assert set(read_weights(files)) == {"w1", "w2"}
    table["weight_map"]["w2"] = "../outside.safetensors"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(table))
    save_file({"w2": torch.ones(1)}, tmp_path.parent / "outside.safetensors")
    assert weights_of(str(tmp_path), download=False) == [tmp_path / "model-1.safetensors"]


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "~/none/here", "a/b/c"])
def test_a_path_that_is_none_is_told(name: str) -> None:
    with pytest.raises(UserError, match="There is no folder of a model"):
        found(name, "config.json", download=False)


def test_names_that_are_no_names_and_models_that_are_not_there(cache: Path) -> None:
    with pytest.raises(UserError, match="is not the name of a model"):
        config_of("two words", download=False)
    with pytest.raises(UserError, match="not in the hub cache") as told:
        config_of("owner/model", download=False)
    assert str(cache) in str(told.value)
    assert "encoder.download=true" in told.value.remedy


def test_a_download_that_fails_says_why(cache: Path) -> None:
    with contained(download=False), pytest.raises(UserError, match="could not be downloaded"):
        config_of("owner/model", download=True)


@pytest.mark.parametrize("name", ["w.bin", "w.pth", "w.PT", "w.ckpt", "w.pkl"])
def test_pickles_are_refused_by_their_name(name: str) -> None:
    with pytest.raises(UserError, match="is a pickle"):
        weights_file(name)


def test_files_that_are_no_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no file of weights"):
        weights_file(str(tmp_path / "none.safetensors"))
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\x80\x04not safetensors")
    with pytest.raises(UserError, match="cannot be read as safetensors"):
        read_weights([weights_file(str(broken))])
    for text in ("[1]", "{", "\udcff"):
        (tmp_path / "config.json").write_text(text, errors="surrogateescape")
        with pytest.raises(UserError, match="cannot be read"):
            read_json(tmp_path / "config.json")
    assert "has another shape" in str(misfit("m", ["a"], ["b"]))
    assert "is missing" in str(misfit("m", ["a"], []))
