from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.registry import (
    Parameters,
    Scalar,
    catalogue,
    create,
    find,
    install_line,
    kinds,
    parameter,
    register,
    validated,
)


class Params(Parameters):
    """For the tests below."""

    width: int = parameter(3, "How wide", minimum=1, maximum=9, unit="px")
    mode: str = parameter("soft", "How", choices=("soft", "hard"), live=True)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_part_says_what_it_is_and_what_its_parameters_do(kind: str) -> None:
    entries = catalogue(kind)
    assert entries
    for name, entry in entries.items():
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert entry.summary.endswith("."), f"{kind} {name}: {entry.summary!r}"
        for info in entry.parameters:
            assert info.help, f"{kind} {name}.{info.name} has no help"
            if info.minimum is not None and info.maximum is not None:
                assert info.minimum <= float(info.default) <= info.maximum
            if info.choices:
                assert info.default in info.choices


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {"panel", "source"}))
def test_defaults_are_valid_and_come_back(kind: str) -> None:
    for name in catalogue(kind):
        model = validated(kind, name, {})
        assert validated(kind, name, model.model_dump()) == model


@pytest.mark.parametrize(
    ("kind", "name", "params", "said"),
    [
        ("loss", "triplet", {"margin": "nan"}, "loss.margin = nan is not a number from 0 to 2"),
        ("loss", "triplet", {"margin": "inf"}, "loss.margin = inf is not a number from 0 to 2"),
        ("loss", "triplet", {"margin": "wide"}, "loss.margin = wide is not a number from 0 to 2"),
        ("encoder", "cnn", {"width": 2}, "encoder.width = 2 is not a whole number from 4 to 256"),
        ("distance", "euclidean", {"normalise": "perhaps"}, "distance.normalise = perhaps is not true or false"),
    ],
)
def test_what_is_not_allowed_is_said_with_what_is(kind: str, name: str, params: dict[str, Scalar], said: str) -> None:
    with pytest.raises(UserError) as caught:
        validated(kind, name, params)
    assert str(caught.value) == said


def test_a_name_can_be_taken_once() -> None:
    class First:
        """First."""

    class Second:
        """Second."""

    register("miner", "test_only_name")(First)
    try:
        register("miner", "test_only_name")(First)
        with pytest.raises(ValueError, match="already taken"):
            register("miner", "test_only_name")(Second)
    finally:
        from explorer.core import registry

        del registry._ENTRIES["miner", "test_only_name"]


def test_unknown_kinds_and_names_list_what_there_is() -> None:
    with pytest.raises(UserError, match="loss"):
        catalogue("flavour")
    with pytest.raises(UserError, match="triplet"):
        find("loss", "nonsense")


def test_parameters_are_described_for_forms() -> None:
    class Part:
        """A part."""

        Params = Params

    from explorer.core.registry import Entry

    width, mode = Entry("loss", "x", "X", "A part.", "", Part, Params).parameters
    assert (width.type, width.minimum, width.maximum, width.unit) == ("int", 1, 9, "px")
    assert (mode.type, mode.choices, mode.live) == ("choice", ("soft", "hard"), True)


def test_an_optional_package_that_is_absent_is_named() -> None:
    class Needy:
        """Needs something."""

    from explorer.core import registry

    register("miner", "test_only_needy", requires=("no_such_package",))(Needy)
    try:
        with pytest.raises(UserError, match="pip install no_such_package"):
            create("miner", "test_only_needy", {})
    finally:
        del registry._ENTRIES["miner", "test_only_needy"]


def test_what_needs_torchvision_is_installed_beside_the_torch_that_is_there() -> None:
    version = importlib.metadata.version("torch").partition("+")[0]
    assert install_line("timm") == f"{sys.executable} -m pip install timm torch=={version}"
    qt = importlib.metadata.version("PySide6-Essentials")
    assert install_line("PySide6-Addons") == f"{sys.executable} -m pip install PySide6-Addons=={qt}"
    assert install_line("one, two") == f"{sys.executable} -m pip install one two"


def test_what_was_installed_since_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.core import registry

    monkeypatch.syspath_prepend(str(tmp_path))

    class Needy:
        """Needs something."""

    register("miner", "test_only_needy", requires=("installed_since",))(Needy)
    try:
        assert not catalogue("miner")["test_only_needy"].available
        (tmp_path / "installed_since.py").write_text("")
        assert catalogue("miner")["test_only_needy"].available
        assert find("miner", "test_only_needy").available
    finally:
        del registry._ENTRIES["miner", "test_only_needy"]
