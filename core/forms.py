"""Forms that look like the rest of the house."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext as _


class DateInput(forms.DateInput):
    """The browser's own date field; it speaks ISO 8601 whatever the language."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class Styled(forms.Form):
    """Gives each field the class that its look needs."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            style(field)


def style(field: forms.Field) -> None:
    """Give a field's widget its class."""
    widget = field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return  # the class would go to the box around them
    if isinstance(widget, forms.CheckboxInput):
        name = "form-check-input"
    elif isinstance(widget, forms.Select):
        name = "form-select"
    else:
        name = "form-control"
    widget.attrs["class"] = f"{widget.attrs.get('class', '')} {name}".strip()


def now_there(form: forms.Form, *apart: str) -> str:
    """What stands on the record by now, and what saving again does; for a form whose record
    somebody else changed meanwhile. `apart` are fields that say nothing of the record."""
    shown = []
    for name, field in form.fields.items():
        if name == "version" or name in apart:
            continue
        value: Any = form.initial.get(name)
        choices = dict(getattr(field, "choices", ()) or ())
        if not choices:
            value = field.prepare_value(value)
        names = [
            str(choices.get(key, key)) for key in (value if isinstance(value, list) else [value])
        ]
        shown.append(", ".join(text for text in names if text not in ("", "None")) or "–")
    words = {"value": " · ".join(shown)}
    return _("There it says now: %(value)s. Saving again writes over it.") % words


#: What people type inside or beside an amount and do not mean as a number.
_DECORATION = re.compile(r"[\s\u00a0\u202f'’€$£¥]")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?")


def read_amount(text: str) -> str:
    """An amount as people write it, as a plain decimal: "1 234,50 €" and "1,234.50" are one.

    Whole groups of three digits are thousands, one or two digits at the end are cents; so the
    language in which somebody types does not matter.
    """
    text = _DECORATION.sub("", text).replace("−", "-")
    if not _GROUPED.fullmatch(text):
        return text.replace(",", ".")
    head, last = re.fullmatch(r"(.*?)([.,]\d{1,2})?", text).groups()  # type: ignore[union-attr]
    return re.sub(r"[.,]", "", head) + (last or "").replace(",", ".")


class AmountField(forms.DecimalField):
    """An amount of money, in the way of either language."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """The amount, or None."""
        return super().to_python(read_amount(value) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        """What stands in the field: cents only where there are any, the reader's decimal sign."""
        if not isinstance(value, Decimal):
            return value
        if value == value.to_integral_value():
            return str(value.to_integral_value())
        return formats.localize_input(value)
