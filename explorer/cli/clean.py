"""``clean RUN``: likely label errors, duplicates and leaks between training and held-out items."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.cli.destination import keep_data_of
from explorer.core.errors import printable
from explorer.core.words import several

if TYPE_CHECKING:
    from explorer.core.label_decisions import Decisions
    from explorer.data.dataset import Dataset
    from explorer.engine.cleaning import Findings

SHOWN = 20


def main(options: argparse.Namespace, console: Console) -> int:
    """Write what was found, and the list of it as CSV where one is asked for."""
    from explorer.engine.cleaning import find_in_run, write_list
    from explorer.engine.offline import OfflineRun
    from explorer.engine.paths import check_folder_of, check_table_name
    from explorer.runs.label_file import read_decisions

    if options.out:
        check_table_name(Path(options.out))
        keep_data_of(options.run, console, options.data)
        check_folder_of(Path(options.out))  # now also that it is none of the data
    asked = OfflineRun(Path(options.run), console.progress, moved=options.data, tell=console.say)
    dataset, split, found = find_in_run(asked, console.progress)
    decisions = read_decisions(asked.saved.folder.path, dataset.ids, dataset.class_names)
    if options.out:
        write_list(Path(options.out), dataset, split, found, decisions)
    console.clear()
    if options.json:
        console.json(_document(dataset, found, decisions))
    else:
        console.result("\n".join(_lines(dataset, found)))
    return 0


def _document(dataset: Dataset, found: Findings, decisions: Decisions) -> dict[str, Any]:
    return {
        "step": found.step,
        "steps": found.steps,
        "items": len(dataset),
        "label_errors": [
            {
                "id": dataset.ids[suspect.item],
                "path": dataset.path(suspect.item),
                "label": dataset.class_name(suspect.item),
                "suspected": dataset.class_names[suspect.suspected],
                "score": suspect.score,
            }
            for suspect in found.suspects
            if suspect.likely
        ],
        "problem": found.problem,
        "duplicates": [
            {
                "leak": number < found.leaking,
                "items": [{"id": dataset.ids[item], "similarity": found.copies[item]} for item in group],
            }
            for number, group in enumerate(found.groups)
        ],
        "leaks": found.leaking,
        "decided": {dataset.ids[item]: decision.action for item, decision in sorted(decisions.items())},
    }


def _lines(dataset: Dataset, found: Findings) -> Iterator[str]:
    leaks = f", {found.leaking:,} of them in both parts" if found.groups else ""
    groups = f"{several(len(found.groups), 'group')} of duplicates{leaks}"
    yield f"{several(found.likely, 'label is', 'labels are')} likely wrong; {groups}"
    if found.problem:
        yield f"No label was judged: {found.problem}"
    likely = [suspect for suspect in found.suspects if suspect.likely]
    for suspect in likely[:SHOWN]:
        names = f"{dataset.class_name(suspect.item)} → {dataset.class_names[suspect.suspected]}"
        yield f"{suspect.score:.3f}  {printable(dataset.ids[suspect.item])}  {printable(names)}"
    for number, group in enumerate(found.groups[:SHOWN]):
        kind = "leak" if number < found.leaking else "copy"
        yield f"{kind:5}  {'  '.join(printable(dataset.ids[item]) for item in group)}"
    if len(likely) > SHOWN or len(found.groups) > SHOWN:
        yield f"The first {SHOWN} of each are shown; all of them: --json, or --out LIST.csv"
