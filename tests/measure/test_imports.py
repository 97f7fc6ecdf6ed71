import subprocess
import sys

FRESH = """
import sys
import explorer.measure, explorer.projection, explorer.evaluation, explorer.retrieval
assert not {"numba", "faiss", "numpy"} & set(sys.modules), "a package that does nothing yet must be cheap to import"
import explorer.evaluation.retrieval, explorer.measure.census, explorer.measure.histograms
import explorer.projection.fidelity, explorer.projection.live_layout, explorer.retrieval.pinned
early = {"torch", "faiss", "umap", "sklearn", "PySide6"} & set(sys.modules)
assert not early, f"loaded too early: {early}"
"""


def test_the_rooms_load_no_more_than_they_need() -> None:
    answer = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
