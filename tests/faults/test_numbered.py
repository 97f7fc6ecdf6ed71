"""Every numbered fault has proofs, and these are there."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.faults.numbered import FAULTS

TESTS = Path(__file__).resolve().parents[1]


@cache
def _tests_in(file: str) -> tuple[str, ...]:
    """Return the tests of a file, those that never run left out."""
    path = TESTS / file
    assert path.is_file(), f"there is no {file}"
    return tuple(
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not any("skip(" in ast.unparse(mark) for mark in node.decorator_list)
    )


def test_all_92_are_there() -> None:
    assert sorted(FAULTS) == list(range(1, 93))


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_is_proved_by_tests_that_are_there(number: int) -> None:
    fault = FAULTS[number]
    assert fault.proofs
    for proof in fault.proofs:
        file, _, test = proof.partition("::")
        assert any(fnmatch(found, test) for found in _tests_in(file)), f"{number}, {fault.name}: there is no {proof}"
