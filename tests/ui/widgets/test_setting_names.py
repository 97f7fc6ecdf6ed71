from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import explorer
from explorer.core.registry import catalogue, kinds
from explorer.ui.widgets.setting_names import in_the_form, in_window


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "Set encoder.download=true to fetch it once, or give encoder.model a folder that holds it",
            "Set “Download: on” of the encoder to fetch it once, or give “Model” of the encoder a folder that holds it",
        ),
        ("Name it with --set data.path_column=file", "Name it with “Path column: file” of the data"),
        ("Hold out with split.test=0.2", "Hold out with “Held out: 0.2” of the split"),
        ("data.csv and loss.png are not data. Give a zip or sample:digits", None),
        ("It has one label (data.label_separator)", "It has one label (“Label separator” of the data)"),
        ("Put the data back, or say where they are now (--data)", "Put the data back, or say where they are now"),
    ],
)
def test_settings_are_called_as_the_form_calls_them(told: str, shown: str | None) -> None:
    catalogue("encoder")
    catalogue("split")
    assert in_window(told) == (shown or "data.csv and loss.png are not data. Give a zip or the digits sample")


def test_a_parameter_to_be_given_is_named_as_the_panel_names_it() -> None:
    told = in_the_form("Name its column: --set protocol.camera=…, or call files as Market-1501 does")
    assert told == "Name its column: “Camera” below Parameters, or call files as Market-1501 does"


def test_no_part_is_described_in_the_words_of_its_source() -> None:
    said = [entry.summary for kind in kinds() for entry in catalogue(kind).values()]
    said += [info.help for kind in kinds() for entry in catalogue(kind).values() for info in entry.parameters]
    assert not [text for text in said if "``" in text or "explorer." in text]


WRITTEN_FOR_A_SHELL = {
    "core/recipe.py", "engine/headless.py", "engine/recipes/command_line.py", "engine/export/atlas.py",
    "engine/export/projector.py", "learn/torch_ranks.py",
}  # fmt: skip
"""What writes commands, or is said on the command line alone."""


def test_no_sentence_tells_the_window_of_the_command_line() -> None:
    root = Path(explorer.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(("cli/", "ui/")) or name in WRITTEN_FOR_A_SHELL:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not isinstance(node, ast.Expr):
                words = in_window(re.sub(r"\s+", " ", node.value))
                if re.search(r"(^|[ (])--[a-z]", words) and "``--" not in node.value:
                    found.append(f"{name}: {words[:120]}")
    assert found == []
