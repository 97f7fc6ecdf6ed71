"""Clusters of the embeddings against the classes: how large, how pure, what they hold, and where on the map."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from explorer.core.errors import printable
from explorer.core.recipe import Part
from explorer.core.registry import register
from explorer.core.types import IntArray
from explorer.engine.session.evaluate import ProtocolResult
from explorer.evaluation.cluster_protocol import METHODS, Cluster, Clusters
from explorer.ui.metrics.protocol_runner import ProtocolRunner
from explorer.ui.metrics.result_figures import listing_of
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import count, counted, percent
from explorer.ui.widgets.text_size import when_letters_change
from explorer.ui.widgets.tile_groups import TileContent, TileGroups, tip_of
from explorer.ui.widgets.tiles import TileText

TITLES = {"k-means": "k-means", "hdbscan": "HDBSCAN"}
TIPS = {
    "k-means": tr("As many clusters as there are classes"),
    "hdbscan": tr("As many as there are dense groups; what lies between them is noise"),
}
EDGE = 8
PICTURES = 48
"""Items of a cluster that are shown: half of those nearest to its centre, half of those of other classes in it."""


@register("panel", "clusters")
class ClustersPanel(ProtocolRunner):
    """The clusters in a list, the largest first; a click shows the items of one here and selects them on the map."""

    key: ClassVar[str] = "clusters"
    title: ClassVar[str] = tr("Clusters")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 80
    beside: ClassVar[str] = "curves"
    empty_text: ClassVar[str] = tr(
        "Run finds clusters of the embeddings without looking at the classes, and compares them with these."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._build()
        self.watch(tr("Clusters"))
        self.show_body(False)

    def _build(self) -> None:
        self.method = ChoiceField([(name, TITLES[name], TIPS[name], True) for name in METHODS])
        self.method.name(tr("How clusters are found"), tr("How clusters are found"))
        self.header_tools += [self.method, self.make_button()]
        self.export = FigureExport(self, self._figures)
        self.table = SimpleTable(
            tr("Clusters, the largest first"), (tr("Class"), tr("Items"), tr("Pure")), (80, 50, 46)
        )
        self.table.chosen.connect(self._choose)
        self.pictures = TileGroups(self.desk.themes, 1, tr("Items of the cluster, those of other classes framed"))
        self.pictures.chosen.connect(self._pin)
        self.pictures.hovered.connect(self.desk.state.set_hover)
        self._row = QHBoxLayout(self.body)
        self._row.setContentsMargins(EDGE, 4, 0, 4)
        self._row.setSpacing(4)
        for part in (self.table, self.pictures):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)  # the row shares the width
            self._row.addWidget(part, 1)
        when_letters_change(self.table, self._share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width among the list and the pictures."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Let the names be read whole where that leaves room for one picture beside them."""
        free = self.width() - EDGE - self._row.spacing()
        wide = min(max(self.table.wanted_width(), free // 2), free - self.pictures.least_width())
        self._row.setStretch(0, max(wide, 1))
        self._row.setStretch(1, max(free - wide, 1))

    def protocol(self) -> Part:
        """Return the protocol by the method that is chosen."""
        return Part(name="clusters", params={"method": str(self.method.value())})

    @property
    def _found(self) -> Clusters | None:
        details = None if self.result is None else self.result.found.details
        return details if isinstance(details, Clusters) else None

    def words(self, result: ProtocolResult) -> str:
        """Return how many clusters there are and how well they agree with the classes."""
        figures = result.found.figures
        clusters = counted(int(figures["clusters"]), "cluster")
        return tr(
            "{clusters} · purity {purity:.2f} · AMI {ami:.2f}",
            clusters=clusters,
            purity=figures["purity"],
            ami=figures["ami"],
        )

    def show_result(self, result: ProtocolResult) -> None:
        """List the clusters, and show the pictures of the largest."""
        self.table.show_rows(self._rows())
        self._share()
        if self._rows():
            self._show(0)

    def _rows(self) -> list[tuple[str, ...]]:
        """Return the clusters as they are listed."""
        found, dataset = self._found, self.desk.data.dataset
        if found is None or dataset is None:
            return []
        rows: list[tuple[str, ...]] = [
            (printable(dataset.class_names[cluster.label]), count(len(cluster.rows)), percent(cluster.purity, 0))
            for cluster in found.clusters
        ]
        noise = [(tr("in no cluster"), count(len(found.noise)), "")] if len(found.noise) else []
        return [*rows, *noise]

    def _figures(self) -> list[Figure]:
        """Return the list for paper."""
        if self.result is None:
            return []
        title = tr("Clusters by {method}", method=TITLES[str(self.result.protocol.params.get("method", METHODS[0]))])
        return [listing_of(title, caption_of(self, self.status), (tr("Class"), tr("Items"), tr("Pure")), self._rows())]

    def forget(self) -> None:
        """Show nothing."""
        self.table.show_rows(())

    def _choose(self, row: int) -> None:
        """Show the items of a cluster and select all of them."""
        self._show(row)
        self.desk.state.set_selection(self._items(row))

    def _cluster(self, row: int) -> Cluster | None:
        found = self._found
        return found.clusters[row] if found is not None and row < len(found.clusters) else None

    def _items(self, row: int) -> IntArray:
        """Return the items of a cluster, or after the last one of the noise."""
        found, result = self._found, self.result
        assert found is not None
        assert result is not None
        cluster = self._cluster(row)
        return result.sample[found.noise if cluster is None else cluster.rows]

    def _show(self, row: int) -> None:
        dataset, cluster, items = self.desk.data.dataset, self._cluster(row), self._items(row)
        if dataset is None:
            return
        own = items[dataset.labels[items] == cluster.label] if cluster is not None else items
        others = items[dataset.labels[items] != cluster.label] if cluster is not None else items[:0]
        shown = [(item, "wrong") for item in others[: PICTURES // 2].tolist()]
        shown = [(item, "") for item in own[: PICTURES - len(shown)].tolist()] + shown
        self.pictures.show_groups(
            dataset,
            [
                [TileContent(item, frame, TileText(class_name(dataset, item), tip=tip_of(dataset, item, "", "")))]
                for item, frame in shown
            ],
        )

    def _pin(self, item: int, add: bool) -> None:
        """Pin an item that was clicked: alone, or beside the others."""
        self.desk.state.pins.choose(item, add=add)
