import numpy as np
import pytest
from scipy.stats import kstest, permutation_test, ttest_rel
from scipy.stats import t as student

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.open_set import compared
from explorer.evaluation.operating_points import Judged
from explorer.evaluation.paired import paired_means, sign_flip
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.re_id import Roles, answers
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


NAMES = {
    "retrieval": ["map@r", "recall@1"],
    "verification": ["eer", "auc", "fnmr@fmr=0.1", "fnmr@fmr=0.01"],
    "few_shot": ["5-way 1-shot"],
    "re_id": ["rank-1", "map", "minp"],
    "open_set": ["dir@far=0.1", "auc", "rank-1"],
}


@pytest.mark.parametrize("protocol", ["retrieval", "verification", "few_shot", "re_id", "open_set"])
def test_a_better_embedding_is_found_to_be_better(protocol: str) -> None:
    good, labels = people(0.1)
    poor, _ = people(1.5)
    columns = {"camera": ["abc"[i % 3] for i in range(180)]}
    samples = [Sample(x, labels, lift("euclidean"), columns) for x in (poor, good)]
    values: dict[str, dict[str, Scalar]] = {
        "few_shot": {"ways": "5", "shots": "1", "episodes": 200},
        "open_set": {"unknown": 0.6},
    }
    asked = create("protocol", protocol, values.get(protocol, {}))
    found = asked.paired(samples[0], samples[1], Effort())
    measured = [asked.measure(sample, Effort()).figures for sample in samples]
    for name in NAMES[protocol]:
        assert found[name].difference * (-1 if name.startswith(("eer", "fnmr")) else 1) > 0
        assert found[name].p < 0.01
        alone = [m[name]["accuracy"] if protocol == "few_shot" else m[name] for m in measured]
        assert (found[name].a, found[name].b) == pytest.approx(tuple(alone))
        assert found[name].low < found[name].difference < found[name].high
    assert "dir@far=0.01" not in found  # of 108 unknown queries one may be accepted, which says nothing
    for paired in asked.paired(Sample(good * 0, labels, lift("euclidean"), columns), samples[1], Effort()).values():
        assert paired.a <= 0.5 if protocol != "verification" else 0.5 <= paired.a <= 1  # collapsed


def test_retrieval_is_compared_by_every_figure() -> None:
    x, labels = people(0.8)
    found = create("protocol", "retrieval", {}).paired(*[Sample(x, labels, lift("cosine"))] * 2, Effort())
    alone = evaluate(x, labels, lift("cosine"), ks=(1, 2, 4, 5, 8, 10), thorough=True).metrics
    assert {name: paired.a for name, paired in found.items()} == pytest.approx({k: alone[k] for k in found})
    assert all(paired.p == 1 for paired in found.values())
    with pytest.raises(UserError, match="cannot be compared"):
        create("protocol", "hubs", {}).paired(*[Sample(x, labels, lift("cosine"))] * 2, Effort())
    with pytest.raises(UserError, match="No held-out item has another"):
        create("protocol", "retrieval", {}).paired(*[Sample(x, np.arange(180), lift("cosine"))] * 2, Effort())


def test_one_query_an_identity_is_compared_as_scipy_compares() -> None:
    draw = np.random.default_rng(0)
    labels, camera = np.tile(np.arange(40), 3), np.repeat(["a", "b", "b"], 40)
    split = np.repeat(["query", "gallery", "gallery"], 40)
    columns = {"camera": camera.tolist(), "split": split.tolist()}
    xs = [(np.eye(40)[labels] + draw.normal(size=(120, 40)) * 0.4).astype(np.float32) for _ in range(2)]
    samples = [Sample(x, labels, lift("euclidean"), columns) for x in xs]
    found = create("protocol", "re_id", {}).paired(*samples, Effort())["map"]
    roles = Roles(split == "query", split == "gallery")
    a, b = (answers(x, labels, camera, lift("euclidean"), roles).precision for x in xs)
    interval = ttest_rel(b, a).confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


Distances = tuple[FloatArray, FloatArray]


def errors(generator: np.random.Generator, count: int, each: int) -> Distances:
    """Return distances of known queries, some of them mistaken for another, and of unknown ones, that hang together."""
    of_known, of_unknown, mistaken = (
        np.repeat(0.7 * generator.normal(size=count), each) + generator.normal(size=count * each) for _ in range(3)
    )
    near = np.where(mistaken > 1.5, np.inf, of_known)
    return near.astype(np.float32), (2 + of_unknown).astype(np.float32)


def test_dir_and_area_differ_by_what_leaving_each_identity_out_says() -> None:
    known = np.repeat(np.arange(150), 4)
    first, second = (errors(np.random.default_rng(seed), 150, 4) for seed in (0, 1))
    found = compared(first, second, known, known + 150)
    for name in ("dir@far=0.1", "auc"):
        wide = (found[name].high - found[name].low) / 2 / student.ppf(0.975, 150)
        assert wide == pytest.approx(jackknife(name, first, second, known), rel=0.12)


def jackknife(name: str, first: Distances, second: Distances, known: IntArray) -> float:
    """Return the standard error of a difference, from what it is without each known and without each unknown one."""
    variance = 0.0
    for sort in range(2):
        without = []
        for left_out in range(150):
            rest, everybody = known != left_out, known >= 0
            keep = (rest, everybody) if sort == 0 else (everybody, rest)
            a, b = ((near[keep[0]], far[keep[1]]) for near, far in (first, second))
            without.append(plain(name, *b) - plain(name, *a))
        variance += 149 / 150 * np.square(np.array(without) - np.mean(without)).sum()
    return float(np.sqrt(variance))


def plain(name: str, near: FloatArray, far: FloatArray) -> float:
    """Return DIR at a FAR of 0.1 with a threshold between distances, so that it is smooth; or the area."""
    if name == "auc":
        return float((near[:, None] < far).mean())
    return float(np.mean(near <= np.quantile(far, 0.1)))


def test_p_is_uniform_where_no_verifier_and_no_gallery_is_better() -> None:
    ps: dict[str, list[float]] = {}
    for seed in range(120):
        generator, model = np.random.default_rng(seed), Model(25, 4, 0.7)
        near, far, near_ids, far_ids = model.draw(generator)
        other = model.draw(generator)
        verified = Judged(near, far, near_ids, far_ids).against(Judged(*other[:2], near_ids, far_ids), (0.01, 1e-6))
        known = np.repeat(np.arange(60), 4)
        identified = compared(errors(generator, 60, 4), errors(generator, 60, 4), known, known + 60)
        for name, paired in {**verified, **identified}.items():
            ps.setdefault(name, []).append(paired.p)
    assert "fnmr@fmr=1e-06" not in ps
    for name in ("fnmr@fmr=0.01", "dir@far=0.1"):
        assert kstest(ps[name], "uniform").pvalue > 0.01
        assert np.mean(np.array(ps[name]) < 0.05) < 0.11


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
