from __future__ import annotations

from explorer.engine.report.pieces import Piece, heading
from explorer.engine.report.spoken import spoken

GERMAN = {"Map": "Karte", "hard": "schwer", "query": "Anfrage", "10 items": "10 Elemente", "a & b": "a und b"}


def test_words_are_said_anew_and_what_is_of_the_data_stays() -> None:
    def say(text: str) -> str:
        return GERMAN.get(text, text)

    item = '<td class="item" width="9%">hard<br><span class="query">query</span></td>'
    piece = Piece(
        f"{heading('Map')}<p>hard · 10 items · a &amp; b <bdi>hard</bdi></p><pre>\nhard\n</pre>",
        ("<svg><text>hard</text></svg>",),
        head="<tr><th>query</th></tr>",
        rows=(f"<tr>{item}<td>hard</td></tr>",),
    )
    told = spoken(piece, say)
    assert told.html == "<h2>Karte</h2><p>schwer · 10 Elemente · a und b <bdi>hard</bdi></p><pre>\nhard\n</pre>"
    assert told.drawings == ("<svg><text>schwer</text></svg>",)
    assert told.head == "<tr><th>Anfrage</th></tr>"
    assert told.rows == (f"<tr>{item.replace('query</span>', 'Anfrage</span>')}<td>schwer</td></tr>",)
    assert spoken(piece, str) == piece
