"""The page of a report: HTML that needs no network, no script and no other file; every name in it is plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np

import explorer
from explorer.core.errors import UserError, printable
from explorer.data.names import several
from explorer.engine.report.drawings import Curve, curves, map_picture, picture
from explorer.engine.report.findings import Findings, ProtocolFindings, WorstQuery
from explorer.engine.report.protocol_curves import protocol_curve
from explorer.evaluation.figures import NOTHING, interval, listed, number
from explorer.runs.atomic import write_file

ENDINGS = (".html", ".json")

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse } th, td { padding: .2rem .9rem .2rem 0; text-align: right }
th:first-child, td:first-child { text-align: left } th { font-weight: 600; border-bottom: 1px solid #8888 }
.facts td { text-align: left }
td { font-variant-numeric: tabular-nums } .muted { opacity: .7 } pre { overflow: auto; font-size: 12px }
img.map { width: 100%; border: 1px solid #8888; border-radius: 6px }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0; align-items: flex-start }
figure { margin: 0; width: 84px; font-size: 11px; text-align: center; overflow-wrap: anywhere }
figure img { display: block; margin: 0 auto; max-width: 76px; border: 2px solid #c8553d; border-radius: 4px }
figure.query img { border-color: #3f7fd6 } figure.query { margin-right: 1rem } figure.same img { border-color: #2a9d6f }
svg { width: 100%; max-width: 44rem } svg text { font: 12px system-ui, sans-serif; fill: currentColor }
svg.plot { width: 20rem } .tick { stroke: #8883 }
.frame { fill: none; stroke: #8886 } polyline { fill: none; stroke-width: 2 }
.line0 { stroke: #3f7fd6 } .line1 { stroke: #009e73 } .line2 { stroke: #d55e00 } .line3 { stroke: #8f6bd0 }
svg .name0 { fill: #3f7fd6 } svg .name1 { fill: #009e73 } svg .name2 { fill: #d55e00 } svg .name3 { fill: #8f6bd0 }
"""


def check(path: Path) -> None:
    """Raise a ``UserError`` where a report cannot have this name."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(
            f"{printable(path.name)} ends neither in .html nor in .json", remedy="For example: report RUN report.html"
        )
    if not path.absolute().parent.is_dir():
        shown = printable(str(path.absolute().parent))
        raise UserError(f"the folder {shown} does not exist", remedy="Make it, or choose another one")


def write(path: Path, findings: Findings) -> None:
    """Write a report as one page, or its numbers alone as JSON, whole or not at all.

    Raises
    ------
    UserError: if the name has another ending, or the file cannot be written.
    """
    check(path)
    as_json = path.suffix.lower() == ".json"
    text = json.dumps(findings.numbers, indent=1) if as_json else page(findings)
    write_file(path, [text.encode("utf-8", "replace")])


def page(findings: Findings) -> str:
    """Return the whole page."""
    title = escape(printable(f"{findings.folder.data.name}: {_trained(findings)}"))
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
    )
    body = "\n".join(_sections(findings, title))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _sections(findings: Findings, title: str) -> Iterator[str]:
    yield f"<h1>{title}</h1>"
    yield _facts(findings)
    for protocol in findings.protocols:
        yield _protocol(protocol, findings.dataset.modality.raw)
    if svg := curves(_recalls(findings)):
        yield f"<h2>Recall@1 while it trained</h2>{svg}"
    if svg := curves([("loss", *_losses(findings))]):
        yield f"<h2>Loss</h2>{svg}"
    yield _map(findings)
    yield _worst(findings)
    yield f"<h2>Recipe</h2><pre>{_lines(findings.folder.recipe.to_toml())}</pre>"
    yield f'<p class="muted">Embedding Explorer {escape(explorer.__version__)}</p>'


def _lines(text: str) -> str:
    return "\n".join(escape(printable(line)) for line in text.splitlines())


def _trained(findings: Findings) -> str:
    recipe = findings.folder.recipe
    return recipe.loss.name if recipe.fitter.name == "none" else recipe.fitter.name


def _facts(findings: Findings) -> str:
    data, recipe, history = findings.folder.data, findings.folder.recipe, findings.history
    classes = len(data.class_names)
    unseen = ", of classes never trained on" if findings.unseen else ""
    facts = [
        ("Data", f"{data.name}, {data.items:,} {findings.dataset.modality.plural} of {classes:,} classes"),
        ("Measured", f"{len(findings.held_out):,} held-out items{unseen}, at step {findings.step:,}"),
        ("Trained by", f"{_trained(findings)}, encoder {recipe.encoder.name}, distance {recipe.distance.name}"),
    ]
    if history.finished is not None:
        end = history.finished
        pictures = f"{end.images_per_second:,.0f} items/s"
        facts.append(
            ("Budget", f"{several(end.epoch, 'epoch')}, {several(end.step, 'step')}, {end.seconds:,.0f} s, {pictures}")
        )
    cells = "".join(f"<tr><td>{name}</td><td>{escape(printable(text))}</td></tr>" for name, text in facts)
    return f'<table class="facts">{cells}</table>'


def _protocol(protocol: ProtocolFindings, raw: str) -> str:
    heading = f"<h2>{escape(protocol.title)}</h2>"
    if protocol.found is None or protocol.raw is None:
        return f'{heading}<p class="muted">Not measured: {escape(protocol.problem)}</p>'
    before = {figure.name: figure for figure in listed(protocol.raw.figures)}
    rows = "".join(
        f"<tr><td>{escape(figure.name)}</td><td>{number(figure.value)}</td><td>{interval(figure)}</td>"
        f"<td>{number(before[figure.name].value) if figure.name in before else NOTHING}</td></tr>"
        for figure in listed(protocol.found.figures)
    )
    head = f"<tr><th>Figure</th><th>Embedding</th><th>95 %</th><th>{escape(raw.capitalize())}</th></tr>"
    lone = f" {protocol.found.lone:,} items have no other of their class." if protocol.found.lone else ""
    note = f"{protocol.found.items:,} items of {protocol.found.classes:,} classes.{lone}"
    return f'{heading}<p class="muted">{note}</p><table>{head}{rows}</table>{_protocol_curves(protocol, raw)}'


def _protocol_curves(protocol: ProtocolFindings, raw: str) -> str:
    if protocol.found is None or protocol.raw is None:
        return ""
    sides = (("Embedding", protocol.found.curves), (raw.capitalize(), protocol.raw.curves))
    drawings = [
        protocol_curve(name, [(title, *curves[name]) for title, curves in sides if name in curves])
        for name in protocol.found.curves
    ]
    return f'<div class="row">{"".join(drawings)}</div>' if drawings else ""


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


def _map(findings: Findings) -> str:
    shown = findings.projection
    uri = map_picture(shown, *findings.map_classes)
    kept = f"step {shown.step:,}" if shown.step else "the held-out items"
    return (
        f'<h2>Map</h2><img class="map" alt="Map of the embeddings, coloured by class" src="{uri}">'
        f'<p class="muted">{escape(shown.method.upper())} of {kept}, coloured by class</p>'
    )


def _worst(findings: Findings) -> str:
    if not findings.worst:
        return "<h2>Worst queries</h2><p>Every held-out item finds one of its class among its nearest ones.</p>"
    rows = "".join(_query(findings, query) for query in findings.worst)
    note = "Held-out items that find none of their class among the nearest, the surest mistakes first."
    return f'<h2>Worst queries</h2><p class="muted">{note}</p>{rows}'


def _query(findings: Findings, query: WorstQuery) -> str:
    near = zip(query.neighbours.tolist(), query.distances.tolist(), strict=True)
    found = "".join(_item(findings, item, "other", f"{distance:.3f}") for item, distance in near)
    return f'<div class="row">{_item(findings, query.item, "query", "query")}{found}</div>'


def _item(findings: Findings, item: int, role: str, note: str) -> str:
    dataset = findings.dataset
    label = int(dataset.labels[item])
    name = dataset.class_names[label] if label >= 0 else "no class"
    previews = dataset.modality.previews(dataset.inputs[item : item + 1])
    words = escape(printable(dataset.modality.words(dataset.ids[item])))
    look = f'<img alt="{words}" src="{picture(previews[0])}">' if previews is not None else words
    return f'<figure class="{role}">{look}<figcaption>{escape(printable(name))}<br>{note}</figcaption></figure>'
