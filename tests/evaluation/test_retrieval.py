import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from sklearn.metrics import ndcg_score

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.retrieval import RetrievalProtocol, evaluate
from explorer.measure.lifts import lift

GRID = st.integers(-4, 4).map(np.float32)


def oracle(x: FloatArray, labels: IntArray, ks: tuple[int, ...]) -> dict[str, float]:
    """One query at a time, every other item sorted by (distance, index)."""
    scores: dict[str, list[float]] = {}
    for q in np.flatnonzero(labels >= 0):
        others = np.array([i for i in np.flatnonzero(labels >= 0) if i != q])
        relevant = int((labels[others] == labels[q]).sum()) if len(others) else 0
        if relevant == 0:
            continue
        squares = ((x[others] - x[q]) ** 2).sum(1)
        right = (labels[others] == labels[q])[np.lexsort((others, squares))]
        for k in ks:
            scores.setdefault(f"recall@{k}", []).append(float(right[:k].any()))
        precisions = np.cumsum(right[:relevant]) / np.arange(1, relevant + 1)
        scores.setdefault("map@r", []).append(float((precisions * right[:relevant]).sum() / relevant))
        scores.setdefault("r_precision", []).append(float(right[:relevant].mean()))
    return {name: float(np.mean(values)) for name, values in scores.items()}


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 50))
def test_equals_brute_force(data: st.DataObject, n: int) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID))
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 5)))
    found = evaluate(x, labels, lift("squared_euclidean"), ks=(1, 3, 60))
    wanted = oracle(x, labels, (1, 3, 60))
    assert found.metrics == pytest.approx(wanted)
    assert list(found.metrics) == list(wanted)
    sizes = np.unique(labels[labels >= 0], return_counts=True)[1]
    assert (found.items, found.classes, found.lone) == (sizes.sum(), len(sizes), (sizes == 1).sum())


@pytest.mark.parametrize("name", ["euclidean", "cosine"])
def test_equals_the_library_that_others_use(name: str) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(12, size=600)
    x = (np.eye(12, 16)[labels] + generator.normal(size=(600, 16)) * 0.5).astype(np.float32)
    if name == "cosine":
        x /= np.linalg.norm(x, axis=1, keepdims=True)  # so that the library's Euclidean ranks are the cosine's
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"), k="max_bin_count"
    )
    theirs = calculator.get_accuracy(x, labels)
    ours = evaluate(x, labels, lift(name)).metrics
    assert ours["recall@1"] == pytest.approx(theirs["precision_at_1"], abs=1e-6)
    assert ours["r_precision"] == pytest.approx(theirs["r_precision"], abs=1e-6)
    assert ours["map@r"] == pytest.approx(theirs["mean_average_precision_at_r"], abs=1e-6)


def test_lone_items_are_counted_but_stay_in_the_way() -> None:
    x = np.array([[0.0], [1.0], [-0.1], [5.0]], np.float32)
    found = evaluate(x, [0, 0, 1, -1], lift("euclidean"), ks=(1, 2))
    assert found.metrics["recall@1"] == 0.5  # the item at 0 finds the lone one at -0.1 first
    assert found.metrics["recall@2"] == 1
    assert (found.items, found.classes, found.lone) == (3, 2, 1)


def test_nothing_to_ask_gives_no_figures() -> None:
    assert evaluate(np.zeros((2, 3), np.float32), [0, 1], lift("euclidean")).metrics == {}
    assert evaluate(np.zeros((0, 3), np.float32), [], lift("cosine")).metrics == {}


def test_a_sample_of_the_items_asks_all_the_others() -> None:
    x = np.repeat(np.arange(200, dtype=np.float32), 2)[:, None] * 10
    x[1::2] += 1
    labels = np.repeat(np.arange(200), 2)
    found = evaluate(x, labels, lift("euclidean"), most=30)
    assert (found.items, found.classes, found.lone) == (30, 200, 0)
    everything = evaluate(x, labels, lift("euclidean"))
    assert found.metrics["recall@1"] == 1.0  # its only partner is there, whoever was drawn
    assert (everything.items, everything.metrics["recall@1"]) == (400, 1.0)
    mixed = np.arange(400) % 7
    whole = evaluate(x, mixed, lift("euclidean")).metrics["map@r"]
    drawn = [evaluate(x, mixed, lift("euclidean"), most=30, seed=seed).metrics["map@r"] for seed in range(40)]
    assert len(set(drawn)) > 10
    assert np.mean(drawn) == pytest.approx(whole, rel=0.1)


def test_an_evaluation_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        evaluate(np.zeros((4, 3), np.float32), [0, 0, 1, 1], lift("euclidean"), cancelled=lambda: True)


def thorough_oracle(
    x: FloatArray, labels: IntArray, ks: tuple[int, ...], queries: IntArray, gallery: IntArray
) -> dict[str, float]:
    """One query at a time, by the definitions; nDCG by scikit-learn of a ranking without ties."""
    scores: dict[str, list[float]] = {}
    asked = []
    for q in queries:
        others = gallery[gallery != q]
        relevant = int((labels[others] == labels[q]).sum())
        if relevant == 0:
            continue
        asked.append(labels[q])
        order = np.lexsort((others, ((x[others] - x[q]) ** 2).sum(1)))
        ranked = labels[others][order]
        right = ranked == labels[q]
        for k in ks:
            scores.setdefault(f"recall@{k}", []).append(float(right[:k].any()))
            scores.setdefault(f"precision@{k}", []).append(right[:k].sum() / k)
            near = ranked[:k].tolist()
            most = max(near.count(c) for c in near)
            winner = next(c for c in near if near.count(c) == most)
            scores.setdefault(f"knn@{k}", []).append(float(winner == labels[q]))
        precisions = np.cumsum(right[:relevant]) / np.arange(1, relevant + 1)
        scores.setdefault("map@r", []).append(float((precisions * right[:relevant]).sum() / relevant))
        scores.setdefault("r_precision", []).append(float(right[:relevant].mean()))
        scores.setdefault("mrr", []).append(1 / (1 + int(np.argmax(right))))
        padded = np.zeros(max(12, len(right)))  # scikit-learn refuses a single document
        padded[: len(right)] = right
        ndcg = ndcg_score([padded], [-np.arange(len(padded))], k=10)
        scores.setdefault("ndcg@10", []).append(float(ndcg))
    found = {name: float(np.mean(values)) for name, values in scores.items()}
    for name in ("recall@1", "map@r", "r_precision", "mrr", "ndcg@10"):
        means = [np.mean(np.array(scores[name])[np.array(asked) == c]) for c in np.unique(asked)] if asked else []
        if means:
            found[f"macro_{name}"] = float(np.mean(means))
    return found


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 40), divided=st.booleans(), collapsed=st.booleans())
def test_all_figures_equal_brute_force(data: st.DataObject, n: int, divided: bool, collapsed: bool) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID)) * np.float32(not collapsed)
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 4)))
    asks = data.draw(arrays(np.bool_, n)) & divided
    parts = (asks, ~asks) if divided else None
    known = labels >= 0
    ks = (1, 3, 50)
    found = evaluate(x, labels, lift("squared_euclidean"), ks=ks, thorough=True, parts=parts, threads=2).metrics
    rows = np.flatnonzero(known & asks) if divided else np.flatnonzero(known)
    # what has no class takes no part, or stands in the gallery as somebody whom nobody asks for
    gallery = np.flatnonzero(~asks if divided else known)
    wanted = thorough_oracle(x, np.where(known, labels, 100 + np.arange(n)), ks, rows, gallery)
    own = {name: found[name] for name in found if not name.endswith(("_low", "_high")) and name not in ("nmi", "ami")}
    assert own == pytest.approx(wanted)


def test_a_figure_of_the_first_right_item_is_found_however_far_it_is() -> None:
    x = np.append(np.arange(100, dtype=np.float32), 200)[:, None]
    labels = np.concatenate(([0], np.arange(1, 100) % 7 + 1, [0]))
    found = evaluate(x, labels, lift("euclidean"), ks=(1, 8), thorough=True, seen=labels == 0).metrics
    assert found["seen_mrr"] == pytest.approx((1 / 100 + 1 / 100) / 2)
    assert found["seen_recall@1"] == 0
    assert found["unseen_map@r"] > 0
    assert found["recall@8_low"] < found["recall@8"] < found["recall@8_high"]


def test_equal_votes_go_to_the_class_of_the_nearest_voter() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [9.0]], np.float32)
    parts = (np.arange(6) == 0, np.arange(6) != 0)
    labels = [0, 1, 0, 0, 1, 2]
    found = evaluate(x, labels, lift("euclidean"), ks=(1, 2, 3, 4), thorough=True, parts=parts).metrics
    assert [found[f"knn@{k}"] for k in (1, 2, 3, 4)] == [0, 0, 1, 0]


def test_queries_ask_the_gallery_where_the_data_say_so() -> None:
    x = np.array([[0.0], [0.1], [5.0], [5.2], [0.2]], np.float32)
    labels, split = [0, 0, 1, 1, 2], ["query", "query", "gallery", "Gallery ", "query"]
    sample = Sample(x, np.array(labels), lift("euclidean"), {"split": split, "side": split})
    found = create("protocol", "retrieval", {}).measure(sample, Effort())
    assert (found.items, found.lone, found.figures, found.how) == (3, 3, {}, "against 2 of the gallery")
    turned = RetrievalProtocol.Params(column="side", query="gallery", gallery="query")
    assert RetrievalProtocol(turned).measure(sample, Effort()).lone == 2
    apart = create("protocol", "retrieval", {}).measure(Sample(x, np.array(labels), lift("euclidean")), Effort())
    assert (apart.items, apart.figures["recall@1"], apart.how) == (5, 1.0, "each against the others")
    with pytest.raises(UserError, match="No held-out item has 'probe' in the column split"):
        create("protocol", "retrieval", {"query": "probe"}).measure(sample, Effort())


def test_an_unlabelled_gallery_is_not_asked_and_no_query_asks_another() -> None:
    split = {"split": ["query", "query", "gallery", "gallery"]}
    x = np.arange(4, dtype=np.float32)[:, None]
    found = create("protocol", "retrieval", {}).measure(
        Sample(x, np.array([0, 0, -1, -1]), lift("euclidean"), split), Effort()
    )
    assert (dict(found.figures), found.lone, found.how) == ({}, 2, "against 0 of the gallery")
    with_one = {"split": ["query", "distractor", "gallery", "gallery"]}
    found = create("protocol", "retrieval", {}).measure(
        Sample(x, np.array([0, -1, 0, -1]), lift("euclidean"), with_one), Effort()
    )
    assert (found.figures["recall@1"], found.figures["recall@2"]) == (0.0, 1.0)
