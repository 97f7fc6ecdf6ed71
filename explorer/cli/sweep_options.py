"""What can be typed behind ``sweep``."""

from __future__ import annotations

import argparse

from explorer.cli.argument_types import count, minutes, positive
from explorer.cli.shared_options import DATA_HELP, KEYS, given_files, json_option, recipe_file, settings, target


def sweep(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep``."""
    parser.description = (
        "Train a run of each combination of some values, one after the other or side by side on several devices, on "
        "data that are opened once. What was trained is kept: the same command goes on after Ctrl+C or any other end, "
        "and a run that fails is told and passed over. The table of the runs, also while it goes on: runs FOLDER."
    )
    parser.epilog = KEYS
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the folder in which the runs lie")
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="KEY=VALUES",
        help="loss=triplet,supcon or loss.margin=0.1:0.5:5 (from, to, how many; :log behind it: by logarithms); "
        "repeatable: all combinations. Parameters that a loss does not have are left out of it",
    )
    parser.add_argument(
        "--main-losses", action="store_true", help="over the ten losses that are tried first; with --seeds 2 or more"
    )
    parser.add_argument(
        "--draw", type=positive, default=0, metavar="N", help="N combinations that fill the space (Sobol), not all"
    )
    parser.add_argument(
        "--drawn-by",
        choices=("sobol", "optuna"),
        default="sobol",
        help="optuna: each of the N by what those before it came to (needs the extra optuna)",
    )
    parser.add_argument(
        "--metric", default="recall@1", metavar="NAME", help="by which optuna goes, for example map@r; recall@1"
    )
    parser.add_argument("--seeds", type=positive, default=1, metavar="N", help="train each with so many seeds; 1")
    parser.add_argument("--pictures", type=positive, default=0, metavar="N", help="about so many seen by each run")
    parser.add_argument("--minutes", type=minutes, default=0.0, metavar="M", help="at most so long each run")
    parser.add_argument("--epochs", type=count, metavar="N", help="of each run")
    parser.add_argument(
        "--halving", action="store_true", help="only the better half goes on, again and again (successive halving)"
    )
    parser.add_argument("--retry", action="store_true", help="try again what failed before")
    parser.add_argument(
        "--devices",
        default="",
        metavar="D,D",
        help="a run each at the same time: cuda:0,cuda:1 or cpu,cpu; all CUDA cards if not given",
    )
    for option, words in (("--test", "a second set, held out; repeatable"), ("--gallery", "a set to be found in only")):
        parser.add_argument(option, action="append", default=[], metavar="DATA2", help=words)
    given_files(parser)
    recipe_file(parser)
    settings(parser)
    target(parser)
    parser.add_argument("--seed", type=count, metavar="N", help="the first seed")
    parser.add_argument("--device", metavar="D", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--precision", metavar="P", help="of the encoder: auto (the faster), float32 or bfloat16")
    parser.add_argument("--threads", type=positive, default=0, metavar="N", help="cores that train; all if not given")
    json_option(parser)
