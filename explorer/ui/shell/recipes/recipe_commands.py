"""What can be done with recipes: take one, save it, copy and paste it, compare it, and go back to the one before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from explorer.core.errors import UserError, printable
from explorer.core.examples import examples
from explorer.core.recipe import LARGEST_FILE, Recipe
from explorer.engine.events import UNDER_WAY, RecipeBack, RecipeChanged
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.next_turn import next_turn

if TYPE_CHECKING:
    from explorer.engine.session.recipes import KnownRecipe, RecipesFound, Style, TrainingLines
    from explorer.engine.session.session import Session
    from explorer.ui.recipe.recipe_panel import RecipePanel
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.main_window import MainWindow
    from explorer.ui.shell.recipes.recipe_book import RecipeBook

RUNNING = tr("A run is training by its own recipe: stop it first, then take another")
FUNCTION_KEYS = 12
WHAT = {"command": tr("The command line"), "python": tr("The lines of Python")}

WITHOUT = "recipe.without_labels"
WITHOUT_TIP = tr("Set a recipe that needs no classes: the loss NT-Xent tells each item by two changed views of it")

TAKING = ("recipe.load", "recipe.paste", "recipe.reset")
READY = (*TAKING, "recipe.save", "recipe.book", "recipe.copy")
LINES = ("recipe.copy_command", "recipe.copy_python")


class RecipeCommands:
    """Adds the commands to the menu File, and does what they say."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.book: RecipeBook | None = None
        self._waiting: tuple[Recipe, str] | None = None
        add = window.commands.add
        book = add(
            "recipe.book",
            tr("Recipes…"),
            self.open_book,
            shortcut="Ctrl+Shift+B",
            menu="File",
            tip=tr("All recipes: of this run, saved, and by task with when to take which; what differs, and copies"),
        )
        book.setProperty("begins_group", True)
        self._examples()
        add("recipe.load", tr("Recipe from a file…"), self._ask, shortcut="Ctrl+Shift+L", menu="File")
        add(
            "recipe.save",
            tr("Save recipe…"),
            self._save,
            shortcut="Ctrl+S",
            menu="File",
            tip=tr("In the folder of recipes it is listed by its name, in this window and on the command line"),
        )
        self._copies()
        words, keys = tr("Learn without labels"), "Ctrl+Alt+U"
        add(WITHOUT, words, self._take_without_labels, shortcut=keys, menu="File", tip=WITHOUT_TIP)
        window.opener.recipe_dropped.connect(self.load)

    def _examples(self) -> None:
        menu = QMenu(tr("Example recipes"), self._window)
        menu.setToolTipsVisible(True)
        menu.setProperty("before", "recipe.load")
        place = 0
        for task, some in groupby(examples(), key=lambda example: example.task):
            menu.addSeparator()
            menu.addAction(said(task)).setEnabled(False)
            for example in some:
                place += 1
                menu.addAction(
                    self._window.commands.add(
                        f"recipe.example.{example.name}",
                        said(example.title),
                        partial(self.load, str(example.path)),
                        shortcut=f"Ctrl+Shift+F{place}" if place <= FUNCTION_KEYS else "",
                        tip=f"{said(example.summary)} {said(example.when)}",
                    )
                )
        self._window.header.add_submenu("File", menu)

    def _copies(self) -> None:
        add = self._window.commands.add
        menu = QMenu(tr("Copy the recipe"), self._window)
        menu.setToolTipsVisible(True)
        menu.setProperty("before", "recipe.paste")
        for name, title, slot, keys, tip in (
            (
                "recipe.copy",
                tr("Copy the recipe as text"),
                self._copy_text,
                "Ctrl+Alt+Shift+C",
                tr("To be pasted or sent"),
            ),
            (
                "recipe.copy_command",
                tr("Copy as a command line"),
                lambda: self._lines("command"),
                "Ctrl+Alt+Shift+X",
                tr("The command that trains this run again, or by this recipe, for a terminal"),
            ),
            (
                "recipe.copy_python",
                tr("Copy as Python"),
                lambda: self._lines("python"),
                "Ctrl+Alt+Shift+P",
                tr("The lines that train this run again, or by this recipe, for a script or a notebook"),
            ),
        ):
            menu.addAction(add(name, title, slot, shortcut=keys, tip=tip))
        self._window.header.add_submenu("File", menu)
        add(
            "recipe.paste",
            tr("Paste a recipe"),
            self.paste,
            shortcut="Ctrl+Alt+Shift+V",
            menu="File",
            tip=tr("Take the recipe that was copied as text"),
        )

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Use a session."""
        from explorer.engine.session.recipes import RecipesFound, TrainingLines  # not before the first paint

        bridge.of(TrainingLines).connect(self._on_lines)
        bridge.of(RecipesFound).connect(self._on_recipes)
        bridge.of(RecipeChanged).connect(lambda event: self._on_set(event.recipe))
        bridge.of(RecipeBack).connect(lambda event: self._on_back(event.lent))

    def follow(self, panel: RecipePanel | None, *, running: bool) -> None:
        """Switch the commands on and off; ``panel``: of the recipe, None while the parts are loaded."""
        if panel is not None and self._waiting is not None:
            next_turn(self._window, self._take_waiting)
        commands, session = self._window.commands, self._window.session
        for name in READY:
            commands[name].setEnabled(panel is not None and not (running and name in TAKING))
        for name in LINES:
            commands[name].setEnabled(panel is not None and session is not None and session.dataset is not None)
        commands[WITHOUT].setEnabled(panel is not None and not running and self._without_labels() is not None)

    # --- taking one ---------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        self._window.opener.ask_recipe(False, self.load)

    def load(self, path: str) -> None:
        """Take the recipe of a file, once it can be taken where the window has only begun; what is wrong is told."""

        def loaded() -> None:
            recipe, name = Recipe.load(Path(path)), Path(path).stem
            if self._window.actions_of_window.recipe_panel is None or self._window.session is None:
                self._waiting = recipe, name
            else:
                self.take(recipe, name)

        self._told(loaded)

    def _take_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._told(lambda: self.take(*waiting))

    def take(self, recipe: Recipe, name: str, *, for_these: bool = False) -> None:
        """Make a recipe that of the next run, and say what is another one now; it can be put back.

        ``for_these``: it was made for the data that are open, and ends with them.

        Raises
        ------
        UserError: if a run trains, or the recipe names parts that do not exist or values that are not allowed.
        """
        panel, session = self._window.actions_of_window.recipe_panel, self._window.session
        if panel is None or session is None:
            raise UserError(tr("The parts of the recipe are still being loaded"), remedy=tr("Try again in a moment"))
        if session.state in UNDER_WAY:
            raise UserError(RUNNING)
        from explorer.ui.shell.recipes.recipe_book import difference_words

        before = session.recipe
        panel.adopt(recipe, for_these=for_these)
        words = difference_words(before, session.recipe)
        if session.dataset is None:
            words = tr("{words}. Open what it shall be trained on", words=words) if words else words
        said = (
            tr("{name} is set: {words}.", name=printable(name), words=words)
            if words
            else tr("{name} is what was set already.", name=printable(name))
        )
        offer = (tr("Put back"), lambda: self._told(lambda: panel.adopt(before))) if words else None
        self._window.toasts.show(said, offer=offer, stays=False)

    def _without_labels(self) -> Recipe | None:
        """Return the recipe by which these data are learned from without classes; None where none lacks."""
        session = self._window.session
        if session is None or session.dataset is None or session.dataset.labelled:
            return None
        from explorer.engine.datasets.without_labels import without_labels  # with the session

        return without_labels(session.dataset, session.recipe)

    def _take_without_labels(self) -> None:
        recipe = self._without_labels()
        if recipe is not None:
            self._told(lambda: self.take(recipe, tr("The recipe without labels"), for_these=True))

    def reset(self) -> None:
        """Take the default recipe."""
        panel = self._window.actions_of_window.recipe_panel
        if panel is not None:
            self._told(lambda: self.take(panel.default(), tr("The default recipe")))

    def paste(self) -> None:
        """Take the recipe that is on the clipboard as text; what is wrong with it is told."""
        text = QGuiApplication.clipboard().text()
        source = tr("The text on the clipboard")

        def pasted() -> None:
            if not text.strip() or len(text) > LARGEST_FILE:
                raise UserError(tr("There is no recipe on the clipboard"), remedy=tr("Copy one as text first"))
            self.take(Recipe.from_toml(text, source=source), source)

        self._told(pasted)

    # --- keeping and handing on ---------------------------------------------------------------------------------------

    def _save(self) -> None:
        panel = self._window.actions_of_window.recipe_panel
        if panel is not None:
            self._window.opener.ask_recipe(True, lambda path: self._told(lambda: self._saved(panel, Path(path))))

    def _saved(self, panel: RecipePanel, path: Path) -> None:
        panel.save(path)
        self._window.toasts.show(tr("The recipe is saved as {name}.", name=printable(path.stem)))
        if self.book is not None:
            self._look()

    def _copy_text(self) -> None:
        if self._window.session is not None:
            self._put_text(self._window.session.recipe)

    def _put_text(self, recipe: Recipe) -> None:
        QGuiApplication.clipboard().setText(recipe.resolved().to_toml())
        self._window.toasts.show(tr("The recipe is on the clipboard, as text."))

    def _lines(self, style: Style) -> None:
        if self._window.session is not None:
            self._window.session.recipes.lines(style)

    def _on_lines(self, lines: TrainingLines) -> None:
        QGuiApplication.clipboard().setText(lines.text)
        does = tr("train {run} again", run=printable(lines.run)) if lines.run else tr("train by this recipe")
        lacking = "".join(f" {sentence}." for sentence in lines.lacking)
        what = tr(
            "{what} that {does}",
            what=WHAT[lines.style],
            does=does if lines.style == "python" else does.replace("train", "trains", 1),
        )
        verb = tr("are") if lines.style == "python" else tr("is")
        self._window.toasts.show(
            tr("{what} {verb} on the clipboard.{lacking}", what=what, verb=verb, lacking=lacking),
            "warning" if lacking else "info",
        )

    # --- the book -----------------------------------------------------------------------------------------------------

    def open_book(self, run: Path | None = None) -> None:
        """Open the window of all recipes; with that of a run, if one is asked for."""
        from explorer.ui.shell.recipes.recipe_book import RecipeBook

        if self.book is None:
            book = self.book = RecipeBook(self._window)
            book.taken.connect(self._take_known)
            book.copied.connect(self._copy_known)
            book.browse.connect(self._ask)
        if run is not None:
            self.book.want(run)
        if self._window.session is not None:
            self.book.show_set(self._window.session.recipe)
        self._look(run)
        self.book.show()
        self.book.raise_()

    def _look(self, run: Path | None = None) -> None:
        if self._window.session is not None:
            self._window.session.recipes.look(run)

    def _on_recipes(self, found: RecipesFound) -> None:
        if self.book is not None:
            self.book.show_recipes(found.recipes)

    def _on_set(self, recipe: Recipe) -> None:
        if self.book is not None and self.book.isVisible():
            self.book.show_set(recipe)

    def _on_back(self, lent: Recipe) -> None:
        """Say that the recipe is one's own again, no longer that for the data before, which can be taken again."""
        session = self._window.session
        if session is None:
            return
        again = lent.model_copy(update={"data": session.recipe.data})
        text = tr("Other data are open: the recipe that was set for the data before is put away, and your own is back.")
        name = tr("The recipe of before")
        offer = (tr("Take the one put away"), lambda: self._told(lambda: self.take(again, name)))
        self._window.toasts.show(text, offer=offer, stays=False)

    def _take_known(self, known: object) -> None:
        each = cast("KnownRecipe", known)
        if each.recipe is not None:
            recipe = each.recipe
            self._told(lambda: self.take(recipe, each.name))

    def _copy_known(self, style: str, known: object) -> None:
        each, session = cast("KnownRecipe", known), self._window.session
        if each.recipe is None or session is None:
            return
        if style == "text":
            self._put_text(each.recipe)
        elif each.run is None and session.dataset is None:
            self._window.toasts.show(tr("Open data first: the lines say on what to train."), "warning")
        else:
            session.recipes.lines(cast("Style", style), each.recipe, each.run)

    def _told(self, work: Callable[[], object]) -> None:
        try:
            work()
        except UserError as error:
            self._window.toasts.show(str(error), "error")
