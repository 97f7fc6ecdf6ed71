"""Who is enrolled: a name, which can be edited in its place, and how many pictures, one identity a row."""

from __future__ import annotations

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.name_table import NAME, NameModel, NameTable
from explorer.ui.widgets.text import count, plain_tip

ROW_HEIGHT = 24
WIDTHS = (120, 56)


class IdentityModel(NameModel):
    """The identities of a gallery."""

    def __init__(self) -> None:
        super().__init__()
        self._images: tuple[int, ...] = ()

    def show_identities(self, names: tuple[str, ...], images: tuple[int, ...]) -> None:
        """Show these identities, with how many pictures each has."""
        self.beginResetModel()
        self.names, self._images = names, images
        self.endResetModel()

    def count_told(self, row: int) -> str:
        """Return the number of pictures."""
        return count(self._images[row])

    def tip(self, row: int, column: int) -> str:
        """Return what is shown, which may be cut off."""
        return plain_tip(self.names[row]) if column == NAME else self.count_told(row)


class IdentityTable(NameTable):
    """The identities; a double click or F2 edits a name, Delete removes the selected one."""

    def __init__(self) -> None:
        model = IdentityModel()
        super().__init__(model, tr("Enrolled identities"), ROW_HEIGHT, WIDTHS)
        self.identities = model
        self.setStatusTip(tr("Double-click renames · Delete removes"))

    @property
    def chosen(self) -> str:
        """The name of the selected identity, empty where none is."""
        rows = self.selectionModel().selectedRows(NAME)
        return str(rows[0].data()) if rows else ""
