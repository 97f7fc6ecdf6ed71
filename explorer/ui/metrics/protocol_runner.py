"""What the panels that measure by a protocol of their own share: a button, one measurement at a time, and its end."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton

from explorer.core.errors import printable
from explorer.core.map_values import StepShown
from explorer.core.recipe import Part
from explorer.core.registry import loaded
from explorer.core.types import PIXELS_RUN, JobStatus
from explorer.engine.events import CatalogueReady, DatasetOpened, RunShown, SplitChanged
from explorer.engine.session.evaluate import ProtocolRefused, ProtocolResult
from explorer.ui.session.panel import Panel
from explorer.ui.widgets.language import small, tr
from explorer.ui.widgets.setting_names import in_the_form
from explorer.ui.widgets.text import count


class ProtocolRunner(Panel):
    """A panel that asks for one protocol and shows what it finds beside figures.

    A panel class gives ``protocol``, ``show_result`` and ``forget``, and calls ``watch`` once it is built. Results and
    refusals of other panels do not reach it.
    """

    def watch(self, title: str) -> None:
        """Hear what is found from now on, and offer the measurement as a command called ``title``."""
        self._job = 0
        self.result: ProtocolResult | None = None
        bridge = self.desk.bridge
        bridge.of(ProtocolResult).connect(self._on_result)
        bridge.of(ProtocolRefused).connect(self._on_refused)
        bridge.of(JobStatus).connect(self._on_job)
        bridge.of(CatalogueReady).connect(lambda _event: self._follow())
        for cause in (DatasetOpened, RunShown, SplitChanged, StepShown):
            bridge.of(cause).connect(lambda _event: self._drop())
        self._command = self.desk.commands.add(
            f"{self.key}.run", title, self.start, menu="Run", tip=tr("{title}, of what is shown", title=title)
        )
        self._follow()

    def make_button(self) -> QToolButton:
        """Return the button that starts the measurement."""
        self.run_button = QToolButton()
        self.run_button.setText(tr("Run", sense="verb"))
        self.run_button.setToolTip(tr("Measure {title} of what is shown", title=small(self.title)))
        self.run_button.setAccessibleName(tr("Run {title}", title=small(self.title)))
        self.run_button.clicked.connect(self.start)
        return self.run_button

    def protocol(self) -> Part:
        """Return what is to be measured."""
        raise NotImplementedError

    def show_result(self, result: ProtocolResult) -> None:
        """Show what was found."""
        raise NotImplementedError

    def forget(self) -> None:
        """Show nothing of what was found before."""
        raise NotImplementedError

    def start(self) -> None:
        """Measure, and come to the front."""
        if not self._able():
            return
        self.come_forward()
        self._job = self.desk.session.evaluate(self.protocol(), asker=self.key)
        self.set_status(tr("measuring…"))
        self._follow()

    def _able(self) -> bool:
        dataset = self.desk.data.dataset
        return dataset is not None and dataset.labelled and not self._job and loaded("protocol")

    def _follow(self) -> None:
        able = self._able()
        self.run_button.setEnabled(able)
        self._command.setEnabled(able)

    def _drop(self) -> None:
        self.result = None
        self.forget()
        self.set_empty_text(self.empty_text)
        self.show_body(False)
        self._show_status()
        self._follow()

    def _on_job(self, status: JobStatus) -> None:
        if status.id == self._job and status.state != "running":
            self._job = 0
            self._follow()
            self._show_status()

    def _on_refused(self, refused: ProtocolRefused) -> None:
        if refused.asker == self.key:
            self._drop()
            self.set_empty_text(in_the_form(printable(refused.problem)))

    def _on_result(self, result: ProtocolResult) -> None:
        if result.asker == self.key:
            self.result = result
            self.show_body(True)
            self.show_result(result)
            self._show_status()

    def _show_status(self) -> None:
        result = self.result
        if result is None:
            self.set_status("")
            return
        exact = "" if result.exact else " ≈"
        where = self.raw if result.run == PIXELS_RUN else tr("step {step}{exact}", step=count(result.step), exact=exact)
        self.set_status(f"{self.words(result)} · {where}")

    def words(self, result: ProtocolResult) -> str:
        """Return a few figures for the header of the panel."""
        raise NotImplementedError
