"""Makes the tables of ``README.md`` beside it from ``results``: ``python -m tests.benchmarks.tables [--check]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.equal_budget import AGAINST, told
from tests.benchmarks.few_shot_table import REPRODUCED
from tests.benchmarks.training import RESULTS, interval

README = Path(__file__).resolve().with_name("README.md")
Row = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join('---' for _ in head)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Return the mean with its 95 % interval where there are several values."""
    mean, half = interval(values)
    return f"{mean:.{digits}f}" if len(values) < 2 else f"{mean:.{digits}f} ± {half:.{digits}f}"


def grouped(rows: list[Row], key: str = "name") -> dict[str, list[Row]]:
    """Return the rows of each name, in the order in which names first appear."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def losses(rows: list[Row]) -> str:
    """Return recall@1 and MAP@R of every loss, best first."""
    groups = {name: [row for row in group if "error" not in row] for name, group in grouped(rows).items()}
    order = sorted((n for n in groups if groups[n]), key=lambda n: -interval([r["recall@1"] for r in groups[n]])[0])
    shown = [
        (
            f"`{name}`",
            spread([row["recall@1"] for row in groups[name]]),
            spread([row["map@r"] for row in groups[name]]),
            str(len(groups[name])),
        )
        for name in order
    ]
    half = -(-len(shown) // 2)  # two columns side by side: forty rows are too long a page
    pairs = [(*shown[i], *(shown[half + i] if half + i < len(shown) else ("", "", "", ""))) for i in range(half)]
    return table(("loss", "recall@1", "MAP@R", "runs") * 2, pairs)


def few_shot(rows: list[Row]) -> str:
    """Return few-shot accuracies beside the reproduced ones."""
    lines = []
    for name, reproduced in REPRODUCED.items():
        values, within = [row[name] for row in rows], [row[f"within an alphabet, {name}"] for row in rows]
        lines.append((name, _percent(values), f"{reproduced:.1%}".replace("%", " %"), _percent(within)))
    return table(("", f"here, {len(rows)} draws of alphabets", "reproduced", "within one alphabet"), lines)


def _percent(values: Sequence[float]) -> str:
    mean, half = interval(values)
    return f"{100 * mean:.1f} %" if len(values) < 2 else f"{100 * mean:.1f} ± {100 * half:.1f} %"


def signatures(rows: list[Row]) -> str:
    """Return the equal error rates of signatures."""
    lines = [
        (
            name,
            *(
                spread([row[f"{key}, {kind}"] for row in group])
                for kind in ("any", "same name")
                for key in ("eer", "auc")
            ),
        )
        for name, group in grouped(rows).items()
    ]
    return table(("", "EER", "AUC", "EER, same name by another writer", "AUC"), lines)


def unseen(rows: list[Row]) -> str:
    """Return recall@1 on seen and unseen classes."""
    keys = ("recall@1, seen", "recall@1, unseen", "map@r, unseen")
    groups = grouped(rows)
    order = sorted(groups, key=lambda name: -interval([row[keys[1]] for row in groups[name]])[0])
    lines = [(f"`{name}`", *(spread([row[key] for row in groups[name]]) for key in keys)) for name in order]
    return table(("loss", "recall@1, seen classes", "recall@1, unseen classes", "MAP@R, unseen"), lines)


def text(rows: list[Row]) -> str:
    """Return recall@1 of questions whose intents were trained on and of others, beside TF-IDF."""
    lines = []
    for name, group in grouped(rows).items():
        parts = [[row["recall@1"] for row in group if row["unseen"] is unseen] for unseen in (False, True)]
        seconds = f"{max(row['seconds'] for row in group):.0f} s" if name == "default" else ""
        lines.append(("trained from scratch" if name == "default" else name, *map(spread, parts), seconds))
    return table(("recall@1", "77 intents", "20 intents never trained on", "processor time"), lines)


def captions(rows: list[Row]) -> str:
    """Return what captions and pictures find of each other, with intervals, beside what is compared before training."""
    lines = []
    for row in rows:
        found = row["figures"]
        shown = [row["name"].removeprefix("default: ") if row["name"] != "raw" else "raw pixels and n-grams"]
        for way in ("text_to_picture", "picture_to_text"):
            name = f"{way}_recall@1"
            shown.append(f"{found[name]:.3f} ({found[f'{name}_low']:.3f} – {found[f'{name}_high']:.3f})")
            shown += [f"{found[f'{way}_recall@{k}']:.3f}" for k in (5, 10)]
        shown.append(
            " / ".join(f"{found[f'class {way}_recall@1']:.3f}" for way in ("text_to_picture", "picture_to_text"))
        )
        lines.append((*shown, f"{row['seconds']:.0f} s" if row["steps"] else ""))
    head = ("", "text → picture: recall@1", "@5", "@10", "picture → text: recall@1", "@5", "@10", "by class, @1")
    return table((*head, "processor time"), lines)


def generated(rows: list[Row]) -> str:
    """Return recall@1 of shapes and clips that a script makes, beside what is compared before training."""
    lines = []
    for kind, of_kind in grouped(rows, "kind").items():
        for name, group in grouped(of_kind).items():
            raw = name.startswith(("raw", "D2"))
            seconds = "" if raw else f"{max(row['seconds'] for row in group):.0f} s"
            lines.append((kind, name, spread([row["recall@1"] for row in group]), seconds))
    return table(("", "", "recall@1, test part", "processor time"), lines)


def speed(rows: list[Row]) -> str:
    """Return times and memory beside PyTorch Metric Learning."""
    lines = [
        (
            row["case"],
            f"{row['ms']:,} ms, {row['MB']:,} MB",
            f"{row['PML ms']:,.0f} ms, {row['PML MB']:,} MB",
            f"{row['ratio']:,.0f} ×",
        )
        for row in rows
    ]
    return table(("", "here", "PyTorch Metric Learning 2.9.0", "ratio"), lines)


def linear(rows: list[Row]) -> str:
    """Return the figures of linear metrics beside known ones."""
    lines = [(row["what"], row["before"], row["after"], row["known"]) for row in rows]
    return table(("3 nearest neighbours", "before", "after", "known"), lines)


def fitter_times(rows: list[Row]) -> str:
    """Return how long every fitter takes, and what it comes to."""
    lines = [
        (
            f"`{row['name']}`",
            f"{row['seconds']:.2f} s",
            str(row["iterations"]),
            f"{row['recall@1']:.3f}",
            f"{row['before']['seconds']:.2f} s, {row['before']['recall@1']:.3f}" if row["before"] else "",
        )
        for row in rows
    ]
    return table(("fitter", "time", "iterations", "recall@1", "before"), lines)


FIGURE_NAMES = {
    "threshold_fmr": "false accepts at the threshold from validation",
    "threshold_fnmr": "false rejects at the threshold from validation",
    "fnmr@fmr=0.01": "false rejects at 1 % false accepts",
    "eer": "EER",
    "auc": "AUC",
    "map": "mAP",
    "minp": "mINP",
}


def figures(rows: list[Row]) -> str:
    """Return figures with their intervals, of what was trained and of raw pixels."""
    lines: list[tuple[str, ...]] = []
    for use in rows:
        seconds = f"{use['steps']} steps, seed {use['seed']}, {use['date']}"
        lines.append((f"**{use['held out']}** ({seconds})", "", "", ""))
        for row in use["rows"]:
            protocol = row["protocol"].replace("_", "-")
            name = f"{protocol}: {FIGURE_NAMES.get(row['figure'], row['figure'])}"
            lines.append((name, *(_between(row[of]) for of in ("trained", "raw cosine", "raw Euclidean"))))
    return table(("", "trained", "raw pixels, cosine", "raw pixels, Euclidean"), lines)


def _between(found: Sequence[float | None] | None) -> str:
    if found is None:
        return "–"
    value, low, high = found
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} – {high:.3f})"


def pretrained(rows: list[Row]) -> str:
    """Return recall@1 of every way to use weights by the steps that it took: what takes none is the same throughout."""
    steps = sorted({step for row in rows for step, _ in row["curve"]})
    lines = []
    for way, group in grouped(rows, "way").items():
        curves = [dict(row["curve"]) for row in group]
        lines.append((way, *(spread([curve.get(step, curve[max(curve)]) for curve in curves]) for step in steps)))
    return table(("recall@1 after steps", *map(str, steps)), lines)


def equal_budget(rows: list[Row]) -> str:
    """Return the losses of each data set and budget, best first, beside triplet and with what was tuned."""
    parts = []
    for data, of_data in grouped(rows, "data").items():
        for images, some in sorted(grouped(of_data, "images").items()):
            runs = {kind: grouped(found) for kind, found in grouped(some, "kind").items() if kind != "search"}
            parts += [f"**{data}, {images:,} images**", "", _budget(runs), ""]
    return "\n".join(parts).rstrip()


def _budget(runs: dict[str, dict[str, list[Row]]]) -> str:
    default, tuned = (
        {name: _measured(own) for name, own in runs.get(kind, {}).items()} for kind in ("default", "tuned")
    )
    default = {name: own for name, own in default.items() if own}
    order = sorted(default, key=lambda name: -float(np.mean([row["recall@1"] for row in default[name]])))
    lines, alike, once = [], [], False
    for name in order:
        beside, apart = _beside(default[name], default.get(AGAINST, []), own=name == AGAINST)
        once |= len(default[name]) == 1
        alike += [] if apart or name == AGAINST or len(default[name]) == 1 else [f"`{name}`"]
        line = [f"`{name}`", spread(_recalls(default[name])), beside, str(len(default[name]))]
        if tuned:
            line += _tuned(tuned.get(name, []), tuned.get(AGAINST, []), own=name == AGAINST)
        lines.append(line)
    head = [
        "loss",
        "recall@1",
        "beside triplet",
        "runs",
        *(["tuned", "recall@1", "beside tuned triplet"] * bool(tuned)),
    ]
    sentence = f"Not to be told from triplet by these runs: {', '.join(alike) or 'none of those with several'}."
    sentence += " Of a loss with one run nothing can be told." * once
    return f"{table(head, lines)}\n\n{sentence}"


def _measured(rows: list[Row]) -> list[Row]:
    return [row for row in rows if "error" not in row]


def _recalls(rows: list[Row]) -> list[float]:
    return [row["recall@1"] for row in rows]


def _tuned(rows: list[Row], against: list[Row], *, own: bool) -> tuple[str, str, str]:
    if not rows:
        return "", "", ""
    value = rows[0]["settings"][-1].partition(".")[2].replace("=", " ")
    return value, spread(_recalls(rows)), _beside(rows, against, own=own)[0]


def _beside(rows: list[Row], against: list[Row], *, own: bool) -> tuple[str, bool]:
    """Return the paired difference with its interval, and whether it can be told from none."""
    mean, half, seeds = told(rows, against)
    if own or not seeds:
        return "", False
    return (f"{mean:+.3f} ± {half:.3f}", abs(mean) > half) if seeds > 1 else (f"{mean:+.3f}", False)


def alarms(rows: list[Row]) -> str:
    """Return of every run when it was seen to fail and when it was told, those that failed first."""
    lines = [
        (
            row["name"],
            f"{row['raw']:.3f}",
            f"{row['best']:.3f}",
            f"{row['recall']:.3f}",
            "" if row["seen"] is None else str(row["seen"]),
            "" if row["told"] is None else f"{row['told']}: {row['kind']}",
        )
        for row in sorted(rows, key=lambda row: row["seen"] is None)
    ]
    return table(("run", "recall@1 of raw pixels", "best", "last", "visible at step", "told at step"), lines)


def sound(rows: list[Row]) -> str:
    """Return recall@1 and equal error rates of recordings, of what was trained and of mel statistics."""
    keys = ("recall@1", "recall@1, across", "eer")
    lines = [
        (f"{name}, {what}", *(spread([row[f"{prefix}{key}"] for row in group]) for key in keys))
        for name, group in grouped(rows).items()
        for what, prefix in (("trained", ""), ("mel statistics", "raw, "))
    ]
    return table(("", "recall@1", "recall@1 of others", "EER"), lines)


def dimensions(rows: list[Row]) -> str:
    """Return recall@1 by the first 8, 16, 32 and all numbers of embeddings, of every data set and way."""
    keys = [key for key in rows[0] if key.startswith("recall@1, ")]
    lines = [
        (f"{data.partition('.')[0].replace('_', ' ')}, {name}", *(spread([row[key] for row in group]) for key in keys))
        for data, own in grouped(rows, "data").items()
        for name, group in grouped(own).items()
    ]
    return table(("recall@1 by so many numbers", *(key.rpartition(" ")[2] for key in keys)), lines)


def regression(rows: list[Row]) -> str:
    """Return the mean error of an angle by the 10 nearest, of each way to learn it."""
    lines = [
        (name, spread([row["mean_error"] for row in group], 1), spread([row["relative_error"] for row in group]))
        for name, group in grouped(rows).items()
    ]
    return table(("", "mean error, degrees", "beside a constant"), lines)


def parts(rows: list[Row]) -> str:
    """Return recall@1, MAP@R and OPIS of each way to train."""
    keys = (("recall@1", 3), ("map@r", 3), ("opis", 4))
    lines = [
        (name, *(spread([row[key] for row in group], digits) for key, digits in keys))
        for name, group in grouped(rows).items()
    ]
    return table(("", "recall@1", "MAP@R", "OPIS"), lines)


TABLES: dict[str, Callable[[list[Row]], str]] = {
    "losses": losses,
    "few_shot": few_shot,
    "signatures": signatures,
    "sound": sound,
    "unseen": unseen,
    "text": text,
    "captions": captions,
    "generated": generated,
    "linear": linear,
    "fitter_times": fitter_times,
    "speed": speed,
    "figures": figures,
    "pretrained": pretrained,
    "equal_budget": equal_budget,
    "alarms": alarms,
    "regression": regression,
    "dimensions": dimensions,
    "noise": parts,
    "thresholds": parts,
    "consistency_fashion_mnist_contrastive": parts,
    "consistency_omniglot_unseen_supcon": parts,
}


def filled(text: str) -> str:
    """Return the page with every table between its marks made anew; a table without results stays as it is."""
    for name, make in TABLES.items():
        path = RESULTS / f"{name}.json"
        begin, end = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
        if begin not in text or not path.exists():
            continue
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n{make(json.loads(path.read_text(encoding='utf-8'))['rows'])}\n{end}{tail}"
    return text


def main() -> int:
    """Write the page, or with ``--check`` say whether it is up to date."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    before = README.read_text(encoding="utf-8")
    after = filled(before)
    if parser.parse_args().check:
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
