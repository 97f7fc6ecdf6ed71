from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.cli import check, desktop, doctor
from explorer.core.errors import Cancelled, UserError
from explorer.core.extras import pip_line
from tests.helpers.command_line import run_command


def _raiser(error: BaseException) -> Callable[..., int]:
    def main(*_: object) -> int:
        raise error

    return main


def test_what_the_user_can_mend_is_one_line_and_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "main", _raiser(UserError("The file\nis bad", remedy="Mend it")))
    assert run_command("check", "x") == (2, "", "error: The file is bad. Mend it\n")
    assert run_command("check") == (
        2,
        "",
        "error: the following arguments are required: DATA. See: embedding-explorer check --help\n",
    )


def test_a_fault_of_ours_is_status_1_and_says_where_the_report_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setattr(check, "main", _raiser(ZeroDivisionError("oh")))
    status, out, err = run_command("check", "x")
    (report,) = (tmp_path / "reports").iterdir()
    assert (status, out) == (1, "")
    assert err == f"error: ZeroDivisionError: oh. This is a fault of ours; the report was saved as {report}\n"
    text = report.read_text()
    assert "Traceback" in text
    assert "['check', 'x']" in text


def test_a_report_that_cannot_be_saved_is_written_to_stderr(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMBEDDING_EXPLORER_REPORTS", str(tmp_path / "file" / "reports"))
    monkeypatch.setattr(check, "main", _raiser(ZeroDivisionError("oh")))
    status, _, err = run_command("check", "x")
    assert status == 1
    assert "could not be saved" in err
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled()])
def test_interrupted(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(check, "main", _raiser(error))
    assert run_command("check", "x") == (130, "", "error: Interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no shell pipes")
def test_a_closed_pipe_is_no_fault() -> None:
    command = f"{sys.executable} -m explorer list splits --json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("0", "141")
    assert done.stderr == ""


def test_there_is_nothing_of_that_name() -> None:
    status, _, err = run_command("trian")
    assert status == 2
    assert "neither data nor a run nor a command" in err
    assert "train" in err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux")
class TestDesktop:
    def test_no_display_is_one_line_with_the_remedy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        status, _, err = run_command()
        assert status == 2
        assert err.count("\n") == 1
        assert "There is no display" in err
        assert "xvfb-run" in err

    def test_a_display_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        monkeypatch.setenv("DISPLAY", ":987")
        monkeypatch.setattr(desktop, "X11_LIBRARIES", {})
        with pytest.raises(UserError, match=":987 does not answer"):
            desktop.require_window()

    def test_a_missing_library_is_named_with_its_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(desktop, "LIBRARIES", {"libc.so.6": "libc6", "libnotthere.so.1": "libnotthere1"})
        status, _, err = run_command("sample:digits")
        assert status == 2
        assert "libnotthere.so.1" in err
        assert "apt-get install libnotthere1\n" in err

    def test_every_package_is_in_the_list_of_the_scripts(self) -> None:
        listed = (Path(__file__).parents[2] / "packaging" / "linux" / "apt.txt").read_text().split()
        assert {*desktop.LIBRARIES.values(), *desktop.X11_LIBRARIES.values()} <= set(listed)

    def test_offscreen_needs_no_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
        desktop.require_window()


def test_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"not-there": "nothing"})
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "never-heard-of"))
    status, out, _ = run_command("doctor")
    assert status == 0
    assert "never-heard-of       MISSING" in out
    assert f"not installed: {pip_line('not-there')} (nothing)" in out
    assert "  torchvision" in out


def test_a_recipe_that_cannot_be_read_is_told_before_the_window_opens(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("loss = 3")
    status, _, err = run_command("--recipe", str(tmp_path / "r.toml"))
    assert status == 2
    assert "r.toml" in err
