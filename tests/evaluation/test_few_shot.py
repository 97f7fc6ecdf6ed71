import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.few_shot import WorstEpisodes, evaluate
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift


def clusters(classes: int, images: int, spread: float, seed: int = 0) -> tuple[FloatArray, IntArray]:
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), images)
    centres = draw.normal(size=(classes, 8))
    return (centres[labels] + spread * draw.normal(size=(len(labels), 8))).astype(np.float32), labels


def test_tight_clusters_are_all_right_and_noise_is_a_guess() -> None:
    x, labels = clusters(10, 20, 1e-3)
    assert evaluate(x, labels, lift("euclidean"), ways=5, shots=1, episodes=50).accuracy == 1.0
    x, labels = clusters(40, 30, 1e4)
    found = evaluate(x, labels, lift("euclidean"), ways=5, shots=1, episodes=1000)
    assert abs(found.accuracy - 0.2) < 4 * found.ci95


@pytest.mark.parametrize("distance", ["euclidean", "squared_euclidean", "cosine"])
def test_an_episode_equals_the_direct_formula(distance: str) -> None:
    x, labels = clusters(3, 4, 0.9, seed=4)
    found = evaluate(x, labels, lift(distance), ways=3, shots=1, queries=3, episodes=200, seed=1)
    draw, right = np.random.default_rng(1), []
    members = [np.flatnonzero(labels == c) for c in range(3)]
    for _ in range(200):
        draw.integers(1)
        drawn = [draw.permutation(members[i])[:4] for i in draw.permutation(3)[:3]]
        for truth, rows in enumerate(drawn):
            for q in rows[1:]:
                if distance == "cosine":
                    a = [-x[q] @ x[s[0]] / np.linalg.norm(x[q]) / np.linalg.norm(x[s[0]]) for s in drawn]
                else:
                    a = [float(np.linalg.norm(x[q] - x[s[0]])) for s in drawn]
                right.append(int(np.argmin(a)) == truth)
    assert found.accuracy == pytest.approx(np.mean(right))


def test_more_shots_help_and_the_interval_covers_episodes() -> None:
    x, labels = clusters(20, 20, 1.5)
    one = evaluate(x, labels, lift("euclidean"), ways=5, shots=1, episodes=300)
    five = evaluate(x, labels, lift("euclidean"), ways=5, shots=5, episodes=300)
    assert five.accuracy > one.accuracy + one.ci95
    again = evaluate(x, labels, lift("euclidean"), ways=5, shots=1, episodes=300, seed=9)
    assert abs(one.accuracy - again.accuracy) < 3 * (one.ci95 + again.ci95)


def test_episodes_stay_within_a_group() -> None:
    # the two classes of a group lie together, the groups far apart: only within a group is it hard
    centres = np.array([[0, 0], [0.1, 0], [50, 0], [50.1, 0]], np.float32)
    labels = np.repeat(np.arange(4), 30)
    x = (centres[labels] + np.random.default_rng(0).normal(size=(120, 2))).astype(np.float32)
    groups = labels // 2
    within = evaluate(x, labels, lift("euclidean"), ways=2, shots=5, episodes=200, groups=groups)
    between = evaluate(x, labels, lift("euclidean"), ways=2, shots=5, episodes=200)
    assert within.accuracy < 0.6 < 0.7 < between.accuracy


def test_too_few_classes_are_refused_and_unlabelled_items_left_out() -> None:
    x, labels = clusters(4, 6, 0.1)
    labels = labels.copy()
    labels[labels == 3] = -1
    with pytest.raises(UserError, match="needs 4 classes with more than 1 item each; there are 3"):
        evaluate(x, labels, lift("euclidean"), ways=4, shots=1)
    with pytest.raises(Cancelled):
        evaluate(x, labels, lift("euclidean"), ways=3, shots=1, cancelled=lambda: True)


def test_the_nearest_example_decides_where_it_is_asked_to() -> None:
    x, labels = clusters(3, 6, 0.9, seed=4)
    found = evaluate(x, labels, lift("euclidean"), ways=3, shots=3, queries=3, episodes=100, seed=1, nearest=True)
    draw, right = np.random.default_rng(1), []
    members = [np.flatnonzero(labels == c) for c in range(3)]
    for _ in range(100):
        draw.integers(1)
        drawn = [draw.permutation(members[i]) for i in draw.permutation(3)]
        for truth, rows in enumerate(drawn):
            tables = [np.linalg.norm(x[rows[3:], None] - x[None, s[:3]], axis=2).min(axis=1) for s in drawn]
            right.extend(np.argmin(tables, axis=0) == truth)
    assert found.accuracy == pytest.approx(np.mean(right))
    one, mean = (
        evaluate(x, labels, lift("cosine"), ways=3, shots=1, episodes=50, nearest=nearest) for nearest in (True, False)
    )
    assert one[:3] == mean[:3]


def test_without_reuse_the_items_last_for_so_many_episodes() -> None:
    x, labels = clusters(10, 40, 1.0)
    found = evaluate(x, labels, lift("euclidean"), ways=5, shots=1, queries=9, reuse=False)
    assert found.episodes == 8  # four parts of ten items of each of ten classes, five at a time
    assert evaluate(x, labels, lift("euclidean"), ways=5, shots=1, queries=9, reuse=False, episodes=3).episodes == 3
    # every item was asked or shown once: of all the same right answers no interval is left
    tight, labels = clusters(10, 40, 1e-4)
    assert evaluate(tight, labels, lift("euclidean"), ways=5, shots=1, queries=9, reuse=False).ci95 == 0
    with pytest.raises(UserError, match="the items last for 0 episode"):
        evaluate(x, labels, lift("euclidean"), ways=5, shots=1, queries=60, reuse=False)


@pytest.mark.full
def test_only_without_reuse_the_interval_covers_the_draw_of_the_items() -> None:
    centres = np.random.default_rng(5).normal(size=(5, 4)).astype(np.float32)
    truth = evaluate(*_world(centres, 4000, 0), lift("euclidean"), ways=5, shots=1, episodes=4000).accuracy
    covered = {False: 0, True: 0}
    for seed in range(100):
        x, labels = _world(centres, 60, seed + 1)
        for reuse in covered:
            found = evaluate(x, labels, lift("euclidean"), ways=5, shots=1, queries=3, episodes=400, reuse=reuse)
            covered[reuse] += abs(found.accuracy - truth) <= found.ci95
    assert covered[False] >= 88
    assert covered[True] < covered[False] - 10


def _world(centres: FloatArray, images: int, seed: int) -> tuple[FloatArray, IntArray]:
    labels = np.repeat(np.arange(len(centres)), images)
    noise = np.random.default_rng(seed).normal(size=(len(labels), centres.shape[1]))
    return (centres[labels] + noise).astype(np.float32), labels


def test_the_worst_episode_is_kept_with_what_was_answered() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(6), 12)
    x = (generator.normal(size=(6, 4))[labels] + generator.normal(size=(72, 4))).astype(np.float32)
    found = evaluate(x, labels, lift("euclidean"), ways=3, shots=2, queries=4, episodes=300)
    worst = found.worst
    assert worst.support.shape == (3, 2)
    assert worst.accuracy == worst.right / 12 < found.accuracy
    kinds = labels[worst.support[:, 0]]
    assert (labels[worst.support] == kinds[:, None]).all()
    assert (labels[worst.queries] == kinds[worst.truth]).all()
    means = x[worst.support].mean(axis=1)
    nearest = np.linalg.norm(x[worst.queries][:, None] - means[None], axis=2).argmin(axis=1)
    assert (worst.answers == nearest).all()
    table = create("protocol", "few_shot", {"ways": "3", "shots": "1,2", "episodes": 20})
    details = table.measure(Sample(x, labels, lift("euclidean")), Effort()).details
    assert isinstance(details, WorstEpisodes)
    assert list(details.episodes) == ["3-way 1-shot", "3-way 2-shot"]
