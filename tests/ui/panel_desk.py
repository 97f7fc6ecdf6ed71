"""A desk for one panel: the real bridge, state, themes and commands around a session that only holds things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from explorer.core.map_values import KeptStep
from explorer.core.recipe import Part, Recipe
from explorer.core.types import PIXELS_RUN, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.engine.session.session import Session
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.commands import Commands
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.theme import ThemeManager


@dataclass
class Held:
    """What a panel reads from a session, without a process behind it."""

    dataset: Dataset | None = None
    split: Split | None = None
    run: str = PIXELS_RUN
    run_folder: Path | None = None
    asked: list[str] = field(default_factory=list)
    state: str = "ready"
    steps: tuple[KeptStep, ...] = ()
    kept_bytes: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    projection: Part = field(default_factory=lambda: Part(name="umap"))
    still: list[list[int]] = field(default_factory=list)

    def project(self, part: Part) -> None:
        """Remember how the map is to be laid out."""
        self.projection = part
        self.asked.append(str(part))

    def hold(self, items: IntArray) -> None:
        """Remember what is held still."""
        self.still.append(items.tolist())

    def pin(self, indices: Sequence[int], k: int = 8) -> None:
        """Remember what was pinned."""
        self.asked.append(f"{k} of {list(indices)}")

    def kept_steps(self) -> tuple[KeptStep, ...]:
        """Return the steps that a test put there."""
        return self.steps

    def show_step(self, step: int) -> None:
        """Remember which step was asked for."""
        self.asked.append(f"step {step}")

    def margin(self, value: float) -> None:
        """Remember which margin was tried."""
        self.asked.append(f"margin {value}")

    def bench_miners(self) -> int:
        """Remember that the miners were to be compared."""
        self.asked.append("bench")
        return 7

    def values(self, name: str) -> None:
        """Remember what was to be measured."""
        self.asked.append(f"values {name}".strip())

    def look_at(self, item: int) -> None:
        """Remember whose true neighbours were asked for."""
        self.asked.append(f"look at {item}")

    def want_forces(self, items: IntArray) -> None:
        """Remember on which items forces were asked for."""
        self.asked.append(f"forces {items.tolist()}")

    def want_triplets(self, on: bool) -> None:
        """Remember whether triplets were wanted."""
        self.asked.append(f"triplets {'on' if on else 'off'}")

    def layout(self, action: str) -> None:
        """Remember what was asked of the layout."""
        self.asked.append(action)


def desk_of(held: Held, settings: Settings) -> Desk:
    """Return a desk around ``held``."""
    return Desk(cast(Session, held), Bridge(), ViewState(), ThemeManager("dark"), settings, Commands())
