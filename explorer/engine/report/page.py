"""A report as a file: HTML that needs no network, no script and no other file; on paper; or its numbers alone."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.engine.offline import ProgressCall
from explorer.engine.paths import check_folder_of
from explorer.engine.report.findings import Findings
from explorer.engine.report.pieces import Piece, pieces, title_of
from explorer.engine.report.spoken import spoken
from explorer.evaluation.figures import listed
from explorer.runs.atomic import write_file

ENDINGS = (".html", ".pdf", ".csv", ".json")

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-x: auto }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse } th { font-weight: 600; border-bottom: 1px solid #8888 }
td { font-variant-numeric: tabular-nums } .muted { opacity: .7 } pre { overflow: auto; font-size: 12px }
img.map { width: 100%; height: auto; border: 1px solid #8888; border-radius: 6px }
td.item { font-size: 11px; overflow-wrap: anywhere } td.item img { max-width: 76px }
.query { color: #3f7fd6 } .other { color: #c8553d }
svg { width: 100%; max-width: 44rem } svg.plot { width: 20rem } .row { display: flex; flex-wrap: wrap; gap: .6rem }
"""

Printer = Callable[[str, Sequence[Piece]], bytes]


def check(path: Path) -> None:
    """Raise a ``UserError`` where a report cannot have this name."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(
            f"{printable(path.name)} does not end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}",
            remedy=f"Call it {printable(path.stem)}.html, for example",
        )
    check_folder_of(path)


def looking(path: Path, progress: ProgressCall) -> ProgressCall:
    """Return ``progress`` that stops what is measured for a report once its folder is gone: it would be in vain."""

    def told(title: str, done: int, total: int) -> None:
        if not path.parent.is_dir():
            check(path)
        progress(title, done, total)

    return told


def write(
    path: Path, findings: Findings, printer: Printer, say: Callable[[str], str] = str, language: str = "en"
) -> None:
    """Write a report by the ending of its name: as a page, on paper (PDF), or its numbers alone as JSON or CSV.

    It is written whole or not at all. ``printer``: lays pieces out on pages and returns the PDF, given the title.
    ``say``: what a page, and what is on paper, says in another ``language``, given it in English.

    Raises
    ------
    UserError: if the name has another ending, or the file cannot be written.
    """
    check(path)
    ending = path.suffix.lower()
    if ending == ".pdf":
        content = printer(title_of(findings), tuple(spoken(piece, say) for piece in pieces(findings)))
    else:
        plain = as_csv if ending == ".csv" else as_json
        text = page(findings, say=say, language=language) if ending == ".html" else plain(findings)
        content = text.encode("utf-8", "replace")
    write_file(path, [content])


def as_json(findings: Findings) -> str:
    """Return the figures of a report as JSON."""
    return json.dumps(findings.numbers, indent=1)


def as_csv(findings: Findings) -> str:
    """Return the figures of a report as a table: protocol, figure, value, ends of its interval, and the baselines.

    The protocol of a figure of test items says so: ``retrieval of test items``.
    """
    measured = [
        (f"{protocol.name}{of}", protocol, protocol.found)
        for of, protocols in (("", findings.protocols), (" of test items", findings.test_protocols))
        for protocol in protocols
        if protocol.found is not None
    ]
    names = list(dict.fromkeys(one.name for _, protocol, _ in measured for one in protocol.baselines))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("protocol", "figure", "value", "low", "high", *names))
    for called, protocol, found in measured:
        beside = {one.name: one.found for one in protocol.baselines if one.found is not None}
        values = {name: {f.name: f.value for f in listed(of.figures)} for name, of in beside.items()}
        for figure in listed(found.figures):
            others = [values.get(name, {}).get(figure.name, math.nan) for name in names]
            cells = (figure.value, figure.low, figure.high, *others)
            row = ["" if math.isnan(cell) else cell for cell in cells]
            writer.writerow((called, figure.name, *row))
    return out.getvalue()


def page(findings: Findings, *, say: Callable[[str], str] = str, language: str = "en") -> str:
    """Return the whole page; ``say`` and ``language`` as of ``write``."""
    title = escape(title_of(findings))
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
    )
    body = "\n".join(str(spoken(piece, say)) for piece in pieces(findings))
    return f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'
