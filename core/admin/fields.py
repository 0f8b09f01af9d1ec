"""Form fields for values that need more than a box of text."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.folding import fold


def label_of(model: type[models.Model], name: str) -> Any:
    """The label of a model's field, as Django writes it on a form."""
    return _capitalised(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


_capitalised = lazy(capfirst, str)


class ColourField(forms.CharField):
    """A colour as #rrggbb, or none."""

    default_validators = [
        RegexValidator(r"^#[0-9a-f]{6}\Z", gettext_lazy("Write a colour such as #0d6b62."))
    ]

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.TextInput(attrs={"placeholder": "#0d6b62", "size": 9}))
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        """In small letters."""
        return str(super().to_python(value) or "").lower()


class CurrencyField(forms.CharField):
    """A currency by its three letters (ISO 4217)."""

    default_validators = [
        RegexValidator(r"^[A-Z]{3}\Z", gettext_lazy("Write three letters such as EUR."))
    ]

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"size": 4}))
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        """In capitals."""
        return str(super().to_python(value) or "").upper()


class OptionsField(forms.CharField):
    """The choices of a custom field, one a line: `id: label`, or a label that gets an id."""

    widget = forms.Textarea(attrs={"rows": 8, "cols": 50})

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """The stored list as lines."""
        if isinstance(value, list):
            return "\n".join(f"{option['id']}: {option['label']}" for option in value)
        return value

    def clean(self, value: Any) -> Any:
        """The lines as `[{"id": …, "label": …}]`; ids are unique."""
        options: list[dict[str, str]] = []
        seen: set[str] = set()
        for line in str(value or "").splitlines():
            if not line.strip():
                continue
            key, colon, label = line.partition(":")
            key, label = key.strip(), label.strip()
            if not colon:
                key, label = _id_of(key), key
            if not re.fullmatch(r"[\w-]{1,40}", key) or not label:
                raise ValidationError(
                    _("“%(line)s” is not “id: label”."), params={"line": line[:60]}
                )
            if key in seen:
                raise ValidationError(_("“%(id)s” stands there twice."), params={"id": key})
            seen.add(key)
            options.append({"id": key, "label": label[:100]})
        return options

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what is meant, not how it is written."""
        try:
            return bool(self.clean(data) != (initial or []))
        except ValidationError:
            return True


def _id_of(label: str) -> str:
    return re.sub(r"\W+", "_", fold(label)).strip("_")[:40]
