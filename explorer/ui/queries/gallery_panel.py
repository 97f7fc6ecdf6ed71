"""Identities that are kept with the run: enrol what is selected, name and remove them, and see who a pinned item is."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QToolButton, QVBoxLayout

from explorer.core.errors import printable
from explorer.core.map_values import StepShown
from explorer.core.registry import register
from explorer.core.types import Evaluation
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.gallery import GalleryChanged, Identified, NotIdentified
from explorer.retrieval.gallery import Identification
from explorer.ui.queries.identity_table import IdentityTable
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.item_picture import class_name, item_picture
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import ElidedLabel, NothingLabel, PlainLabel, count, counted, decimal, plain_tip
from explorer.ui.widgets.tiles import Tile, TileText

HEAD = 52

DECIDE = tr("Compare the distances below, or hold items of two classes out and train: they choose one.")


@register("panel", "gallery")
class GalleryPanel(Panel):
    """Who is enrolled, and who the newest pinned item is: an identity or unknown."""

    key: ClassVar[str] = "gallery"
    title: ClassVar[str] = tr("Gallery")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 30
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = tr(
        "Train, or open a saved run: then select a few items of one identity on the map and enrol them under a name. "
        "Others are identified without training again, or are unknown."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._names: tuple[str, ...] = ()
        self.table = IdentityTable()
        self.nothing = NothingLabel("")
        self._build()
        self._place()
        bridge, state = desk.bridge, desk.state
        bridge.of(GalleryChanged).connect(self.show_gallery)
        bridge.of(Identified).connect(self.show_answer)
        bridge.of(NotIdentified).connect(self._show_problem)
        for cause in (DatasetOpened, RunShown):
            bridge.of(cause).connect(lambda _event: self._begin())
        bridge.of(StepShown).connect(lambda _event: self._ask())
        bridge.of(Evaluation).connect(self._on_evaluation)
        state.selection_changed.connect(lambda _items: self._follow())
        state.selecting_changed.connect(lambda _on: self._follow())
        state.pins.changed.connect(lambda _items: self._on_pinned())
        add = desk.commands.add
        add("gallery.enrol", tr("Enrol as…"), self.begin_enrolment, shortcut="Ctrl+E", menu="Edit",
            tip=tr("Add the selected items to an identity of the gallery"))  # fmt: skip
        add("gallery.identify", tr("Identify"), self.identify, shortcut="Ctrl+Shift+I", menu="Edit",
            tip=tr("Say who the newest pinned item is, of the identities of the gallery"))  # fmt: skip
        add("gallery.undo", tr("Undo the last change of the gallery"), self._undo)
        self._begin()

    def _build(self) -> None:
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("Name of the identity"))
        self.name.setAccessibleName(tr("Name under which the selected items are enrolled"))
        self.name.textChanged.connect(lambda _text: self._follow())
        self.name.returnPressed.connect(self._enrol)
        self.enrol_button = QPushButton(tr("Enrol"))
        words = tr("Add the selected items to the identity of this name")
        self.desk.commands.tell_key(self.enrol_button, words, "gallery.enrol")
        self.enrol_button.clicked.connect(self._enrol)
        self.undo_button = QToolButton()
        self.undo_button.setText(tr("Undo"))
        self.undo_button.setToolTip(tr("Take the last change of the gallery back"))
        self.undo_button.setAccessibleName(tr("Undo the last change of the gallery"))
        self.undo_button.clicked.connect(self._undo)
        self.remove_button = QToolButton()
        self.remove_button.setText(tr("Remove"))
        self.remove_button.setToolTip(tr("Forget the selected identity  (Delete)"))
        self.remove_button.setAccessibleName(tr("Remove the selected identity"))
        self.remove_button.clicked.connect(lambda: self._remove(self.table.chosen))
        self.table.removed.connect(self._remove)
        self.table.identities.renamed.connect(self.desk.session.gallery.rename)
        self.table.selectionModel().selectionChanged.connect(lambda *_changed: self._follow())
        self.picture = Tile(self.desk.themes, HEAD, caption=False)
        self.answer = ElidedLabel("", role="title")
        self.reason = PlainLabel("", role="caption")
        self.reason.setWordWrap(True)
        self.candidates = PlainLabel("", role="figures")
        self.candidates.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # names may be long

    def _place(self) -> None:
        enrolment = QHBoxLayout()
        enrolment.addWidget(self.name, 1)
        enrolment.addWidget(self.enrol_button)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.answer)
        words.addWidget(self.reason)
        found = QHBoxLayout()
        found.setSpacing(10)
        found.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        found.addLayout(words, 1)
        top = QVBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(8)
        top.addLayout(enrolment)
        top.addLayout(found)
        top.addWidget(self.candidates)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addLayout(top)
        listed = QHBoxLayout()
        listed.setContentsMargins(9, 0, 9, 0)
        listed.addWidget(self.table)
        listed.addWidget(self.nothing)
        body.addLayout(listed, 1)
        changes = QHBoxLayout()
        changes.setContentsMargins(12, 4, 12, 6)
        changes.addStretch(1)
        changes.addWidget(self.remove_button)
        changes.addWidget(self.undo_button)
        body.addLayout(changes)

    # --- asking -------------------------------------------------------------------------------------------------------

    def begin_enrolment(self) -> None:
        """Come to the front and let the name be typed; the selected items are enrolled with Return."""
        self.come_forward()
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.selectAll()

    def identify(self) -> None:
        """Come to the front and say who the newest pinned item is."""
        self.come_forward()
        self._ask()

    def _enrol(self) -> None:
        if self.enrol_button.isEnabled():
            self.desk.state.once_selected(partial(self._enrol_as, self.name.text()))

    def _enrol_as(self, name: str) -> None:
        if len(self.desk.state.selection):
            self.desk.session.gallery.enrol(name, self.desk.state.selection)

    def _remove(self, name: str) -> None:
        if name:
            self.desk.session.gallery.remove(name)

    def _undo(self) -> None:
        if self.undo_button.isEnabled():
            self.desk.session.gallery.undo()

    def _ask(self) -> None:
        """Ask who the newest pinned item is, where anybody is enrolled."""
        pinned = self.desk.state.pins.items
        self._show_nobody()
        if pinned and self._names:
            self.desk.session.gallery.identify(pinned[-1])

    def _on_pinned(self) -> None:
        self._ask()
        self._follow()

    def _on_evaluation(self, event: Evaluation) -> None:
        """Ask anew when all items have been embedded anew; the answer of before stays until the new one is there."""
        pinned = self.desk.state.pins.items
        if event.part == "held-out" and event.run == self.desk.session.run and pinned and self._names:
            self.desk.session.gallery.identify(pinned[-1])

    # --- showing ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Show nothing of the run before, and look at the gallery of the one that is shown."""
        self._show(GalleryChanged("", (), (), False))
        self.show_body(self.desk.session.run_folder is not None)
        if self.desk.session.run_folder is not None:
            self.desk.session.gallery.look()

    def show_gallery(self, gallery: GalleryChanged) -> None:
        """Show who is enrolled, and ask again who the pinned item is."""
        if self.name.text().strip() in gallery.names:
            self.name.clear()
        self._show(gallery)
        self.show_body(True)
        self._ask()

    def _show(self, gallery: GalleryChanged) -> None:
        self._names = gallery.names
        self.table.identities.show_identities(gallery.names, gallery.images)
        self.undo_button.setEnabled(gallery.undoable)
        self.undo_button.setVisible(bool(gallery.names) or gallery.undoable)
        self.remove_button.setVisible(bool(gallery.names))
        self.table.setVisible(bool(gallery.names))
        self.nothing.setVisible(not gallery.names)
        self.set_status(counted(len(gallery.names), "identity", "identities") if gallery.names else "")
        self._show_nobody()
        self._follow()

    def _follow(self) -> None:
        """Switch on what can be done with what is selected."""
        chosen = len(self.desk.state.selection)
        self.enrol_button.setText(tr("Enrol {chosen}", chosen=count(chosen)) if chosen else tr("Enrol"))
        self.enrol_button.setEnabled(bool(self.desk.state.some_selected and self.name.text().strip()))
        self.remove_button.setEnabled(bool(self.table.chosen))
        self.nothing.setText(self._first_step())
        commands, kept = self.desk.commands, self.desk.session.run_folder is not None
        if "gallery.identify" in commands:
            commands["gallery.enrol"].setEnabled(kept)
            commands["gallery.identify"].setEnabled(bool(kept and self._names and self.desk.state.pins.items))

    def _show_nobody(self) -> None:
        pinned = bool(self.desk.state.pins.items)
        self.picture.hide()
        self.candidates.hide()
        self.answer.setText("")
        what = tr("searching…") if pinned else tr("Pin an item by a click: it is identified here.")
        self.reason.setText(what if self._names else "")
        self.reason.setVisible(bool(self._names))
        self.answer.setVisible(bool(self._names and pinned))

    def _show_problem(self, told: NotIdentified) -> None:
        """Say why nobody can say who the newest pinned item is, in the place of the answer."""
        pinned = self.desk.state.pins.items
        if pinned and pinned[-1] == told.item:
            self._show_nobody()
            self.answer.setText(tr("not identified"))
            self.reason.setText(in_window(printable(told.problem)))

    def _first_step(self) -> str:
        """Return what to do while nobody is enrolled."""
        chosen = len(self.desk.state.selection)
        if not chosen:
            return tr("Select items on the map, then type a name above and press Enrol.")
        if not self.name.text().strip():
            return tr("{items} selected: type the name of their identity above.", items=counted(chosen, "item"))
        return tr("Now press Enrol {chosen}, or Return.", chosen=count(chosen))

    def show_answer(self, told: Identified) -> None:
        """Show who an item is, or that it is unknown; an answer for one that is no longer pinned is left out."""
        dataset, pinned = self.desk.data.dataset, self.desk.state.pins.items
        if dataset is None or not pinned or pinned[-1] != told.item:
            return
        found, name = told.found, class_name(dataset, told.item)
        tip = TileText(tip=tr("{name} #{item}, the query", name=name, item=told.item))
        self.picture.show_item(told.item, item_picture(dataset, told.item), "", tip)
        self.picture.show()
        self.answer.setText(_named(found))
        self.answer.show()
        about = tr("step {step}{about}", step=count(told.step), about="" if told.exact else " ≈")
        if len(found.nearest) > 1:
            about = tr(
                "{about}; {nearest} equally near: enrol more pictures",
                about=about,
                nearest=counted(len(found.nearest), "identity", "identities"),
            )
        how, threshold = said(printable(told.how)), found.threshold
        if threshold is None:
            why = tr("{about}; there is no threshold, since {how}. {decide}", about=about, how=how, decide=DECIDE)
        else:
            why = tr(
                "{about}. Who is farther than {threshold:.4f} from all of them is unknown: that threshold was chosen "
                "on {how}.",
                about=about,
                threshold=threshold,
                how=how,
            )
        self.reason.setText(why)
        lines = [f"{decimal(candidate.distance, '8.4f')}  {candidate.name}" for candidate in found.candidates]
        self.candidates.setText("\n".join(lines))
        self.candidates.setToolTip(plain_tip("\n".join(lines)))
        self.candidates.show()


def _named(found: Identification) -> str:
    """Return who it is: an identity, those that are equally near, unknown, or undecided where nothing says how near."""
    nearest = tr(" or ").join(found.nearest)
    if found.threshold is None:
        return tr("undecided, nearest {nearest}", nearest=nearest) if nearest else tr("undecided")
    return nearest if found.name is not None else tr("unknown")
