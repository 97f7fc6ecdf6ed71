"""What parts of recipes are called by their titles, also before they are loaded: one name wherever a person reads."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.core.registry import catalogue, loaded

TITLES: Mapping[str, str] = {
    "split.auto": "Automatic",
    "split.classes": "Classes never trained on",
    "split.column": "By a column",
    "split.items": "Items of every class",
    "encoder.cnn": "CNN",
    "encoder.frames": "Frames",
    "encoder.kernel": "Kernel features",
    "encoder.linear": "Linear (Mahalanobis)",
    "encoder.mel_cnn": "Mel CNN",
    "encoder.mlp": "MLP",
    "encoder.multi_view": "Multi-view CNN",
    "encoder.ngrams": "N-grams",
    "encoder.pixels": "Raw values",
    "encoder.pointnet": "PointNet",
    "encoder.resnet": "ResNet",
    "encoder.sentence": "Sentence encoder",
    "encoder.table": "Table",
    "encoder.text_transformer": "Transformer of bytes",
    "encoder.timm": "timm model",
    "encoder.transformers": "Transformers",
    "encoder.two_towers": "Two towers",
    "fitter.identity": "As it is",
    "fitter.itml": "ITML (information theory)",
    "fitter.layer": "Linear layer by a loss",
    "fitter.lda": "LDA (linear discriminants)",
    "fitter.lmnn": "LMNN (large margin)",
    "fitter.mmc": "MMC (side information)",
    "fitter.nca": "NCA (neighbourhoods)",
    "fitter.none": "Gradient steps",
    "fitter.pca": "PCA (principal components)",
    "fitter.rca": "RCA (relevant components)",
    "distance.bhattacharyya": "Bhattacharyya",
    "distance.cosine": "Cosine",
    "distance.dot": "Dot product",
    "distance.euclidean": "Euclidean",
    "distance.hyperbolic": "Hyperbolic (Poincaré)",
    "distance.kullback_leibler": "Kullback–Leibler",
    "distance.mahalanobis": "Mahalanobis",
    "distance.matusita": "Matusita (Hellinger)",
    "distance.snr": "Signal-to-noise ratio",
    "distance.squared_euclidean": "Squared Euclidean",
    "loss.adaface": "AdaFace",
    "loss.angular": "Angular",
    "loss.arcface": "ArcFace",
    "loss.barlow_twins": "Barlow Twins",
    "loss.center": "Center",
    "loss.circle": "Circle",
    "loss.clip": "CLIP",
    "loss.combined_margin": "Combined margin",
    "loss.contrastive": "Contrastive",
    "loss.cosface": "CosFace",
    "loss.cross_batch_memory": "Cross-batch memory",
    "loss.curricularface": "CurricularFace",
    "loss.decoupled_contrastive": "Decoupled contrastive (DCL)",
    "loss.deep_nca": "Deep NCA",
    "loss.facility_location": "Facility location",
    "loss.fast_ap": "FastAP",
    "loss.ge2e": "Generalised end-to-end (GE2E)",
    "loss.hidden_layer": "Hidden layer",
    "loss.hierarchical_triplet": "Hierarchical triplet",
    "loss.histogram": "Histogram",
    "loss.hyperbolic_contrastive": "Hyperbolic contrastive",
    "loss.koleo": "KoLeo",
    "loss.lifted_structure": "Lifted structure",
    "loss.log_ratio": "Log-ratio",
    "loss.logistic": "Logistic (LDML)",
    "loss.magface": "MagFace",
    "loss.magnet": "Magnet",
    "loss.margin": "Margin",
    "loss.matryoshka": "Matryoshka",
    "loss.mean_field_contrastive": "Mean-field contrastive",
    "loss.mixed": "Mixed",
    "loss.ml2": "Multi-label (ML²)",
    "loss.multi_similarity": "Multi-similarity",
    "loss.n_pair": "N-pair",
    "loss.normalised_softmax": "Normalised softmax",
    "loss.nt_xent": "InfoNCE / NT-Xent",
    "loss.ordinal_triplet": "Ordinal triplet",
    "loss.orthogonal": "Global orthogonal (GOR)",
    "loss.part_based": "Part-based",
    "loss.pml": "PML (PyTorch Metric Learning)",
    "loss.potential_field": "Potential field (PFML)",
    "loss.prototypical": "Prototypical",
    "loss.proxy_anchor": "Proxy anchor",
    "loss.proxy_nca": "ProxyNCA++",
    "loss.quadruplet": "Quadruplet",
    "loss.rank_n_contrast": "Rank-N-Contrast",
    "loss.ranked_list": "Ranked list",
    "loss.recall_at_k": "Recall@k surrogate",
    "loss.selectively_contrastive": "Selectively contrastive triplet",
    "loss.siglip": "Pairwise sigmoid (SigLIP)",
    "loss.sincere": "SINCERE",
    "loss.smooth_ap": "Smooth-AP",
    "loss.soft_triple": "SoftTriple",
    "loss.softmax": "Softmax",
    "loss.sub_center_arcface": "Sub-centre ArcFace",
    "loss.sum": "Weighted sum",
    "loss.supcon": "Supervised contrastive",
    "loss.t_ste": "t-STE (triplets by people)",
    "loss.threshold_consistent_margin": "Threshold-consistent margin (TCM)",
    "loss.triplet": "Triplet",
    "loss.triplet_center": "Triplet-center",
    "loss.tuplet_margin": "Tuplet margin",
    "loss.uniformity": "Alignment and uniformity",
    "loss.vicreg": "VICReg",
    "miner.all": "All",
    "miner.angular": "Angular",
    "miner.distance_weighted": "Distance-weighted",
    "miner.easy": "Easy",
    "miner.easy_positive": "Easy positive",
    "miner.false_negative_guard": "False-negative guard",
    "miner.hard": "Hard",
    "miner.hard_class": "Hard classes (negative class mining)",
    "miner.hard_cluster": "Hard clusters",
    "miner.hard_memory": "Hardest from memory",
    "miner.multi_similarity": "Multi-similarity",
    "miner.n_hard": "N hardest",
    "miner.pair_margin": "Pair margin",
    "miner.pml": "PML (PyTorch Metric Learning)",
    "miner.random": "Random",
    "miner.semi_hard": "Semi-hard",
    "miner.uniform_histogram": "Uniform histogram",
    "sampler.balanced": "Balanced classes",
    "sampler.class_mining": "Greedy class mining",
    "sampler.episodic": "Episodes (N-way K-shot)",
    "sampler.given": "Given pairs or triplets",
    "sampler.hierarchical": "Super-classes × classes × images",
    "sampler.pairs": "Pictures with captions",
    "sampler.pk": "P × K",
    "sampler.shuffled": "Shuffled",
    "sampler.spread": "Spread over the target",
    "augment.auto": "Automatic",
    "augment.captioned": "Pictures and captions",
    "augment.cells": "Corrupted cells",
    "augment.clips": "Clips",
    "augment.corrupted": "Corrupted numbers",
    "augment.custom": "Custom",
    "augment.digits": "Letters and drawings",
    "augment.documents": "Handwriting and signatures",
    "augment.faces": "Faces",
    "augment.natural": "Photographs",
    "augment.none": "None",
    "augment.shapes": "Shapes",
    "augment.sound": "Sound",
    "augment.vectors": "Vectors",
    "augment.words": "Words",
    "optimiser.adamw": "AdamW",
    "optimiser.sgd": "SGD with momentum",
    "schedule.constant": "Constant",
    "schedule.one_cycle": "One cycle",
}
"""The titles, by kind and name, of the parts that come along.

Runs are named before the parts are loaded, and torch with them.
"""


def part_title(kind: str, name: str) -> str:
    """Return what a part is called in the forms, one that is not known by its name.

    The loss ``nt_xent`` is called ``InfoNCE / NT-Xent``.
    """
    entry = catalogue(kind).get(name) if loaded(kind) else None
    if entry is not None:
        return entry.title
    return TITLES.get(f"{kind}.{name}", name)


def part_words(kind: str, name: str) -> str:
    """Return the title of a part as it stands within a line: without what explains it, words in small letters."""
    return in_line(part_title(kind, name))


def in_line(title: str) -> str:
    """Return a title as it stands within a line: ``semi-hard``, ``LMNN`` for ``LMNN (large margin)``."""
    head = title.partition(" (")[0]
    word = head[:1] + head[1:].lower() == head and head[1:2].isalpha()
    return head[:1].lower() + head[1:] if word else head
