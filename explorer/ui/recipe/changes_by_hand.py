"""What a hand changes in the recipe can be taken back: a slider that is drawn is one change."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer

from explorer.core.errors import UserError
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import Scalar
from explorer.engine.events import UNDER_WAY, Notice
from explorer.ui.session.acts import Act
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.forms import kind_title, parameter_title
from explorer.ui.widgets.language import tr

GATHERED_MS = 700
"""Changes of one field that follow each other within so long are one."""


class ChangesByHand(QObject):
    """Tells the history of the view of each change, once its field stays."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._path, self._before = "", desk.session.recipe
        self._value: Scalar | None = None
        self._gather = QTimer(self, interval=GATHERED_MS, singleShot=True)
        self._gather.timeout.connect(self._tell)

    def note(self, path: str, before: Recipe, value: Scalar) -> None:
        """Note that a field was given a value, in place of what ``before`` has there."""
        if path != self._path:
            self._tell()
            self._path, self._before = path, before
        self._value = value
        self._gather.start()

    def _tell(self) -> None:
        path, before, value = self._path, self._before, self._value
        self._gather.stop()
        self._path = ""
        if not path or value is None or value == _value_of(before, path):
            return
        kind, _, field = path.partition(".")
        title = f"{kind_title(kind)}: {parameter_title(kind, field)}" if field else kind_title(kind)
        self._desk.state.acted.emit(
            Act(
                "",
                partial(self._put, path, before),
                partial(self._set, path, value),
                tr("recipe, {title}", title=title),
            )
        )

    def _put(self, path: str, before: Recipe) -> None:
        """Set a field to what it was; a part with all that it had."""
        session, kind = self._desk.session, path.partition(".")[0]
        if session.state in UNDER_WAY:
            self._set(path, _value_of(before, path))
            return
        kinds = ("fitter", "encoder", "distance") if path == "fitter" else (kind,)  # it brings others of these
        session.configure(session.recipe.model_copy(update={name: getattr(before, name) for name in kinds}))

    def _set(self, path: str, value: Scalar) -> None:
        try:
            self._desk.session.set(path, value)
        except UserError as error:
            self._desk.session.lanes.post(Notice(str(error), "warning"))


def _value_of(recipe: Recipe, path: str) -> Scalar:
    kind, _, field = path.partition(".")
    if kind not in PART_KINDS:
        value: Scalar = getattr(recipe, path)
        return value
    found: Scalar = getattr(recipe.params(kind), field) if field else recipe.part(kind).name
    return found
