"""Writes the pages of the help about losses, miners and distances from what these say of themselves, with pictures.

``python packaging/help/pages.py`` in a checkout; ``--check`` only says whether the pages are what they should be.
"""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from pathlib import Path

from pictures import DRAWN, same

from explorer.core.registry import Entry, ParameterInfo, allowed, catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
HELP = ROOT / "resources" / "help"
PAGES = {
    "loss": (
        "losses.md",
        "Losses",
        "What a loss asks of the embedding, and when to take which. The arrows of the pictures are computed by the "
        "loss itself: they show where it pushes nine items of three classes on the unit circle; hollow marks are its "
        "learned weights of the classes. *Active* in the panel Curves is the share of its terms that are not zero.",
    ),
    "miner": (
        "miners.md",
        "Miners",
        "A miner chooses from a batch the triplets that a loss learns from. In the pictures the hollow point is the "
        "anchor; the inner ring goes through its nearest positive, the outer one is the margin farther. Whole lines "
        "lead to chosen positives, dashed lines to chosen negatives.",
    ),
    "distance": (
        "distances.md",
        "Distances",
        "How two embeddings are compared, in training, for neighbours and on the map. The lines of the pictures are "
        "the places of equal distance from the point, in two dimensions; the cross is the origin. Distances that read "
        "the embedding as a distribution are straight in two dimensions, where only the difference of the two numbers "
        "counts.",
    ),
}
ORDER = (
    "Triplets",
    "Pairs",
    "Contrast and views",
    "Proxies and classifiers",
    "Ranking",
    "Clusters and prototypes",
    "Combinations",
)


def words(entry: Entry) -> str:
    """Return what a part says of itself, without the first sentence, as Markdown."""
    text = (inspect.getdoc(entry.part) or "").partition("\n\n")[2]
    text = text.partition("\nAttributes\n")[0].partition("\nParameters\n")[0]
    text = re.sub(r",? see ``explorer\.[^`]*``", "", text).replace("``", "`")
    return re.sub(r"(?<!`)([*_])(?!`)", r"\\\1", text.replace("\n", " ").replace("  ", "\n\n").strip())


def row(info: ParameterInfo) -> str:
    """Return a parameter as a row of a table."""
    live = ", also while a run trains" if info.live else ""
    default = f"`{info.default}`" if info.default != "" else "none"
    return f"| {info.name.replace('_', ' ')} | {default} | {info.help}; {allowed(info)}{live} |"


def section(kind: str, entry: Entry, when: str) -> list[str]:
    """Return what the help says of one part."""
    lines = [
        f"## {entry.title}",
        "",
        f"![{entry.title}](pictures/{kind}_{entry.name}.svg)",
        "",
        f"**{entry.summary}**",
        "",
    ]
    lines += [f"*When:* {when}", ""]
    if told := words(entry):
        lines += [told, ""]
    if entry.parameters:
        lines += ["| setting | default | what it does |", "|---|---|---|", *map(row, entry.parameters), ""]
    if entry.reference:
        lines += [f"*{entry.reference}*", ""]
    return lines


def page(kind: str) -> str:
    """Return the page of a kind of part.

    Raises
    ------
    KeyError: nothing says when a part is to be used.
    """
    when = tomllib.loads((Path(__file__).parent / "when.toml").read_text(encoding="utf-8"))[kind]
    entries = catalogue(kind)
    if unknown := set(when) - set(entries):
        raise KeyError(f"there is no {kind} {', '.join(sorted(unknown))}")
    _, title, about = PAGES[kind]
    lines = [f"# {title}", "", about, ""]
    families = [getattr(entry.part, "family", "") for entry in entries.values()]
    for family in sorted(set(families), key=lambda name: ORDER.index(name) if name in ORDER else -1):
        here = [entry for entry, own in zip(entries.values(), families, strict=True) if own == family]
        for entry in sorted(here, key=lambda one: one.title):
            lines += section(kind, entry, when[entry.name])
    return "\n".join(lines).rstrip() + "\n"


def made() -> dict[Path, str]:
    """Return the text of every file that is made from the parts."""
    files = {HELP / name: page(kind) for kind, (name, _, _) in PAGES.items()}
    for kind, draw in DRAWN.items():
        for name, entry in catalogue(kind).items():
            files[HELP / "pictures" / f"{kind}_{name}.svg"] = draw(name, entry.title)
    return files


def main(arguments: list[str]) -> int:
    """Write the pages and pictures; with ``--check`` return 1 where one is not as it should be."""
    stale = []
    files = made()
    for file, text in files.items():
        old = file.read_text(encoding="utf-8") if file.is_file() else ""
        if old != text and not (file.suffix == ".svg" and same(old, text)):
            stale.append(file)
    if "--check" not in arguments:
        for file in stale:
            file.write_text(files[file], encoding="utf-8")
        return 0
    if stale:
        sys.stderr.write(f"to be written anew by packaging/help/pages.py: {', '.join(file.name for file in stale)}\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
