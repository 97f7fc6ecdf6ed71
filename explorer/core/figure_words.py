"""What every figure on screen is: in one sentence what it measures, in which unit, and what is good."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SHARE = "a share, 1 is best"
FIGURES: dict[str, str] = {
    r"recall@1": f"Share of the items whose nearest other one is of their own class; {_SHARE}",
    r"recall@(\d+)": f"Share of the items that have one of their own class among the {{0}} nearest; {_SHARE}",
    r"given_held": f"Share of the given pairs or triplets, kept out of training, that hold; {_SHARE}",
    r"precision": f"Share of what was answered so far that was accepted; {_SHARE}",
    r"precision@(\d+)": f"Share of the {{0}} nearest that are of the class of who asks; {_SHARE}",
    r"knn@(\d+)": f"Share of the items whose class the {{0}} nearest vote for; {_SHARE}",
    r"chance@1": "Recall@1 of a guess: what has to be beaten",
    r"ndcg@(\d+)": f"How early those of the class stand among the {{0}} nearest, the first counting most; {_SHARE}",
    r"map@r|map": f"Mean average precision over as many neighbours as there are of the class; {_SHARE}",
    r"r_precision": f"Share of the R nearest that are of the class, where R is how many it has; {_SHARE}",
    r"mrr": f"Mean of 1 / rank of the first one of the class; {_SHARE}",
    r"median_rank": "Rank of the first right answer, of half of the queries at most that; a rank, 1 is best",
    r"minp": f"Mean inverse penalty: how early the last right answer comes; {_SHARE}",
    r"rank-(\d+)": f"Share of the queries with a right answer among the first {{0}}; {_SHARE}",
    r"nmi": f"How well groups found by k-means fit the classes; {_SHARE}, groups at random get more than 0",
    r"ami": "How well groups found by themselves fit the classes, less chance; 1 is best, 0 is chance",
    r"rand": "Share of pairs that groups and classes agree about, less chance; 1 is best, 0 is chance",
    r"purity": f"Share of the items in groups that are of the most frequent class of theirs; {_SHARE}",
    r"clusters": "How many groups were found; near the number of classes is good",
    r"noise": "Share of the items in no group; low is good, but 0 may mean that groups were forced",
    r"eer": "Equal error rate: where as many pairs of one class are refused as of two are accepted; 0 is best",
    r"auc": "Share of the cases in which a pair of one class is nearer than one of two; 1 is best, 0.5 is chance",
    r"threshold": "Distance below which a pair is taken for the same; neither high nor low is better",
    r"fnmr\S*|frr\S*": "Share of the pairs of one class that are refused; 0 is best",
    r"fmr\S*|far\S*": "Share of the pairs of two classes that are accepted; 0 is best",
    r"tar\S*": f"Share of the pairs of one class that are accepted where so few of two are; {_SHARE}",
    r"dir\S*": f"Share of the known queries that are found and accepted where so few unknown ones are; {_SHARE}",
    r"opis": "How much the best threshold differs from class to class; 0 is best",
    r"accuracy\S*|\d+-way \d+-shot": f"Share of right answers; {_SHARE}",
    r"trust(?:worthiness)?": "Trustworthiness: share of the neighbours on the map that are neighbours in truth, far "
    "intruders counting more; 1 is best, below 0.9 the map misleads",
    r"(\d+)-nn kept": "Share of an item's {0} true neighbours that are among its {0} on the map; 1 is best, in two "
    "dimensions 0.3 to 0.6 is usual",
    r"graph recall": "Share of the true neighbours that the fast search for the map has found; 1 is best",
    r"mean[_ ]error": "How far the mean of the nearest is from the number of an item, on average and in its unit; "
    "0 is best",
    r"median_error": "How far it is at most for half of the items, in the unit of the number; 0 is best",
    r"constant_error": "Mean error of who always answers the best constant: what has to be beaten",
    r"relative[_ ]error": "The mean error beside that of always the same answer: 0 is best, 1 is no better than that",
    r"spearman": "Correlation of the ranks of numbers and guesses; 1 is best, 0 is chance",
    r"r2": "Share of the variance of the number that the guesses explain; 1 is best, 0 is no better than the mean",
    r"loss": "What training makes small; its unit is that of the loss, lower is better within one recipe alone",
    r"active": "Share of the triplets or pairs of a batch that still violate, and so teach; 0 means that nothing is "
    "learned any more",
    r"violated|triplets violated|most_violated_pair": "Share of all triplets whose negative is not farther than the "
    "positive by the margin; 0 is best, and then nothing is learned any more",
    r"easy": "Share of the triplets that have the margin already: nothing is learned from these; more is better",
    r"semi-hard": "Share of the triplets whose negative is farther than the positive by less than the margin: most is "
    "learned from these; it falls as the metric is learned",
    r"hard": "Share of the triplets whose negative is nearer than the positive; less is better",
    r"distance_within": "Mean distance of items of one class; small beside that between classes is good",
    r"distance_between": "Mean distance of items of two classes; large beside that within is good",
    r"nearest_classes": "Mean distance of the two classes that are nearest; large is good",
    r"skewness": "How unequally items are neighbours of others; 0 is even, above 1 there are hubs",
    r"robin_hood": "Share of the neighbourships that would have to be given away to be even; 0 is best",
    r"anti_hubs": "Share of the items that are nobody's neighbour; 0 is best",
    r"hubs": "Share of the items that are neighbours of very many; 0 is best",
    r"largest": "Of how many items the greatest hub is a neighbour; near k is good",
    r"likely_wrong": "Items whose label is likely wrong; to be looked at",
    r"share": "The same as a share of all items",
    r"disagreement": "Share of the items whose neighbours vote for another class; 0 is best",
    r"violation": "How much nearer the other class is than the own one, on average; below 0 is good",
    r"(?:same|different)_pairs|(?:un)?known_queries|episodes": "How many were measured; more make intervals narrower",
}
"""What is said of figures, by patterns of their names in small letters; the first that fits whole counts."""

_PREFIXES = {
    "macro_": "mean over the classes, each counting the same",
    "seen_": "of classes that were trained on",
    "unseen_": "of classes that were never trained on",
    "scaled_": "after hubs were scaled down",
    "shared_": "any shared label counts as right",
    "text_to_picture_": "captions ask for pictures",
    "picture_to_text_": "pictures ask for captions",
    "threshold_": "at the chosen threshold",
}
_LINE = (
    *("semi-hard", "hard", "easy", "threshold", "precision", r"recall@\d+", r"skewness", "hubs", r"\d+-way \d+-shot"),
    *("trust", r"\d+-nn kept", "graph recall", "eer", "auc", "nmi", "ami", "purity", "noise"),
    *("clusters", "loss", "violated", r"accuracy", "map@r"),
)
"""Figures that are looked for in a line of words."""

STEP = "The step of the training that this is of; ≈ marks what is put together from several steps"
MIXED = "Put together from several steps: each item as it was when it was embedded last"
PAIRS = "How many pairs, triplets or items were counted; more make the figures surer"


def figure_words(name: str) -> str:
    """Return what a figure is, in which unit and what is good, by its name; empty where that is not known."""
    plain = name.casefold()
    for prefix, more in _PREFIXES.items():
        if plain.startswith(prefix) and (words := figure_words(plain.removeprefix(prefix))):
            return f"{words}; {more}"
    for pattern, words in FIGURES.items():
        if (found := re.fullmatch(pattern, plain)) is not None:
            return words.format(*(group for group in found.groups() if group))
    return ""


def lower_is_better(name: str) -> bool:
    """Return whether a figure is better the lower it is, by what is said of it; False where nothing is."""
    return bool(re.search(r"\b0 is best|low is good|lower is better|a rank, 1 is best", figure_words(name)))


def main_figure(metrics: Mapping[str, float]) -> str:
    """Return the figure by which a run is followed, in words: recall@1, or the mean error of a number; else nothing."""
    if "recall@1" in metrics:
        return f"recall@1 {metrics['recall@1']:.4f}"
    return f"mean error {metrics['mean_error']:.4g}" if "mean_error" in metrics else ""


_SHORT = {
    "r_precision": "R-precision",
    "nmi": "NMI",
    "ami": "AMI",
    "eer": "EER",
    "auc": "AUC",
    "minp": "mINP",
    "largest": "largest hub",
    "anti_hubs": "anti-hubs",
    "robin_hood": "Robin Hood index",
    "opis": "OPIS",
    "r2": "R²",
}
_RATES = re.compile(r"(fnmr|fmr|frr|far|tar|dir|mrr|map|ndcg)(?![a-z])")


NAMES = (
    *("same pairs", "different pairs", "known queries", "unknown queries", "most violated pair", "nearest classes"),
    *(
        "distance within",
        "distance between",
        "hubs",
        "anti-hubs",
        "largest hub",
        "Robin Hood index",
        "skewness",
        "purity",
        "rand",
    ),
    *("likely wrong", "disagreement", "violated", "violation", "clusters", "constant error", "mean error"),
    *("median error", "median rank", "relative error", "episodes", "OPIS", "accuracy", "recall"),
)
"""Figures whose names are words, as ``figure_name`` says them."""


def figure_name(name: str) -> str:
    """Return what a figure is called on screen: ``macro MRR`` for ``macro_mrr``, ``TAR at FAR=0.1``."""
    for prefix in _PREFIXES:
        if name.startswith(prefix) and name != prefix:
            return f"{prefix.replace('_', ' ')}{figure_name(name.removeprefix(prefix))}"
    if name in _SHORT:
        return _SHORT[name]
    rates = _RATES.sub(lambda found: found[1].upper(), name.replace("_", " "))
    return re.sub(r"@(?=[A-Z])(?!R$)", " at ", rates).replace("MAP@r", "MAP@R")


def words_in(line: str) -> str:
    """Return what the figures are that a line names, one a line: ``EER 9.1 % at 0.49 · step 12``."""
    plain = line.casefold()
    found = [match.group() for name in _LINE if (match := re.search(rf"(?<![\w-]){name}\b", plain)) is not None]
    lines = [f"{name}: {figure_words(name)}" for name in found]
    if re.search(r"\bstep \d", plain):
        lines.append(f"step: {STEP}")
    if "≈" in plain and "step" not in plain:
        lines.append(f"≈: {MIXED}")
    if not lines and re.search(r"\d", plain):
        lines.append(PAIRS)
    return "\n".join(lines)
