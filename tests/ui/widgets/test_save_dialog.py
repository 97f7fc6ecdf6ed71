"""A dialog for files reads none of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QFileSystemModel, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.save_dialog import ask_where, file_dialog, plain_name
from tests.helpers.data import picture, save_picture


def test_what_a_file_is_is_told_by_its_name_as_to_read_one_may_stop_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    (tmp_path / "folder").mkdir()
    save_picture(tmp_path / "a.png", picture(0))
    for name in ("really a picture", "another.strange"):
        (tmp_path / name).write_bytes((tmp_path / "a.png").read_bytes())
    dialog = ask_where(parent, "Save", str(tmp_path), "All files (*)", "", lambda path: None)
    model = dialog.findChild(QFileSystemModel)
    assert isinstance(model, QFileSystemModel)
    assert dialog.labelText(QFileDialog.DialogLabel.LookIn) == "Save in:"
    root = model.index(str(tmp_path))
    qtbot.waitUntil(lambda: model.rowCount(root) == 4)
    kinds = {model.fileName(model.index(row, 0, root)): model.type(model.index(row, 0, root)) for row in range(4)}
    assert kinds == {
        "folder": "Folder",
        "a.png": "png file",
        "really a picture": "File",
        "another.strange": "strange file",
    }
    assert not model.fileIcon(model.index(str(tmp_path / "folder"))).isNull()
    dialog.reject()


def test_a_dialog_begins_in_the_folder_of_the_last_one_or_among_the_documents(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    for folder in (work, home):
        folder.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    parent = QWidget()
    qtbot.addWidget(parent)
    documents = home / "Documents"
    for asked, begins in ((str(work), work), ("", home), (str(tmp_path / "gone"), home)):
        assert Path(file_dialog(parent, "Save", asked).directory().absolutePath()) == begins
    documents.mkdir()
    assert Path(file_dialog(parent, "Save", "").directory().absolutePath()) == documents


def test_the_dates_of_files_are_not_cut(qtbot: QtBot, tmp_path: Path) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    save_picture(tmp_path / "a picture with a name that is long enough to want all of the room.png", picture(0))
    dialog = ask_where(parent, "Save", str(tmp_path), "All files (*)", "", lambda path: None)
    table, model = dialog.findChild(QTreeView, "treeView"), dialog.findChild(QFileSystemModel)
    assert isinstance(table, QTreeView)
    assert isinstance(model, QFileSystemModel)
    qtbot.waitUntil(lambda: model.rowCount(model.index(str(tmp_path))) == 1)
    header = table.header()
    for column in (1, 2, 3):
        qtbot.waitUntil(lambda column=column: header.sectionSize(column) >= table.sizeHintForColumn(column))  # type: ignore[misc]
    dialog.reject()


def test_a_suggested_name_holds_nothing_that_a_file_may_not_be_called() -> None:
    assert plain_name("../My photos: A*B.zip") == "my-photos--a-b.zip"
    assert plain_name("...") == ""
    assert len(plain_name("x" * 500)) == 60
