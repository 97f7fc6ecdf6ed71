"""Values in German sentences stand in the case that the preposition before them asks for."""

import pytest

from explorer.ui.widgets.grammar import in_dative


@pytest.mark.parametrize(
    ("put_together", "said"),
    [
        ("ein Ordner mit 100 Bilder ohne Klassenordner", "ein Ordner mit 100 Bildern ohne Klassenordner"),
        ("mit 1 Bild", "mit 1 Bild"),
        ("mit 1.200 verletzte Texte", "mit 1.200 verletzten Texten"),
        ("500 von 3.246 Bilder sind dekodiert", "500 von 3.246 Bildern sind dekodiert"),
        ("neben den Texte", "neben den Texten"),
        ("mit anderen Bilder trainiert", "mit anderen Bildern trainiert"),
        ("von 8 Vektoren", "von 8 Vektoren"),
        ("von 12 Tripletts", "von 12 Tripletts"),
        ("bis zu 512 gezogene Negative je Element", "bis zu 512 gezogene Negative je Element"),
        ("von 300 Byte", "von 300 Byte"),
        ("von 10 je Klasse", "von 10 je Klasse"),
        ("zu 1,5 GB", "zu 1,5 GB"),
    ],
)
def test_several_stand_in_the_dative_behind_its_prepositions(put_together: str, said: str) -> None:
    assert in_dative(put_together) == said
