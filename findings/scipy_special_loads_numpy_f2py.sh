#!/usr/bin/env bash
# One would guess that `import scipy.special` loads the functions and what they are computed with.
# What happens (scipy and numpy as pinned below, Python 3.11, Linux, 2026-11-30): its layer for other array libraries copies
# the namespace of numpy name by name, and so loads what numpy itself loads only when it is asked for: numpy.f2py (a
# compiler of Fortran interfaces), numpy.testing and unittest; about half of the time of the import.
# Way out: import it inside the function that needs it; where the tail of chi square with one degree of freedom or of a
# binomial is all, math.erfc and math.comb do.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import sys

import numpy
import scipy

surprising = ("numpy.f2py", "numpy.testing", "unittest")
before = [name for name in surprising if name in sys.modules]
import scipy.special

after = [name for name in surprising if name in sys.modules]
print("scipy", scipy.__version__, "numpy", numpy.__version__, "loaded before:", before, "after scipy.special:", after)
assert not before and after == list(surprising), "no longer so: out of date"
PYTHON
