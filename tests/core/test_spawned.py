from __future__ import annotations

import sys
from multiprocessing.spawn import get_preparation_data

from explorer.core.spawned import apart_from_main


def test_a_process_of_ours_is_told_nothing_of_the_script_that_runs() -> None:
    main = sys.modules["__main__"]
    with apart_from_main():
        assert not {"init_main_from_path", "init_main_from_name"} & set(get_preparation_data("child"))
    assert sys.modules["__main__"] is main
