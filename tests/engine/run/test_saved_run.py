"""What a saved run shows at first, and with what it goes on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from explorer.engine.run.saved_run import known_at
from tests.helpers.runs import checkpoint, new_run, snapshot


def test_a_run_goes_on_with_the_embeddings_that_are_shown_of_it(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_snapshot(kept := dataclasses.replace(snapshot(10), run=run.run))
        assert known_at(None, kept, checkpoint(30)) is None
        assert known_at(run, kept, None) is None
        found = known_at(run, None, checkpoint(30))
        assert found is not None
        assert found.step == 10
        measured = dataclasses.replace(kept, step=30)
        assert known_at(run, measured, checkpoint(30)) is measured
        for other in (dataclasses.replace(measured, run="another"), dataclasses.replace(measured, step=31)):
            found = known_at(run, other, checkpoint(30))
            assert found is not None
            assert found.step == 10
