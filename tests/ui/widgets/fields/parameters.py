from __future__ import annotations

from explorer.core.registry import ParameterInfo


def info(**changes: object) -> ParameterInfo:
    values: dict[str, object] = {
        "name": "margin", "type": "float", "default": 0.2, "minimum": 0.0, "maximum": 2.0, "step": 0.01, "unit": "",
        "choices": (), "help": "How far", "live": True, "logarithmic": False, "advanced": False,
    }  # fmt: skip
    return ParameterInfo(**{**values, **changes})  # type: ignore[arg-type]
