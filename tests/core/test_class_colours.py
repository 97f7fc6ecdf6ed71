from __future__ import annotations

import numpy as np

from explorer.core.class_colours import FIRST_COLOURS, FIRST_ON_LIGHT, class_colours, on_light
from tests.helpers.contrast import luminances


def test_on_light_every_class_is_clear_of_the_ground_and_stays_itself() -> None:
    shown = on_light(class_colours(256))
    ratio = (float(luminances(np.array([[238, 240, 243]], np.uint8))[0]) + 0.05) / (luminances(shown) + 0.05)
    assert ratio.min() >= 3.0
    assert len(np.unique(shown, axis=0)) == 256
    assert np.array_equal(on_light(shown), shown)
    dark = class_colours(256)
    kept = (dark[10:] == shown[10:]).all(axis=1)
    assert kept.any(), "what is dark enough is left as it is"
    assert not kept.all()


def test_any_shape_of_colours_is_taken() -> None:
    one = on_light(class_colours(1)[0])
    assert one.shape == (3,)
    assert "#" + "".join(f"{part:02x}" for part in one.tolist()) == FIRST_ON_LIGHT[0] != FIRST_COLOURS[0]
    assert on_light(class_colours(6).reshape(2, 3, 3)).shape == (2, 3, 3)
    assert on_light(class_colours(0)).shape == (0, 3)
