"""A form field for a list of choices: a row each, whose stored id stays when its label changes."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.folding import fold

#: Empty rows below those that are there, for pages without scripts.
EMPTY = 3
LONGEST = 100


class OptionRows(forms.Widget):
    """Rows of `{"id": …, "label": …}`; a row without a label is taken out."""

    use_fieldset = True

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The rows that are there, and empty ones."""
        rows = [*(value or []), *({"id": "", "label": ""} for _place in range(EMPTY))]
        context = {"name": name, "rows": rows, "longest": LONGEST}
        return render_to_string("parts/options.html", context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """The rows as they were sent, in their order."""
        if not hasattr(data, "getlist"):
            return list(data.get(name) or [])
        keys, labels = data.getlist(f"{name}_id"), data.getlist(f"{name}_label")
        return [
            {"id": key, "label": label.strip()}
            for key, label in zip(keys, labels, strict=False)
            if label.strip()
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether no row was sent."""
        return f"{name}_label" not in data


class OptionRowsField(forms.Field):
    """Choices as `[{"id": …, "label": …}]`; a new one gets an id of its label."""

    widget = OptionRows

    def clean(self, value: Any) -> list[dict[str, str]]:
        """Rows with an id each; two labels that read the same are refused."""
        rows: list[dict[str, str]] = list(value or [])
        taken = {row["id"] for row in rows if row["id"]}
        seen: set[str] = set()
        for row in rows:
            if len(row["label"]) > LONGEST:
                raise ValidationError(_("At most %(count)s characters."), params={"count": LONGEST})
            if fold(row["label"]) in seen:
                raise ValidationError(
                    _("“%(id)s” stands there twice."), params={"id": row["label"]}
                )
            seen.add(fold(row["label"]))
            if not row["id"]:
                row["id"] = free_key(row["label"], taken, "choice")
                taken.add(row["id"])
        return rows

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether a row differs."""
        return (initial or []) != (data or [])


def free_key(label: str, taken: set[str], otherwise: str) -> str:
    """A short key of ASCII letters made of a label, other than those `taken`."""
    parted = unicodedata.normalize("NFKD", fold(label))
    plain = parted.encode("ascii", "ignore").decode()
    first = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30] or otherwise
    if not first[0].isalpha():
        first = f"{otherwise}_{first}"[:30]
    key, number = first, 1
    while key in taken:
        number += 1
        key = f"{first}_{number}"
    return key
