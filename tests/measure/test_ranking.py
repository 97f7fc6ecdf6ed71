import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.measure.ranking import right_ranks


@given(data=st.data(), n=st.integers(1, 30))
def test_wrong_items_stand_before_right_ones_at_the_same_distance(data: st.DataObject, n: int) -> None:
    distances = data.draw(arrays(np.float32, n, elements=st.integers(-2, 3).map(np.float32)))
    allowed = data.draw(arrays(np.bool_, n))
    right = np.flatnonzero(data.draw(arrays(np.bool_, n)) & allowed)
    shown = np.flatnonzero(allowed)
    order = shown[np.lexsort((np.isin(shown, right), distances[shown]))]
    assert right_ranks(distances, right, allowed).tolist() == (np.flatnonzero(np.isin(order, right)) + 1).tolist()
