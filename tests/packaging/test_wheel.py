"""The wheel: whole in the short form; in the long one installed elsewhere and put through the self-test there."""

from __future__ import annotations

import configparser
import importlib
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from explorer import __version__
from tests.packaging.test_scripts import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(path)


def _files(folder: str, inside: str) -> set[str]:
    """Return what is in a folder of the checkout, as it is called in the wheel."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in found}


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _about(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"embedding_explorer-{__version__}.dist-info/{name}").decode("utf-8")


def _metadata(wheel: Path) -> Message:
    return message_from_string(_about(wheel, "METADATA"))


def test_everything_that_is_needed_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    wanted = _files("explorer", "explorer") | _files("resources", "explorer/_resources")
    own = {name for name in _names(wheel) if ".dist-info/" not in name}
    assert own == wanted


def test_the_wheel_is_for_every_system_and_small(wheel: Path) -> None:
    assert wheel.name == f"embedding_explorer-{__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < 8e6


def test_both_programs_of_the_wheel_are_there(wheel: Path) -> None:
    points = configparser.ConfigParser(delimiters="=")
    points.optionxform = str  # type: ignore[method-assign, assignment]
    points.read_string(_about(wheel, "entry_points.txt"))
    assert {section: list(points[section]) for section in points.sections()} == {
        "console_scripts": ["embedding-explorer"],
        "gui_scripts": ["embedding-explorer-gui"],
    }
    for section in points.sections():
        for target in points[section].values():
            module, _, name = target.partition(":")
            assert callable(getattr(importlib.import_module(module), name))


def test_the_wheel_says_what_it_is_and_under_which_licences(wheel: Path) -> None:
    from trove_classifiers import classifiers

    told = _metadata(wheel)
    assert told["License-Expression"] == "MIT AND OFL-1.1 AND CC0-1.0"
    texts = [Path(name).name for name in told.get_all("License-File", [])]
    assert sorted(texts) == ["Inter-OFL.txt", "JetBrainsMono-OFL.txt", "LICENSE", "photos-CC0.txt"]
    assert set(told.get_all("Classifier", [])) <= classifiers
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload() == (ROOT / "README.md").read_text("utf-8")
    assert told["Version"] == __version__


@pytest.mark.full
def test_what_is_made_of_the_source_archive_passes_the_self_test_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)  # the wheel is made of the source archive
    (source,), (made,) = (tmp_path / "dist").glob("*.tar.gz"), (tmp_path / "dist").glob("*.whl")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert _files("explorer", "explorer") | _files("resources", "resources") | _files("tests", "tests") <= names
    found = _installed(made, tmp_path / "env")
    home = tmp_path / "home"
    home.mkdir()
    clean = {"HOME": str(home), "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(found / "embedding-explorer"), "self-test"],
        env=clean, cwd=home, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("passed: recall@1")
    assert (found / "embedding-explorer-gui").exists()


def _installed(wheel: Path, env: Path) -> Path:
    """Install a wheel into an environment of its own beside the packages of this one; return where its programs are."""
    venv.create(env, with_pip=False, symlinks=os.name != "nt")
    (packages,) = env.glob("lib/python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(here) + "\n")
    python = env / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        f"--python={python}",
        "install",
        "--no-deps",
        "--no-index",
        "-q",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    where = "import explorer; print(explorer.__file__)"
    run = subprocess.run([str(python), "-I", "-c", where], check=True, capture_output=True, text=True, cwd=env)
    assert run.stdout.startswith(str(packages)), "it is not the checkout that is tried"
    return env / "bin"
