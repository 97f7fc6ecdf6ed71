"""Compare two runs as a script would, on vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.types import RETRIEVAL
from explorer.core.words import several
from explorer.engine.compared_runs import compared_runs
from explorer.engine.compared_several import several_compared
from explorer.engine.offline import OfflineRun
from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command


@pytest.mark.full
def test_two_runs_are_compared_on_what_both_held_out(tmp_path: Path) -> None:
    x, labels = blobs(300, 6)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    runs = [tmp_path / "first", tmp_path / "second"]
    for run, margin in zip(runs, (0.1, 0.4), strict=True):
        command = ("train", tmp_path / "x.npy", "--out", run, "--epochs", 1, "--device", "cpu")
        assert run_command(*command, "--set", f"loss.margin={margin}")[0] == 0
    found = json_of("compare", *runs)
    assert found["recipe_differences"] == {"loss.margin": [0.1, 0.4]}
    test, queries = found["mcnemar"], found["mcnemar"]["queries"]
    assert (test["fixed"], test["broken"]) == (len(found["fixed"]), len(found["broken"]))
    assert test["difference"] == pytest.approx(found["metrics"]["recall@1"][2])
    assert set(found["fixed"] + found["broken"]) <= set(found["neighbours_changed"])
    assert len(found["neighbours_changed"]) == queries == sum(one["queries"] for one in found["by_class"])
    assert found["bootstrap"]["map@r"][:3] == pytest.approx(found["metrics"]["map@r"][:3])
    alone = [json_of("evaluate", run) for run in runs]
    assert found["items"] == alone[0]["items"]
    a, b, difference, low, high, p = found["metrics"]["map@r"]
    assert [a, b] == [one["metrics"]["map@r"] for one in alone]
    assert low <= difference <= high
    assert 0 < p <= 1
    assert all(values[2:] == [0, 0, 0, 1] for values in json_of("compare", runs[0], runs[0])["metrics"].values())
    status, out, err = run_command("compare", *runs, "--protocol", "verification", "--set", "protocol.pairs=1000")
    assert status == 0, err
    assert "95 % interval" in out
    assert "loss.margin: 0.1 | 0.4" in out
    assert "verdict" not in json_of("compare", *runs, "--protocol", "verification", "--set", "protocol.pairs=1000")
    _, out, _ = run_command("compare", *runs)
    assert out.splitlines()[-1] == found["verdict"]
    assert "McNemar, exact" in out
    for word, which in (("fixed", "second"), ("broken", "first")):
        counted = several(len(found[word]), "query", "queries")
        named = f" ({found[word][0]}" if found[word] else ""
        assert f"{word}, right in the {which} run alone: {counted}{named}" in out
    assert "each recipe was trained once" in out
    status, _, err = run_command("compare", *runs, "--protocol", "hubs")
    assert (status, "cannot be compared" in err) == (2, True)
    status, _, err = run_command("compare", *runs, "--set", "loss.margin=1")
    assert (status, "is no key of compare" in err) == (2, True)
    assert run_command("train", tmp_path / "x.npy", "--out", runs[1], "--resume", "--epochs", 2)[0] == 0
    assert json_of("compare", *runs)["recipe_differences"] == {"loss.margin": [0.1, 0.4], "epochs": [1, 2]}
    three = json_of("compare", *runs, runs[0])["comparisons"]
    assert [one["second"] for one in three] == [str(runs[1]), str(runs[0])]
    assert all(one["mcnemar"]["p_corrected"] >= one["mcnemar"]["p"] for one in three)
    assert run_command("compare", *runs, runs[0])[1].count("both held out") == 2
    first, *others = (OfflineRun(path) for path in (*runs, runs[0]))
    told = several_compared(
        ["first", "second", "again"], [compared_runs(first, other, RETRIEVAL, {}) for other in others]
    )
    assert (told.first, [other.run for other in told.others]) == ("first", ["second", "again"])
    for other, one in zip(told.others, three, strict=True):
        recall, test = other.figures["recall@1"], one["mcnemar"]
        assert (recall.difference, recall.low, recall.p) == (test["difference"], test["low"], test["p_corrected"])
        assert other.figures["map@r"][:5] == tuple(one["metrics"]["map@r"][:5])
        assert other.figures["map@r"].p >= one["metrics"]["map@r"][5]
    assert {"recall@1", "map@r"} <= set(told.figures)
    assert told.verdict.startswith("By recall@1 ")
    assert told.verdict.endswith(" cannot be told apart from it.")
    status, _, err = run_command("compare", runs[0])
    assert (status, "Name two runs or more" in err) == (2, True)
