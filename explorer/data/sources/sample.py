"""Small data that comes with the program or its dependencies, so that a first run needs neither files nor a network."""

from __future__ import annotations

import gzip
import importlib.util
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError
from explorer.core.extras import pip_line
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.resources import resource_path
from explorer.data.bids import CERTAIN, Bid
from explorer.data.listing import Listing, Watch, digest
from explorer.data.names import SAMPLE_PREFIX
from explorer.data.pictures import MemoryPictures


@register(
    "source",
    "sample",
    title="Built-in sample",
    reference="Alpaydin and Kaynak (1998)",
)
class SampleSource:
    """The 1,797 hand-written digits that come with scikit-learn, or 240 patches of six colour photographs."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for what starts with ``sample:``; see ``listing.Source``."""
        return Bid(CERTAIN, "a built-in sample") if spec.startswith(SAMPLE_PREFIX) else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a sample; see ``listing.Source``."""
        name = spec.removeprefix(SAMPLE_PREFIX)
        if name not in LISTINGS:
            raise UserError(f"There is no sample {name!r}", remedy=f"Samples: {', '.join(LISTINGS)}")
        return LISTINGS[name](spec)


def _digits(spec: str) -> Listing:
    """List the digits of 8 × 8 pixels."""
    table = _digits_table()
    labels = table[:, 64].astype(np.int64)
    grey = np.round(table[:, :64] * (255 / 16)).astype(np.uint8)
    encoded = tuple(b"P5 8 8 255\n" + row.tobytes() for row in grey)  # PGM, so that there is one way in
    classes = tuple(str(digit) for digit in range(10))
    return Listing(
        name="digits",
        uri=spec,
        ids=tuple(f"{classes[label]}/{index:04d}" for index, label in enumerate(labels)),
        labels=labels,
        class_names=classes,
        columns={},
        modality="pictures",
        items=MemoryPictures(spec, encoded),
        content=digest([spec, grey.tobytes().hex()]),
    )


def _photos(spec: str) -> Listing:
    """List the patches of photographs: the class is the photograph that a patch is from."""
    with zipfile.ZipFile(io.BytesIO(resource_path("samples/photos.zip").read_bytes())) as archive:
        members = sorted(archive.infolist(), key=lambda member: member.filename)
        encoded = tuple(archive.read(member) for member in members)
    folders = [member.filename.partition("/")[0] for member in members]
    classes = tuple(sorted(set(folders)))
    return Listing(
        name="photos",
        uri=spec,
        ids=tuple(member.filename.removesuffix(".jpg") for member in members),
        labels=np.array([classes.index(folder) for folder in folders], np.int64),
        class_names=classes,
        columns={},
        modality="pictures",
        items=MemoryPictures(spec, encoded),
        content=digest(f"{member.filename}|{member.CRC}" for member in members),
    )


LISTINGS: Mapping[str, Callable[[str], Listing]] = {"digits": _digits, "photos": _photos}


def _digits_table() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return (1797, 65): 64 values of 0 to 16, then the digit; without the seconds that importing sklearn takes."""
    found = importlib.util.find_spec("sklearn")
    folders = list(found.submodule_search_locations or ()) if found else []
    files = [Path(folder, "datasets", "data", "digits.csv.gz") for folder in folders]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise UserError(
            "The sample digits comes with scikit-learn, which is missing",
            remedy=f"Install it with: {pip_line('scikit-learn')}",
        )
    with gzip.open(file, "rt", encoding="ascii") as lines:
        return np.loadtxt(lines, delimiter=",", ndmin=2)
