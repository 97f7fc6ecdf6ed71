"""Where pretrained models lie: a folder, or the user's cache of the Hugging Face hub. Never a pickle."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json

_LOCK = threading.RLock()

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
WEIGHTS = "model.safetensors"
PARTS = "model.safetensors.index.json"
PICKLES = ("pytorch_model.bin", "open_clip_pytorch_model.bin", "pytorch_model.pth")

FAMILY = ("timm", "transformers", "huggingface_hub", "torchvision", "torchaudio")
"""The packages that are kept quiet and away from the network."""


@contextmanager
def contained(*, download: bool) -> Iterator[None]:
    """Keep the packages of the ``FAMILY`` from the network unless ``download``, and from the terminal.

    The variables count where a package is imported in here for the first time, the constant where it was before. They
    are the whole process's: one thread at a time is in here.
    """
    with _LOCK:
        yield from _contained(download=download)


def _contained(*, download: bool) -> Iterator[None]:
    offline = not download or _yes(os.environ.get("HF_HUB_OFFLINE")) or _yes(os.environ.get("TRANSFORMERS_OFFLINE"))
    flags = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    flags |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"} if offline else {}
    before = {name: os.environ.get(name) for name in flags}
    os.environ.update(flags)
    try:
        from huggingface_hub import constants

        was_offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, offline
        try:
            _quiet()
            yield
        finally:
            constants.HF_HUB_OFFLINE = was_offline
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _yes(value: str | None) -> bool:
    return (value or "").upper() in ("1", "ON", "YES", "TRUE")


def _quiet() -> None:
    """Silence log, warnings and progress bars of the family. Calling it again is cheap; filters get lost in tests."""
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    for package in FAMILY:
        warnings.filterwarnings("ignore", module=rf"{package}\.")
        logging.getLogger(package).setLevel(logging.CRITICAL)


def folder_of(model: str) -> Path | None:
    """Return the folder that a model name means, None where it is a name of the hub.

    Raises
    ------
    UserError: if it can only be a path, and there is no such folder.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1 or path.is_file():
        raise UserError(
            f"There is no folder of a model at {printable(model)}",
            remedy=f"Give a folder that holds {CONFIG} and {WEIGHTS}, or a name",
        )
    return None


def found(model: str, name: str, *, download: bool) -> Path | None:
    """Return the path of a file of a model, None where the model's folder or the cache has no such file.

    Raises
    ------
    UserError: if it is no model's name, or it could not be downloaded.
    """
    folder = folder_of(model)
    if folder is not None:
        return folder / name if (folder / name).is_file() else None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(model, name, local_files_only=not download))
    except HFValidationError as error:
        raise UserError(f"{printable(model)!r} is not the name of a model", remedy="For example owner/name") from error
    except LocalEntryNotFoundError as error:
        if download:
            raise _not_downloaded(model, name, error) from error
        return None
    except EntryNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_downloaded(model, name, error) from error


def _not_downloaded(model: str, name: str, error: Exception) -> UserError:
    reason = (str(error.__cause__ or error).strip() or type(error).__name__).splitlines()[0]
    return UserError(
        f"{name} of {printable(model)} could not be downloaded: {printable(reason)}",
        remedy="Check the name and the network, or give a folder that holds the model",
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    UserError: if it cannot be read.
    """
    try:
        table = parse_json(path.read_text(encoding="utf-8"))
        if not isinstance(table, dict):
            raise ValueError("it is not a JSON object")
    except (OSError, ValueError) as error:
        reason = printable(str(error).splitlines()[0])
        raise UserError(f"{printable(str(path))} cannot be read: {reason}") from error
    return table


def config_of(model: str, *, download: bool) -> dict[str, Any]:
    """Return what ``config.json`` of a model says.

    Raises
    ------
    UserError: if there is none.
    """
    path = found(model, CONFIG, download=download)
    if path is None:
        raise absent(model, CONFIG)
    return read_json(path)


def absent(model: str, name: str) -> UserError:
    """Return what to say where a file of a model was not found."""
    if folder_of(model) is not None:
        return UserError(f"The folder {printable(model)} holds no {name}", remedy="Give the folder of a saved model")
    from huggingface_hub import constants

    return UserError(
        f"{printable(model)} is not in the hub cache {constants.HF_HUB_CACHE}",
        remedy="Set encoder.download=true to fetch it once, or give encoder.model a folder that holds it",
    )


def weights_of(model: str, *, download: bool, names: Sequence[str] = (WEIGHTS,)) -> list[Path]:
    """Return the safetensors files of a model, from its folder or the cache.

    Raises
    ------
    UserError: if there are none; it says so where there is only a pickle.
    """
    for name in names:
        path = found(model, name, download=download)
        if path is not None:
            return [path]
    index = found(model, PARTS, download=download)
    if index is not None:
        parts = sorted({str(part) for part in dict(read_json(index).get("weight_map", {})).values()})
        paths = [found(model, part, download=download) for part in parts if Path(part).name == part]
        if paths and all(path is not None for path in paths):
            return [path for path in paths if path is not None]
    for name in PICKLES:
        if found(model, name, download=False) is not None:
            raise _pickle(f"{model}/{name}")
    raise absent(model, WEIGHTS)


def _pickle(path: str) -> UserError:
    return UserError(
        f"{printable(path)} is a pickle, which can run any program when it is opened",
        remedy="Give weights in .safetensors; most models have them, or convert these where you trust them",
    )


def weights_file(path: str) -> Path:
    """Return the path of a file of weights.

    Raises
    ------
    UserError: if there is no such file, or it is not safetensors.
    """
    file = Path(path).expanduser()
    if file.suffix.lower() in (".bin", ".pth", ".pt", ".ckpt", ".pkl", ".tar"):
        raise _pickle(path)
    if not file.is_file() or file.suffix.lower() != ".safetensors":
        raise UserError(
            f"encoder.weights = {printable(path)!r} is no file of weights",
            remedy="Give a .safetensors file, random, or nothing for the weights that belong to the model",
        )
    return file


def read_weights(paths: Sequence[Path]) -> dict[str, Tensor]:
    """Read the tensors of safetensors files.

    Raises
    ------
    UserError: if a file cannot be read.
    """
    tensors: dict[str, Tensor] = {}
    for path in paths:
        try:
            tensors |= load_file(path)
        except (OSError, SafetensorError, ValueError) as error:
            reason = printable(str(error).splitlines()[0])
            raise UserError(f"{printable(str(path))} cannot be read as safetensors: {reason}") from error
    return tensors


def misfit(model: str, missing: Sequence[str], wrong: Mapping[str, object] | Sequence[str]) -> UserError:
    """Return what to say of weights that do not fit a model."""
    names = ", ".join([*sorted(wrong), *sorted(missing)][:3])
    fault = "has another shape" if wrong else "is missing"
    return UserError(
        f"The weights do not fit the model {printable(model)}: {names} {fault}",
        remedy="Give the weights that belong to it, or encoder.weights=random",
    )
