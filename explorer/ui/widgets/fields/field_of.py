"""Which field a parameter gets."""

from __future__ import annotations

from collections.abc import Callable

from explorer.core.registry import ParameterInfo, choice_words
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.fields.choice import BoolField, ChoiceField
from explorer.ui.widgets.fields.free_text import TextField, anything
from explorer.ui.widgets.fields.number import IntField, NumberField, SliderField, has_slider
from explorer.ui.widgets.language import said


def field_for(info: ParameterInfo, check: Callable[[str], object] = anything) -> Field:
    """Return the field of a parameter, showing its default; ``check`` raises ``UserError`` for a text that is wrong."""
    field: Field
    if info.type == "choice":
        field = ChoiceField([(choice, said(choice_words(choice)), "", True) for choice in info.choices])
    elif info.type == "bool":
        field = BoolField()
    elif info.type == "int":
        field = IntField(info.minimum, info.maximum, zero=info.zero)
    elif info.type == "float":
        field = SliderField(info) if has_slider(info) else NumberField(info)
    else:
        field = TextField(check)
    field.set_value(info.default)
    return field
