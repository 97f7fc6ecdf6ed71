from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.data.kernel_folders import path_is_of_kernel
from explorer.data.opening import check
from tests.helpers.data import picture_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")


@pytest.mark.parametrize("folder", ["/proc", "/proc/self", "/sys"])
def test_a_folder_of_the_kernel_is_refused_at_once(folder: str) -> None:
    with pytest.raises(UserError, match="shown by the kernel"):
        check(folder)


def test_a_link_into_the_kernel_is_passed_over(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "fruit", {"apple": 3, "pear": 3})
    os.symlink("/proc", folder / "plum")
    assert not path_is_of_kernel(str(folder))
    found = check(str(folder)).report
    assert found.kept == 6
    assert [(one.path, one.reason) for one in found.skipped] == [("plum", "shown by the kernel, without data")]
