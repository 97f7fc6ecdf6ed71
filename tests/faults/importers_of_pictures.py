"""Pictures of every format, and the containers that hold many of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.data.decoding.decode_apart import Decoders
from tests.faults.importer import Importer, opens
from tests.helpers.containers import png, write_idx
from tests.helpers.data import picture

FORMATS = {"jpeg": "jpg", "png": "png", "gif": "gif", "bmp": "bmp", "webp": "webp", "tiff": "tif", "ppm": "ppm",
           "jpeg2000": "jp2", "avif": "avif"}  # fmt: skip
DECODERS = Decoders(6.0)
"""As a dataset is loaded: what is slow, large or intricate in a worker. Ends with the process."""


def _picture(kind: str, ending: str, folder: Path) -> Importer:
    folder.mkdir()
    file = folder / f"a.{ending}"
    pixels = Image.fromarray(picture(1, 33, 47) // 2 + np.arange(47, dtype=np.uint8)[None, :, None])
    pixels.save(file, kind)

    def read() -> None:
        data = file.read_bytes()
        DECODERS.decode(data, 28, 3)
        DECODERS.full(data)
        DECODERS.is_grey(data)

    return Importer(file, read)


def _members() -> dict[str, bytes]:
    return {f"c{i % 2}/{i}.png": png(picture(i, 9, 9)) for i in range(6)}


def _zip(folder: Path) -> Importer:
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members().items():
            archive.writestr(name, content)
    return opens(folder / "a.zip", full=True)


def _tar(folder: Path) -> Importer:
    """Write samples as WebDataset does."""
    folder.mkdir()
    samples = {f"{i:03d}.png": png(picture(i, 9, 9)) for i in range(6)}
    samples |= {f"{i:03d}.cls": str(i % 2).encode() for i in range(6)}
    with tarfile.open(folder / "set-train-000000.tar", "w") as archive:
        for name in sorted(samples):
            member = tarfile.TarInfo(name)
            member.size = len(samples[name])
            archive.addfile(member, io.BytesIO(samples[name]))
    return opens(folder / "set-train-000000.tar", full=True)


def _idx(ending: str, damaged: str, folder: Path) -> Importer:
    pixels = np.random.default_rng(1).integers(0, 256, (12, 8, 8), np.uint8)
    write_idx(folder / f"train-images-idx3-ubyte{ending}", pixels)
    write_idx(folder / f"train-labels-idx1-ubyte{ending}", np.array([0, 1] * 6, np.uint8))
    return opens(folder / f"{damaged}{ending}", folder)


def _cifar(folder: Path) -> Importer:
    folder.mkdir()
    for part in ("train", "test"):
        rows = np.random.default_rng(1).integers(0, 256, (3, 2 + 3072), np.uint8)
        rows[:, :2] = [[4, 0], [1, 1], [0, 2]]
        (folder / f"{part}.bin").write_bytes(rows.tobytes())
    (folder / "coarse_label_names.txt").write_text("\n".join(f"coarse {i}" for i in range(20)))
    (folder / "fine_label_names.txt").write_text("\n".join(f"fine {i}" for i in range(100)))
    return opens(folder / "train.bin", folder)


def _array_set(folder: Path) -> Importer:
    """Write a small MedMNIST."""
    folder.mkdir()
    draw = np.random.default_rng(1)
    arrays = {f"{part}_images": draw.integers(0, 256, (4, 8, 8, 3), np.uint8) for part in ("train", "val", "test")}
    arrays |= {f"{part}_labels": draw.integers(0, 3, (4, 1), np.uint8) for part in ("train", "val", "test")}
    np.savez_compressed(folder / "pathmnist.npz", **arrays)  # type: ignore[arg-type]
    return opens(folder / "pathmnist.npz", full=True)


def _shard(folder: Path) -> Importer:
    """Write pictures into Parquet as the library ``datasets`` does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    images = [{"bytes": png(picture(i, 9, 9)), "path": f"{i}.png"} for i in range(6)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(images, kind), "label": pa.array([i % 3 for i in range(6)])})
    pq.write_table(table, folder / "train-00000.parquet", row_group_size=3)
    return opens(folder / "train-00000.parquet", full=True)


PICTURES: dict[str, Callable[[Path], Importer]] = {
    f"image {name}": partial(_picture, name.upper(), ending)
    for name, ending in FORMATS.items()
    if name.upper() in Image.registered_extensions().values() and name.upper() in Image.SAVE
}
CONTAINERS: dict[str, Callable[[Path], Importer]] = {
    "zip": _zip,
    "tar": _tar,
    "idx": partial(_idx, "", "train-images-idx3-ubyte"),
    "idx labels": partial(_idx, "", "train-labels-idx1-ubyte"),
    "idx packed": partial(_idx, ".gz", "train-images-idx3-ubyte"),
    "cifar": _cifar,
    "array set": _array_set,
    "parquet of pictures": _shard,
}
