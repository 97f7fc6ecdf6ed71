"""Small tables of texts: questions about a few things, in several wordings."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

TOPICS = {
    "card arrival": ("where is my new card", "my card has not arrived", "when will the card come", "track my card"),
    "exchange rate": ("what is the exchange rate", "how are currencies exchanged", "rate for euros", "convert dollars"),
    "lost phone": ("i lost my phone", "my phone was stolen", "someone took my mobile", "the phone is gone"),
    "top up": ("how do i top up", "add money to my account", "my top up failed", "put cash on the account"),
}


def question_table(path: Path, each: int = 12, seed: int = 0) -> Path:
    """Write a table of questions, ``each`` of every topic, with the columns text and topic; return its path."""
    draw = np.random.default_rng(seed)
    opening, ending = ("hello", "hi", "please help", "hey there", "um"), ("thanks", "today", "again", "asap", "please")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("text", "topic"))
        for topic, wordings in TOPICS.items():
            for number in range(each):
                words = (opening[draw.integers(5)], wordings[number % len(wordings)], ending[draw.integers(5)])
                table.writerow((f"{' '.join(words)} {number}", topic))
    return path
