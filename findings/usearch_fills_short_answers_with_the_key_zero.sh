#!/usr/bin/env bash
# One would guess that a search for more neighbours than an index holds (k too large, or rows removed) gives fewer of them,
# or fills up with a key that no item can have, as faiss does with -1.
# What happens (usearch 2.26.6, numpy 2.4.6, 2026-11-30): one query gives just those there are; several at once give rows
# of k keys, filled up with 0, which is a key that an item may have and in most sets the first one has, at the distance
# nan. Only `counts` says where they end: a recall or a vote taken over `keys` counts the item 0 among all neighbours.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check usearch==2.26.6 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import usearch
from usearch.index import Index

x = np.random.default_rng(0).standard_normal((6, 8)).astype(np.float32)
index = Index(ndim=8, metric="l2sq", dtype="f32")
index.add(np.arange(6), x)
index.remove(0)  # the item 0 is gone: nothing may find it any more
one = index.search(x[5], 6)
assert sorted(one.keys.tolist()) == [1, 2, 3, 4, 5], one.keys
several = index.search(x[4:], 6)
print("usearch", usearch.__version__, "one query:", one.keys.tolist())
print("several:", several.keys.tolist(), several.distances[:, -1].tolist(), "counts", several.counts.tolist())
if not (several.keys[:, -1] == 0).all() or not np.isnan(several.distances[:, -1]).all():
    raise SystemExit("short answers are filled up otherwise now: this finding is out of date")
assert several.counts.tolist() == [5, 5]
PYTHON
