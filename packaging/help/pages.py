"""Writes the pages of the help about losses, miners, distances and fitters from what these say, with pictures.

``python packaging/help/pages.py`` in a checkout; ``--check`` only says whether the pages are what they should be.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pictures import DRAWN, same
from words import PARTS, English, German, written

from explorer.core.registry import Entry, catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
HELP = ROOT / "resources" / "help"
FILES = {"loss": "losses.md", "miner": "miners.md", "distance": "distances.md", "fitter": "fitters.md"}
ABOUT = {
    English.folder: {
        "loss": (
            "Losses",
            "What a loss asks of the embedding, and when to take which. The arrows of the pictures are computed by the "
            "loss itself: they show where it pushes nine items of three classes on the unit circle; hollow marks are "
            "its learned weights of the classes. *Active* in the panel Curves is the share of its terms that are not "
            "zero.",
        ),
        "miner": (
            "Miners",
            "A miner chooses from a batch the triplets that a loss learns from. In the pictures the hollow point is "
            "the anchor; the inner ring goes through its nearest positive, the outer one is the margin farther. Whole "
            "lines lead to chosen positives, dashed lines to chosen negatives.",
        ),
        "distance": (
            "Distances",
            "How two embeddings are compared, in training, for neighbours and on the map. The lines of the pictures "
            "are the places of equal distance from the point, in two dimensions; the cross is the origin. Distances "
            "that read the embedding as a distribution are straight in two dimensions, where only the difference of "
            "the two numbers counts.",
        ),
        "fitter": (
            "Fitters",
            "How a recipe is learned: by gradient steps of the encoder, or by one linear map L that is fitted to the "
            "features of an encoder that stays as it is, in seconds. Distances are then those of M = LᵀL. Each picture "
            "shows what the method makes of the same 36 items of three long classes: the rings are the places of equal "
            "learned distance from the mean of a class, narrow where a distance counts much.",
        ),
    },
    German.folder: {
        "loss": (
            "Verluste",
            "Was ein Verlust vom Embedding verlangt und wann welcher zu nehmen ist. Die Pfeile der Bilder berechnet "
            "der Verlust selbst: sie zeigen, wohin er neun Elemente dreier Klassen auf dem Einheitskreis schiebt; "
            "hohle Zeichen sind seine gelernten Gewichte der Klassen. *Aktiv* im Bereich Kurven ist der Anteil seiner "
            "Terme, die nicht null sind.",
        ),
        "miner": (
            "Miner",
            "Ein Miner wählt aus einem Batch die Tripletts, aus denen ein Verlust lernt. In den Bildern ist der hohle "
            "Punkt der Anker; der innere Ring geht durch sein nächstes Positives, der äußere liegt um die Margin "
            "weiter. Durchgezogene Linien führen zu gewählten Positiven, gestrichelte zu gewählten Negativen.",
        ),
        "distance": (
            "Abstände",
            "Wie zwei Embeddings verglichen werden, im Training, für Nachbarn und auf der Karte. Die Linien der Bilder "
            "sind die Orte gleichen Abstands vom Punkt, in zwei Dimensionen; das Kreuz ist der Ursprung. Distanzen, "
            "die das Embedding als Verteilung lesen, sind in zwei Dimensionen gerade, wo nur der Unterschied der "
            "beiden Zahlen zählt.",
        ),
        "fitter": (
            "Anpasser",
            "Wie ein Rezept gelernt wird: durch Gradientenschritte des Encoders, oder durch eine einzige lineare "
            "Abbildung L, die in Sekunden an die Merkmale eines Encoders angepasst wird, der bleibt, wie er ist. "
            "Abstände sind dann die von M = LᵀL. Jedes Bild zeigt, was die Methode aus denselben 36 Elementen dreier "
            "langer Klassen macht: die Ringe sind die Orte gleichen gelernten Abstands vom Mittel einer Klasse, "
            "schmal, wo ein Abstand viel zählt.",
        ),
    },
}
ORDER = (
    "Triplets",
    "Pairs",
    "Contrast and views",
    "Proxies and classifiers",
    "Ranking",
    "Clusters and prototypes",
    "Targets that are numbers",
    "Regularisers",
    "Combinations",
    "Other libraries",
)


def section(kind: str, entry: Entry, language: English) -> list[str]:
    """Return what the help says of one part."""
    title = language.said(entry.title)
    lines = [f"## {title}", "", f"![{title}](pictures/{kind}_{entry.name}.svg)", ""]
    lines += [f"**{language.said(entry.summary)}**", ""]
    lines += [f"*{language.when_label}* {language.when(kind, entry)}", ""]
    if told := language.words(kind, entry):
        lines += [told, ""]
    if entry.parameters:
        names, *rows = (
            f"| {' | '.join(cells)} |" for cells in (language.columns, *map(language.setting, entry.parameters))
        )
        lines += [names, "|---|---|---|", *rows, ""]
    if entry.reference:
        lines += [f"*{language.said(entry.reference)}*", ""]
    return lines


def page(kind: str, language: English) -> str:
    """Return the page of a kind of part in a language.

    Raises
    ------
    KeyError: nothing says when a part is to be used, or not in this language.
    """
    entries = catalogue(kind)
    for name in ("when.toml", "german.toml"):
        if unknown := set(written(name)[kind]) - set(entries):
            raise KeyError(f"{name}: there is no {kind} {', '.join(sorted(unknown))}")
    title, about = ABOUT[language.folder][kind]
    lines = [f"# {title}", "", about, ""]
    families = [getattr(entry.part, "family", "") for entry in entries.values()]
    for family in sorted(set(families), key=lambda name: ORDER.index(name) if name in ORDER else -1):
        here = [entry for entry, own in zip(entries.values(), families, strict=True) if own == family]
        for entry in sorted(here, key=lambda one: one.title):
            lines += section(kind, entry, language)
    return "\n".join(lines).rstrip() + "\n"


def made() -> dict[Path, str]:
    """Return the text of every file that is made from the parts."""
    languages = (English(), German())
    files = {HELP / one.folder / FILES[kind]: page(kind, one) for one in languages for kind in PARTS}
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
        names = ", ".join(str(file.relative_to(HELP)) for file in stale)
        sys.stderr.write(f"to be written anew by packaging/help/pages.py: {names}\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
