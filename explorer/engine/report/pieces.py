"""What a report is made of, piece by piece: on the page, which scrolls, and on paper, where a piece stays whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import shorten

import numpy as np

import explorer
from explorer.core.errors import printable
from explorer.core.figure_words import figure_name
from explorer.core.part_titles import part_title
from explorer.core.words import several
from explorer.engine.recipes.as_trained import changes_told, lines_of
from explorer.engine.report.drawings import Curve, curves, map_legend, map_picture, picture
from explorer.engine.report.findings import NEIGHBOURS, Findings, ProtocolFindings, WorstQuery
from explorer.engine.report.protocol_curves import protocol_curve
from explorer.engine.saved_runs import branch_words
from explorer.evaluation.figures import NOTHING, interval, listed, number
from explorer.evaluation.protocol import Measured
from explorer.runs.parent import parent_told, seconds_before

MAP_SHOWN = 690
"""Width of the map on paper, in units of which an A4 page has 698 between its margins."""

MOST_IN_LEGEND = 20
"""Classes beyond which nobody tells their colours apart."""

PART = " · "
"""Between what is said one after the other."""

AT_THE_END = "What was changed live stands here as it was at the end"

LONGEST_WORDS = 120
"""Characters of the words that stand for an item."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands together: some ``html``, then ``drawings`` beside each other, then a table that has ``rows``.

    On paper a table may be divided between two rows, and its ``head`` is said again. All text in it is escaped.
    """

    html: str = ""
    drawings: tuple[str, ...] = ()
    head: str = ""
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        drawings = f'<div class="row">{"".join(self.drawings)}</div>' if self.drawings else ""
        return f"{self.html}{drawings}{table(self.head, self.rows) if self.rows else ''}"


def table(head: str, rows: tuple[str, ...]) -> str:
    """Return rows as a table."""
    return f'<table width="100%" cellspacing="0" cellpadding="3">{head}{"".join(rows)}</table>'


def title_of(findings: Findings) -> str:
    """Return what a report is called, as plain text."""
    return printable(f"{findings.folder.data.name}: {_trained(findings)}")


def pieces(findings: Findings) -> Iterator[Piece]:
    """Return a report, piece by piece."""
    yield Piece(f"<h1>{escape(title_of(findings))}</h1>", rows=tuple(_facts(findings)))
    yield from _protocols(findings.protocols, "")
    yield from _protocols(findings.test_protocols, "Test items: ")
    if svg := curves(_recalls(findings)):
        yield Piece(heading("Recall@1 while it trained"), (svg,))
    if svg := curves([("loss", *_losses(findings))]):
        yield Piece(heading("Loss"), (svg,))
    yield _map(findings)
    yield _worst(findings)
    yield from _not_measured(findings)
    above = heading("Recipe")
    if findings.history.changes:
        above += f'<p class="muted">{AT_THE_END}</p>'
    for part in lines_of(findings.recipe).strip().split("\n\n"):
        yield Piece(f"{above}<pre>{_lines(part)}</pre>")
        above = ""
    yield Piece(f'<p class="muted">Embedding Explorer {escape(explorer.__version__)}</p>')


def heading(text: str) -> str:
    """Return a heading; what stands in it can be said in another language."""
    return f"<h2>{escape(text)}</h2>"


def _protocols(protocols: Sequence[ProtocolFindings], of: str) -> Iterator[Piece]:
    """Return what was found by each protocol; ``of``: before its title, which items were measured."""
    for protocol in protocols:
        if protocol.found is not None:
            yield _protocol(protocol, protocol.found, of)
            if drawings := tuple(_protocol_curves(protocol, protocol.found)):
                yield Piece(drawings=drawings)


def _lines(text: str) -> str:
    return "\n".join(escape(printable(line)) for line in text.splitlines())


def _trained(findings: Findings) -> str:
    recipe = findings.recipe
    if findings.folder.header.script:
        return f"{findings.folder.header.script}, by a script of its own"
    if recipe.fitter.name == "none":
        return part_title("loss", recipe.loss.name)
    return part_title("fitter", recipe.fitter.name)


def _facts(findings: Findings) -> Iterator[str]:
    data, recipe, history = findings.folder.data, findings.recipe, findings.history
    classes = several(len(data.class_names), "class", "classes")
    encoder = [] if findings.folder.header.script else [f"encoder {part_title('encoder', recipe.encoder.name)}"]
    unseen = ["of classes never trained on"] * bool(findings.unseen)
    tests = [f"{several(len(findings.test), 'test item')} by themselves"] * bool(len(findings.test))
    pictures = f"{data.items:,} {findings.dataset.modality.plural}"
    held_out = f"{len(findings.held_out):,} held-out items"
    facts = [
        ("Data", PART.join((data.name, pictures, classes))),
        ("Measured", PART.join((held_out, *unseen, *tests, f"at step {findings.step:,}"))),
        (
            "Trained by",
            PART.join((_trained(findings), *encoder, f"distance {part_title('distance', recipe.distance.name)}")),
        ),
    ]
    if parent := branch_words(parent_told(findings.folder.path)):
        facts.append(("Begun as", parent))
    if changed := changes_told(history.changes):
        facts.append(("Changed live", PART.join(changed)))
    if history.finished is not None:
        end = history.finished
        speed = f"{end.images_per_second:,.0f} items/s"
        since = "" if seconds_before(findings.folder.path) is not None else " since it was branched"
        took = f"{end.seconds:,.0f} s{since}"
        facts.append(("Budget", PART.join((several(end.epoch, "epoch"), several(end.step, "step"), took, speed))))
    if left := ". ".join(filter(None, (findings.unlabelled, *findings.gone))):
        facts.append(("Left out", left))
    if findings.lost:
        facts.append(("Lost", findings.lost))
    for name, text in facts:
        yield f'<tr><td width="16%">{name}</td><td>{escape(printable(text))}</td></tr>'


def _cells(texts: Sequence[str], tag: str = "td") -> str:
    """Return a row of a table: words at the left, then numbers at the right, columns of equal width."""
    first, *others = (escape(text) for text in texts)
    width = f'width="{76 // max(1, len(others))}%" align="right"'
    rest = "".join(f"<{tag} {width}>{text}</{tag}>" for text in others)
    return f'<tr><{tag} width="24%" align="left">{first}</{tag}>{rest}</tr>'


def _not_measured(findings: Findings) -> Iterator[Piece]:
    """Return which protocols there are for other data than these, and why: at the end, it is no result."""
    left = [one for one in findings.protocols if one.found is None]
    if left:
        lines = (f'<p class="muted">{escape(one.title)}: {escape(one.problem)}</p>' for one in left)
        yield Piece(f"{heading('Not measured')}{''.join(lines)}")


def _protocol(protocol: ProtocolFindings, found: Measured, of: str) -> Piece:
    above = heading(f"{of}{protocol.title}")
    columns = {
        one.name: {figure.name: figure for figure in listed(one.found.figures)}
        for one in protocol.baselines
        if one.found is not None
    }
    rows = tuple(
        _cells(
            [
                figure_name(figure.name),
                number(figure.value),
                interval(figure),
                *(
                    number(column[figure.name].value) if figure.name in column else NOTHING
                    for column in columns.values()
                ),
            ]
        )
        for figure in listed(found.figures)
    )
    head = _cells(["Figure", "Embedding", "95 %", *(name[:1].upper() + name[1:] for name in columns)], "th")
    parts = [several(found.items, "item"), several(found.classes, "class", "classes")]
    parts += [f"{several(found.lone, 'item')} without another of their class"] * bool(found.lone)
    note = PART.join(parts)
    return Piece(f'{above}<p class="muted">{note}</p>', head=head, rows=rows)


def _protocol_curves(protocol: ProtocolFindings, found: Measured) -> Iterator[str]:
    sides = [("Embedding", found.curves)]
    sides += [(one.name, one.found.curves) for one in protocol.baselines if one.found is not None]
    for name in found.curves:
        if drawing := protocol_curve(name, [(title, *curves[name]) for title, curves in sides if name in curves]):
            yield drawing


def _recalls(findings: Findings) -> list[Curve]:
    lines: list[Curve] = []
    for part in ("held-out", "train"):
        found = [e for e in findings.history.evaluations if e.part == part and e.run == findings.folder.run]
        pairs = [(e.step, e.metrics["recall@1"]) for e in found if "recall@1" in e.metrics]
        lines.append((f"{part} items", [step for step, _ in pairs], [value for _, value in pairs]))
    return lines


def _losses(findings: Findings) -> tuple[list[float], list[float]]:
    finite = [m for m in findings.history.metrics if np.isfinite(m.loss)]
    stride = max(1, len(finite) // 600)
    return [float(m.step) for m in finite[::stride]], [m.loss for m in finite[::stride]]


def _map(findings: Findings) -> Piece:
    shown = findings.projection
    uri = map_picture(shown, *findings.map_classes)
    kept = f"step {shown.step:,}" if shown.step else "held-out items"
    about = PART.join((shown.method.upper(), kept, "coloured by class"))
    data = findings.folder.data if shown.step else findings.dataset
    names = [printable(name) for name in data.class_names]
    legend = f"<p>{map_legend(names)}</p>" if len(names) <= MOST_IN_LEGEND else ""
    return Piece(
        f'{heading("Map")}<img class="map" width="{MAP_SHOWN}" alt="Map, coloured by class" src="{uri}">'
        f'{legend}<p class="muted">{escape(about)}</p>'
    )


def _worst(findings: Findings) -> Piece:
    if not findings.worst:
        words = "Every held-out item finds one of its class among its nearest ones."
        return Piece(f"{heading('Worst queries')}<p>{words}</p>")
    note = "Held-out items that find none of their class among the nearest, the surest mistakes first."
    rows = tuple(_query(findings, query) for query in findings.worst)
    return Piece(f'{heading("Worst queries")}<p class="muted">{note}</p>', rows=rows)


def _query(findings: Findings, query: WorstQuery) -> str:
    near = zip(query.neighbours.tolist(), query.distances.tolist(), strict=True)
    found = "".join(_item(findings, item, "other", f"{distance:.3f}") for item, distance in near)
    return f"<tr>{_item(findings, query.item, 'query', 'query')}{found}</tr>"


def _item(findings: Findings, item: int, role: str, note: str) -> str:
    dataset = findings.dataset
    label = int(dataset.labels[item])
    name = dataset.class_names[label] if label >= 0 else "no class"
    look = preview = dataset.preview(item)
    words = escape(shorten(printable(dataset.words(item)), LONGEST_WORDS, placeholder=" …"))
    look = words if isinstance(preview, str) else f'<img alt="{words}" src="{picture(preview)}">'
    caption = f'{escape(printable(name))}<br><span class="{role}">{note}</span>'
    return f'<td class="item" width="{100 // (NEIGHBOURS + 1)}%" align="center" valign="top">{look}<br>{caption}</td>'
