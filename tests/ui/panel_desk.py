"""A desk for one panel: the real bridge, state, themes and commands around a session that only holds things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
from pytestqt.qtbot import QtBot

from explorer.core.map_values import KeptStep
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar
from explorer.core.types import PIXELS_RUN, IntArray, Split
from explorer.data.dataset import Dataset
from explorer.engine.cleaning import Findings
from explorer.engine.jobs import Control
from explorer.engine.session.session import Session
from explorer.retrieval.few_examples import Examples
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.commands import Commands
from explorer.ui.session.heard_data import HeardData
from explorer.ui.session.panel import Desk, Panel
from explorer.ui.session.settings import Settings
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.panel_selection import JOB, HeldFiles, HeldOrder, HeldSets

P = TypeVar("P", bound=Panel)


@dataclass
class Held:
    """What a panel reads from a session, without a process behind it."""

    dataset: Dataset | None = None
    split: Split | None = None
    number: int = 0
    run: str = PIXELS_RUN
    run_folder: Path | None = None
    asked: list[str] = field(default_factory=list)
    state: str = "ready"
    ending: bool = False
    unsaved: str = ""
    read_only: str = ""
    steps: tuple[KeptStep, ...] = ()
    kept_bytes: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    projection: Part = field(default_factory=lambda: Part(name="umap"))
    still: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.analysis = HeldAnalysis(self)
        self.replay = HeldReplay(self)
        self.batch_triplets = HeldTriplets(self)
        self.forces = HeldForces(self)
        self.gallery = HeldGallery(self)
        self.cleaning = HeldCleaning(self)
        self.threshold = HeldThreshold(self)
        self.outside = HeldOutside(self)
        self.more = HeldMore(self)
        self.selection_order = HeldOrder(self)
        self.item_sets, self.selection_files = HeldSets(self), HeldFiles(self)
        self.pin_history = HeldPinHistory(self)
        self.lanes, self.runs = HeldLanes(self), HeldRuns(self)

    @property
    def open_data(self) -> tuple[int, Dataset | None, Split | None]:
        """The number of the open data, and they."""
        return self.number, self.dataset, self.split

    def configure(self, recipe: Recipe, *, for_these: bool = False) -> None:
        """Take another recipe for the next run."""
        self.recipe = recipe

    def set(self, path: str, value: Scalar) -> None:
        """Remember which value was to change; it is for a test to answer."""
        self.asked.append(f"{path} = {value}")

    def start(self, title: str, work: Callable[[Control], None], *, quiet: bool = False, writes: str = "") -> int:
        """Do the work of a job at once."""
        self.asked.append(title)
        work(Unwatched())
        return JOB

    def bench_miners(self) -> int:
        """Remember that the miners were to be compared."""
        self.asked.append("bench")
        return JOB

    def evaluate(self, protocol: Part, items: str = "held-out", asker: str = "") -> int:
        """Remember what was to be measured."""
        self.asked.append(f"{protocol.name} {dict(protocol.params)} of {items}{f' for {asker}' if asker else ''}")
        return JOB

    def compare_with(self, other: Path, protocol: Part) -> int:
        """Remember which run was to be compared, and by what."""
        self.asked.append(f"compare with {other.name} by {protocol.name}")
        return JOB

    def cancel(self, job: int) -> None:
        """Remember that a job was cancelled."""
        self.asked.append(f"no {job}")

    def closest_pairs(self, first: int, second: int, count: int) -> int:
        """Remember of which classes the closest pairs were asked for."""
        self.asked.append(f"{count} closest of {first} and {second}")
        return JOB


class Unwatched:
    """The control of a job that nobody watches."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell nobody."""

    def cancelled(self) -> bool:
        """Return that nobody wants it to end."""
        return False


class HeldLanes:
    """Remembers what was told to the person."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def post(self, event: object) -> None:
        """Remember a message."""
        self._held.asked.append(str(getattr(event, "text", event)))


class HeldRuns:
    """Remembers that the saved runs were looked for."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def refresh(self) -> None:
        """Remember it."""
        self._held.asked.append("saved runs")


class HeldAnalysis:
    """Remembers what a panel asked of the analysis process."""

    def __init__(self, held: Held) -> None:
        self._held = held

    @property
    def projection(self) -> Part:
        """How the map is laid out."""
        return self._held.projection

    dimensions = 0

    def shorten(self, count: int) -> None:
        """Remember how many numbers are to be looked at."""
        self.dimensions = count
        self._held.asked.append(f"{count} dimensions")

    def project(self, part: Part) -> None:
        """Remember how the map is to be laid out."""
        self._held.projection = part
        self._held.asked.append(str(part))

    def hold(self, items: IntArray) -> None:
        """Remember what is held still."""
        self._held.still.append(items.tolist())

    def pin(self, indices: Sequence[int], k: int = 8, among: IntArray | None = None) -> None:
        """Remember what was pinned."""
        self._held.asked.append(f"{k} of {list(indices)}{_among(among)}")

    def margin(self, value: float) -> None:
        """Remember which margin was tried."""
        self._held.asked.append(f"margin {value}")

    def compare(self, pairs: int) -> None:
        """Remember how many pairs were to be compared."""
        self._held.asked.append(f"compare {pairs}")

    def values(self, name: str) -> None:
        """Remember what was to be measured."""
        self._held.asked.append(f"values {name}".strip())

    def look_at(self, item: int) -> None:
        """Remember whose true neighbours were asked for."""
        self._held.asked.append(f"look at {item}")

    def layout(self, action: str) -> None:
        """Remember what was asked of the layout."""
        self._held.asked.append(action)


class HeldReplay:
    """The kept steps that a test put there."""

    def __init__(self, held: Held) -> None:
        self._held = held

    @property
    def steps(self) -> tuple[KeptStep, ...]:
        """The steps that a test put there."""
        return self._held.steps

    @property
    def kept_bytes(self) -> int:
        """The bytes that a test says they take."""
        return self._held.kept_bytes

    def show(self, step: int) -> None:
        """Remember which step was asked for."""
        self._held.asked.append(f"step {step}")


class HeldForces:
    """Remembers on which items forces were asked for."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def want(self, items: IntArray) -> None:
        """Remember on which items forces were asked for."""
        self._held.asked.append(f"forces {items.tolist()}")


class HeldGallery:
    """Remembers what was asked of the gallery."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def look(self) -> None:
        """Remember that it was looked at."""
        self._held.asked.append("look at the gallery")

    def enrol(self, name: str, items: IntArray) -> int:
        """Remember who was to be enrolled."""
        self._held.asked.append(f"enrol {items.tolist()} as {name}")
        return JOB

    def rename(self, old: str, new: str) -> int:
        """Remember who was to be renamed."""
        self._held.asked.append(f"rename {old} {new}")
        return JOB

    def remove(self, name: str) -> int:
        """Remember who was to be removed."""
        self._held.asked.append(f"remove {name}")
        return JOB

    def undo(self) -> int:
        """Remember that a change was to be undone."""
        self._held.asked.append("undo")
        return JOB

    def identify(self, item: int) -> int:
        """Remember which item was asked about."""
        self._held.asked.append(f"identify {item}")
        return JOB


class HeldCleaning:
    """Remembers what was asked about label errors and duplicates."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def look(self) -> None:
        """Remember that decisions were looked at."""
        self._held.asked.append("look at decisions")

    def find(self) -> int:
        """Remember that wrong labels were looked for."""
        self._held.asked.append("find")
        return JOB

    def decide(self, items: Sequence[int], action: str, label: int = -1) -> int:
        """Remember what was decided."""
        self._held.asked.append(f"{action} {np.asarray(items).tolist()} {label}")
        return JOB

    def forget(self, items: Sequence[int]) -> int:
        """Remember what was to be as it came."""
        self._held.asked.append(f"forget {np.asarray(items).tolist()}")
        return JOB

    def take_back(self, number: int, *, again: bool = False) -> None:
        """Remember which decision was to be taken back, or done again."""
        self._held.asked.append(f"{'decide again' if again else 'take back'} {number}")

    def undo(self) -> int:
        """Remember that a decision was to be undone."""
        self._held.asked.append("undo")
        return JOB

    def export(self, path: Path, found: Findings) -> int:
        """Remember where the list was to be written."""
        self._held.asked.append(f"export {path.name} of {len(found.suspects)}")
        return JOB


class HeldThreshold:
    """Remembers what was asked of the threshold of the run."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def look(self) -> None:
        """Remember that it was looked at."""
        self._held.asked.append("look at the threshold")

    def keep(self, target: float) -> int:
        """Remember for which share of false accepts one was to be kept."""
        self._held.asked.append(f"keep a threshold for {target:g}")
        return JOB


class HeldOutside:
    """Remembers what was asked of queries from outside."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def add_encoded(self, encoded: bytes, name: str) -> int:
        """Remember what was asked by."""
        self._held.asked.append(f"encoded {encoded.decode()}")
        return JOB

    def remove(self, query: int) -> None:
        """Remember which one was closed."""
        self._held.asked.append(f"close {query}")

    def set_depth(self, k: int) -> None:
        """Remember how many neighbours were asked for."""
        self._held.asked.append(f"{k} of outside")

    def set_among(self, items: IntArray | None) -> None:
        """Remember among which items was to be sought."""
        self._held.asked.append(f"outside{_among(items)}")


class HeldMore:
    """Remembers how suggestions were answered; ``examples`` is for a test to set."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.examples: Examples | None = None

    def begin(self, items: IntArray) -> None:
        """Remember what was marked."""
        self._held.asked.append(f"more like {items.tolist()}")

    def accept(self, item: int) -> None:
        """Remember what was accepted."""
        self._held.asked.append(f"yes {item}")

    def refuse(self, item: int) -> None:
        """Remember what was refused."""
        self._held.asked.append(f"no {item}")

    def undo(self) -> None:
        """Remember that an answer was taken back."""
        self._held.asked.append("undo")

    def rank_by(self, manner: str) -> None:
        """Remember by what the rest was to be ranked."""
        self._held.asked.append(manner)

    def set_among(self, items: IntArray | None) -> None:
        """Remember among which items was to be sought."""
        self._held.asked.append(f"suggest{_among(items)}")

    def save(self, path: Path) -> int:
        """Remember where the list was to be saved."""
        self._held.asked.append(f"save {path.name}")
        return JOB

    def end(self) -> None:
        """Remember that it ended."""
        self._held.asked.append("end")


class HeldPinHistory:
    """Holds which pins are followed, and remembers with which step they were to be compared."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.wanted: list[int] = []

    def want(self, items: Sequence[int]) -> None:
        """Hold which pins are followed."""
        self.wanted = list(items)

    def compare(self, step: int, k: int, among: IntArray | None = None) -> None:
        """Remember with which step they were to be compared."""
        self._held.asked.append(f"{k} at step {step}{_among(among)}")


class HeldTriplets:
    """Remembers whether triplets were wanted."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def want(self, on: bool) -> None:
        """Remember whether triplets were wanted."""
        self._held.asked.append(f"triplets {'on' if on else 'off'}")


def _among(items: IntArray | None) -> str:
    return "" if items is None else f" among {len(items)}"


def desk_of(held: Held, settings: Settings) -> Desk:
    """Return a desk around ``held``."""
    state = ViewState()
    state.pins.attach(held.analysis.pin)
    held.asked.clear()
    session, bridge = cast(Session, held), Bridge()
    data, commands = HeardData(session, bridge), Commands()
    for name in ("queries.back", "queries.forward"):  # the window's, of which a panel has buttons
        commands.add(name, name, lambda: None)
    return Desk(session, bridge, state, ThemeManager("dark"), settings, commands, data)


@contextmanager
def on_screen(qtbot: QtBot, kind: type[P], desk: Desk, width: int, height: int) -> Iterator[P]:
    """Show the panel of a desk; the bridge of the desk is closed after it."""
    panel = kind(desk)
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    yield panel
    desk.bridge.close()
