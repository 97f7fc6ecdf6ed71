from __future__ import annotations

from dataclasses import replace

from explorer.core.text_column import TextColumn
from explorer.engine.datasets.unfit_parts import NO_CLASS, NO_NUMBER, ONE_LABEL, ONE_SIDE, unfit_losses, unfit_protocols
from explorer.evaluation.re_id import NO_CAMERA
from tests.helpers.blobs import CLOTHES, blobs, dataset_of

PLAIN = replace(dataset_of(blobs(20, 10)[1], CLOTHES), columns={})


def columns(*names: str) -> dict[str, TextColumn]:
    return {name: TextColumn.of(["picture"] * 20) for name in names}


def test_protocols_that_data_have_nothing_for_are_told_with_the_reason() -> None:
    assert unfit_protocols(PLAIN) == {"cross_modal": ONE_SIDE, "regression": NO_NUMBER, "re_id": NO_CAMERA}
    captioned = replace(PLAIN, columns=columns("pair", "kind", "caption", "age"), labels=PLAIN.labels * 0 - 1)
    found = unfit_protocols(captioned)
    assert not {"cross_modal", "regression"} & set(found)
    assert found["retrieval"] == found["verification"] == NO_CLASS


def test_re_identification_is_offered_where_anything_can_say_which_camera_it_was() -> None:
    assert unfit_protocols(replace(PLAIN, columns=columns("split", "level1")))["re_id"] == NO_CAMERA
    assert "re_id" not in unfit_protocols(replace(PLAIN, columns=columns("split", "place")))
    market = TextColumn.of([f"{item:04d}_c1s1_000451_03.jpg" for item in range(20)])
    assert "re_id" not in unfit_protocols(replace(PLAIN, ids=market))


def test_losses_that_learn_nothing_from_data_are_told_with_the_reason() -> None:
    found = unfit_losses(PLAIN)
    assert found["clip"] == ONE_SIDE
    assert found["rank_n_contrast"] == NO_NUMBER
    assert ONE_LABEL in found.values()
    assert not {"triplet", "supcon"} & set(found)
    assert "clip" not in unfit_losses(replace(PLAIN, columns=columns("pair", "kind", "caption")))
