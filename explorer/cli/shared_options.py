"""Options that several commands have."""

from __future__ import annotations

import argparse

from explorer.cli.argument_types import change, origin, positive
from explorer.core.errors import UserError, printable

DATA_HELP = (
    "sample:digits, sample:photos, a folder of class folders, a zip of one, a CSV, or vectors (.npy, .npz, .parquet)"
)

KEYS = """\
KEY=VALUE follows the recipe, for example:
  --set loss=triplet --set loss.margin=0.3 --set miner=semi_hard --set encoder.dimension=64
  --set split=classes --set split.test=0.5 --set "loss=triplet + 0.1*softmax"
"list" shows every part and its parameters.
"""


def recipe_file(parser: argparse.ArgumentParser) -> None:
    """Add where a recipe comes from."""
    parser.add_argument(
        "--recipe",
        default="",
        metavar="FILE",
        help="a recipe in TOML, the name of an example (few-shot, faces, …) or of one you saved, or a run",
    )


def repeatable(parser: argparse.ArgumentParser) -> None:
    """Add what it takes to train a run again to the same weights."""
    parser.add_argument(
        "--threads",
        type=positive,
        default=0,
        metavar="N",
        help="cores that train; with as many as before the same seed gives the same weights. All of them if not given",
    )
    parser.add_argument(
        "--change",
        type=change,
        action="append",
        default=[],
        dest="changes",
        metavar="STEP:KEY=VALUE",
        help="train with another live value from a step on: 168:loss.margin=0.5; repeatable",
    )


def settings(parser: argparse.ArgumentParser, help: str = "change the recipe; repeatable") -> None:
    """Add changes of single values."""
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE", help=help)


def target(parser: argparse.ArgumentParser) -> None:
    """Add the column of a number that is learned in place of classes."""
    parser.add_argument(
        "--target",
        default="",
        metavar="COLUMN[:PERIOD]",
        help="learn the number in this column: age, or angle:360 where it begins anew; class: classes that are numbers",
    )


def target_settings(chosen: str) -> list[str]:
    """Return the settings that ``--target COLUMN[:PERIOD]`` stands for.

    Raises
    ------
    UserError: if a period is given, and no column.
    """
    name, colon, period = chosen.rpartition(":")
    if not (colon and _is_number(period)):
        return [f"data.target_column={chosen}"] * bool(chosen)
    if not name.strip():
        raise UserError(f"--target {printable(chosen)} names no column", remedy="Write COLUMN:PERIOD, as in angle:360")
    return [f"data.target_column={name}", f"data.target_period={period}"]


def _is_number(text: str) -> bool:
    """Return whether a text is a number, also one that no period may be: what is wrong with it is told as such."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def dimensions(parser: argparse.ArgumentParser) -> None:
    """Add how many numbers of the embeddings are looked at."""
    parser.add_argument(
        "--dimensions",
        type=positive,
        default=0,
        metavar="K",
        help="by the first K numbers of every embedding alone, of unit length anew: for a run with the loss matryoshka",
    )


GIVEN_OPTIONS = {
    "--pairs": "learn from pairs and not from classes: item, item, same or different a line",
    "--triplets": "learn from triplets and not from classes: anchor, nearer item, farther item a line",
    "--must-link": "learn from groups and not from classes: two or more items a line that belong together",
}


def going_on(parser: argparse.ArgumentParser) -> None:
    """Add how a run goes on that is there."""
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out from its last checkpoint; with --epochs for so many in all",
    )
    parser.add_argument(
        "--resume-or-start",
        action="store_true",
        help="--resume if --out holds a run, else begin it: for what starts the command again by itself, such as "
        "torchrun --nproc-per-node N -m explorer train …, which trains on N processes",
    )
    parser.add_argument(
        "--from",
        type=origin,
        dest="origin",
        metavar="STEP | RUN@STEP",
        help="with --resume: go on from the checkpoint of this step, and forget what came after it; without: begin a "
        "new run as RUN was at a step, weights, moments and randomness, with --set of what is another value from there",
    )


def given_files(parser: argparse.ArgumentParser) -> None:
    """Add what is trained on in place of classes: one file of pairs, triplets or must-link lists."""
    one = parser.add_mutually_exclusive_group()
    for option, words in GIVEN_OPTIONS.items():
        one.add_argument(option, default="", metavar="FILE", help=words)


def moved(parser: argparse.ArgumentParser) -> None:
    """Add where the data of a run are by now."""
    parser.add_argument(
        "--data", default="", metavar="DATA", help="where the data of the run are now, if they were moved"
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add a result for scripts."""
    parser.add_argument("--json", action="store_true", help="write one JSON value to stdout")
