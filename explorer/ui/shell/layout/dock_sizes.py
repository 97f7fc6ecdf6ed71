"""How large the docks beside and below the map are: by what they have to show, in any size of the window."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from explorer.ui.shell.layout.docks import AREAS, PanelDock
from explorer.ui.widgets.text_size import growth

SETTLED_MS = 80
"""The docks follow once the window has kept its size for so long."""
WIDTHS = {"left": 276, "right": 316}
DRAWN_FROM, DRAWN_TO, NARROWEST, WIDEST = 1200, 1440, 0.92, 1.6
"""The widths of the window in pixels between which the docks at its sides are as wide as they are drawn, and by what
factor they are narrower or wider at most: a small window shall still show the map."""
BOTTOM_SHARE, HIGH, HIGH_SHARE = 0.27, 1200, 0.32
"""The share of the height that the docks below have, and what they have of more pixels than ``HIGH``."""
LOW, LOW_SHARE = 232, 0.29
"""The height in pixels at which a chart is read below a legend of three lines; in a small window the share for it."""
MOST_SHARE, FOLDED_SHARE = 0.33, 0.37
"""The share of the window that a side may take because text is large, and that the only one may take."""
ROOM = QSize(1000, 640)
"""A window that has less room for its text, in pixels of text of the usual size, has all panels at one side."""
TALL_LEFT = 1200
"""From this width of the window on the docks at the left reach down to the status bar: the charts are wide enough."""
SEPARATOR = 1
ACROSS, DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
Box = tuple[int, int, int, int]
HAND = 2
"""A dock that is by more pixels larger or smaller than before was resized by hand."""


def width_scale(width: int) -> float:
    """Return by what the docks at the sides are wider in a window of this width than they are drawn."""
    return max(NARROWEST, min(WIDEST, min(width / DRAWN_FROM, 1.0) * max(width / DRAWN_TO, 1.0)))


def bottom_height(height: int) -> int:
    """Return how high the docks below are in a window of this height, in pixels."""
    usual = round(height * (HIGH_SHARE if height > HIGH else BOTTOM_SHARE))
    return max(usual, min(LOW, round(height * LOW_SHARE)))


def folds(window: QSize) -> bool:
    """Return whether all panels of a window of this size are tabs at one side, for text is too large for it."""
    room = window / growth()
    return growth() > 1.0 and (room.width() < ROOM.width() or room.height() < ROOM.height())


def shared(room: int, needs: Sequence[int | None], least: Sequence[int] = ()) -> list[int]:
    """Share ``room`` pixels: nobody gets more than it needs while another lacks some, the rest is the last one's.

    ``None`` needs anything that it can get. ``least``: what each gets before the others have as much as it has.
    """
    bounds = [(low, room if need is None else need) for need, low in zip(needs, least or [0] * len(needs), strict=True)]

    def parts(level: int) -> list[int]:
        return [min(need, max(level, low)) for low, need in bounds]

    level = bisect_right(range(room + 1), room, key=lambda level: sum(parts(level))) - 1
    sizes = parts(max(level, 0))
    if sizes:
        sizes[-1] += room - sum(sizes)
    return sizes


class DockSizes(QObject):
    """Gives the docks their sizes whenever the window has another one; what a hand has changed stays in proportion.

    ``settled``: the window has a size, or the panels have content, to which the docks are about to be fitted.

    ``factors``: by what a side (``left``, ``right``, ``bottom``) is larger in the layout that is shown. ``hand``: by
    what somebody made it larger still, and which share of its column or row somebody gave a dock (``dock-…``).
    ``floats``: where each dock was when it floated last, as x, y, width and height on the desktop.
    """

    settled = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks: tuple[PanelDock, ...] = ()
        self._before: dict[str, int] = {}
        self._fitted = QSize()
        self._least: dict[PanelDock, QSize] = {}
        self.hand: dict[str, float] = {}
        self.floats: dict[str, Box] = {}
        self.factors: Mapping[str, float] = {}
        self.most_share = MOST_SHARE
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self.settled)
        self._settled.timeout.connect(self.fit)

    def follow(self, docks: Iterable[PanelDock]) -> None:
        """Follow the window, and what these docks have to show, from now on."""
        self._docks = tuple(docks)
        for watched in filter(None, (self._window, self._window.menuWidget())):
            watched.installEventFilter(self)
        for dock in self._docks:
            dock.panel.wanted_changed.connect(self._settled.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait until the window, and what is above the docks, keep their size; notice a hand that parts two docks."""
        if event.type() == QEvent.Type.Resize and (watched is not self._window or watched.size() != self._fitted):
            self._before = {}  # what changes from here on is by the window, not by hand
            self._settled.start()
        elif watched is not self._window:
            pass
        elif event.type() == QEvent.Type.LayoutRequest:
            self._on_request()
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._before = self._measured()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._note_hand()
        return super().eventFilter(watched, event)

    def _on_request(self) -> None:
        """Fit the docks again where one of them can be smaller than when they were fitted: text became smaller."""
        if any(size.width() < least.width() or size.height() < least.height() for size, least in self._least_now()):
            self._settled.start()

    def _least_now(self) -> Iterator[tuple[QSize, QSize]]:
        """Yield how small each dock in sight can be now, and could be when the docks were fitted."""
        for dock, least in self._least.items():
            if not dock.isHidden():
                yield dock.minimumSizeHint(), least

    def fit(self) -> None:
        """Give every dock its size."""
        self._settled.stop()
        window = self._window
        self._fitted = window.size()
        if (placing := window.layout()) is not None:
            placing.activate()  # docks that were just placed are where they belong
        standing = self._standing()
        self._least = {dock: dock.minimumSizeHint() for docks in standing.values() for dock in docks}
        tall = window.width() >= TALL_LEFT
        window.setCorner(Qt.Corner.BottomLeftCorner, AREAS["left" if tall else "bottom"])
        sizes = {area: round(self._side(area) * self.hand.get(area, 1.0)) for area in AREAS if standing[area]}
        for area, size in sizes.items():
            window.resizeDocks(standing[area][:1], [size], DOWN if area == "bottom" else ACROSS)
        top = window.menuWidget()
        whole = window.height() - (0 if top is None else top.height()) - window.statusBar().height()
        beside = whole - (sizes.get("bottom", -SEPARATOR) + SEPARATOR)
        self._share(standing["left"], whole if tall else beside, DOWN)
        self._share(standing["right"], beside, DOWN)
        self._share(standing["bottom"], window.width() - (sizes.get("left", 0) if tall else 0), ACROSS)

    def _share(self, docks: list[PanelDock], room: int, along: Qt.Orientation) -> None:
        """Share the height of a column, or the width of a row, among its docks; leave alone what is neither."""
        if len(docks) < 2 or len({dock.x() if along == DOWN else dock.y() for dock in docks}) > 1:
            return
        room -= SEPARATOR * (len(docks) - 1)
        parts = [self.hand.get(dock.objectName(), 0.0) for dock in docks]
        needs = [needed(dock) if along == DOWN else None for dock in docks]
        least = [least_needed(dock) if along == DOWN else 0 for dock in docks]
        sizes = [round(room * part) for part in parts] if all(parts) else shared(room, needs, least)
        self._window.resizeDocks(docks, [max(1, size) for size in sizes], along)

    def _side(self, area: str) -> int:
        """Return how wide or high a side is by itself."""
        window = self._window
        size = bottom_height(window.height()) if area == "bottom" else WIDTHS[area] * width_scale(window.width())
        whole = window.height() if area == "bottom" else window.width()
        usual = size * self.factors.get(area, 1.0)
        return round(max(usual, min(usual * growth(), self.most_share * whole)))

    def _standing(self) -> dict[str, list[PanelDock]]:
        """Return the docks of each side in their order, of those that are tabs of each other the one in front."""
        standing: dict[str, list[PanelDock]] = {area: [] for area in AREAS}
        names = {side: area for area, side in AREAS.items()}
        done: set[PanelDock] = set()
        for dock in self._docks:
            if dock.isHidden() or dock.isFloating() or dock in done:
                continue
            tabs = [dock, *(one for one in self._window.tabifiedDockWidgets(dock) if isinstance(one, PanelDock))]
            done.update(tabs)
            front = next((one for one in tabs if not one.visibleRegion().isEmpty()), dock)
            standing[names[self._window.dockWidgetArea(dock)]].append(front)
        for docks in standing.values():
            docks.sort(key=lambda dock: (dock.y(), dock.x()))
        return standing

    def _measured(self) -> dict[str, int]:
        """Return how wide or high each side is, and how high or wide each dock within it."""
        sizes: dict[str, int] = {}
        for area, docks in self._standing().items():
            for dock in docks:
                across, along = (dock.height(), dock.width()) if area == "bottom" else (dock.width(), dock.height())
                sizes[area], sizes[dock.objectName()] = across, along
        return sizes

    def _note_hand(self) -> None:
        """Keep what was changed by hand since the button of the mouse went down."""
        before, now, standing = self._before, self._measured(), self._standing()
        self._before = {}  # a button that went down in a part of the window may go up here alone
        if not before or before.keys() != now.keys():
            return
        changed = {name for name in now if abs(now[name] - before[name]) > HAND}
        self.hand |= {side: now[side] / self._side(side) for side in changed & AREAS.keys()}
        for docks in standing.values():
            names = [dock.objectName() for dock in docks]
            total = sum(now[name] for name in names)
            if changed.intersection(names) and abs(total - sum(before[name] for name in names)) <= HAND * len(names):
                self.hand |= {name: now[name] / total for name in names}


def needed(dock: PanelDock) -> int | None:
    """Return the height in pixels at which a dock shows all it has; None: it can use any."""
    content = dock.panel.content_height()
    return None if content is None else content + dock.titleBarWidget().height()


def least_needed(dock: PanelDock) -> int:
    """Return the height in pixels that a dock has even where others lack some; 0: any will do."""
    least = dock.panel.least_height()
    return least + dock.titleBarWidget().height() if least else 0
