"""What the window remembers between two starts; a damaged file is set aside, never fatal."""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, Signal

from explorer.core.registry import Scalar
from explorer.ui.session.kept_view import KeptView
from explorer.ui.session.preferences import Patience, Preferences
from explorer.ui.session.settings_file import decoded, escaped, read_values, unescaped
from explorer.ui.widgets.settings_folder import FILE_NAME, settings_folder
from explorer.ui.widgets.theme import ThemeChoice

RECENTS = 10
"""How many recent places are kept."""


Place = Annotated[int, Field(ge=-100_000, le=100_000)]
Extent = Annotated[int, Field(gt=0, le=100_000)]


class KeptLayout(BaseModel):
    """Where the docks of a layout are, in a window of ``width`` by ``height`` pixels, and what a hand made of sizes.

    ``floats``: x, y, width and height on the desktop of each dock that has floated, when it did so last.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    hand: dict[str, Annotated[float, Field(gt=0, lt=100)]] = Field(default_factory=dict)
    floats: dict[str, tuple[Place, Place, Extent, Extent]] = Field(default_factory=dict)

    @classmethod
    def of(
        cls,
        content: bytes,
        size: tuple[int, int],
        hand: Mapping[str, float],
        floats: Mapping[str, tuple[int, int, int, int]] | None = None,
    ) -> Self:
        """Return what to keep of docks whose places are ``content``."""
        state = base64.b64encode(content).decode("ascii")
        return cls(state=state, width=size[0], height=size[1], hand=dict(hand), floats=dict(floats or {}))

    @property
    def content(self) -> bytes:
        """The places of the docks, as the window wrote them; empty where they were damaged."""
        return decoded(self.state)


class Remembered(Preferences):
    """The settings file: what a person has set, and what is remembered beside. Binary values are base64."""

    model_config = ConfigDict(extra="ignore", frozen=False, validate_assignment=True)

    recents: list[str] = Field(default_factory=list)
    folder: str = ""
    opened: str = ""
    geometry: str = ""
    layouts: dict[str, KeptLayout] = Field(default_factory=dict)
    layout: str = ""
    locked: bool = False
    left_off: str = ""
    added: list[tuple[str, Literal["test", "gallery"]]] = Field(default_factory=list)
    toured: bool = False
    shortcuts: dict[str, str] = Field(default_factory=dict)
    palette: list[str] = Field(default_factory=list)
    run_columns: dict[str, bool] = Field(default_factory=dict)
    view: KeptView | None = None


class Settings(QObject):
    """Settings kept in one JSON file; each change is written at once and atomically.

    Of several windows each changes only what it sets: the rest is taken from the file as it is by then. A value that is
    not allowed is forgotten, and the others stay.

    Paths are kept percent-encoded, byte for byte, so that a name that is not UTF-8 survives.

    Signals
    -------
    changed(name): a setting of ``Preferences``, or ``shortcuts``, has another value; who goes by it asks for it.
    """

    changed = Signal(str)

    def __init__(self, path: Path | None = None) -> None:
        """Read the settings.

        ``quarantined``: where a file that cannot be read was moved to; ``forgotten``: whose values were not allowed.
        """
        super().__init__()
        self.path = path if path is not None else settings_folder() / FILE_NAME
        self.quarantined: Path | None = None
        self.forgotten: tuple[str, ...] = ()
        self._values = self._read() or Remembered()

    def _read(self) -> Remembered | None:
        """Return what the file says, None where there is none that can be read."""
        try:
            found = read_values(self.path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            aside = self.path.with_suffix(".damaged.json")
            with contextlib.suppress(OSError):
                os.replace(self.path, aside)
                self.quarantined = aside
            return None
        try:
            return Remembered.model_validate(found)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors()}
            self.forgotten = tuple(sorted(wrong))
            return Remembered.model_validate({key: value for key, value in found.items() if key not in wrong})

    def _change(self, change: Callable[[Remembered], object]) -> None:
        """Change the values as they are in the file by now, and write them."""
        self._values = self._read() or self._values
        change(self._values)
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a read-only home must not stop the work; the settings then last a session
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self._values.model_dump_json(indent=1).encode("utf-8"))
                os.replace(name, self.path)
            except OSError:
                os.unlink(name)
                raise

    def value(self, name: str) -> Scalar:
        """Return a setting of ``Preferences``."""
        found: Scalar = getattr(self._values, name)
        return found

    def set_value(self, name: str, value: Scalar) -> None:
        """Change a setting and tell of it; an equal value changes nothing.

        Raises
        ------
        ValueError: if the value is not allowed; it stays as it was.
        """
        before = self.value(name)
        self._change(lambda values: setattr(values, name, value))
        if self.value(name) != before:
            self.changed.emit(name)

    @property
    def theme(self) -> ThemeChoice:
        """System, dark or light."""
        return self._values.theme

    def set_theme(self, choice: ThemeChoice) -> None:
        """Remember the theme."""
        self.set_value("theme", choice)

    def text_percent(self, *, presenting: bool) -> int:
        """Return the size of text in per cent, also where something is presented to others."""
        usual = int(self._values.text)
        return max(usual, int(self._values.present_text)) if presenting else usual

    def enlarged(self, *, presenting: bool) -> float:
        """Return how much larger than usual points are; as large as the text where something is presented."""
        usual = int(self._values.points)
        return max(usual, int(self._values.present_text) if presenting else 0) / 100

    @property
    def reduced_motion(self) -> bool:
        """Whether nothing glides."""
        return self._values.reduced_motion

    @property
    def messages(self) -> Patience:
        """How long messages stay."""
        return self._values.messages

    @property
    def autosave(self) -> int:
        """Seconds between two checkpoints of a run, at most."""
        return self._values.autosave

    @property
    def shortcuts(self) -> dict[str, str]:
        """The shortcuts that a person has chosen, by the id of the command; empty: that command has none."""
        return dict(self._values.shortcuts)

    def set_shortcuts(self, shortcuts: Mapping[str, str]) -> None:
        """Remember other shortcuts."""
        if dict(shortcuts) != self._values.shortcuts:
            self._change(lambda values: setattr(values, "shortcuts", dict(shortcuts)))
            self.changed.emit("shortcuts")

    @property
    def run_columns(self) -> dict[str, bool]:
        """Which columns the table of saved runs has and which not, by their keys, of those that were chosen."""
        return dict(self._values.run_columns)

    def set_run_columns(self, chosen: Mapping[str, bool]) -> None:
        """Remember the columns of the table of saved runs."""
        self._change(lambda values: setattr(values, "run_columns", dict(chosen)))

    @property
    def palette(self) -> tuple[str, ...]:
        """What was chosen in the palette last: ids of commands, and titles of what is no command; newest first."""
        return tuple(self._values.palette)

    def add_to_palette(self, name: str) -> None:
        """Put what was chosen in the palette first."""

        def add(values: Remembered) -> None:
            values.palette = [name, *(one for one in values.palette if one != name)][:RECENTS]

        self._change(add)

    @property
    def recents(self) -> tuple[str, ...]:
        """Data and runs that were opened, newest first."""
        return tuple(unescaped(text) for text in self._values.recents)

    def add_recent(self, spec: str) -> None:
        """Put a place first among the recent ones."""

        def add(values: Remembered) -> None:
            kept = [text for text in values.recents if text != escaped(spec)]
            values.recents = [escaped(spec), *kept][:RECENTS]

        self._change(add)

    def clear_recents(self) -> None:
        """Forget the recent places."""
        self._change(lambda values: setattr(values, "recents", []))

    @property
    def folder(self) -> str:
        """The folder in which something was saved last."""
        return unescaped(self._values.folder)

    def set_folder(self, folder: str) -> None:
        """Remember the folder in which something is saved."""
        self._change(lambda values: setattr(values, "folder", escaped(folder)))

    @property
    def opened(self) -> str:
        """The folder from which something was opened last: nothing is to be saved beside one's data unasked."""
        return unescaped(self._values.opened)

    def set_opened(self, folder: str) -> None:
        """Remember the folder from which something is opened."""
        self._change(lambda values: setattr(values, "opened", escaped(folder)))

    @property
    def geometry(self) -> bytes:
        """Place and size of the window, empty when unknown."""
        return decoded(self._values.geometry)

    @property
    def layouts(self) -> dict[str, KeptLayout]:
        """Where the docks are in each layout that was changed or left, by its name."""
        return dict(self._values.layouts)

    @property
    def layout(self) -> str:
        """The name of the layout that was shown last, empty when unknown."""
        return self._values.layout

    def set_window(self, geometry: bytes, layouts: Mapping[str, KeptLayout], layout: str) -> None:
        """Remember the window, its docks in each layout, and which one is shown."""

        def keep(values: Remembered) -> None:
            values.geometry = base64.b64encode(geometry).decode("ascii")
            values.layouts, values.layout = {**values.layouts, **layouts}, layout

        self._change(keep)

    @property
    def view(self) -> KeptView | None:
        """What was pinned and selected when the window closed."""
        return self._values.view

    def set_view(self, view: KeptView | None) -> None:
        """Remember what is pinned and selected."""
        self._change(lambda values: setattr(values, "view", view))

    @property
    def locked(self) -> bool:
        """Whether the docks cannot be moved or closed."""
        return self._values.locked

    def set_locked(self, locked: bool) -> None:
        """Remember whether the docks can be moved."""
        self._change(lambda values: setattr(values, "locked", locked))

    @property
    def left_off(self) -> str:
        """The run or the data that were open last, empty when unknown."""
        return unescaped(self._values.left_off)

    def set_left_off(self, spec: str) -> None:
        """Remember what is open."""
        if spec != self.left_off:
            self._change(lambda values: setattr(values, "left_off", escaped(spec)))

    @property
    def added(self) -> tuple[tuple[str, Literal["test", "gallery"]], ...]:
        """What had been added to what was open last, and as what."""
        return tuple((unescaped(spec), role) for spec, role in self._values.added)

    def set_added(self, added: Sequence[tuple[str, Literal["test", "gallery"]]]) -> None:
        """Remember what was added to what is open."""
        if tuple(added) != self.added:
            kept = [(escaped(spec), role) for spec, role in added]
            self._change(lambda values: setattr(values, "added", kept))

    @property
    def reopen(self) -> bool:
        """Whether the program opens at its start what was open last."""
        return self._values.reopen

    def set_reopen(self, reopen: bool) -> None:
        """Remember whether to open what was open last."""
        self.set_value("reopen", reopen)

    @property
    def toured(self) -> bool:
        """Whether the guided first run was gone through, or skipped."""
        return self._values.toured

    def set_toured(self) -> None:
        """Remember that the guided first run need not be put forward any more."""
        if not self.toured:
            self._change(lambda values: setattr(values, "toured", True))

    @property
    def more_shown(self) -> bool:
        """Whether the recipe shows its further parts."""
        return self._values.more_shown

    def set_more_shown(self, shown: bool) -> None:
        """Remember whether the recipe shows its further parts."""
        self.set_value("more_shown", shown)
