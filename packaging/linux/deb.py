"""Makes a Debian package of the bundle.

``python packaging/linux/deb.py FOLDER/dist/embedding-explorer OUT`` after ``bundle/build.py FOLDER``; needs dpkg. The
bundle comes to /usr/lib, its programs to /usr/bin, and the files for the desktop are those of ``desktop_files.py``.
"""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from desktop_files import NAME, install  # noqa: E402  a neighbour, and no part of the package

ROOT = HERE.parents[1]
MAINTAINER = "The maintainers of Embedding Explorer <maintainers@embedding-explorer.invalid>"


def control(staged: Path) -> str:
    """Return the control file of what is staged."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    described = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    size = sum(path.stat().st_size for path in staged.rglob("*") if path.is_file() and not path.is_symlink())
    return (
        f"Package: {NAME}\n"
        f"Version: {project['version']}\n"
        f"Architecture: {described.stdout.strip()}\n"
        f"Maintainer: {MAINTAINER}\n"
        f"Installed-Size: {size // 1024}\n"
        f"Depends: {', '.join(needed())}\n"
        "Section: science\n"
        "Priority: optional\n"
        "Description: train an embedding and watch the metric being learned\n"
        " Drop a folder of pictures on the window, pick a loss, a margin and a miner,\n"
        " and press Train. The map moves, the violated triplets are counted and the\n"
        " neighbours of a picture re-rank while the embedding is trained.\n"
        " .\n"
        " Nothing is ever sent anywhere.\n"
    )


def needed() -> list[str]:
    """Return the packages it depends on: the libraries of the desktop, and the C library it was built beside."""
    listed = (HERE / "apt.txt").read_text(encoding="utf-8").split("\n")
    names = [line for line in listed if line and not line.startswith("#")]
    later = [f"{name} | {name}t64" if name == "libglib2.0-0" else name for name in names]
    return [f"libc6 (>= {platform.libc_ver()[1]})", *later]


def stage(bundle: Path, staged: Path) -> None:
    """Lay out the files as they will be installed."""
    home = staged / "usr" / "lib" / NAME
    shutil.copytree(bundle, home, symlinks=True, ignore=shutil.ignore_patterns("*.nbi", "*.nbc"))
    (staged / "usr" / "bin").mkdir(parents=True)
    for program in (NAME, f"{NAME}-gui"):
        (staged / "usr" / "bin" / program).symlink_to(f"../lib/{NAME}/{program}")
        _compressed(staged / "usr" / "share" / "man" / "man1" / f"{program}.1.gz", _manual(program))
    install(staged / "usr")
    documents = staged / "usr" / "share" / "doc" / NAME
    documents.mkdir(parents=True)
    licence = (ROOT / "packaging" / "LICENSE").read_text(encoding="utf-8")
    texts = f"/usr/lib/{NAME}/_internal/explorer/_resources/licences"
    (documents / "copyright").write_text(f"{licence}\nWhat it is made of, and under which licences, is in {texts}.\n")
    _compressed(documents / "changelog.gz", _changelog())
    for path in staged.rglob("*"):
        if not path.is_symlink():
            runs = path.is_dir() or (path.parent == home and path.name.startswith(NAME))
            path.chmod(0o755 if runs else 0o644)


def _manual(program: str) -> str:
    return (HERE / f"{NAME}.1").read_text(encoding="utf-8").replace(f"{NAME} [", f"{program} [")


def _changelog() -> str:
    told = (HERE / f"{NAME}.metainfo.xml").read_text("utf-8")
    releases = re.findall(r'<release version="(.*?)" date="(.*?)".*?<p>(.*?)</p>', told, re.DOTALL)
    return "\n".join(
        f"{NAME} ({version}) unstable; urgency=medium\n\n  * {' '.join(news.split())}\n\n"
        f" -- {MAINTAINER}  {email.utils.format_datetime(datetime.fromisoformat(f'{date}T00:00:00+00:00'))}\n"
        for version, date, news in releases
    )


def _compressed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))


def _sums(staged: Path) -> str:
    lines = []
    for path in sorted(staged.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'md5').hexdigest()}  {path.relative_to(staged)}\n")
    return "".join(lines)


def make(bundle: Path, out: Path) -> Path:
    """Make the package in the folder ``out`` and return it."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        staged = Path(folder) / "staged"
        stage(bundle, staged)
        sums, told = _sums(staged), control(staged)
        (staged / "DEBIAN").mkdir()
        (staged / "DEBIAN" / "control").write_text(told)
        (staged / "DEBIAN" / "md5sums").write_text(sums)
        kind = ["--root-owner-group", "-Zxz", "-z1"]
        subprocess.run(["dpkg-deb", "--build", *kind, str(staged), str(out)], check=True, stdout=subprocess.DEVNULL)
    (made,) = out.glob(f"{NAME}_*.deb")
    return made


if __name__ == "__main__":
    sys.stdout.write(f"{make(Path(sys.argv[1]), Path(sys.argv[2]).resolve())}\n")
