#!/usr/bin/env bash
# One would guess that importing faiss.contrib.torch_utils only adds support for tensors, and that an index goes on
# taking what it took: index.search(x, k, params=SearchParametersIVF(sel=...)) with numpy arrays.
# What happens (faiss-cpu 1.15.1, torch 2.13.0, 2026-11-28): the import replaces Index.search for the whole process by a
# function of its own signature without `params`; every filtered search then raises TypeError, also with numpy arrays,
# and also where some other package did the import (PyTorch Metric Learning does). Index.search_c still takes them.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0
"$folder/env/bin/pip" install -q --disable-pip-version-check faiss-cpu==1.15.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import faiss
import numpy as np

x = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32)
quantiser = faiss.IndexFlatL2(8)
index = faiss.IndexIVFFlat(quantiser, 8, 4)
index.train(x)
index.add(x)
even = faiss.IDSelectorBatch(np.arange(0, 400, 2))
params = faiss.SearchParametersIVF(sel=even, nprobe=4)
found = index.search(x[:3], 5, params=params)[1]
assert (found % 2 == 0).all(), found
print("faiss", faiss.__version__, "before the import: filtered search works,", found[0].tolist())

import faiss.contrib.torch_utils  # noqa: E402

try:
    index.search(x[:3], 5, params=params)
except TypeError as error:
    print("after it:", error)
else:
    raise SystemExit("the import leaves `params` alone now: this finding is out of date")
scores, again = np.empty((3, 5), np.float32), np.empty((3, 5), np.int64)
index.search_c(3, faiss.swig_ptr(x[:3].copy()), 5, faiss.swig_ptr(scores), faiss.swig_ptr(again), params)
assert (again % 2 == 0).all(), again
print("search_c still takes them")
PYTHON
