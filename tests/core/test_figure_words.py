from __future__ import annotations

import pytest

from explorer.core.errors import UserError
from explorer.core.figure_words import figure_name, figure_words, words_in
from explorer.core.registry import catalogue, create
from explorer.evaluation.figures import listed
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.helpers.blobs import blobs


def sample() -> Sample:
    """Return items that every protocol can measure: with cameras, parts, and pictures with their captions."""
    x, labels = blobs(240, 8)
    columns = {
        "camera": ["1", "2", "3", "4"] * 60,
        "split": ["query", "gallery", "gallery"] * 80,
        "kind": ["picture", "caption"] * 120,
        "pair": [str(place // 2) for place in range(240)],
        "caption": ["words"] * 240,
    }
    seen = labels < 4
    return Sample(x, labels, lift("euclidean"), columns, ids=[f"{n}.png" for n in range(240)], seen=seen)


@pytest.mark.parametrize("protocol", sorted(catalogue("protocol")))
def test_every_figure_of_every_protocol_is_told(protocol: str) -> None:
    try:
        found = create("protocol", protocol, {}).measure(sample(), Effort())
    except UserError as error:
        pytest.skip(str(error))
    untold = [figure.name for figure in listed(found.figures) if not figure_words(figure.name)]
    assert not untold


def test_a_figure_is_told_with_its_number_its_unit_and_what_is_good() -> None:
    assert figure_words("recall@5") == (
        "Share of the items that have one of their own class among the 5 nearest; a share, 1 is best"
    )
    assert figure_words("macro_mrr").endswith("mean over the classes, each counting the same")
    assert figure_words("weather") == ""
    assert all(figure_words(name) for name in ("tar@far=0.001", "5-way 1-shot", "threshold_fmr", "active", "loss"))


def test_a_line_is_told_by_the_figures_in_it() -> None:
    told = words_in("EER 9.1 % at 0.49 · AUC 0.972 · step 12").splitlines()
    assert [line.partition(":")[0] for line in told] == ["eer", "auc", "step"]
    assert "15 true neighbours" in words_in("≈ step 5 · trust 0.935 · 15-NN kept 0.33")
    assert "≈ marks" in words_in("≈ step 5")
    assert words_in("UMAP live ≈ · 907 of 5,125 so far").startswith("≈: Put together")
    assert words_in("1,797 pictures")
    assert words_in("measuring…") == ""


def test_figures_have_names_that_can_be_spoken() -> None:
    names = ("r_precision", "macro_mrr", "macro_recall@1", "map@r", "tar@far=0.1", "fnmr@fmr=0.1", "threshold_fmr",
             "nmi", "precision@10", "macro_r_precision", "same_pairs")  # fmt: skip
    assert [figure_name(name) for name in names] == [
        "R-precision", "macro MRR", "macro recall@1", "MAP@R", "TAR at FAR=0.1", "FNMR at FMR=0.1", "threshold FMR",
        "NMI", "precision@10", "macro R-precision", "same pairs",
    ]  # fmt: skip
