"""A report in another language: the words of its pieces are said anew, what belongs to the data and code is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape

from explorer.engine.report.pieces import PART, Piece

Say = Callable[[str], str]
"""Says a text in another language; what it does not know stays as it is."""

_NODE = re.compile(r"(^|>)([^<>]+)(?=<|$)")
_OF_DATA = re.compile(r'<td class="item".*?</td>|<bdi>.*?</bdi>|<pre>.*?</pre>', re.DOTALL)
_ROLE = re.compile(r'(<span class="(?:query|other)">)([^<]+)')


def spoken(piece: Piece, say: Say) -> Piece:
    """Return a piece in the language of ``say``; names of classes and the recipe are as they were."""
    return replace(
        piece,
        html=_said(piece.html, say),
        drawings=tuple(_said(drawing, say) for drawing in piece.drawings),
        head=_said(piece.head, say),
        rows=tuple(_said(row, say) for row in piece.rows),
    )


def _said(html: str, say: Say) -> str:
    """Return HTML whose words are said anew."""
    told, at = "", 0
    for kept in _OF_DATA.finditer(html):
        told += _nodes(html[at : kept.start()], say) + _ROLE.sub(lambda found: found[1] + say(found[2]), kept.group())
        at = kept.end()
    return told + _nodes(html[at:], say)


def _nodes(html: str, say: Say) -> str:
    return _NODE.sub(lambda node: node[1] + _words(unescape(node[2]), say), html)


def _words(text: str, say: Say) -> str:
    parts = [(part, part.strip()) for part in text.split(PART)]
    return escape(PART.join(part.replace(words, say(words)) if words else part for part, words in parts))
