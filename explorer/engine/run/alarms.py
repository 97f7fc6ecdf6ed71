"""Says when a loss teaches nothing: the embedding collapsed, no triplet is active, batches lack pairs or stay hard.

It says so too where held-out items are found less than before, or than by the raw data. What is known to go wrong:
with the hardest negatives all embeddings fall onto one point, where the triplet loss sits exactly at its margin
(Schroff, Kalenichenko and Philbin, 2015; Hermans, Beyer and Leibe, 2017); with easy ones, or a small margin, no triplet
violates it any more and the gradient is zero.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from explorer.core.events import Command
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, find
from explorer.core.result_kinds import result
from explorer.core.types import Evaluation, StepMetrics
from explorer.engine.run.beside_raw import BesideRaw
from explorer.runs.sign_of_life import SILENT_SECONDS

Kind = Literal["collapse", "line", "dead", "stuck", "below raw", "fallen", "lone", "one class", "unsaved", "elsewhere"]

STEPS = 30
"""How many steps in a row a sign must last before the alarm is given."""

LEAST_STEPS = 5
"""How many of them are enough in a run that has ended before."""

LONE_STEPS = 5
COLLAPSED, COLLAPSED_FREELY, APART = 0.05, 0.001, 0.1
"""A spread below this share of the largest one so far is a collapse, where embeddings have unit length and where their
length is free to shrink; it is over above the third."""

START_STEPS, STUCK_STEPS = 20, 200
"""Of a run from its first step on: how many say how hard batches were, and after how many it must have learned."""

STUCK = 0.9
"""Batches are as hard as they were where this share of the triplets that were wrong at the start still is."""

FIRST_STEPS, HARDER = 5, 1.05
"""Batches that are so many times as hard as the first few, after ``STEPS`` steps, are told at once: learning undoes."""

WRONG_AT_START = 0.05
"""Less of all triplets wrong at the start, and there is no telling by them."""

ZERO = 1e-6
LINE_RANK = 1.2
SLOWER = 0.3
"""What going back multiplies the learning rate by."""
FEW_ITEMS = 100
"""Of fewer held-out items it is said how many there are where their recall has fallen: a few are the whole fall."""

FAR_RATE = 4.0
"""A learning rate that is so many times the usual one, or so small a part of it, is taken for the cause."""

SAFE_STEPS = 50
"""Going back goes to a checkpoint at least so many steps before the first sign."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What one click does about it.

    ``set`` changes live values; ``rewind`` goes on from the newest checkpoint up to ``step`` with the values changed,
    from the start where there is none; ``restart`` trains anew. ``save`` tries again to save the run, ``save
    elsewhere`` does so in a folder that is asked for. ``ask`` sends ``commands`` to the process that trains elsewhere.
    """

    title: str
    action: Literal["set", "rewind", "restart", "save", "save elsewhere", "ask"]
    changes: tuple[tuple[str, Scalar], ...] = ()
    step: int = 0
    commands: tuple[Command, ...] = ()


@result("sent", "run")
@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong with what the loss does since ``since``: one sentence, and what can be done about it.

    ``message`` is empty when what ``kind`` says is over.
    """

    run: str
    step: int
    since: int
    kind: Kind
    message: str
    remedies: tuple[Remedy, ...] = ()


def unsaved(run: str, step: int, problem: str) -> Alarm:
    """Return what is said where the disk refuses what a run has learned since ``step``; no problem: that it is over."""
    remedies = (Remedy("Try again", "save"), Remedy("Save elsewhere…", "save elsewhere")) if problem else ()
    return Alarm(run, step, step, "unsaved", problem, remedies)


def written_elsewhere(
    run: str, writer: str, *, silent: bool = False, paused_at: int | None = None, remedies: tuple[Remedy, ...] = ()
) -> Alarm:
    """Return what is said of a run that is shown and written by somebody else; nobody: that this is over.

    ``silent``: there was no sign of life for a while; ``paused_at``: the step at which it waits, None: it trains.
    ``remedies``: what it can be asked to do.
    """
    if not writer:
        return Alarm(run, 0, 0, "elsewhere", "")
    text = f"This run is open for writing in {writer}: it is shown for reading only, and followed."
    if silent:
        text = (
            f"There was no sign of life of {writer} for more than {SILENT_SECONDS:.0f} s: this run is still followed."
        )
    elif paused_at is not None:
        text = f"This run is paused at step {paused_at:,} in {writer}: it is shown for reading only, and followed."
    return Alarm(run, 0, 0, "elsewhere", text, remedies)


class AlarmWatch:
    """Looks at the metrics and evaluations of one run; ``recipe`` is its, with the live changes."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._widest = 0.0
        self._last: StepMetrics | None = None
        self._hardness = Hardness()
        self._beside = BesideRaw()
        self._since: dict[Kind, int] = {}
        self._rung: set[Kind] = set()

    def look(self, metrics: StepMetrics) -> list[Alarm]:
        """Return the alarms that this step gives, and those that it ends."""
        if self.recipe.fitter.name != "none":  # a fit ends where it ends, and there is nothing to go back to
            return []
        spread, self._last = metrics.spread, metrics
        self._hardness.take(metrics)
        if spread is not None:
            self._widest = max(self._widest, spread)
        signs = self._signs(metrics)
        found = []
        for kind, (shown, steps) in signs.items():
            if not shown:
                self._since.pop(kind, None)
                if kind in self._rung and self._over(kind, metrics):
                    self._rung.discard(kind)
                    found.append(Alarm(metrics.run, metrics.step, metrics.step, kind, ""))
                continue
            since = self._since.setdefault(kind, metrics.step)
            if metrics.step - since + 1 >= steps and kind not in self._rung:
                self._rung.add(kind)
                found.append(self._alarm(kind, metrics, since))
        return found

    def evaluated(self, found: Evaluation, raw: Evaluation | None) -> list[Alarm]:
        """Return the alarms that an evaluation gives or ends, beside that of the raw data."""
        if self.recipe.fitter.name != "none":
            return []
        self._beside.take(found, raw)
        fallen = self._beside.fallen
        signs: dict[Kind, bool] = {
            "fallen": fallen is not None,
            "below raw": fallen is None and self._beside.below,
        }
        alarms = []
        for kind, shown in signs.items():
            if shown == (kind in self._rung):
                continue
            message, remedies = self._of_recall(kind, fallen, found) if shown else ("", [])
            (self._rung.add if shown else self._rung.discard)(kind)
            since = found.step if fallen is None else fallen
            alarms.append(Alarm(found.run, found.step, since, kind, message, tuple(remedies)))
        return alarms

    def _of_recall(self, kind: Kind, fallen: int | None, found: Evaluation) -> tuple[str, list[Remedy]]:
        """Return what is said of recall@1, and what can be done about it."""
        beside = self._beside
        if kind == "fallen" and fallen is not None:
            best, now = f"{beside.best:.1%}", f"{beside.now:.1%}"
            text = f"Recall@1 of held-out items fell from {best} to {now} since step {fallen}."
            if found.items < FEW_ITEMS:  # a few of them found or not are the whole fall
                text = f"Recall@1 of only {found.items} held-out items fell from {best} to {now} since step {fallen}."
            return text, [self._back(fallen)]
        text = (
            f"Held-out items are found by raw data in {beside.raw:.1%} (cosine), by what was learned in "
            f"{beside.best:.1%} (step {found.step}): training does not help yet."
        )
        return text, self._at_usual_rate()

    def end(self) -> list[Alarm]:
        """Return the alarms of a run that ended before a sign had lasted long enough: it may be one of few steps."""
        last = self._last
        if last is None:
            return []
        lasted = {kind: last.step - since + 1 for kind, since in self._since.items() if kind not in self._rung}
        kinds = [kind for kind, steps in lasted.items() if steps >= LEAST_STEPS]
        self._rung.update(kinds)
        return [self._alarm(kind, last, self._since[kind]) for kind in kinds]

    def _signs(self, m: StepMetrics) -> dict[Kind, tuple[bool, int]]:
        """Return which signs this step shows, and how many steps each has to last."""
        collapsed = self._collapsed(m)
        line = not collapsed and m.effective_rank is not None and 0 < m.effective_rank < LINE_RANK
        paired = getattr(find("loss", self.recipe.loss.name).part, "pairwise", True)
        dead = m.active == 0 and abs(m.loss) < ZERO and not collapsed
        return {
            "collapse": (collapsed, STEPS),
            "line": (line, 3 * STEPS),
            "stuck": (not collapsed and not dead and self._stuck(), LEAST_STEPS),
            "dead": (dead and not (paired and (m.hardest_positive is None or m.hardest_negative is None)), STEPS),
            "lone": (paired and m.hardest_positive is None and m.spread is not None, LONE_STEPS),
            "one class": (paired and m.hardest_negative is None and m.hardest_positive is not None, LONE_STEPS),
        }

    def _stuck(self) -> bool:
        """Return whether batches are as hard as at the start, where harder ones are not what the sampler looks for."""
        if not self._hardness.stuck:
            return False
        loss, sampler = self.recipe.loss.name, self.recipe.sampler.name
        part: Any = find("loss", loss).part
        by_class = "labels" in part.needs_of(self.recipe.params("loss"))
        seeks_hard = getattr(find("sampler", sampler).part, "uses_memory", False)
        return by_class and not seeks_hard

    def _collapsed(self, m: StepMetrics) -> bool:
        """Return whether all embeddings lie on one point: no spread left, or the loss at the margin for no distance."""
        if m.spread is None:
            return False
        distance = self.recipe.distance
        unit = distance.name == "cosine" or bool(distance.params.get("normalise", False))
        if m.spread <= (COLLAPSED if unit else COLLAPSED_FREELY) * self._widest:
            return True
        margin = self.recipe.loss.params.get("margin")
        if not isinstance(margin, float) or self.recipe.loss.name != "triplet" or margin <= 0:
            return False
        at_margin = abs(m.loss / margin - 1) < 0.03 and m.active > 0.95
        return at_margin and (m.hardest_positive or 0.0) < margin / 4

    def _over(self, kind: Kind, m: StepMetrics) -> bool:
        return kind != "collapse" or (m.spread or 0.0) > APART * self._widest

    def _alarm(self, kind: Kind, m: StepMetrics, since: int) -> Alarm:
        message, remedies = {
            "collapse": self._collapse,
            "line": self._line,
            "dead": self._dead,
            "stuck": self._no_easier,
            "lone": self._lone,
            "one class": self._one_class,
        }[kind](m, since)
        return Alarm(m.run, m.step, since, kind, message, tuple(remedies))

    def _back(self, since: int, **changes: Scalar) -> Remedy:
        rate = self.recipe.optimiser.params.get("rate", 0.002)
        rate = float(rate) * SLOWER if isinstance(rate, (int, float)) else 0.0005
        values: list[tuple[str, Scalar]] = [("optimiser.rate", float(f"{rate:.2g}")), *changes.items()]
        extra = f", {str(changes['miner']).replace('_', '-')}" if "miner" in changes else ""
        return Remedy(f"Go back, rate {rate:.2g}{extra}", "rewind", tuple(values), max(since - SAFE_STEPS, 0))

    def _collapse(self, m: StepMetrics, since: int) -> tuple[str, list[Remedy]]:
        margin = self.recipe.loss.params.get("margin")
        sits = f", the loss sits at the margin {margin:g}" if self._at_margin(m, margin) else ""
        miner = self.recipe.miner.name
        hard = miner in ("hard", "hard_memory", "hard_class")
        cause = "the hardest negatives are too hard" if hard else "the learning rate may be too high"
        remedies = [self._back(since, **({"miner": "semi_hard"} if hard else {}))]
        if hard:
            remedies.append(Remedy("Switch to semi-hard", "set", (("miner", "semi_hard"),)))
        return f"All embeddings fell together at step {since}{sits}: {cause}.", remedies

    def _at_margin(self, m: StepMetrics, margin: object) -> bool:
        return isinstance(margin, float) and margin > 0 and abs(m.loss / margin - 1) < 0.1

    def _line(self, _: StepMetrics, since: int) -> tuple[str, list[Remedy]]:
        text = f"The embeddings have lain on a line since step {since}: of all dimensions one is used."
        return text, [self._back(since)]

    def _dead(self, m: StepMetrics, since: int) -> tuple[str, list[Remedy]]:
        text = f"Nothing has been active since step {since}: the loss is zero and the encoder learns nothing"
        if self.recipe.miner.name == "easy":
            return f"{text}, because the miner picks only easy triplets.", [_semi_hard()]
        remedies = []
        margin = self.recipe.loss.params.get("margin")
        if isinstance(margin, float) and self.recipe.loss.name in ("triplet", "contrastive", "quadruplet", "margin"):
            wider = float(f"{max(2 * margin, 0.1):.3g}")
            remedies.append(Remedy(f"Margin {wider:g}", "set", (("loss.margin", wider),)))
        if self.recipe.miner.name not in ("hard", "all"):
            remedies.append(Remedy("Mine the hardest", "set", (("miner", "hard"),)))
        easy = m.census is not None and m.census.violated == 0
        return f"{text}{': every triplet of the batch is easy' if easy else ''}.", remedies

    def _no_easier(self, m: StepMetrics, _: int) -> tuple[str, list[Remedy]]:
        again = self._at_usual_rate()
        if not again:
            wrong = f"{self._hardness.now:.0%}"
            return (
                f"Batches are as hard as when the run began (step {m.step}), {wrong} of their triplets have the "
                "negative nearer: the labels may be wrong.",
                [],
            )
        optimiser = self.recipe.params("optimiser")
        return (
            f"Batches are as hard as when the run began (step {m.step}): the learning rate {optimiser.rate:g} is far "
            f"from the usual {type(optimiser)().rate:g}.",
            again,
        )

    def _at_usual_rate(self) -> list[Remedy]:
        """Return what trains anew at the usual rate, where that of the recipe is far from it."""
        optimiser = self.recipe.params("optimiser")
        rate, usual = optimiser.rate, type(optimiser)().rate
        if usual / FAR_RATE <= rate <= usual * FAR_RATE:
            return []
        return [Remedy(f"Train anew at rate {usual:g}", "restart", (("optimiser.rate", usual),))]

    def _lone(self, m: StepMetrics, _: int) -> tuple[str, list[Remedy]]:
        text = f"No batch has had two images of one class (step {m.step}): there is no positive pair to learn from."
        return text, [_pairs_of()]

    def _one_class(self, m: StepMetrics, _: int) -> tuple[str, list[Remedy]]:
        text = f"All images of a batch have been of one class (step {m.step}): there is no negative to learn from."
        return text, [_pairs_of()]


class Hardness:
    """How many of the triplets of its batches have the negative nearer, at the start of a run and now."""

    def __init__(self) -> None:
        self._first: list[float] = []
        self._recent: deque[float] = deque(maxlen=STEPS)
        self._step = 0

    def take(self, metrics: StepMetrics) -> None:
        """Take in a step; a run that is not seen from its first one on tells nothing."""
        census = metrics.census
        self._step = metrics.step
        if census is None or not census.total:
            return
        share = census.hard / census.total
        self._recent.append(share)
        if metrics.step <= START_STEPS:
            self._first.append(share)

    @property
    def now(self) -> float:
        """The share of the last steps."""
        return fmean(self._recent) if self._recent else 0.0

    @property
    def stuck(self) -> bool:
        """Whether it is, after many steps, what it was at the start, or after a few more than that."""
        if len(self._first) < START_STEPS or len(self._recent) < STEPS or fmean(self._first) < WRONG_AT_START:
            return False
        if fmean(list(self._recent)[-START_STEPS:]) > HARDER * fmean(self._first[:FIRST_STEPS]):
            return True
        return self._step >= STUCK_STEPS and self.now >= STUCK * fmean(self._first)


def _semi_hard() -> Remedy:
    return Remedy("Switch to semi-hard", "set", (("miner", "semi_hard"),))


def _pairs_of() -> Remedy:
    changes = (("sampler", "pk"), ("sampler.classes", 32), ("sampler.images", 4))
    return Remedy("Train anew with 32 × 4", "restart", changes)
