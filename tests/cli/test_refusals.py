"""What is refused before anything takes long: names, endings, places that cannot be written, addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.cli.evaluate import protocol_named
from tests.helpers.command_line import run_command
from tests.helpers.data import picture_folder

ADDRESSES = ("http://example.org/data.zip", "https://example.org/a", "s3://bucket/a.csv", "www.example.org")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refusals")
    data = picture_folder(folder / "data", {"a": 6, "b": 6})
    status, _, said = run_command(
        "train", data, "--out", folder / "run", "--epochs", 1, "--set", "sampler.classes=2", "--device", "cpu"
    )
    assert status == 0, said
    return folder / "run"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "command", ["check", "train", "window", "evaluate", "compare", "report", "runs", "out", "given"]
)
def test_an_address_is_no_data(tmp_path: Path, address: str, command: str) -> None:
    arguments = {
        "check": ("check", address),
        "train": ("train", address, "--out", tmp_path / "r"),
        "window": (address,),
        "evaluate": ("evaluate", address),
        "compare": ("compare", tmp_path, address),
        "report": ("report", tmp_path, address),
        "runs": ("runs", address),
        "out": ("train", "sample:digits", "--out", address),
        "given": ("train", "sample:digits", "--out", tmp_path / "r", "--must-link", address),
    }
    status, out, said = run_command(*arguments[command])
    assert (status, out) == (2, "")
    assert f"{address} is an address, and files are read from this computer and written to it alone" in said
    assert "Download what is there" in said
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("typed", ["Label-Errors", "label errors", "LABEL_ERRORS", "label-errors"])
def test_a_protocol_is_known_however_it_is_spelt(typed: str) -> None:
    assert protocol_named(typed) == "label_errors"


@pytest.mark.parametrize("name", ["list.xyz", "list", "list.xlsx", "list.csv.gz"])
def test_a_list_of_findings_ends_as_a_table(run: Path, tmp_path: Path, name: str) -> None:
    status, _, said = run_command("clean", run, "--out", tmp_path / name)
    assert status == 2
    assert f"{name} does not end in .csv" in said
    assert "Reading" not in said


@pytest.mark.parametrize("name", ["runs.xyz", "runs"])
def test_a_table_of_runs_ends_as_one(run: Path, tmp_path: Path, name: str) -> None:
    status, _, said = run_command("runs", run.parent, "--csv", tmp_path / name)
    assert status == 2
    assert f"{name} does not end in .csv" in said


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be made: without permissions, for root one of the kernel."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        folder.chmod(0o700)
        folder = Path("/proc/self")
        if not folder.is_dir():
            pytest.skip("every folder here can be written to")
    yield folder
    if folder.parent == tmp_path:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "RUN", "CLOSED/a.html"),
        ("clean", "RUN", "--out", "CLOSED/a.csv"),
        ("runs", "RUN", "--csv", "CLOSED/a.csv"),
        ("embed", "RUN", "DATA", "CLOSED/a.npy"),
        ("export", "RUN", "coordinates", "CLOSED/a.csv"),
        ("export", "RUN", "projector", "CLOSED/a"),
        ("train", "DATA", "--out", "CLOSED/a"),
        ("train", "DATA", "--out", "CLOSED/a/b"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_any_work(
    run: Path, closed: Path, arguments: tuple[str, ...]
) -> None:
    places = {"RUN": str(run), "DATA": str(run.parent / "data")}
    typed = [places.get(word, word.replace("CLOSED", str(closed))) for word in arguments]
    status, out, said = run_command(*typed)
    assert (status, out) == (2, "")
    assert said.count("\n") == 1, said
    assert f"{typed[-1]} cannot be written: {closed}: " in said
    assert "Mend the permissions of the folder, or choose another one" in said


@pytest.mark.parametrize("command", ["evaluate", "compare"])
@pytest.mark.parametrize("typed", ["few-shto", "few_shto", "nothing"])
def test_protocols_are_named_as_they_are_typed(run: Path, command: str, typed: str) -> None:
    runs = (run,) if command == "evaluate" else (run, run)
    status, _, said = run_command(command, *runs, "--protocol", typed)
    assert status == 2
    assert "_" not in said.replace(str(run), "").replace(typed, "")
    assert ("Did you mean few-shot?" in said) == (typed != "nothing")
    assert ("label-errors" in said) == (typed == "nothing")
