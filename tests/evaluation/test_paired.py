import numpy as np
import pytest
from scipy.stats import kstest, permutation_test, ttest_rel

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.operating_points import Judged
from explorer.evaluation.paired import paired_means, sign_flip
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.retrieval import evaluate
from explorer.measure.lifts import lift
from tests.benchmarks.verification_coverage import GAP, Model


def two(count: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    common = draw.normal(size=count)
    return common + draw.normal(size=count), common + draw.normal(size=count) + shift


@pytest.mark.parametrize("count", [9, 40])
def test_interval_and_p_are_those_of_scipy(count: int) -> None:
    a, b = two(count, 0.5)
    found = paired_means(a, b)
    theirs = ttest_rel(b, a).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert (found.a, found.b, found.difference) == pytest.approx((a.mean(), b.mean(), (b - a).mean()))
    turned = permutation_test(
        (b - a,), lambda d, axis: np.abs(d.sum(axis=axis)), permutation_type="samples", alternative="greater",
        n_resamples=50_000, vectorized=True, rng=np.random.default_rng(1),
    )  # fmt: skip
    assert found.p == pytest.approx(turned.pvalue, abs=1e-12 if count == 9 else 0.01)


def test_p_is_uniform_where_no_run_is_better_and_groups_hang_together() -> None:
    groups = np.repeat(np.arange(30), 20)
    ps, naive, held = [], [], 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        a, b = (draw.normal(size=30)[groups] + draw.normal(size=600) for _ in range(2))
        found = paired_means(a, b, groups, seed=seed)
        ps.append(found.p)
        naive.append(ttest_rel(a, b).pvalue)
        held += found.low <= 0 <= found.high
    assert kstest(ps, "uniform").pvalue > 0.01
    assert 0.91 <= held / 200 <= 0.99
    assert np.mean(np.array(naive) < 0.05) > 0.4  # as if the items of a class were independent


def test_few_groups_are_no_groups_and_nothing_is_no_difference() -> None:
    a, b = two(60, 0.4)
    assert paired_means(a, b, np.arange(60) % 3) == paired_means(a, b)
    same = paired_means(a, a)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert sign_flip(np.ones(10)) == 2 / 2**10


def people(noise: float, seed: int = 0) -> tuple[FloatArray, IntArray]:
    draw, own = np.random.default_rng(7), np.random.default_rng(seed)
    labels = np.repeat(np.arange(15), 12)
    x = draw.normal(size=(15, 5))[labels] + 0.5 * draw.normal(size=(180, 5)) + noise * own.normal(size=(180, 5))
    return x.astype(np.float32), labels


@pytest.mark.parametrize("protocol", ["retrieval", "verification", "few_shot"])
def test_a_better_embedding_is_found_to_be_better(protocol: str) -> None:
    good, labels = people(0.1)
    poor, _ = people(1.5)
    samples = [Sample(x, labels, lift("euclidean")) for x in (poor, good)]
    few: dict[str, Scalar] = {"ways": "5", "shots": "1", "episodes": 200}
    values = few if protocol == "few_shot" else {}
    asked = create("protocol", protocol, values)
    found = asked.paired(samples[0], samples[1], Effort())
    name = {"retrieval": "map@r", "verification": "eer", "few_shot": "5-way 1-shot"}[protocol]
    better = found[name]._replace(difference=-found[name].difference) if name == "eer" else found[name]
    assert better.difference > 0
    assert better.p < 0.01
    measured = [asked.measure(sample, Effort()).figures for sample in samples]
    alone = [m[name]["accuracy"] if protocol == "few_shot" else m[name] for m in measured]
    assert (found[name].a, found[name].b) == pytest.approx(tuple(alone))
    assert found[name].low < found[name].difference < found[name].high


def test_retrieval_is_compared_by_every_figure() -> None:
    x, labels = people(0.8)
    found = create("protocol", "retrieval", {}).paired(*[Sample(x, labels, lift("cosine"))] * 2, Effort())
    alone = evaluate(x, labels, lift("cosine"), ks=(1, 2, 4, 5, 8, 10), thorough=True).metrics
    assert {name: paired.a for name, paired in found.items()} == pytest.approx({k: alone[k] for k in found})
    assert all(paired.p == 1 for paired in found.values())
    with pytest.raises(UserError, match="cannot be compared"):
        create("protocol", "re_id", {}).paired(*[Sample(x, labels, lift("cosine"))] * 2, Effort())
    with pytest.raises(UserError, match="no held-out item has another"):
        create("protocol", "retrieval", {}).paired(*[Sample(x, np.arange(180), lift("cosine"))] * 2, Effort())


@pytest.mark.full
def test_the_interval_of_a_difference_of_two_verifiers_holds_what_is_true() -> None:
    held, model = {"eer": 0, "auc": 0}, Model(40, 5, 0.7)
    for child in np.random.SeedSequence(3).spawn(100):
        generator = np.random.default_rng(child)
        near, far, near_ids, far_ids = model.draw(generator)
        # another of the same quality, with the identities of the first and noise of its own
        of_near, of_far = (model.shared * generator.normal(size=40) for _ in range(2))
        other = of_near[near_ids[:, 0]] + generator.normal(size=len(near))
        apart = GAP + of_far[far_ids].sum(axis=1) / np.sqrt(2) + generator.normal(size=len(far))
        second = Judged(other.astype(np.float32), apart.astype(np.float32), near_ids, far_ids)
        for name, paired in Judged(near, far, near_ids, far_ids).against(second).items():
            held[name] += paired.low <= 0 <= paired.high
            assert (paired.p < 0.05) == (not paired.low <= 0 <= paired.high)
    assert min(held.values()) >= 88
