from __future__ import annotations

import io
import json
from typing import Any

import pytest

from explorer.cli.console import Console
from explorer.cli.main import run
from explorer.core.recipe import PART_KINDS
from explorer.core.registry import kinds


def _list(*arguments: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    assert run(["list", *arguments, "--json"], Console(out, io.StringIO())) == 0
    listed = json.loads(out.getvalue())
    assert isinstance(listed, list)
    return listed


def test_every_kind_of_part_is_listed_with_its_parameters() -> None:
    listed = _list()
    assert {part["kind"] for part in listed} >= set(PART_KINDS)
    for part in listed:
        assert set(part) == {"kind", "name", "summary", "reference", "available", "parameters"}
        assert part["summary"]
        for parameter in part["parameters"]:
            assert set(parameter) >= {"name", "type", "default", "minimum", "maximum", "help"}
            assert parameter["help"]


@pytest.mark.parametrize("name", ["loss", "losses", "Loss"])
def test_a_kind_in_singular_or_plural(name: str) -> None:
    listed = _list(name)
    assert {part["kind"] for part in listed} == {"loss"}
    (triplet,) = (part for part in listed if part["name"] == "triplet")
    (margin,) = (parameter for parameter in triplet["parameters"] if parameter["name"] == "margin")
    assert (margin["type"], margin["minimum"]) == ("float", 0)


def test_people_get_text() -> None:
    out = io.StringIO()
    assert run(["list", "miners"], Console(out, io.StringIO())) == 0
    assert "semi_hard: " in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 110


def test_without_a_kind_people_get_names_and_a_sentence_each() -> None:
    out = io.StringIO()
    assert run(["list"], Console(out, io.StringIO())) == 0
    lines = out.getvalue().splitlines()
    assert lines[0] == PART_KINDS[0]
    assert any(line.startswith("  triplet: ") for line in lines)
    assert not any("(float" in line for line in lines)
    assert "list loss triplet" in lines[-1]


def test_one_part_is_told_alone_and_a_wrong_name_is_told_with_what_was_meant() -> None:
    (triplet,) = _list("losses", "triplet")
    assert (triplet["kind"], triplet["name"]) == ("loss", "triplet")
    err = io.StringIO()
    assert run(["list", "loss", "triplett"], Console(io.StringIO(), err)) == 2
    assert "triplet" in err.getvalue()


def test_an_unknown_kind_names_those_there_are() -> None:
    err = io.StringIO()
    assert run(["list", "losss"], Console(io.StringIO(), err)) == 2
    assert all(kind in err.getvalue() for kind in kinds())
