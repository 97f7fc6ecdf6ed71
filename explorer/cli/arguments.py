"""What can be typed: the contract that scripts rely on. Nothing is imported here but argparse."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from explorer.cli.argument_types import count, distance, positive, with_negative_steps
from explorer.cli.shared_options import (
    DATA_HELP,
    GIVEN_OPTIONS,
    KEYS,
    dimensions,
    given_files,
    going_on,
    json_option,
    moved,
    recipe_file,
    repeatable,
    settings,
    target,
)
from explorer.cli.sweep_options import sweep
from explorer.core.errors import UserError, printable
from explorer.core.words import several

PROGRAM = "embedding-explorer"

PATH_OPTIONS = frozenset(
    ("--out", "--data", "--test", "--gallery", "--recipe", "--screenshots", "--csv", *GIVEN_OPTIONS)
)

OVERVIEW = """\
Train an embedding on your pictures or vectors and watch the metric being learned.

  embedding-explorer [DATA | RUN]      open the window, with data or with a saved run

commands (each has --help):
  train DATA --out RUN                 train without a window
  sweep DATA --out FOLDER --over K=…   train a run of each combination of values, and of each seed
  follow RUN                           a run that another process or computer trains; --ask pauses or stops it
  evaluate RUN                         how good the embedding is at retrieval
  compare RUN RUN …                    whether one run is better than another, or it was chance
  embed RUN DATA OUT                   data to vectors in a file: .npy, .npz, .csv or .parquet
  query RUN IMAGE | --text TEXT        the nearest neighbours of a picture, or of a text
  verify RUN A B                       whether two pictures show the same, by the threshold of the run
  gallery RUN enrol | identify | …     who is in a picture, of identities enrolled by a few pictures
  clean RUN                            likely label errors, duplicates, and duplicates in both parts
  export RUN FORMAT DEST               the map as a table (coordinates), the run as a film, …
  report RUN DEST.html                 every protocol beside the raw data, curves, map and worst queries on one page
  check DATA                           what would be imported, what is skipped and why
  list [KIND]                          losses, miners, distances, encoders, … and their parameters
  recipes list | show | diff | …       recipes by task, what two say differently, the lines that train a run again
  runs FOLDER                          the table of the runs of a folder: what differs, recall, budget, tags
  disk [RUN]                           what is kept in megabytes, and freeing some of it
  doctor                               versions, device, memory, optional extras
  self-test                            open the real window, train a sample, click, query, close

DATA is sample:digits, a folder of class folders, a zip of one, a CSV that names pictures, or vectors that were
computed elsewhere (.npy, .npz, .parquet). A command wins over a folder of its name.
"""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises what it would print."""

    def error(self, message: str) -> NoReturn:
        """Raise a ``UserError``."""
        raise UserError(message, remedy=f"See: {self.prog} --help")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; ``command`` says which command, ``window`` when none is named.

    Raises
    ------
    UserError: if they cannot be understood; SystemExit: after ``--help`` or ``--version``.
    """
    _check_none_empty(arguments)
    arguments = with_negative_steps(arguments)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    if not command:
        return _parsed(_window(), arguments)
    parser = Parser(
        prog=f"{PROGRAM} {command}", formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    COMMANDS[command](parser)
    options = _parsed(parser, arguments[1:])
    options.command = command
    return options


def _parsed(parser: Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options.

    Raises
    ------
    UserError: if a word is left over; it is named, and what may be meant.
    """
    options, over = parser.parse_known_args(arguments)
    if not over:
        return options
    named = next((word for word in over if word.startswith("-")), "")
    if named:
        raise UserError(f"There is no option {printable(named)}", remedy=f"See: {parser.prog} --help")
    few = "is one word" if len(over) == 1 else f"are {several(len(over), 'word')}"
    said = printable(" ".join(over))
    raise UserError(f"{said} {few} too many", remedy=f"Put what holds blanks in quotes, or see: {parser.prog} --help")


def _check_none_empty(arguments: Sequence[str]) -> None:
    """Refuse an empty word, which would name the current folder; a script means another one.

    Raises
    ------
    UserError: if a word is empty; the option is named.
    """
    for before, word in zip(("", *arguments), arguments, strict=False):
        name, equals, value = word.partition("=")
        if not word or (equals and not value and name in PATH_OPTIONS):
            option = before if not word and before.startswith("--") else name
            raise UserError(f"{option or 'an argument'} is empty", remedy="Give it a value, or leave it out")


def _window() -> Parser:
    from explorer import __version__

    parser = Parser(
        prog=PROGRAM,
        description=OVERVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=f"{PROGRAM} [DATA | RUN] [--recipe FILE]",
        allow_abbrev=False,
    )
    parser.add_argument("data", nargs="?", default="", metavar="DATA | RUN", help="what to open")
    recipe_file(parser)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.set_defaults(command="window")
    return parser


def _train(parser: Parser) -> None:
    parser.description = "Train an embedding; Ctrl+C stops and saves, --resume goes on."
    parser.epilog = KEYS
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    parser.add_argument("--out", required=True, metavar="RUN", help="folder of the run; made new")
    for option, words in (("--test", "a second set, held out; repeatable"), ("--gallery", "a set to be found in only")):
        parser.add_argument(option, action="append", default=[], metavar="DATA2", help=words)
    given_files(parser)
    recipe_file(parser)
    settings(parser)
    target(parser)
    parser.add_argument("--epochs", type=count, metavar="N", help="0: chosen from the number of items")
    parser.add_argument("--seed", type=count, metavar="N")
    parser.add_argument("--device", metavar="D", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--precision", metavar="P", help="of the encoder: auto (the faster), float32 or bfloat16")
    repeatable(parser)
    going_on(parser)
    json_option(parser)


def _follow(parser: Parser) -> None:
    parser.description = (
        "Tell what a run does that another process or another computer trains, by its folder, until it has ended."
    )
    parser.add_argument(
        "run", metavar="RUN", help="the folder that train --out writes, shared or copied again and again"
    )
    parser.add_argument(
        "--ask",
        action="append",
        default=[],
        metavar="WHAT",
        help="do not follow it, but ask it to pause, resume, save or stop, or to train on with another live value: "
        "KEY=VALUE; repeatable",
    )
    json_option(parser)


def _evaluate(parser: Parser) -> None:
    parser.description = "Measure a run on its held-out items, or on other data."
    parser.epilog = f"{KEYS}Parameters of the protocol: --set protocol.ways=5, for example.\n"
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    parser.add_argument("--data", default="", metavar="DATA", help="measure on these instead; " + DATA_HELP)
    parser.add_argument(
        "--protocol",
        default="",
        metavar="P",
        help='retrieval, verification, few-shot, …: see "list protocols"; by default retrieval, and cross-modal for '
        "pictures with captions",
    )
    parser.add_argument(
        "--baselines",
        action="store_true",
        help="beside it the raw data by cosine and by Euclidean distance, and the same encoder before any training",
    )
    parser.add_argument(
        "--from", type=count, dest="step", metavar="STEP", help="the network of this step; the last one if not given"
    )
    dimensions(parser)
    settings(parser)
    json_option(parser)


def _compare(parser: Parser) -> None:
    parser.description = (
        "Ask runs the same about items that both held out: every figure, the difference with its 95 % interval and how "
        "likely it is by chance; by retrieval also which queries were fixed and which broken, and which classes gained "
        "(McNemar's test, paired bootstrap); where the recipes differ; and what can be said of it, in one sentence."
    )
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="two folders that train --out wrote, or more: each against the first"
    )
    parser.add_argument("--data", default="", metavar="DATA", help="measure on these instead; " + DATA_HELP)
    parser.add_argument(
        "--protocol", default="retrieval", metavar="P", help="retrieval, verification, few-shot, re-id or open-set"
    )
    settings(parser, "change a parameter of the protocol: protocol.KEY=VALUE; repeatable")
    json_option(parser)


def _embed(parser: Parser) -> None:
    parser.description = "Embed pictures or vectors with a run: a row for each, in the order of the data."
    parser.epilog = "OUT ends in .npy (vectors), .npz (vectors, ids, labels), .csv or .parquet (one row an item)."
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    parser.add_argument("out", metavar="OUT")
    settings(parser)
    json_option(parser)


def _query(parser: Parser) -> None:
    parser.description = (
        "Find the nearest neighbours of a picture, or of what else it was trained on, among the items of a run; for "
        "vectors and rows of a table, of one of the items."
    )
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "image",
        metavar="IMAGE",
        nargs="?",
        default="",
        help="a file as those of the run; for a run on vectors or a table the id or number of one of its items, and "
        "for vectors also a file of one row",
    )
    parser.add_argument("--text", default=None, metavar="TEXT", help="the text itself, for a run on texts or captions")
    parser.add_argument(
        "--kind", choices=("picture", "caption"), default="", help="only pictures or only captions, for a run on both"
    )
    parser.add_argument("-k", type=positive, default=10, metavar="N", help="how many; 10 if not given")
    dimensions(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--approximate",
        action="store_false",
        dest="exact",
        default=None,
        help="search by codes, which are made once and kept, as it is done anyway among more than a million items",
    )
    how.add_argument("--exact", action="store_true", default=None, help="compare with every item, however many")
    moved(parser)
    json_option(parser)


def _verify(parser: Parser) -> None:
    parser.description = "Say whether two pictures show the same: up to the distance that validation pairs have chosen."
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    for name in ("a", "b"):
        parser.add_argument(name, metavar=name.upper(), help="a picture file, or the id of an item of the run")
    moved(parser)
    json_option(parser)


def _gallery(parser: Parser) -> None:
    parser.description = "Say who is in a picture, of identities that are enrolled by a few pictures without training."
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    image = "a picture file, or the id of an item of the run"
    enrol = actions.add_parser("enrol", help="add pictures to an identity, new or known", allow_abbrev=False)
    enrol.add_argument("name", metavar="NAME")
    enrol.add_argument("images", nargs="+", metavar="IMAGE", help=image)
    identify = actions.add_parser("identify", help="the nearest identities, or unknown", allow_abbrev=False)
    identify.add_argument("image", metavar="IMAGE", help=image)
    identify.add_argument("-k", type=positive, default=5, metavar="N", help="how many candidates; 5 if not given")
    identify.add_argument(
        "--threshold",
        type=distance,
        metavar="D",
        help="beyond this distance it is nobody; if not given, the run's own",
    )
    listed = actions.add_parser("list", help="who is enrolled", allow_abbrev=False)
    remove = actions.add_parser("remove", help="forget an identity", allow_abbrev=False)
    remove.add_argument("name", metavar="NAME")
    rename = actions.add_parser("rename", help="give an identity another name", allow_abbrev=False)
    rename.add_argument("name", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    for action in (enrol, identify, listed, remove, rename):
        moved(action)
        json_option(action)


def _clean(parser: Parser) -> None:
    parser.description = (
        "Find items whose class is probably another one, pictures that stand twice in the data, and those of them that "
        "stand in both the training and the held-out part. Nothing is changed."
    )
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    parser.add_argument("--out", default="", metavar="LIST.csv", help="write the list here as well")
    moved(parser)
    json_option(parser)


def _export(parser: Parser) -> None:
    parser.description = "Write what a run has kept for another program: to a file, or to a new folder with a README."
    parser.epilog = (
        "For example: export RUN coordinates map.csv, or: export RUN film run.gif --set seconds=8, or: export RUN "
        'faiss index. "list exports" shows every format and its parameters.'
    )
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    parser.add_argument("format", metavar="FORMAT", help="coordinates, film, …")
    parser.add_argument("dest", metavar="DEST", help="the file to write, whose ending says how, or the folder")
    parser.add_argument("--step", type=count, metavar="N", help="of this step; of the last one if not given")
    parser.add_argument(
        "--items", default="", metavar="SET", help="only the items of the named set of the run, as the window keeps it"
    )
    settings(parser, "change a parameter of the format; repeatable")
    moved(parser)
    json_option(parser)


def _report(parser: Parser) -> None:
    parser.description = (
        "Measure a run by every protocol, beside simpler things, and write one page or a PDF that needs nothing else: "
        "figures with intervals, curves, map, worst queries, recipe."
    )
    parser.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
    parser.add_argument("dest", metavar="DEST", help="ends in .html or .pdf, or in .csv or .json: figures alone")
    parser.add_argument("--data", default="", metavar="DATA", help="measure on these instead; " + DATA_HELP)
    json_option(parser)


def _check(parser: Parser) -> None:
    parser.description = "Show what would be imported, and every file that is skipped, with its reason."
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    settings(parser)
    target(parser)
    json_option(parser)


def _list(parser: Parser) -> None:
    parser.description = "Show the parts a recipe is made of, with parameters, ranges and help."
    parser.add_argument("kind", nargs="?", default="", metavar="KIND", help="for example loss or miners")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="one of them, for example triplet")
    json_option(parser)


def _recipes(parser: Parser) -> None:
    parser.description = "Show and compare recipes, and the lines that train a run again."
    parser.epilog = "RECIPE is a file, an example or a name that you saved, a run (as it ended), or default."
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="the recipes that come along, by task, and those you saved")
    show = actions.add_parser("show", help="a recipe as TOML")
    show.add_argument("recipe", metavar="RECIPE")
    diff = actions.add_parser("diff", help="what two recipes say differently")
    diff.add_argument("recipes", nargs=2, metavar="RECIPE")
    command = actions.add_parser("command", help="the command that trains a run again")
    python = actions.add_parser("python", help="the lines of Python that train a run again")
    for action in (command, python):
        action.add_argument("run", metavar="RUN", help="the folder that train --out wrote")
        action.add_argument("--out", default="", metavar="RUN2", help="where the lines train to")
    for action in (listed, show, diff, command, python):
        json_option(action)


def _runs(parser: Parser) -> None:
    parser.description = (
        "Show the saved runs of a folder, newest first: what their recipes say differently, the last recall of "
        "held-out items with its 95 % interval, steps, time, device, size, name, tags. What did not change since is "
        "read from a list that is kept in the cache."
    )
    parser.add_argument("folder", metavar="FOLDER", help="the folder in which runs lie")
    parser.add_argument(
        "--filter",
        default="",
        metavar="WORDS",
        help='only runs of which all words hold: "loss=triplet recall@1>=0.9", or any word of name, tags and note',
    )
    parser.add_argument("--csv", default="", metavar="FILE", help="write the table to this file as well")
    json_option(parser)


def _disk(parser: Parser) -> None:
    parser.description = (
        "Show in megabytes what a run keeps and by what policy, or, without one, what the program keeps, "
        "and free some of it."
    )
    parser.add_argument("run", metavar="RUN", nargs="?", default="", help="the folder that train --out wrote")
    parser.add_argument(
        "--free",
        default="",
        choices=("checkpoints", "weights", "snapshots", "cache", "trash"),
        metavar="WHAT",
        help="of a run: checkpoints, weights or snapshots of earlier steps, for good; "
        "without one: cache, or trash (deleted runs)",
    )
    json_option(parser)


def _doctor(parser: Parser) -> None:
    parser.description = "Show versions, device, memory, folders, and what each optional extra would add."
    json_option(parser)


def _self_test(parser: Parser) -> None:
    parser.description = "Open the real window, train the digits sample, click, query, close."
    parser.add_argument("--screenshots", default="", metavar="DIR", help="save a picture of the window at every stage")
    json_option(parser)


COMMANDS = {
    "train": _train,
    "sweep": sweep,
    "follow": _follow,
    "evaluate": _evaluate,
    "compare": _compare,
    "embed": _embed,
    "query": _query,
    "verify": _verify,
    "gallery": _gallery,
    "clean": _clean,
    "export": _export,
    "report": _report,
    "check": _check,
    "list": _list,
    "recipes": _recipes,
    "runs": _runs,
    "disk": _disk,
    "doctor": _doctor,
    "self-test": _self_test,
}
