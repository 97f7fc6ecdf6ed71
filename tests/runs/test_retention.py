from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from explorer.runs.retention import Kept, Retention, surplus

SNAPSHOTS = st.lists(
    st.builds(Kept, st.integers(0, 10_000), st.integers(1, 100), st.booleans(), st.booleans()),
    max_size=40,
    unique_by=lambda kept: kept.step,
)


@given(snapshots=SNAPSHOTS, count=st.integers(2, 20), budget=st.integers(1, 2_000))
def test_first_last_and_key_snapshots_stay_and_the_limits_hold(snapshots: list[Kept], count: int, budget: int) -> None:
    gone = surplus(snapshots, Retention(count, budget))
    left = [s for s in snapshots if s.step not in gone]
    steps = sorted(s.step for s in snapshots)
    assert set(gone) <= set(steps)
    assert len(gone) == len(set(gone))
    protected = {s.step for s in snapshots if s.key} | set(steps[:1]) | set(steps[-1:])
    assert not protected & set(gone)
    within = len(left) <= count and sum(s.size for s in left) <= budget
    assert within or {s.step for s in left} == protected


def test_approximate_ones_go_first() -> None:
    snapshots = [Kept(step, 1, step % 3 == 0, key=False) for step in range(12)]
    gone = surplus(snapshots, Retention(5, 100))
    assert all(step % 3 for step in gone)


def test_the_rest_spreads_exponentially() -> None:
    kept: list[Kept] = []
    for step in range(1, 2001):
        kept.append(Kept(step, 1, exact=True, key=False))
        gone = surplus(kept, Retention(16, 10_000))
        kept = [s for s in kept if s.step not in gone]
    gaps = [b.step - a.step for a, b in itertools.pairwise(kept)]
    assert len(kept) == 16
    assert sum(gaps[:4]) < sum(gaps[-5:-1]) / 10
