"""Whether a window can be opened here, found out before Qt is loaded, which would end the process without a remedy."""

from __future__ import annotations

import ctypes
import os
import sys

from explorer.core.errors import UserError

LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What Qt loads on Linux, and the Debian and Ubuntu package of each."""

X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What Qt needs besides for a window on an X display."""


def has_display() -> bool:
    """Whether the environment names a display, or a platform of Qt that needs none."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def require_window() -> None:
    """Make sure that Qt can open a window.

    Raises
    ------
    UserError: no display, one that does not answer, or a missing system library, with the remedy.
    """
    if not sys.platform.startswith("linux"):
        return
    if not has_display():
        raise UserError(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set",
            remedy="Start it in a desktop session or with xvfb-run, or train without a window: "
            "embedding-explorer train DATA --out RUN",
        )
    on_x11 = bool(os.environ.get("DISPLAY")) and not any(
        os.environ.get(name) for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )
    missing = missing_libraries({**LIBRARIES, **X11_LIBRARIES} if on_x11 else LIBRARIES)
    if missing:
        names, packages = ", ".join(missing), " ".join(missing.values())
        raise UserError(
            f"The window needs system libraries that are not installed: {names}",
            remedy=f"On Debian and Ubuntu: apt-get install {packages}",
        )
    if on_x11 and not _display_answers():
        raise UserError(
            f"The display {os.environ['DISPLAY']} does not answer",
            remedy="Check DISPLAY and xauth, or start it with xvfb-run",
        )


def missing_libraries(libraries: dict[str, str]) -> dict[str, str]:
    """Return those of ``libraries`` that cannot be loaded."""
    missing: dict[str, str] = {}
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing[library] = package
    return missing


def _display_answers() -> bool:
    """Try to connect to the X display, as Qt will."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt brings its own where the system has none
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed: int = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return failed == 0
