"""The bundle and the Debian package made of it: whole, alone, put through the self-test, and taken out without a rest.

Making them takes minutes; BUNDLE names the folder of a ``packaging/bundle/build.py`` to try that one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.test_scripts import ROOT

NAME = "embedding-explorer"
LARGEST = 1_700_000_000
PATHS = Path("explorer") / "_resources"

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made and tried on Linux"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if made := os.environ.get("BUNDLE"):
        return Path(made) / "dist" / NAME
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run([sys.executable, str(ROOT / "packaging" / "bundle" / "build.py"), str(folder)], check=True)
    return folder / "dist" / NAME


@pytest.fixture(scope="module")
def package(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("needs dpkg")
    return _package(bundle, tmp_path_factory.mktemp("deb"))


def _package(bundle: Path, out: Path) -> Path:
    command = [sys.executable, str(ROOT / "packaging" / "linux" / "deb.py"), str(bundle), str(out)]
    subprocess.run(command, check=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"})
    (made,) = out.glob("*.deb")
    return made


def _alone(program: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program without any environment of ours: no Python on the path, a new home."""
    home.mkdir(exist_ok=True)
    clean = {"HOME": str(home), "PATH": str(home), "QT_QPA_PLATFORM": "offscreen"}
    command = [str(program), *arguments]
    return subprocess.run(command, env=clean, cwd=home, capture_output=True, text=True, timeout=900, check=False)


def _all_passed(program: Path, home: Path) -> Mapping[str, Any]:
    done = _alone(program, "self-test", "--json", home=home)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    assert found["recall"]["trained"] > 0.9
    return found


def test_the_bundle_passes_the_self_test_alone(bundle: Path, tmp_path: Path) -> None:
    _all_passed(bundle / NAME, tmp_path / "home")
    again = _alone(bundle / NAME, "list", "losses", home=tmp_path / "home")
    assert "triplet" in again.stdout, again.stderr


def test_the_program_for_desktops_is_there_and_refuses_in_words(bundle: Path, tmp_path: Path) -> None:
    done = _alone(bundle / f"{NAME}-gui", "--version", home=tmp_path / "home")
    assert (done.returncode, done.stdout.split()[0]) == (0, NAME), done.stderr


def test_what_the_bundle_reads_is_there(bundle: Path, tmp_path: Path) -> None:
    told = json.loads(_alone(bundle / NAME, "doctor", "--json", home=tmp_path / "home").stdout)
    missing = {extra["name"] for extra in told["extras"] if not extra["available"]}
    assert missing.isdisjoint({"pyarrow", "h5py", "trimesh", "soundfile", "soxr", "openTSNE"})


def test_every_part_of_the_bundle_has_a_licence_and_its_text(bundle: Path) -> None:
    inside = bundle / "_internal"
    parts = json.loads((inside / PATHS / "third_party.json").read_text("utf-8"))
    texts = {path.stem for path in (inside / PATHS / "licences").iterdir()}
    listed = {part["name"]: part["licence"] for part in parts}
    assert all(listed.values())
    shipped = {path.name.partition("-")[0].lower().replace("_", "-") for path in inside.glob("*.dist-info")}
    assert shipped <= set(listed) | {NAME}
    assert {"python", "torch", "numpy", "LGPL-3.0", "GPL-3.0", "Qt"} <= texts
    without = {name for name in listed if name.lower() not in texts}
    assert {name for name in without if not name.startswith(("pyside6", "shiboken6"))} <= WITHOUT_A_TEXT


WITHOUT_A_TEXT: set[str] = set()


def test_nothing_but_what_is_needed_is_in_the_bundle(bundle: Path) -> None:
    inside = bundle / "_internal"
    for name in ("transformers", "timm", "av", "tkinter", "pytest", "PyInstaller", "PySide6/QtQml.abi3.so"):
        assert not (inside / name).exists()
    files = (path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())
    assert sum(path.stat().st_size for path in files) < LARGEST


def test_the_debian_package_is_laid_out_as_lintian_wants_it(tmp_path: Path) -> None:
    """Tried with two small programs in place of the bundle: in that, lintian looks for an hour."""
    if shutil.which("lintian") is None or shutil.which("dpkg-deb") is None:
        pytest.skip("needs lintian")
    stand_in = tmp_path / "bundle"
    stand_in.mkdir()
    for program in (NAME, f"{NAME}-gui"):
        shutil.copy("/bin/true", stand_in / program)
    made = _package(stand_in, tmp_path / "out")
    done = subprocess.run(["lintian", "--allow-root", str(made)], capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:")]
    assert found == [], done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_the_debian_package_is_installed_tried_and_removed(package: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "var" / "lib" / "dpkg").mkdir(parents=True)
    (root / "var" / "lib" / "dpkg" / "status").touch()
    dpkg = ["dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--log=/dev/null"]
    subprocess.run([*dpkg, "-i", str(package)], check=True, capture_output=True)
    assert (root / "usr" / "share" / "applications" / f"{NAME}.desktop").is_file()
    _all_passed(root / "usr" / "bin" / NAME, tmp_path / "home")
    subprocess.run([*dpkg, "--purge", NAME], check=True, capture_output=True)
    assert list((root / "usr").rglob("*embedding*")) == []
