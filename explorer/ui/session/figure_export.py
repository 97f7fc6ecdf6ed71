"""Taking a plot away: the one button and the entries at the pointer with which panels save what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from explorer.core.errors import printable
from explorer.engine.events import Notice
from explorer.engine.export.base import written_whole
from explorer.engine.jobs import Control
from explorer.ui.session.commands import Place
from explorer.ui.session.panel import Panel
from explorer.ui.widgets.context_menu import context_menu, entry
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.figures.files import FORMATS, Format, content
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.save_dialog import ask_where, plain_name
from explorer.ui.widgets.text_size import keep_tool
from explorer.ui.widgets.theme import LIGHT, Theme

TIPS = {
    "png": tr("A picture, three times as fine as on screen"),
    "svg": tr("Shapes and letters that stay sharp and can be edited"),
    "csv": tr("All numbers, in full"),
}
PAPER = tr("On light paper")


class FigureExport:
    """Adds the button to the header of a panel; ``figures`` returns what it shows now, nothing while it is empty."""

    def __init__(self, panel: Panel, figures: Callable[[], Sequence[Figure]]) -> None:
        self._panel, self.figures = panel, figures
        words = tr("Save the plots of {title} as PNG, SVG or CSV", title=panel.title)
        self.button = IconButton(panel.desk.themes, "save", words)
        panel.found_by_name.append(Place(words, tr("table export numbers"), TIPS["csv"], self.open))
        keep_tool(self.button)
        self.button.clicked.connect(self._show_menu)
        panel.header_tools.append(self.button)

    def open(self) -> None:
        """Bring the panel forward and open the menu, once the button is where it will be."""
        self._panel.come_forward()
        next_turn(self.button, self._show_menu)

    def _show_menu(self) -> None:
        menu = context_menu(self.button)
        self.add_to(menu)
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    def add_to(self, menu: QMenu) -> None:
        """Add the entries for each figure to a menu, and whether they are on light paper."""
        figures = self.figures()
        if not figures:
            entry(menu, tr("Nothing to save yet")).setEnabled(False)
            return
        for figure in figures:
            inside = menu.addMenu(figure.title.replace("&", "&&")) if len(figures) > 1 else menu
            inside.setToolTipsVisible(True)
            for kind in FORMATS:
                text = tr("Save as {kind}…", kind=kind.upper())
                entry(inside, text, partial(self._ask, figure, kind), tip=TIPS[kind])
            if inside is menu:
                entry(inside, tr("Copy as CSV"), partial(self._copy, figure), tip=tr("For a spreadsheet"))
        menu.addSeparator()
        settings = self._panel.desk.settings
        paper = entry(menu, PAPER, tip=tr("Dark letters on white, whatever the window looks like"))
        paper.setCheckable(True)
        paper.setChecked(bool(settings.value("paper")))
        paper.toggled.connect(lambda on: settings.set_value("paper", on))

    def _copy(self, figure: Figure) -> None:
        QGuiApplication.clipboard().setText(figure.columns.as_csv())

    def _ask(self, figure: Figure, kind: Format) -> None:
        """Ask where to save a figure."""
        desk = self._panel.desk
        ask_where(
            self._panel.window(),
            tr("Save {title} as {kind}", title=figure.title, kind=kind.upper()),
            desk.settings.folder,
            f"{kind.upper()} (*.{kind})",
            kind,
            lambda path: self.save(path, figure, kind),
            self.suggested(figure),
        )

    def suggested(self, figure: Figure) -> str:
        """Return a name for the file of a figure, from the data and its title."""
        dataset = self._panel.desk.data.dataset
        name = f"{dataset.name}-{figure.title}" if dataset is not None else figure.title
        return plain_name(name) or "figure"

    def save(self, path: Path, figure: Figure, kind: Format) -> None:
        """Write the file of a figure in the background, whole or not at all."""
        desk = self._panel.desk
        desk.settings.set_folder(str(path.parent))
        theme: Theme = LIGHT if desk.settings.value("paper") else desk.themes.current

        def work(_control: Control) -> None:
            made = content(figure, kind, theme)
            written_whole(path, lambda beside: beside.write_bytes(made))
            told = tr("Saved {path}", path=printable(str(path)))
            desk.session.lanes.post(Notice(told, folder=path.parent, file=path))

        desk.session.start(tr("Save {name}", name=printable(path.name)), work, writes=path.name)


def caption_of(panel: Panel, *parts: str) -> str:
    """Return what stands below a figure: the data, and which step and items it is of."""
    dataset = panel.desk.data.dataset
    named = [] if dataset is None else [printable(dataset.name)]
    return " · ".join([*named, *(part for part in parts if part)])
