"""``doctor``: what this installation is made of and what it runs on."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import explorer
from explorer.cli.console import Console
from explorer.cli.desktop import require_window
from explorer.core.errors import UserError
from explorer.core.extensions import kinds_of_others, known
from explorer.core.licences import PACKAGES
from explorer.core.registry import catalogue, install_line, kinds

EXTRAS = {
    "pyarrow": "open .parquet, and embed or export to it",
    "lancedb": "export a table of LanceDB, and open one as vectors, with pyarrow",
    "timm": "encoder=timm: pretrained networks",
    "transformers": "encoder=transformers: DINOv2, CLIP and other pretrained vision models",
    "trimesh": "shapes: meshes in PLY, STL, OBJ, OFF and GLB",
    "av": "clips: videos as data",
    "soundfile": "recordings as items, with soxr",
    "soxr": "recordings as items, with soundfile",
    "PySide6-Addons": "listen to recordings: Space plays one",
    "onnx": "export a network as ONNX, with onnxscript",
    "onnxscript": "export a network as ONNX, with onnx",
    "onnxruntime": "compare a network exported as ONNX with the run",
    "optuna": "sweeps whose combinations it chooses",
    "pytorch-metric-learning": "loss=pml, miner=pml: those of that package, to compare with",
    "imageio-ffmpeg": "export a run as an .mp4, with imageio",
}
"""Optional packages, and what each adds."""
MODULES = {"PySide6-Addons": "PySide6.QtMultimedia", "pytorch-metric-learning": "pytorch_metric_learning"}
"""What is imported of a package that is not called like its module."""

TORCHVISION = {
    "absent": "not installed (timm needs it and brings it)",
    "native": "fits this torch",
    "shimmed": "made for another build of torch; its operators are left out, encoders need none of them",
}


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the findings; what is wrong is part of them, not an error."""
    console.progress("Looking at torch", 0, 0)
    findings = examine()
    console.clear()
    if options.json:
        console.json(findings)
    else:
        console.result("\n".join(_lines(findings)))
    return 0


def examine() -> dict[str, Any]:
    """Return what there is to know, as one JSON object."""
    return {
        "version": explorer.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": _memory(),
        "device": _device(),
        "window": _window(),
        "packages": {name: _version(name) for name in PACKAGES},
        "extras": [_extra(name, adds) for name, adds in EXTRAS.items()],
        "torchvision": _torchvision(),
        "extensions": _extensions(),
        "folders": _folders(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _extra(package: str, adds: str) -> dict[str, Any]:
    available = importlib.util.find_spec(MODULES.get(package, package)) is not None
    return {
        "name": package,
        "available": available,
        "version": _version(package) if available else None,
        "adds": adds,
        "install": install_line(package),
    }


def _extensions() -> list[dict[str, str]]:
    """Return the parts that other packages bring, and why some of them cannot be loaded."""
    for kind in set(kinds_of_others()) & set(kinds()):
        with suppress(ImportError, OSError):  # of what we need ourselves: the lines above say so
            catalogue(kind)
    return [asdict(extension) for extension in known()]


def _torchvision() -> str:
    """Return how the torchvision that timm needs goes with this torch: native, shimmed or absent."""
    try:
        from explorer.learn.encoders.torchvision_guard import guard_torchvision
    except (ImportError, OSError):  # without torch there is nothing for it to go with
        return "absent"
    return guard_torchvision()


def _memory() -> int | None:
    """Return the bytes of main memory, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _device() -> dict[str, Any]:
    """Return what training would run on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return {"name": "none", "error": str(error)}
    if not torch.cuda.is_available():
        return {"name": "cpu", "threads": torch.get_num_threads(), "gpus": []}
    cards = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return {
        "name": "cuda",
        "threads": torch.get_num_threads(),
        "gpus": [{"name": card.name, "memory_bytes": card.total_memory} for card in cards],
    }


def _window() -> str:
    """Return ``ok``, or why no window can be opened."""
    try:
        require_window()
    except UserError as error:
        return str(error)
    return "ok"


def _folders() -> dict[str, str]:
    from explorer.core.cache_folder import default_folder
    from explorer.engine.fault_reports import reports_folder
    from explorer.engine.paths import runs_folder

    return {"cache": str(default_folder()), "runs": str(runs_folder()), "reports": str(reports_folder())}


def _lines(findings: dict[str, Any]) -> list[str]:
    memory = findings["memory_bytes"]
    device = findings["device"]
    gpus = ", ".join(f"{gpu['name']} ({gpu['memory_bytes'] / 2**30:.0f} GiB)" for gpu in device.get("gpus", ()))
    lines = [
        f"Embedding Explorer {findings['version']}, Python {findings['python']}, {findings['platform']}",
        f"cores     {findings['cores']}",
        f"memory    {'unknown' if memory is None else f'{memory / 2**30:.1f} GiB'}",
        f"device    {device['name']}{f': {gpus}' if gpus else ''}{device.get('error', '')}",
        f"window    {findings['window']}",
        "packages",
    ]
    lines += [f"  {name:20} {version or 'MISSING'}" for name, version in findings["packages"].items()]
    lines.append("extras")
    for extra in findings["extras"]:
        found = extra["version"] if extra["available"] else f"not installed: {extra['install']}"
        lines.append(f"  {extra['name']:20} {found} ({extra['adds']})")
    lines.append(f"  {'torchvision':20} {TORCHVISION[findings['torchvision']]}")
    lines += ["extensions"] if findings["extensions"] else []
    for extension in findings["extensions"]:
        found = extension["problem"] or f"{extension['version']} (kind {extension['kind']})".strip()
        lines.append(f"  {extension['name']:20} {found}")
    lines.append("folders")
    lines += [f"  {name:20} {path}" for name, path in findings["folders"].items()]
    return lines
