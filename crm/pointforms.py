"""The form of an e-mail address or a telephone number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import ContactPoint

EMAIL = ContactPoint.Kind.EMAIL


class PointForm(Styled):
    """An address or number with where it reaches somebody; a main one has no label, and may be
    taken off by leaving it empty."""

    value = forms.CharField(max_length=254)
    label = forms.ChoiceField(label=_("Label"))

    def __init__(
        self, data: Any = None, *, kind: str, is_main: bool = False, **initial: Any
    ) -> None:
        super().__init__(data, initial=initial, auto_id="reach_%s")
        value, label = self.fields["value"], self.fields["label"]
        value.label = str(ContactPoint.Kind(kind).label)
        value.required = not is_main
        value.widget.input_type = "email" if kind == EMAIL else "tel"  # type: ignore[attr-defined]
        value.widget.attrs |= {"autofocus": True, "autocomplete": "off"}
        if is_main:
            del self.fields["label"]
        else:
            label.choices = [  # type: ignore[attr-defined]
                choice
                for choice in ContactPoint.Label.choices
                if kind != EMAIL or choice[0] != ContactPoint.Label.MOBILE
            ]
