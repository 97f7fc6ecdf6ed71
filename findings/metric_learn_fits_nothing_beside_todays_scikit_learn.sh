#!/usr/bin/env bash
# One would guess that metric-learn, which asks for scikit-learn 0.21.3 or newer and names no newest, fits a Mahalanobis
# metric beside the scikit-learn that pip takes for it.
# What happens (metric-learn 0.7.0, scikit-learn 1.9.1, numpy 2.4.6, 2026-11-30): it imports, and each of its supervised
# learners raises TypeError in fit, as scikit-learn no longer knows the argument `force_all_finite`; beside 1.7.2, which
# only warns of it, the same lines fit all of them: an oracle made with it needs that pin.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cat >"$folder/fit.py" <<'PYTHON'
import sys
import warnings

import metric_learn
import sklearn
from sklearn.datasets import load_iris

warnings.simplefilter("ignore")
x, y = load_iris(return_X_y=True)
fitted, refused = [], []
learners = {
    "LMNN": {"max_iter": 5}, "NCA": {"max_iter": 5}, "LFDA": {}, "MLKR": {"max_iter": 5}, "RCA_Supervised": {"n_chunks": 30},
    "ITML_Supervised": {"max_iter": 5}, "MMC_Supervised": {"max_iter": 5}, "LSML_Supervised": {"max_iter": 5},
}
for name, settings in learners.items():
    try:
        getattr(metric_learn, name)(**settings).fit(x, y)
        fitted.append(name)
    except TypeError as error:
        assert "force_all_finite" in str(error), error
        refused.append(name)
print("scikit-learn", sklearn.__version__, "fitted:", fitted, "TypeError, force_all_finite:", refused)
whole = fitted if sys.argv[1] == "fits" else refused
if len(whole) != 8:
    raise SystemExit("this finding is out of date")
PYTHON
for pair in "1.9.1 refuses" "1.7.2 fits"; do
    set -- $pair
    python3 -m venv "$folder/env-$1"
    "$folder/env-$1/bin/pip" install -q --disable-pip-version-check metric-learn==0.7.0 "scikit-learn==$1" numpy==2.4.6
    "$folder/env-$1/bin/python" "$folder/fit.py" "$2"
done
