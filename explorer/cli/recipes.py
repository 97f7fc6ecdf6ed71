"""The recipe that the options of a command ask for, and ``recipes``: to list, show, compare and hand on recipes."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console
from explorer.cli.shared_options import target_settings
from explorer.core.examples import Example, examples
from explorer.core.recipe import GENERAL, Recipe


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the default recipe or that of ``--recipe``, changed by ``--set`` and the options of its general keys.

    Raises
    ------
    UserError: if the file cannot be read, there is no such key, or a value is not allowed.
    """
    spec = getattr(options, "recipe", "")
    recipe = found(spec) if spec else Recipe()
    recipe = recipe.with_settings([*getattr(options, "settings", ()), *target_settings(getattr(options, "target", ""))])
    for key in GENERAL:
        value = getattr(options, key, None)
        if value is not None:
            recipe = recipe.with_value(key, value)
    return recipe


def found(spec: str) -> Recipe:
    """Return the recipe that ``spec`` names, see ``found_recipe``, which is imported only now.

    Raises
    ------
    UserError: if there is none, or it cannot be read.
    """
    from explorer.engine.recipes.found_recipe import found_recipe

    return found_recipe(spec)


def main(options: argparse.Namespace, console: Console) -> int:
    """Do what was asked for with recipes, and write what came of it."""
    actions = {"list": _list, "show": _show, "diff": _diff, "command": _again, "python": _again}
    actions[options.action](options, console)
    return 0


def _list(options: argparse.Namespace, console: Console) -> None:
    from explorer.engine.recipes.found_recipe import saved_recipes

    saved, shipped = saved_recipes(), examples()
    if options.json:
        told = {
            example.name: {"task": example.task, "title": example.title, "when": example.when} for example in shipped
        }
        console.json(told | {path.stem: {"task": "", "title": path.stem, "when": ""} for path in saved})
        return
    tasks = dict.fromkeys(example.task for example in shipped)
    lines = [line for task in tasks for line in (task, *(_line(each) for each in shipped if each.task == task))]
    lines += ["Saved by you", *(f"  {path.stem}" for path in saved)] if saved else []
    console.result("\n".join(lines))


def _line(example: Example) -> str:
    return f"  {example.name:18} {example.summary}\n  {'':18} {example.when}"


def _show(options: argparse.Namespace, console: Console) -> None:
    recipe = found(options.recipe)
    if options.json:
        console.json(recipe.model_dump())
    else:
        console.result(recipe.to_toml().rstrip())


def _diff(options: argparse.Namespace, console: Console) -> None:
    from explorer.engine.recipes.differences import differences

    differing = differences(*map(found, options.recipes))
    if options.json:
        console.json({key: list(values) for key, values in differing.items()})
        return
    width = max((len(key) for key in differing), default=0)
    lines = (f"{key:{width}}  {_said(one)} → {_said(two)}" for key, (one, two) in differing.items())
    console.result("\n".join(lines) or "They are the same")


def _said(value: object) -> str:
    return "–" if value is None else str(value)


def _again(options: argparse.Namespace, console: Console) -> None:
    """Write the lines that train a run again."""
    from explorer.engine.recipes.command_line import command_lines
    from explorer.engine.recipes.how_trained import how_trained
    from explorer.engine.recipes.plan import plan_of_run
    from explorer.engine.recipes.python_lines import python_lines
    from explorer.runs.folder import RunFolder

    folder = RunFolder.open(Path(options.run))
    plan = plan_of_run(how_trained(folder))
    out = Path(options.out) if options.out else folder.path.with_name(f"{folder.path.name}-again")
    lines = python_lines(plan, out) if options.action == "python" else command_lines(plan, out)
    console.json({"lines": lines}) if options.json else console.result(lines)
