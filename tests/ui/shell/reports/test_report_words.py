from __future__ import annotations

import os
import subprocess
import sys

from explorer.ui.shell.reports.report_words import said_in_report

TOLD = {
    "359 held-out items": "359 zurückgehaltene Elemente",
    "0.9799 – 0.9985": "0,9799 – 0,9985",
    "Raw pixels cosine": "Rohe Pixel (Kosinus)",
    "recall in %": "Recall in %",
    "479 items/s": "479 Elemente/s",
    "11 s since it was branched": "11 s seit der Abzweigung",
    "most violated pair": "am meisten verletztes Paar",
    "step 1,048": "Schritt 1.048",
    "At step 1,109: margin of the loss 0.2 → 0.99": "Bei Schritt 1.109: Margin (Verlust) 0,2 → 0,99",
    "At step 2: Miner All → Semi-hard": "Bei Schritt 2: Miner Alle → Halbschwer",
    "Robin Hood index": "Robin-Hood-Index",
    "encoder CNN": "Encoder CNN",
    "InfoNCE / NT-Xent": "InfoNCE / NT-Xent",
    "Triplet": "Triplett",
    "sandal": "sandal",
}


def test_a_report_in_english_is_as_it_was() -> None:
    assert list(map(said_in_report, TOLD)) == list(TOLD)


def test_a_report_speaks_german() -> None:
    lines = f"from {said_in_report.__module__} import said_in_report as s; print('|'.join(map(s, {list(TOLD)!r})))"
    own = os.environ | {"EMBEDDING_EXPLORER_LANGUAGE": "de", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", lines], env=own, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip().split("|") == list(TOLD.values())
